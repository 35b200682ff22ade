//! Proof Key for Code Exchange: RFC 7636, `S256` only (OAuth 2.1 §4.1.1).

use crate::refusal::Refusal;
use crate::secret::{base64url, equal, is_base64url};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A `code_challenge`: the SHA-256 of the verifier, 43 characters of base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

/// Proof that the verifier matched. Only [`verify`] builds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PkceVerified(());

impl CodeChallenge {
    /// Reads the two parameters of the authorization request. `None`: the client sent neither.
    ///
    /// # Errors
    /// A method other than `S256`, or none at all, which RFC 7636 §4.3 reads as `plain`: [`Refusal::ChallengeMethod`].
    /// A method without challenge: [`Refusal::ChallengeMissing`]. A challenge that is no SHA-256: [`Refusal::ChallengeMalformed`].
    pub fn from_request(
        challenge: Option<&str>,
        method: Option<&str>,
    ) -> Result<Option<Self>, Refusal> {
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Refusal::ChallengeMissing),
            (Some(challenge), Some("S256"))
                if challenge.len() == 43 && is_base64url(challenge, 43) =>
            {
                Ok(Some(Self(challenge.to_owned())))
            }
            (Some(_), Some("S256")) => Err(Refusal::ChallengeMalformed),
            (Some(_), _) => Err(Refusal::ChallengeMethod),
        }
    }
}

/// Compares the verifier of a token request with the challenge of its authorization request (RFC 7636 §4.6).
///
/// # Errors
/// [`Refusal::VerifierMismatch`] if the verifier is absent, not 43 to 128 unreserved characters (§4.1), or wrong.
/// [`Refusal::VerifierWithoutChallenge`] if there is a verifier but was no challenge: a downgrade (RFC 9700 §2.1.1).
pub fn verify(
    challenge: Option<&CodeChallenge>,
    verifier: Option<&str>,
) -> Result<PkceVerified, Refusal> {
    match (challenge, verifier) {
        (None, None) => Ok(PkceVerified(())),
        (None, Some(_)) => Err(Refusal::VerifierWithoutChallenge),
        (Some(_), None) => Err(Refusal::VerifierMismatch),
        (Some(challenge), Some(verifier)) => {
            let unreserved =
                |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
            let well_formed =
                (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
            let computed = base64url(&Sha256::digest(verifier.as_bytes()));
            if well_formed && equal(&computed, &challenge.0) {
                Ok(PkceVerified(()))
            } else {
                Err(Refusal::VerifierMismatch)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 Appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn challenge() -> CodeChallenge {
        CodeChallenge::from_request(Some(CHALLENGE), Some("S256"))
            .unwrap()
            .unwrap()
    }

    #[test]
    fn s4_6_wrong_missing_short_and_long_verifiers_are_refused() {
        for verifier in [
            None,
            Some("a".repeat(43)),
            Some("a".repeat(42)),
            Some("a".repeat(129)),
            Some(CHALLENGE.into()),
        ] {
            assert_eq!(
                verify(Some(&challenge()), verifier.as_deref()),
                Err(Refusal::VerifierMismatch)
            );
        }
    }

    #[test]
    fn rfc9700_s2_1_1_a_verifier_without_challenge_is_refused() {
        assert_eq!(
            verify(None, Some(VERIFIER)),
            Err(Refusal::VerifierWithoutChallenge)
        );
    }

    #[test]
    fn s4_3_only_s256_counts() {
        for method in [None, Some("plain"), Some("s256"), Some("S512")] {
            assert_eq!(
                CodeChallenge::from_request(Some(CHALLENGE), method),
                Err(Refusal::ChallengeMethod)
            );
        }
        assert_eq!(
            CodeChallenge::from_request(None, Some("S256")),
            Err(Refusal::ChallengeMissing)
        );
        assert_eq!(
            CodeChallenge::from_request(Some("short"), Some("S256")),
            Err(Refusal::ChallengeMalformed)
        );
    }
}
