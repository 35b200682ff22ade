//! Header fields.

use crate::browser::Browser;
use crate::cookie::Cookies;
use crate::{client, host, http, serve, server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::str::from_utf8;

#[path = "../../../core/component/src/client_address/forwarded.rs"]
mod forwarded_header;
#[path = "../../../core/component/src/client_certificate/told.rs"]
mod told;

/// `Authorization: Basic`
pub fn basic(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    if let client::basic::Authorization::Credentials { client_id, .. } = client::basic::parse(text)
    {
        assert!(
            text.get(..5)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"))
        );
        assert!(client_id.len() <= text.len());
    }
}

/// The `Cookie` header, and what a browser and a session are taken from.
pub fn cookie(data: &[u8]) {
    let headers = [("cookie".to_owned(), data.to_vec())];
    let request = http::Request {
        method: "GET",
        path: "/authorize",
        query: "",
        headers: &headers,
        body: &[],
        client_address: None,
        client_certificate: None,
    };
    if let Some(value) = request.cookie("__Host-doorward") {
        assert!(!value.contains(';'));
    }
    let host = host();
    let cookies = Cookies::of(&server(&host));
    let browser = Browser::of(&request, &cookies, &host);
    let token = browser.csrf(&["consent", "1"]);
    assert_ne!(token, browser.csrf(&["consent", "2"]));
    let answer = serve(&request, &host);
    assert!(answer.status < 500, "{answer:?}");
}

/// `Forwarded` and `X-Forwarded-For`: the part that the proxy wrote last is read, whatever stands before it.
pub fn forwarded(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let _ = forwarded_header::address(text);
    let _ = forwarded_header::forwarded_for(text);
    let appended = format!("{text}, for=192.0.2.7");
    let (_, last) = forwarded_header::last_part(&appended, ',');
    assert_eq!(
        forwarded_header::forwarded_for(last)
            .map(|address| address.to_string())
            .as_deref(),
        Some("192.0.2.7")
    );
}

/// What a proxy tells of a certificate: bounded, and one certificate however it is written.
pub fn certificate_header(data: &[u8]) {
    let Some(der) = told::certificate(data) else {
        return;
    };
    assert!((1..=16 * 1024).contains(&der.len()));
    let base64 = STANDARD.encode(&der);
    let escaped = base64.replace('+', "%2B").replace('=', "%3d");
    for same in [
        format!(":{base64}:"),
        base64.clone(),
        format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n"),
        format!("-----BEGIN%20CERTIFICATE-----%0A{escaped}%0A-----END%20CERTIFICATE-----%0A"),
    ] {
        assert_eq!(
            told::certificate(same.as_bytes()),
            Some(der.clone()),
            "{same}"
        );
    }
}

/// As the shell hands it over.
pub(crate) fn told_certificate(value: &[u8]) -> Option<Vec<u8>> {
    told::certificate(value)
}
