//! Certificates of clients: X.509 (RFC 5280), as far as RFC 8705 needs them, and distinguished names as text (RFC 4514).
//!
//! Nothing here says that a certificate is good: that its sender holds its key, and whether an authority vouches for it, the host says.

use crate::jwk::PublicJwk;
use crate::secret::base64url;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::net::IpAddr;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use x509_cert::der::{Decode as _, Encode as _, Reader, SliceReader, Tag, Tagged as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// Longest certificate that is looked at, bytes.
pub const MAX_LENGTH: usize = 16 * 1024;
/// Longest distinguished name that may be registered, bytes.
const MAX_NAME: usize = 1024;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Names of attribute types: those of RFC 4514 §3, and what certificates of organisations carry beside them.
const TYPES: [(&str, &str); 18] = [
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("SN", "2.5.4.4"),
    ("givenName", "2.5.4.42"),
    ("title", "2.5.4.12"),
    ("serialNumber", "2.5.4.5"),
    ("postalCode", "2.5.4.17"),
    ("businessCategory", "2.5.4.15"),
    ("organizationIdentifier", "2.5.4.97"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
    ("jurisdictionC", "1.3.6.1.4.1.311.60.2.1.3"),
];

/// A certificate that was read. Its key counts only if it is of a kind that clients can register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its subject.
    pub subject: DistinguishedName,
    /// Its other names.
    pub names: Vec<AlternativeName>,
    /// Its public key, if it is of a kind that we know.
    pub key: Option<PublicJwk>,
}

/// An entry of `subjectAltName` (RFC 5280 §4.2.1.6) of a kind that clients can register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlternativeName {
    /// `dNSName`
    Dns(String),
    /// `uniformResourceIdentifier`
    Uri(String),
    /// `iPAddress`
    Ip(IpAddr),
    /// `rfc822Name`
    Email(String),
}

/// A distinguished name: its parts in the order of the certificate, each a sorted set of types and values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<(ObjectIdentifier, Value)>>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    /// A string, whatever kind of string it is in the certificate. Compared by letter.
    Text(String),
    /// Anything else, in DER.
    Der(Vec<u8>),
}

/// The SHA-256 thumbprint of a certificate in base64url: `x5t#S256` (RFC 8705 §3.1).
#[must_use]
pub fn thumbprint(der: &[u8]) -> String {
    base64url(&Sha256::digest(der))
}

impl Certificate {
    /// Reads a certificate.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn read(der: &[u8]) -> Result<Self, &'static str> {
        if der.len() > MAX_LENGTH {
            return Err("the certificate is too large");
        }
        let certificate = x509_cert::Certificate::from_der(der)
            .map_err(|_| "the certificate is not one of X.509")?;
        let body = certificate.tbs_certificate();
        let other_names = body
            .get_extension::<SubjectAltName>()
            .map_err(|_| "the certificate has a malformed subjectAltName")?;
        let names = other_names
            .map(|(_, names)| names.0.iter().filter_map(alternative_name).collect())
            .unwrap_or_default();
        Ok(Self {
            subject: DistinguishedName::of(body.subject())?,
            names,
            key: public_key(body.subject_public_key_info()),
        })
    }
}

fn alternative_name(name: &GeneralName) -> Option<AlternativeName> {
    match name {
        GeneralName::DnsName(name) => Some(AlternativeName::Dns(name.as_str().to_owned())),
        GeneralName::UniformResourceIdentifier(uri) => {
            Some(AlternativeName::Uri(uri.as_str().to_owned()))
        }
        GeneralName::Rfc822Name(address) => {
            Some(AlternativeName::Email(address.as_str().to_owned()))
        }
        GeneralName::IpAddress(octets) => {
            let octets = octets.as_bytes();
            let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from));
            address.ok().map(AlternativeName::Ip)
        }
        _ => None,
    }
}

/// The key as a JWK, by the rules for registered ones.
fn public_key(info: &SubjectPublicKeyInfoOwned) -> Option<PublicJwk> {
    let bytes = info.subject_public_key.as_bytes()?;
    let jwk = match info.algorithm.oid {
        EC_PUBLIC_KEY => {
            let curve: ObjectIdentifier = info.algorithm.parameters.as_ref()?.decode_as().ok()?;
            let (crv, length) = match curve {
                P256 => ("P-256", 32),
                P384 => ("P-384", 48),
                _ => return None,
            };
            // SEC 1 §2.3.3, uncompressed.
            let point = bytes.strip_prefix(&[4])?;
            let (x, y) = point.split_at_checked(length)?;
            json!({ "kty": "EC", "crv": crv, "x": base64url(x), "y": base64url(y) })
        }
        ED25519 => json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(bytes) }),
        RSA => {
            let (n, e) = rsa(bytes)?;
            json!({ "kty": "RSA", "n": base64url(&n), "e": base64url(&e) })
        }
        _ => return None,
    };
    PublicJwk::read(&jwk).ok()
}

