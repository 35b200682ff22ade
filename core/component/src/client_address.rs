//! Which address a request came from, where only a header tells: the section `host` of the settings names it.
//!
//! `{"client_address_header": "spin-client-addr" | "x-forwarded-for" | "forwarded" | …}`, in lower case. The host, or the proxy in
//! front of it, appends its own value to whatever the client sent, so that the last element of the last field is believed and
//! no other: what a client writes itself comes first. Without the section no header is believed.

mod forwarded;

use forwarded::{address, forwarded_for, last_part};
use serde::Deserialize;

/// Section `host`. More members may come.
#[derive(Debug, Default, Deserialize)]
struct Host {
    client_address_header: Option<String>,
}

/// The address that the header tells which the section `host` names; `None` if that tells no IP address.
pub(crate) fn client_address(
    section: Option<&str>,
    headers: &[(String, Vec<u8>)],
) -> Option<String> {
    let host: Host = serde_json::from_str(section?).ok()?;
    let header = host.client_address_header?;
    let (_, value) = headers.iter().rfind(|(name, _)| *name == header)?;
    // The proxy's element is ASCII, whatever the client put in front of it.
    let value = String::from_utf8_lossy(value);
    let told = if header == "forwarded" {
        forwarded_for(last_part(&value, ',').1)
    } else {
        address(value.rsplit(',').next()?.trim())
    };
    Some(told?.to_canonical().to_string())
}

#[cfg(test)]
mod tests {
    use super::client_address;

    fn told(header: &str, fields: &[(&str, &str)]) -> Option<String> {
        let section = format!(r#"{{"client_address_header":"{header}"}}"#);
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect();
        client_address(Some(&section), &fields)
    }

    fn one(value: &str) -> Option<String> {
        told("x-forwarded-for", &[("x-forwarded-for", value)])
    }

    #[test]
    fn what_the_client_sent_comes_first_and_does_not_count() {
        let fields = [
            ("spin-client-addr", "203.0.113.9:1"),
            ("x-forwarded-for", "203.0.113.8"),
            ("spin-client-addr", "198.51.100.7:40312"),
        ];
        assert_eq!(
            told("spin-client-addr", &fields).as_deref(),
            Some("198.51.100.7")
        );
        assert_eq!(
            one("203.0.113.9, 198.51.100.7").as_deref(),
            Some("198.51.100.7")
        );
    }

    #[test]
    fn a_last_value_that_is_no_address_does_not_let_an_earlier_one_through() {
        let fields = [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-for", "unknown"),
        ];
        assert_eq!(told("x-forwarded-for", &fields), None);
        for value in [
            "203.0.113.9, unknown",
            "203.0.113.9,",
            "",
            "203.0.113.9 198.51.100.7",
            "1.2.3.4.5",
        ] {
            assert_eq!(one(value), None, "{value:?}");
        }
    }

    #[test]
    fn a_client_that_writes_no_text_hides_nothing() {
        for header in ["x-forwarded-for", "forwarded"] {
            let section = format!(r#"{{"client_address_header":"{header}"}}"#);
            let told = |value: &[u8]| {
                client_address(Some(&section), &[(header.to_owned(), value.to_vec())])
            };
            let last: &[u8] = if header == "forwarded" {
                b"\xff\", for=198.51.100.7"
            } else {
                b"\xff\", 198.51.100.7"
            };
            assert_eq!(told(last).as_deref(), Some("198.51.100.7"), "{header}");
            assert_eq!(told(b"\xff"), None);
        }
    }

    #[test]
    fn ports_and_brackets_are_taken_off() {
        for (value, address) in [
            ("198.51.100.7", "198.51.100.7"),
            (" 198.51.100.7:80 ", "198.51.100.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(one(value).as_deref(), Some(address), "{value}");
        }
    }

    #[test]
    fn forwarded_has_its_own_form() {
        let forwarded = |value| told("forwarded", &[("forwarded", value)]);
        let value = "for=203.0.113.9, for=\"[2001:db8::1]:80\";proto=https";
        assert_eq!(forwarded(value).as_deref(), Some("2001:db8::1"));
        assert_eq!(
            forwarded("proto=https;For=198.51.100.7").as_deref(),
            Some("198.51.100.7")
        );
        for value in ["198.51.100.7", "for=_hidden", "by=198.51.100.7"] {
            assert_eq!(forwarded(value), None, "{value}");
        }
    }

    #[test]
    fn what_the_client_chose_for_another_member_does_not_count() {
        let forwarded = |value| told("forwarded", &[("forwarded", value)]);
        for value in [
            r#"for=198.51.100.7;host="x,for=203.0.113.9""#,
            r#"for=198.51.100.7;host="x\",for=203.0.113.9""#,
            r#"for=198.51.100.7;host="x;for=203.0.113.9""#,
            r#"host="x;for=203.0.113.9";for=198.51.100.7"#,
            r#"for="203.0.113.9, for=198.51.100.7"#,
            r#"for="203.0.113.9\", for=198.51.100.7"#,
        ] {
            assert_eq!(forwarded(value).as_deref(), Some("198.51.100.7"), "{value}");
        }
    }

    #[test]
    fn without_a_name_no_header_is_believed() {
        let fields = [("x-forwarded-for".to_owned(), b"198.51.100.7".to_vec())];
        for section in [
            None,
            Some("{}"),
            Some("no json"),
            Some(r#"{"client_address_header":""}"#),
        ] {
            assert_eq!(client_address(section, &fields), None, "{section:?}");
        }
    }
}
