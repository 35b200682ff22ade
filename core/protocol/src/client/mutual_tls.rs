//! Client authentication by certificate: RFC 8705 §2. That its sender holds the certificate's key the host has seen in the TLS
//! handshake, or a proxy that the operator trusts tells so.
//!
//! In order: 1. it is switched on; 2. there is a certificate; 3. `tls_client_auth`: an authority vouches for it, and it has the one name that
//! the client registered; `self_signed_tls_client_auth`: its key, or the certificate itself, is among the client's keys.

use super::metadata::{ClientMetadata, Unfit};
use super::{AuthMethod, Client, keys};
use crate::certificate::{AlternativeName, Certificate, DistinguishedName};
use crate::http::ClientCertificate;
use crate::jwks::{self, Jwks};
use crate::ports::Host;
use crate::refusal::Refusal;
use crate::settings::Server;
use crate::time::UnixTime;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Longest name that may be registered, bytes.
const MAX_NAME: usize = 1024;

/// What a certificate must say for its client to be authenticated by it (RFC 8705 §2.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsClientAuth {
    /// `tls_client_auth_subject_dn`: a distinguished name (RFC 4514).
    SubjectDn(String),
    /// `tls_client_auth_san_dns`
    SanDns(String),
    /// `tls_client_auth_san_uri`
    SanUri(String),
    /// `tls_client_auth_san_ip`
    SanIp(String),
    /// `tls_client_auth_san_email`
    SanEmail(String),
}

impl TlsClientAuth {
    /// The member of the metadata that registered it, and its value.
    #[must_use]
    pub fn member(&self) -> (&'static str, &str) {
        match self {
            Self::SubjectDn(name) => ("tls_client_auth_subject_dn", name),
            Self::SanDns(name) => ("tls_client_auth_san_dns", name),
            Self::SanUri(name) => ("tls_client_auth_san_uri", name),
            Self::SanIp(name) => ("tls_client_auth_san_ip", name),
            Self::SanEmail(name) => ("tls_client_auth_san_email", name),
        }
    }
}

/// Whether a method is one of RFC 8705.
#[must_use]
pub const fn is_mutual_tls(method: AuthMethod) -> bool {
    matches!(
        method,
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth
    )
}

/// Authenticates a client by the certificate of its connection.
///
/// # Errors
/// `invalid_client` on the wire; [`Refusal::Unreachable`] if the client's keys cannot be had; store failures.
pub fn authenticate(
    client: &Client,
    certificate: Option<ClientCertificate<'_>>,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<(), Refusal> {
    const FAILED: Refusal = Refusal::ClientAuthenticationFailed { basic: false };
    if !server.mutual_tls.enabled {
        return Err(Refusal::ClientAuthenticationMethod { basic: false });
    }
    let presented = certificate.ok_or(FAILED)?;
    let certificate = Certificate::read(presented.der).map_err(|_| FAILED)?;
    let is_theirs = match client.token_endpoint_auth_method {
        AuthMethod::TlsClientAuth => {
            presented.vouched
                && client
                    .tls_client_auth
                    .as_ref()
                    .is_some_and(|registered| has_name(&certificate, registered))
        }
        AuthMethod::SelfSignedTlsClientAuth => {
            has_key(client, &certificate, presented.der, now, host)?
        }
        _ => false,
    };
    if is_theirs { Ok(()) } else { Err(FAILED) }
}

/// RFC 8705 §2.1.2. Names are compared by letter (in DNS names case does not count); a wildcard matches nothing.
fn has_name(certificate: &Certificate, registered: &TlsClientAuth) -> bool {
    let names = &certificate.names;
    match registered {
        TlsClientAuth::SubjectDn(name) => {
            DistinguishedName::parse(name).is_ok_and(|name| name == certificate.subject)
        }
        TlsClientAuth::SanDns(wanted) => names.iter().any(
            |name| matches!(name, AlternativeName::Dns(name) if name.eq_ignore_ascii_case(wanted)),
        ),
        TlsClientAuth::SanUri(wanted) => names.contains(&AlternativeName::Uri(wanted.clone())),
        TlsClientAuth::SanIp(wanted) => wanted
            .parse()
            .is_ok_and(|address: IpAddr| names.contains(&AlternativeName::Ip(address))),
        TlsClientAuth::SanEmail(wanted) => names.contains(&AlternativeName::Email(wanted.clone())),
    }
}

