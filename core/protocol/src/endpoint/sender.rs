//! Who sends a request, known by a key that they hold: what sender-constrained tokens are bound to (RFC 9449, RFC 8705).
//!
//! An endpoint that issues asks [`Sender::of`] once it knows the client, binds what it issues to [`Sender::confirmation`], and calls
//! [`Sender::spend`] when nothing is left to check. One that is shown a token asks [`present`].

use super::Call;
use crate::certificate::{MAX_LENGTH, thumbprint};
use crate::client::Client;
use crate::dpop::{self, Expected, Proof};
use crate::grant::Confirmation;
use crate::http::Answer;
use crate::refusal::Refusal;
use crate::secret::equal;
use crate::settings::NonceRule;
use crate::token::access::LiveToken;
use std::cell::RefCell;

/// The key that the sender of a request showed. Only [`Sender::of`] builds one.
#[derive(Debug, Default)]
pub(super) struct Sender {
    confirmation: Option<Confirmation>,
    /// Not used up yet.
    proof: RefCell<Option<Proof>>,
}

impl Sender {
    /// Checks what the sender of a request shows, and whether it is what its client must show.
    pub(super) fn of(call: &Call<'_>, client: &Client) -> Result<Self, Refusal> {
        if client.tls_client_certificate_bound_access_tokens {
            return Self::of_certificate(call);
        }
        match proof(call, None)? {
            Some(proof) => Ok(Self {
                confirmation: Some(Confirmation::Jkt(proof.jkt.clone())),
                proof: RefCell::new(Some(proof)),
            }),
            None if client.dpop_bound_access_tokens => Err(Refusal::DpopProofMissing),
            None => Ok(Self::default()),
        }
    }

    /// RFC 8705 §3: the certificate of the connection, without which such a client gets nothing. A token is bound to one key.
    fn of_certificate(call: &Call<'_>) -> Result<Self, Refusal> {
        if call.request.has_header("dpop") {
            return Err(Refusal::DpopProofInvalid(
                "the client's tokens are bound to its certificate",
            ));
        }
        let thumbprint = certificate(call).ok_or(Refusal::CertificateMismatch)?;
        Ok(Self {
            confirmation: Some(Confirmation::X5tS256(thumbprint)),
            ..Self::default()
        })
    }

    /// What the tokens for this sender are bound to; none: to nothing, whoever has them may use them.
    pub(super) const fn confirmation(&self) -> Option<&Confirmation> {
        self.confirmation.as_ref()
    }

    /// Uses up what can be used once. Calling it again does nothing: it is one request.
    pub(super) fn spend(&self, call: &Call<'_>) -> Result<(), Refusal> {
        let proof = self.proof.take();
        proof.map_or(Ok(()), |proof| proof.spend(call.host))
    }
}

/// Checks that whoever presents an access token by `scheme` holds the key that it is bound to, and uses the proof up (RFC 9449 §7).
pub(super) fn present(
    call: &Call<'_>,
    scheme: Scheme,
    token: &str,
    live: &LiveToken,
) -> Result<(), Refusal> {
    match (scheme, live.confirmation()?) {
        (Scheme::Bearer, None) => Ok(()),
        (Scheme::Dpop, Some(Confirmation::Jkt(jkt))) => {
            let proof = proof(call, Some(token))?.ok_or(Refusal::DpopProofMissing)?;
            if proof.jkt != jkt {
                return Err(Refusal::DpopKeyMismatch);
            }
            proof.spend(call.host)
        }
        // §7.2: a bound token is no bearer token, and one that is not bound proves nothing by a proof.
        (Scheme::Bearer, Some(Confirmation::Jkt(_))) => Err(Refusal::DpopKeyMismatch),
        // RFC 8705 §3: a bearer token to the eye.
        (Scheme::Bearer, Some(Confirmation::X5tS256(bound)))
            if certificate(call).is_some_and(|shown| equal(&shown, &bound)) =>
        {
            Ok(())
        }
        (_, Some(Confirmation::X5tS256(_))) => Err(Refusal::CertificateMismatch),
        (Scheme::Dpop, None) => Err(Refusal::TokenInvalid),
    }
}

/// The thumbprint of the certificate that the sender holds, if certificates count here.
fn certificate(call: &Call<'_>) -> Option<String> {
    let certificate = call.request.client_certificate?;
    (call.server.mutual_tls.enabled && certificate.der.len() <= MAX_LENGTH)
        .then(|| thumbprint(certificate.der))
}

/// How an access token came (RFC 6750 §2.1, RFC 9449 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Bearer,
    Dpop,
}

/// The access token of an `Authorization` header, and how it came.
pub(super) fn credentials(header: &str) -> Option<(Scheme, &str)> {
    let (scheme, token) = header.split_once(' ')?;
    let scheme = if scheme.eq_ignore_ascii_case("bearer") {
        Scheme::Bearer
    } else if scheme.eq_ignore_ascii_case("dpop") {
        Scheme::Dpop
    } else {
        return None;
    };
    Some((scheme, token.trim())).filter(|(_, token)| !token.is_empty())
}

/// The proof that came with a request, checked; none if none came.
fn proof(call: &Call<'_>, access_token: Option<&str>) -> Result<Option<Proof>, Refusal> {
    if !call.request.has_header("dpop") {
        return Ok(None);
    }
    if !call.server.dpop.enabled {
        return Err(Refusal::DpopProofInvalid("DPoP is switched off here"));
    }
    let header = call
        .request
        .header("dpop")
        .ok_or(Refusal::DpopProofInvalid(
            "there must be one DPoP header, of ASCII",
        ))?;
    let origin = call
        .server
        .issuer
        .strip_suffix(call.base())
        .unwrap_or(&call.server.issuer);
    let expected = Expected {
        method: call.request.method,
        uri: &format!("{origin}{}", call.request.path),
        access_token,
        nonce: call.server.dpop.nonce,
        now: call.now,
    };
    dpop::check(header, &expected, call.host).map(Some)
}

/// Gives whoever sent a proof the nonce for the next one (RFC 9449 §8.2).
pub(super) fn with_nonce(call: &Call<'_>, answer: Answer) -> Answer {
    let dpop = &call.server.dpop;
    let has_one = answer.headers.iter().any(|(name, _)| *name == "dpop-nonce");
    if !dpop.enabled || dpop.nonce == NonceRule::Off || has_one || !call.request.has_header("dpop")
    {
        return answer;
    }
    match dpop::fresh_nonce(call.now, call.host) {
        Ok(nonce) => answer.with("dpop-nonce", nonce),
        // The next request will be told what is wrong.
        Err(_) => answer,
    }
}

/// The challenge of a resource that takes tokens bound to keys (RFC 9449 §7.1).
pub(super) fn challenge() -> String {
    format!("DPoP realm=\"OAuth\", algs=\"{}\"", dpop::ALGS.join(" "))
}
