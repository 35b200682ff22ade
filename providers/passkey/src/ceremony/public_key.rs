//! Public keys of credentials: COSE (RFC 9053) as authenticators write them, JWK as hosts verify by them.

use coset::cbor::Value;
use coset::iana::{
    Algorithm as CoseAlgorithm, Ec2KeyParameter, EllipticCurve, EnumI64, KeyType, OkpKeyParameter,
    RsaKeyParameter,
};
use coset::{AsCborValue, CoseKey, Label, RegisteredLabel, RegisteredLabelWithPrivate};
use doorward_provider::Failure;
use doorward_provider::services::{SignatureFailure, Signatures};
use p256::ecdsa::Signature;
use serde::{Deserialize, Serialize};

use super::Refused;
use crate::bytes::encode;

/// What we ask for, the preferred first, by the numbers of the COSE registry: ES256, `EdDSA` (Ed25519), RS256.
pub(crate) const ALGORITHMS: [i64; 3] = [-7, -8, -257];

/// Longest modulus, bytes: 8192 bits, as hosts take them.
const MAX_MODULUS_BYTES: usize = 1024;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublicKey {
    /// JOSE's name of its algorithm.
    alg: String,
    /// A JWK (RFC 7517), public members only.
    jwk: String,
}

impl PublicKey {
    /// Reads a `COSE_Key` (RFC 9052 §7) of one of [`ALGORITHMS`]. Whether it is on its curve the host says.
    pub(super) fn from_cose(value: Value) -> Result<Self, Refused> {
        let key = CoseKey::from_cbor_value(value).map_err(|_| Refused::PublicKey)?;
        let RegisteredLabel::Assigned(kind) = key.kty else {
            return Err(Refused::PublicKey);
        };
        let Some(RegisteredLabelWithPrivate::Assigned(alg)) = key.alg else {
            return Err(Refused::PublicKey);
        };
        match (kind, alg) {
            (KeyType::EC2, CoseAlgorithm::ES256) => {
                is(&key, &Ec2KeyParameter::Crv, EllipticCurve::P_256.to_i64())?;
                let x = coordinate(&key, &Ec2KeyParameter::X)?;
                let y = coordinate(&key, &Ec2KeyParameter::Y)?;
                Ok(Self::new(
                    "ES256",
                    &[("kty", "EC"), ("crv", "P-256"), ("x", &x), ("y", &y)],
                ))
            }
            (KeyType::OKP, CoseAlgorithm::EdDSA) => {
                is(&key, &OkpKeyParameter::Crv, EllipticCurve::Ed25519.to_i64())?;
                let x = coordinate(&key, &OkpKeyParameter::X)?;
                Ok(Self::new(
                    "EdDSA",
                    &[("kty", "OKP"), ("crv", "Ed25519"), ("x", &x)],
                ))
            }
            (KeyType::RSA, CoseAlgorithm::RS256) => {
                let n = bytes(&key, &RsaKeyParameter::N, 1..=MAX_MODULUS_BYTES)?;
                let e = bytes(&key, &RsaKeyParameter::E, 1..=8)?;
                Ok(Self::new("RS256", &[("kty", "RSA"), ("n", &n), ("e", &e)]))
            }
            _ => Err(Refused::PublicKey),
        }
    }

    fn new(alg: &str, members: &[(&str, &str)]) -> Self {
        let members = members
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()));
        Self {
            alg: alg.to_owned(),
            jwk: serde_json::Value::Object(members.collect()).to_string(),
        }
    }

    /// Whether it is for the algorithm of this number.
    pub(super) fn is_for(&self, cose_algorithm: i64) -> bool {
        let named = match cose_algorithm {
            -7 => "ES256",
            -8 => "EdDSA",
            -257 => "RS256",
            _ => return false,
        };
        self.alg == named
    }

    /// Whether `signature`, as authenticators write it (§6.5.5), is one of `message`. `None`: the host takes no such key.
    ///
    /// # Errors
    /// `unavailable` if the host cannot say now.
    pub(crate) fn verify(
        &self,
        host: &(impl Signatures + ?Sized),
        message: &[u8],
        signature: &[u8],
    ) -> Result<Option<bool>, Failure> {
        // ECDSA comes as DER (RFC 3279 §2.2.3) and is verified as R ‖ S (RFC 7518 §3.4).
        let signature = match self.alg.as_str() {
            "ES256" => match Signature::from_der(signature) {
                Ok(signature) => signature.to_bytes().to_vec(),
                Err(_) => return Ok(Some(false)),
            },
            _ => signature.to_vec(),
        };
        self.ask(host, message, &signature)
    }

    /// Whether the host verifies by this key at all.
    ///
    /// # Errors
    /// `unavailable` if the host cannot say now.
    pub(crate) fn is_taken_by(&self, host: &(impl Signatures + ?Sized)) -> Result<bool, Failure> {
        Ok(self.ask(host, b"", &[1; 64])?.is_some())
    }

    fn ask(
        &self,
        host: &(impl Signatures + ?Sized),
        message: &[u8],
        signature: &[u8],
    ) -> Result<Option<bool>, Failure> {
        match host.verify_signature(&self.jwk, &self.alg, message, signature) {
            Ok(matches) => Ok(Some(matches)),
            Err(SignatureFailure::Unsupported(_)) => Ok(None),
            Err(failure @ SignatureFailure::Unavailable(_)) => Err(failure.into()),
        }
    }
}

fn parameter<'a>(key: &'a CoseKey, label: &impl EnumI64) -> Result<&'a Value, Refused> {
    let label = Label::Int(label.to_i64());
    let found = key.params.iter().find(|(name, _)| *name == label);
    found.map(|(_, value)| value).ok_or(Refused::PublicKey)
}

fn is(key: &CoseKey, label: &impl EnumI64, expected: i64) -> Result<(), Refused> {
    let number = parameter(key, label)?.as_integer();
    if number.is_some_and(|number| i128::from(number) == i128::from(expected)) {
        Ok(())
    } else {
        Err(Refused::PublicKey)
    }
}

/// A coordinate of 32 bytes; compressed points are not for Web Authentication (§5.8.5).
fn coordinate(key: &CoseKey, label: &impl EnumI64) -> Result<String, Refused> {
    bytes(key, label, 32..=32)
}

fn bytes(
    key: &CoseKey,
    label: &impl EnumI64,
    length: std::ops::RangeInclusive<usize>,
) -> Result<String, Refused> {
    let value = parameter(key, label)?.as_bytes();
    let value = value.filter(|value| length.contains(&value.len()));
    value.map(|value| encode(value)).ok_or(Refused::PublicKey)
}
