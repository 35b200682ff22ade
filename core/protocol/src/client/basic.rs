//! `client_secret_basic`: RFC 6749 §2.3.1, RFC 7617.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

/// Longest `Authorization` header that is looked at, bytes.
const MAX_LENGTH: usize = 4096;

/// What stands in an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Another scheme, e.g. `Bearer`.
    OtherScheme,
    /// `Basic`, but not decodable.
    Malformed,
    /// `Basic` with these credentials.
    Credentials {
        /// `client_id`
        client_id: String,
        /// `client_secret`
        client_secret: String,
        /// The same as it came: many clients do not encode it.
        unencoded_secret: String,
    },
}

/// Reads the header. Both halves are form-encoded before they are joined (RFC 6749 §2.3.1): `%` and `+` are decoded.
#[must_use]
pub fn parse(header: &str) -> Authorization {
    let Some((scheme, rest)) = header.split_once(' ') else {
        return if header.eq_ignore_ascii_case("basic") {
            Authorization::Malformed
        } else {
            Authorization::OtherScheme
        };
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Authorization::OtherScheme;
    }
    credentials(rest.trim()).unwrap_or(Authorization::Malformed)
}

fn credentials(encoded: &str) -> Option<Authorization> {
    if encoded.len() > MAX_LENGTH {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (client_id, client_secret) = decoded.split_once(':')?;
    Some(Authorization::Credentials {
        client_id: form_decode(client_id)?,
        client_secret: form_decode(client_secret)?,
        unencoded_secret: client_secret.to_owned(),
    })
}

fn form_decode(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(userpass: &str) -> String {
        format!("Basic {}", STANDARD.encode(userpass))
    }

    #[test]
    fn rfc6749_s2_3_1_both_halves_are_form_encoded() {
        let parsed = parse(&header("a%3Ab:p%25+w"));
        let expected = Authorization::Credentials {
            client_id: "a:b".into(),
            client_secret: "p% w".into(),
            unencoded_secret: "p%25+w".into(),
        };
        assert_eq!(parsed, expected);
    }

    #[test]
    fn malformed_is_not_another_scheme() {
        for bad in [
            "Basic",
            "Basic !!!",
            "basic QQ==",
            "BASIC",
            &header("no-colon"),
        ] {
            assert_eq!(parse(bad), Authorization::Malformed, "{bad}");
        }
        assert_eq!(parse("Bearer abc"), Authorization::OtherScheme);
    }

    proptest::proptest! {
        /// RFC 6749 §2.3.1: whatever id and secret are, they come through if they were form-encoded first.
        #[test]
        fn rfc6749_s2_3_1_encoded_credentials_come_through(id in ".{0,20}", secret in ".{0,20}") {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let parsed = parse(&header(&format!("{}:{}", encoded(&id), encoded(&secret))));
            let Authorization::Credentials { client_id, client_secret, unencoded_secret } = parsed else {
                return Err(proptest::test_runner::TestCaseError::fail(format!("{parsed:?}")));
            };
            proptest::prop_assert_eq!((client_id, client_secret), (id, secret.clone()));
            proptest::prop_assert_eq!(unencoded_secret, encoded(&secret));
        }

        #[test]
        fn any_header_is_read_or_refused(text in ".{0,80}") {
            if let Authorization::Credentials { .. } = parse(&text) {
                proptest::prop_assert!(text.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic ")));
            }
        }
    }
}
