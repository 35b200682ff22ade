//! Where we go, and where letters go.

use crate::{client::metadata_document, egress, jwks};
use doorward_provider::email::EmailAddress;
use std::str::from_utf8;

/// URLs that someone names for us to fetch: where we would connect is where any other program would, a public name, on port 443.
pub fn outbound_url(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let route = egress::Rules::default().route(text);
    let read = url::Url::parse(text);
    if jwks::check_uri(text).is_ok() || metadata_document::check_url(text).is_ok() {
        // Early checks are about the form; where it leads is decided by the route.
        assert!(text.to_ascii_lowercase().starts_with("https://"));
    }
    let Ok(route) = route else { return };
    let Ok(read) = read else {
        // A label that says it is Punycode, and is none: nobody owns such a name.
        assert!(route.authority.contains("xn--"), "{text:?}");
        return;
    };
    assert!(
        read.scheme() == "https" && read.port().is_none() && !route.plain,
        "{text:?}"
    );
    assert!(
        read.username().is_empty() && read.password().is_none(),
        "{text:?}"
    );
    assert_eq!(read.host_str(), Some(route.authority.as_str()), "{text:?}");
    assert!(
        matches!(read.host(), Some(url::Host::Domain(_))),
        "{text:?}"
    );
    let last = route.authority.rsplit('.').next().expect("a label");
    assert!(
        route.authority.contains('.') && !egress::NOT_PUBLIC.contains(&last),
        "{text:?}"
    );
    assert!(
        route.path_with_query.starts_with('/')
            && route
                .path_with_query
                .bytes()
                .all(|byte| byte.is_ascii_graphic())
            && !route.path_with_query.contains('#'),
        "{text:?}"
    );
}

/// E-mail addresses that people type: one form, one mailbox, and nothing that a mail header would read as more.
pub fn email(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Some(address) = EmailAddress::parse(text) else {
        return;
    };
    let one = address.as_str();
    assert!(
        one.len() <= 254 && one.bytes().all(|byte| byte.is_ascii_graphic()),
        "{one:?}"
    );
    assert!(
        !one.contains([',', ';', '<', '>', '"', '(', ')', '[', ']', '\\', ':']),
        "{one:?}"
    );
    assert_eq!(one.matches('@').count(), 1);
    assert!(!one.bytes().any(|byte| byte.is_ascii_uppercase()));
    assert_eq!(EmailAddress::parse(one).as_ref(), Some(&address));
    assert_eq!(
        EmailAddress::parse(&one.to_ascii_uppercase()).as_ref(),
        Some(&address)
    );
    assert_eq!(
        format!("{}@{}", address.local_part(), address.domain()),
        one
    );
}
