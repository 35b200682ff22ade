//! The pages of `dev` show what strangers wrote: as text.

use super::html::{decode, encode, escape};
use super::{Dev, is_for_this_machine};
use crate::mail::Outbox;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

#[test]
fn text_cannot_become_markup() {
    assert_eq!(
        escape("<a href=\"x\" onclick='y'>&"),
        "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;"
    );
}

#[test]
fn form_encoding_goes_there_and_back() {
    let text = "a b&c=d%/é\u{1F600}+";
    assert!(
        encode(text)
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte))
    );
    assert_eq!(decode(&encode(text)), text);
    assert_eq!(decode("a+b%20c%2"), "a b c%2");
    assert_eq!(decode("%zz%"), "%zz%");
}

#[test]
fn rfc7636_s4_2_the_ready_link_carries_the_challenge_of_a_verifier_that_stays_here() {
    let outbox = Arc::new(Outbox::printing());
    let dev = Dev::new(String::from("http://127.0.0.1:8787"), outbox).unwrap();
    let link = dev.ready_link();
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(dev.pkce.verifier.as_bytes()));
    assert!(
        link.contains(&format!(
            "&code_challenge={challenge}&code_challenge_method=S256"
        )),
        "{link}"
    );
    assert!(
        link.contains("&redirect_uri=http%3A%2F%2F127.0.0.1%3A8787%2Fdev%2Fcallback&"),
        "{link}"
    );
    assert!(!link.contains(&dev.pkce.verifier));
    assert!(dev.pkce.verifier.len() >= 43);
}

#[test]
fn a_foreign_name_for_loopback_is_not_answered() {
    let asked = |host: &str| {
        let (head, ()) = hyper::Request::get("/dev/outbox")
            .header("host", host)
            .body(())
            .unwrap()
            .into_parts();
        is_for_this_machine(&head)
    };
    for own in [
        "127.0.0.1:8787",
        "localhost:8787",
        "[::1]:8787",
        "localhost",
    ] {
        assert!(asked(own), "{own}");
    }
    for foreign in [
        "rebound.example:8787",
        "127.0.0.1.example",
        "localhost.example",
        "",
        "127.0.0.1@evil.example",
    ] {
        assert!(!asked(foreign), "{foreign}");
    }
}

#[test]
fn its_own_pages_lie_outside_the_path_of_the_issuer() {
    for (issuer, origin) in [
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://127.0.0.1:8787/tenant/one", "http://127.0.0.1:8787"),
        ("http://[::1]:1/t", "http://[::1]:1"),
    ] {
        assert_eq!(super::origin(issuer), origin);
    }
}
