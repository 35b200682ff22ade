//! How proxies write a certificate into a header: RFC 9440 §2.1 as a byte sequence (`:base64:`), others as PEM in percent-encoding
//! (nginx's `$ssl_client_escaped_cert`, `HAProxy`, Envoy) or as bare base64 of the DER (Cloudflare, AWS).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Longest value that is looked at, bytes: a certificate of 16 KiB, every character of its base64 percent-encoded.
const MAX_VALUE: usize = 64 * 1024;
/// Longest certificate, bytes.
const MAX_DER: usize = 16 * 1024;
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The DER of the certificate in a header's value; none if there is none. Of a chain the first counts.
pub(super) fn certificate(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() > MAX_VALUE {
        return None;
    }
    let value = std::str::from_utf8(value).ok()?.trim();
    let der = if let Some(rest) = value.strip_prefix(':') {
        // RFC 8941 §3.3.5.
        STANDARD.decode(rest.strip_suffix(':')?).ok()?
    } else if value.starts_with("-----") || value.starts_with("%2D") || value.starts_with("%2d") {
        pem(&unescaped(value)?)?
    } else {
        STANDARD.decode(value).ok()?
    };
    (!der.is_empty() && der.len() <= MAX_DER).then_some(der)
}

fn pem(text: &str) -> Option<Vec<u8>> {
    let (body, _) = text.strip_prefix(BEGIN)?.split_once(END)?;
    let base64: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(base64).ok()
}

/// Percent-decoding. A `+` is itself: it is a digit of base64.
fn unescaped(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.bytes());
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
        bytes.push(high << 4 | low);
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::certificate;

    #[test]
    fn each_way_of_writing_it_is_read() {
        for value in [
            ":MAIFAA==:",
            "MAIFAA==",
            "-----BEGIN CERTIFICATE-----\tMAIF\tAA==\t-----END CERTIFICATE-----",
            "-----BEGIN%20CERTIFICATE-----%0AMAIFAA%3D%3D%0A-----END%20CERTIFICATE-----%0A",
            "%2D%2D%2D%2D%2DBEGIN%20CERTIFICATE-----%0aMAIFAA==%0a-----END%20CERTIFICATE-----%0a-----BEGIN%20CERTIFICATE-----",
        ] {
            assert_eq!(
                certificate(value.as_bytes()),
                Some(vec![0x30, 2, 5, 0]),
                "{value}"
            );
        }
    }

    #[test]
    fn anything_else_tells_none() {
        for value in [
            "",
            ":",
            "::",
            ":MAA=",
            ":MAA:",
            "MAA",
            "(null)",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----MAA=",
            "-----BEGIN RSA PRIVATE KEY-----MAA=-----END RSA PRIVATE KEY-----",
            "-----BEGIN%2",
            "-----BEGIN%zzCERTIFICATE-----",
        ] {
            assert_eq!(certificate(value.as_bytes()), None, "{value}");
        }
        assert_eq!(certificate(b"\xff"), None);
        assert_eq!(certificate(&vec![b'A'; 64 * 1024 + 1]), None);
        assert_eq!(certificate(&vec![b'A'; 32 * 1024]), None);
    }
}
