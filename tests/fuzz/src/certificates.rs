//! Certificates of clients and their names.

use crate::certificate::{Certificate, DistinguishedName, MAX_LENGTH};
use std::str::from_utf8;
use x509_cert::der::Decode as _;

/// Certificates in DER: nothing stands behind what is read, and its subject is the name that RFC 4514 makes of it.
pub fn certificate(data: &[u8]) {
    let Ok(read) = Certificate::read(data) else {
        return;
    };
    assert!(data.len() <= MAX_LENGTH);
    let whole = x509_cert::Certificate::from_der(data).expect("it was read");
    let longer = [data, &[0]].concat();
    assert!(Certificate::read(&longer).is_err(), "more than one");
    if let Some(key) = &read.key {
        assert!(crate::jwk::is_thumbprint(&key.thumbprint()));
    }
    // Other programs write the name; where ours reads it at all, it must be this one.
    let text = whole.tbs_certificate().subject().to_string();
    let Ok(name) = DistinguishedName::parse(&text) else {
        return;
    };
    // As they are shown: an object identifier with a zero byte too much is another, and that is well. So is a string of a kind that
    // others read and we compare as it stands.
    let (theirs, ours) = (format!("{name:?}"), format!("{:?}", read.subject));
    assert!(
        theirs == ours || ours.contains("Der("),
        "{text:?}: {theirs} {ours}"
    );
}

/// Names as text (RFC 4514): spaces after a separator do not count, anything else does.
pub fn distinguished_name(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Ok(name) = DistinguishedName::parse(text) else {
        return;
    };
    assert!((1..=1024).contains(&text.len()));
    for more in [
        format!("{text},CN=x"),
        format!("CN=x,{text}"),
        format!("{text}+CN=x"),
    ] {
        if let Ok(other) = DistinguishedName::parse(&more) {
            assert_ne!(other, name, "{more:?}");
        }
    }
    let spaced = format!(" {text}");
    if let Ok(spaced) = DistinguishedName::parse(&spaced) {
        assert_eq!(spaced, name);
    }
}
