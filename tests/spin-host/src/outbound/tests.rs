//! What is listed is allowed, and nothing beside it.

use super::AllowedHosts;

fn allowed(entry: &str, url: &str) -> bool {
    AllowedHosts::parse(&[entry.to_owned()])
        .unwrap()
        .allow_url(url, "https")
}

#[test]
fn scheme_host_and_port_must_all_match() {
    let entry = "redis://127.0.0.1:6379";
    assert!(allowed(entry, "redis://127.0.0.1:6379"));
    assert!(allowed(entry, "redis://127.0.0.1"), "the default port");
    assert!(
        allowed(entry, "redis://user:secret@127.0.0.1:6379/3"),
        "what is not part of the address"
    );
    for other in [
        "redis://127.0.0.1:6380",
        "redis://127.0.0.2:6379",
        "http://127.0.0.1:6379",
        "rediss://127.0.0.1:6379",
    ] {
        assert!(!allowed(entry, other), "{other}");
    }
}

#[test]
fn a_port_that_is_not_given_is_the_default_of_the_scheme() {
    assert!(allowed("https://example.com", "https://example.com/path"));
    assert!(allowed("https://example.com/", "https://example.com:443"));
    assert!(!allowed("https://example.com", "https://example.com:8443"));
}

#[test]
fn an_address_without_a_scheme_has_that_of_the_interface() {
    assert!(allowed("https://example.com", "example.com/path"));
    assert!(!allowed("http://example.com", "example.com/path"));
}

#[test]
fn wildcards_stand_for_schemes_subdomains_and_ports() {
    assert!(allowed("*://*:*", "http://example.com:8080"));
    assert!(allowed("https://*.example.com", "https://a.b.example.com"));
    assert!(!allowed("https://*.example.com", "https://example.com"));
    assert!(!allowed("https://*.example.com", "https://evilexample.com"));
    assert!(allowed("http://127.0.0.1:*", "http://127.0.0.1:9"));
    assert!(allowed(
        "http://127.0.0.1:8000..8002",
        "http://127.0.0.1:8001"
    ));
    assert!(!allowed(
        "http://127.0.0.1:8000..8002",
        "http://127.0.0.1:8002"
    ));
}

#[test]
fn nothing_is_allowed_that_is_not_listed() {
    assert!(!AllowedHosts::default().allow_url("http://127.0.0.1", "http"));
}

#[test]
fn what_spin_does_not_read_is_an_error() {
    for entry in [
        "*",
        "example.com",
        "http://a/b",
        "http://a*b",
        "http://*.*",
        "http://a:b",
        "foo://a",
        "ht-tp://a",
        "http://self",
        "http://10.0.0.0/8",
    ] {
        assert!(AllowedHosts::parse(&[entry.to_owned()]).is_err(), "{entry}");
    }
}
