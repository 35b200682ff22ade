//! Tokens and codes of our own, as someone sends them who made them up, and `DPoP` proofs.

use crate::signed::unsigned;
use crate::{first_line, grant, host, http, jwk, secret, serve, server, time, token};
use std::str::from_utf8;

/// JWTs of ours and of others: nothing unsigned is ever believed, and nothing that is not a token is.
pub fn jwt(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let host = host();
    for typ in ["at+jwt", "JWT"] {
        assert!(
            token::jwt::verify_own(text, &[typ], &host).is_err(),
            "believed {text:?}"
        );
    }
    let _ = token::access::verify(text, &server(&host), time::UnixTime(0), &host)
        .map(|_| panic!("believed {text:?}"));
    // The signed part as an attacker would write it: header and claims from the bytes, signature of nobody.
    let (header, claims) = first_line(text);
    let made = unsigned(header, claims);
    assert!(token::jwt::verify_own(&made, &["at+jwt"], &host).is_err());
}

/// `DPoP` proofs, as they come and with the bytes as header and claims: nobody's signature is ever believed.
pub fn dpop(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let (header, claims) = first_line(text);
    let made = unsigned(header, claims);
    for proof in [text, &made] {
        let headers = [
            ("dpop".to_owned(), proof.as_bytes().to_vec()),
            (
                "content-type".to_owned(),
                b"application/x-www-form-urlencoded".to_vec(),
            ),
        ];
        let request = http::Request {
            method: "POST",
            path: "/token",
            query: "",
            headers: &headers,
            body: b"grant_type=client_credentials&client_id=svc&client_secret=0123456789abcdef0123",
            client_address: None,
            client_certificate: None,
        };
        let answer = serve(&request, &crate::requests::host());
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    if let Ok(jwk) = serde_json::from_str(header)
        && let Ok(key) = jwk::PublicJwk::read(&jwk)
    {
        assert!(jwk::is_thumbprint(&key.thumbprint()));
        assert!(!key.as_json().contains("\"d\""));
    }
}

/// Codes, refresh tokens, opaque access tokens: what is taken apart comes back together, nothing in it can be more than one part of a key,
/// and nothing that was made up is found.
pub fn grant_strings(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    if let Some(parts) = grant::parse_code(text) {
        assert_eq!(grant::code(parts.grant_id, parts.secret), text);
        assert!(!parts.grant_id.contains('/'));
    }
    if let Some(parts) = grant::parse_refresh_token(text) {
        assert_eq!(
            grant::refresh_token(parts.grant_id, parts.family, parts.secret),
            text
        );
        assert!(!parts.grant_id.contains('/'));
    }
    let host = host();
    assert!(token::opaque::find(text, &host).is_err());
    assert!(token::opaque::revoke(text, &host).is_ok());
    assert!(crate::client::initial_access::find(text, &server(&host), &host).is_err());
    assert!(
        secret::from_base64url(text).is_none_or(|bytes| secret::base64url(&bytes) == text),
        "two spellings: {text:?}"
    );
}