/// `RSAPublicKey` (RFC 8017 §A.1.1).
fn rsa(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let pair = reader.sequence(|inner| {
        let (n, e) = (UintRef::decode(inner)?, UintRef::decode(inner)?);
        x509_cert::der::Result::Ok((n.as_bytes().to_vec(), e.as_bytes().to_vec()))
    });
    let pair = pair.ok()?;
    reader.finish().ok().map(|()| pair)
}

impl Value {
    fn of(value: AnyRef<'_>) -> Option<Self> {
        let is_text = matches!(
            value.tag(),
            Tag::Utf8String | Tag::PrintableString | Tag::Ia5String
        );
        if is_text {
            let text = std::str::from_utf8(value.value()).ok()?;
            return Some(Self::Text(text.to_owned()));
        }
        value.to_der().ok().map(Self::Der)
    }
}

impl DistinguishedName {
    fn of(name: &x509_cert::name::Name) -> Result<Self, &'static str> {
        let mut parts = Vec::new();
        for part in name.as_ref().as_ref() {
            let mut set = Vec::new();
            for attribute in part.as_ref().iter() {
                let value = AnyRef::from(&attribute.value);
                let value = Value::of(value).ok_or("the certificate has a malformed subject")?;
                set.push((attribute.oid, value));
            }
            set.sort();
            parts.push(set);
        }
        Ok(Self(parts))
    }

    /// Reads a name as text: RFC 4514 §3. Spaces after a separator do not count.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_NAME {
            return Err("is longer than 1024 bytes");
        }
        if text.is_empty() {
            return Err("is empty");
        }
        let mut parts = Vec::new();
        for part in split(text, b',') {
            let mut set = split(part, b'+')
                .into_iter()
                .map(attribute)
                .collect::<Result<Vec<_>, _>>()?;
            set.sort();
            parts.push(set);
        }
        // §2.1: the text begins with the last part.
        parts.reverse();
        Ok(Self(parts))
    }
}

/// Splits at a separator that no backslash stands before.
fn split(text: &str, separator: u8) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, byte) in text.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        } else if byte == separator {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + 1;
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn attribute(text: &str) -> Result<(ObjectIdentifier, Value), &'static str> {
    let (name, value) = text
        .split_once('=')
        .ok_or("has a part that is not `type=value`")?;
    let name = name.trim_start_matches(' ');
    let oid = TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map_or(name, |(_, oid)| oid);
    let oid = ObjectIdentifier::new(oid)
        .map_err(|_| "has an attribute type that is not known: write it as an OID")?;
    let value = match value.strip_prefix('#') {
        // §2.4: the value in DER.
        Some(hex) => AnyRef::from_der(&from_hex(hex)?)
            .ok()
            .and_then(Value::of)
            .ok_or("has a value after `#` that is not DER")?,
        None => Value::Text(unescaped(value)?),
    };
    Ok((oid, value))
}

fn from_hex(hex: &str) -> Result<Vec<u8>, &'static str> {
    const WRONG: &str = "has a value after `#` that is not hexadecimal";
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(WRONG);
    }
    pairs
        .iter()
        .map(|pair| hex_pair(pair[0], pair[1]).ok_or(WRONG))
        .collect()
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// RFC 4514 §3 `string`.
fn unescaped(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "has a value that RFC 4514 does not know";
    if text.is_empty() || text.starts_with(' ') {
        return Err(WRONG);
    }
    let ends_in_space = text.ends_with(' ') && !text.ends_with("\\ ");
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => match rest.next().ok_or(WRONG)? {
                special
                @ (b' ' | b'"' | b'#' | b'+' | b',' | b';' | b'<' | b'=' | b'>' | b'\\') => {
                    bytes.push(special);
                }
                high => {
                    let low = rest.next().ok_or(WRONG)?;
                    bytes.push(hex_pair(high, low).ok_or(WRONG)?);
                }
            },
            b'"' | b';' | b'<' | b'>' | 0 => return Err(WRONG),
            byte => bytes.push(byte),
        }
    }
    if ends_in_space {
        return Err(WRONG);
    }
    String::from_utf8(bytes).map_err(|_| WRONG)
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
