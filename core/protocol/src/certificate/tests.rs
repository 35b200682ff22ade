//! Certificates and names, those that are right and those that are not.

use super::samples::{ED25519, P256, RSA, der};
use super::{AlternativeName, Certificate, DistinguishedName, thumbprint};

#[test]
fn rfc8705_s3_1_the_thumbprint_is_sha256_of_the_der() {
    for (certificate, expected) in [
        (P256, "89X6y35KV8xr0Ca2aZJiLLwloG6HqgBg5YPpafE2jFY"),
        (RSA, "GoUv6qy1N0_AaFtEXEVhAtEACY5RaqiTh9YAphOoe5c"),
        (ED25519, "apkP1geunl3548Kg8T9VTiCPmCNwwVVSqtaNkVX0os8"),
    ] {
        assert_eq!(thumbprint(&der(certificate)), expected);
    }
}

#[test]
fn names_and_keys_are_read() {
    let certificate = Certificate::read(&der(P256)).unwrap();
    assert_eq!(
        certificate.names,
        [
            AlternativeName::Dns("client.example".to_owned()),
            AlternativeName::Uri("https://client.example/app".to_owned()),
            AlternativeName::Ip("192.0.2.7".parse().unwrap()),
            AlternativeName::Ip("2001:db8::7".parse().unwrap()),
            AlternativeName::Email("ops@client.example".to_owned()),
        ]
    );
    assert!(certificate.key.unwrap().verifies("ES256"));
    for (certificate, alg) in [(RSA, "RS256"), (ED25519, "EdDSA")] {
        let certificate = Certificate::read(&der(certificate)).unwrap();
        assert!(certificate.names.is_empty());
        assert!(certificate.key.unwrap().verifies(alg), "{alg}");
    }
}

#[test]
fn rfc4514_names_are_those_of_the_certificate() {
    let subject = |certificate| Certificate::read(&der(certificate)).unwrap().subject;
    for text in [
        r"CN=Client One,OU=Payments,O=Example\, Incorporated,C=DE",
        r"cn=Client One, ou=Payments, o=Example\2c Incorporated, c=DE",
        r"2.5.4.3=Client One,OU=Payments,O=Example\, Incorporated,2.5.4.6=DE",
        // RFC 4514 §2.4: how tools write what they have no name for, whatever kind of string it is.
        r"2.5.4.3=#0c0a436c69656e74204f6e65,OU=Payments,O=Example\, Incorporated,C=DE",
        r"CN=#130A436C69656E74204F6E65,OU=Payments,O=Example\, Incorporated,C=#13024445",
    ] {
        assert_eq!(
            DistinguishedName::parse(text).unwrap(),
            subject(P256),
            "{text}"
        );
    }
    for text in [
        "UID=7+CN=ed,DC=corp,DC=example",
        "CN=ed+UID=7,DC=corp,DC=example",
    ] {
        assert_eq!(
            DistinguishedName::parse(text).unwrap(),
            subject(ED25519),
            "{text}"
        );
    }
}

#[test]
fn rfc8705_s2_1_2_a_name_that_differs_in_anything_is_another() {
    let subject = Certificate::read(&der(P256)).unwrap().subject;
    for text in [
        r"CN=client one,OU=Payments,O=Example\, Incorporated,C=DE",
        r"CN=Client One,OU=Payments,O=Example\, Incorporated",
        r"OU=Payments,O=Example\, Incorporated,C=DE",
        r"C=DE,O=Example\, Incorporated,OU=Payments,CN=Client One",
        r"CN=Client One+OU=Payments,O=Example\, Incorporated,C=DE",
        r"CN=Client One\00,OU=Payments,O=Example\, Incorporated,C=DE",
        r"CN=Client  One,OU=Payments,O=Example\, Incorporated,C=DE",
        r"CN=Client One\,OU=Payments,O=Example\, Incorporated,C=DE",
        "CN=#040a436c69656e74204f6e65,OU=Payments,O=Example\\, Incorporated,C=DE",
    ] {
        assert_ne!(
            DistinguishedName::parse(text).ok(),
            Some(subject.clone()),
            "{text}"
        );
    }
}

#[test]
fn rfc4514_s3_what_is_no_name_is_refused() {
    for text in [
        "",
        "CN",
        "CN=",
        "=x",
        "nonsense=x",
        "CN=x,",
        "CN=x,,C=DE",
        "CN=a\\",
        "CN=a\\x",
        "CN=a\\4",
        "CN=\\ff",
        "CN=#",
        "CN=#0",
        "CN=#0c",
        "CN=#0c0a43",
        "CN=#0c014343",
        "CN=#0c01ff",
        "CN=#0c810143",
        "CN=#zz",
        "CN=a\"b",
        "CN=a;b",
        "CN=a<b",
        "CN= a",
        "CN=a ",
        "/CN=a/C=DE",
    ] {
        assert!(DistinguishedName::parse(text).is_err(), "{text:?}");
    }
    let long = format!("CN={}", "a".repeat(1024));
    assert!(DistinguishedName::parse(&long).is_err());
}

#[test]
fn what_is_no_certificate_is_refused() {
    let good = der(P256);
    assert!(Certificate::read(&[]).is_err());
    assert!(Certificate::read(b"-----BEGIN CERTIFICATE-----").is_err());
    for length in 0..good.len() {
        assert!(Certificate::read(&good[..length]).is_err(), "{length}");
    }
    let mut longer = good;
    longer.push(0);
    assert!(Certificate::read(&longer).is_err());
    assert!(Certificate::read(&vec![0x30; 16 * 1024 + 1]).is_err());
}
