//! The client's certificate, where a proxy tells it in a header: the section `host` of the settings names it.
//!
//! `{"client_certificate_header": "client-cert" | "x-ssl-client-cert" | …, "client_certificate_vouched": true}`. Only a proxy that
//! removes the header from what clients send may be named; a header that comes twice was not removed, and tells nothing.

mod told;

use crate::exchange::Certificate;
use serde::Deserialize;
use told::certificate;

/// Section `host`. More members may come.
#[derive(Debug, Default, Deserialize)]
struct Host {
    client_certificate_header: Option<String>,
    #[serde(default)]
    client_certificate_vouched: bool,
}

/// The certificate that the header tells which the section `host` names; `None` if that tells none.
pub(crate) fn client_certificate(
    section: Option<&str>,
    headers: &[(String, Vec<u8>)],
) -> Option<Certificate> {
    let host: Host = serde_json::from_str(section?).ok()?;
    let header = host.client_certificate_header?;
    let mut fields = headers.iter().filter(|(name, _)| *name == header);
    let (_, value) = fields.next()?;
    if fields.next().is_some() {
        return None;
    }
    Some(Certificate {
        der: certificate(value)?,
        vouched: host.client_certificate_vouched,
    })
}

#[cfg(test)]
mod tests {
    use super::client_certificate;

    const SECTION: &str =
        r#"{"client_certificate_header":"client-cert","client_certificate_vouched":true}"#;

    fn told(section: Option<&str>, fields: &[(&str, &str)]) -> Option<(Vec<u8>, bool)> {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect();
        client_certificate(section, &fields).map(|told| (told.der, told.vouched))
    }

    #[test]
    fn rfc9440_s2_1_the_named_header_is_read() {
        let fields = [("client-cert", ":MAA=:"), ("x-ssl-client-cert", ":MQA=:")];
        assert_eq!(told(Some(SECTION), &fields), Some((vec![0x30, 0], true)));
        let unvouched = r#"{"client_certificate_header":"client-cert"}"#;
        assert_eq!(told(Some(unvouched), &fields), Some((vec![0x30, 0], false)));
    }

    #[test]
    fn rfc9440_s2_4_without_a_name_or_told_twice_there_is_none() {
        let one = [("client-cert", ":MAA=:")];
        for section in [
            None,
            Some("{}"),
            Some("no json"),
            Some(
                r#"{"client_address_header":"x-forwarded-for","client_certificate_vouched":true}"#,
            ),
        ] {
            assert_eq!(told(section, &one), None, "{section:?}");
        }
        let twice = [("client-cert", ":MAA=:"), ("client-cert", ":MAA=:")];
        assert_eq!(told(Some(SECTION), &twice), None);
    }
}