/// RFC 8705 §2.2.2: a newer set is looked at once if the one at hand does not have it.
fn has_key(
    client: &Client,
    certificate: &Certificate,
    der: &[u8],
    now: UnixTime,
    host: &dyn Host,
) -> Result<bool, Refusal> {
    let Some(source) = keys::source(client) else {
        return Ok(false);
    };
    if holds(&jwks::read(source, now, host)?, certificate, der) {
        return Ok(true);
    }
    let newer = jwks::read_again(source, now, host)?;
    Ok(newer.is_some_and(|set| holds(&set, certificate, der)))
}

fn holds(set: &Jwks, certificate: &Certificate, der: &[u8]) -> bool {
    set.keys().iter().any(|key| match key.certificate() {
        // Whoever registers certificates means these, not others with the same key.
        Some(registered) => STANDARD
            .decode(registered)
            .is_ok_and(|registered| registered == der),
        None => certificate.key.as_ref() == Some(key.public()),
    })
}

/// The name that a client is to be known by, from its metadata: exactly one for `tls_client_auth`, otherwise none (RFC 8705 §2.1.2).
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub fn registered(
    metadata: &ClientMetadata,
    method: AuthMethod,
) -> Result<Option<TlsClientAuth>, Unfit> {
    type Make = fn(String) -> TlsClientAuth;
    let members: [(&str, &Option<String>, Make); 5] = [
        (
            "tls_client_auth_subject_dn",
            &metadata.tls_client_auth_subject_dn,
            TlsClientAuth::SubjectDn,
        ),
        (
            "tls_client_auth_san_dns",
            &metadata.tls_client_auth_san_dns,
            TlsClientAuth::SanDns,
        ),
        (
            "tls_client_auth_san_uri",
            &metadata.tls_client_auth_san_uri,
            TlsClientAuth::SanUri,
        ),
        (
            "tls_client_auth_san_ip",
            &metadata.tls_client_auth_san_ip,
            TlsClientAuth::SanIp,
        ),
        (
            "tls_client_auth_san_email",
            &metadata.tls_client_auth_san_email,
            TlsClientAuth::SanEmail,
        ),
    ];
    if metadata.tls_client_certificate_bound_access_tokens && metadata.dpop_bound_access_tokens {
        return Err("tls_client_certificate_bound_access_tokens and dpop_bound_access_tokens exclude each other: a token is bound to one key".to_owned());
    }
    let mut given = members
        .into_iter()
        .filter_map(|(member, value, make)| Some((member, value.as_ref()?, make)));
    let first = given.next();
    if let (Some((one, ..)), Some((other, ..))) = (&first, given.next()) {
        return Err(format!(
            "{one} and {other} exclude each other (RFC 8705 §2.1.2)"
        ));
    }
    match (method, first) {
        (AuthMethod::TlsClientAuth, Some((member, value, make))) => {
            let registered = make(value.clone());
            check_name(&registered).map_err(|why| format!("{member}: `{value}` {why}"))?;
            Ok(Some(registered))
        }
        (AuthMethod::TlsClientAuth, None) => Err(
            "token_endpoint_auth_method `tls_client_auth` needs one of tls_client_auth_subject_dn, \
             tls_client_auth_san_dns, tls_client_auth_san_uri, tls_client_auth_san_ip, tls_client_auth_san_email"
                .to_owned(),
        ),
        (_, Some((member, ..))) => Err(format!(
            "{member} is for token_endpoint_auth_method `tls_client_auth`"
        )),
        (AuthMethod::SelfSignedTlsClientAuth, None)
            if metadata.jwks.is_none() && metadata.jwks_uri.is_none() =>
        {
            Err(
                "token_endpoint_auth_method `self_signed_tls_client_auth` needs jwks or jwks_uri"
                    .to_owned(),
            )
        }
        (_, None) => Ok(None),
    }
}

fn check_name(name: &TlsClientAuth) -> Result<(), &'static str> {
    match name {
        TlsClientAuth::SubjectDn(name) => DistinguishedName::parse(name).map(drop),
        TlsClientAuth::SanIp(address) => address
            .parse::<IpAddr>()
            .map(drop)
            .map_err(|_| "is not an IP address"),
        TlsClientAuth::SanDns(name) if name.contains('*') => Err("must be one name, no pattern"),
        TlsClientAuth::SanDns(text)
        | TlsClientAuth::SanUri(text)
        | TlsClientAuth::SanEmail(text)
            if text.is_empty()
                || text.len() > MAX_NAME
                || !text.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Err("must be 1 to 1024 visible ASCII characters")
        }
        TlsClientAuth::SanDns(_) | TlsClientAuth::SanUri(_) | TlsClientAuth::SanEmail(_) => Ok(()),
    }
}
