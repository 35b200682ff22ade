//! Private signing keys: made, kept as PKCS#8 and used by aws-lc.

use super::Failure;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use doorward_public_keys::PublicKey;
use zeroize::Zeroizing;

/// A private key of one of the algorithms that this host can sign by (RFC 7518 §3.1, RFC 8037 §3.1). There are keys for those
/// that are configured. aws-lc wipes it when it is freed.
pub(super) enum SigningKey {
    /// ECDSA by P-256 and SHA-256.
    Es256(EcdsaKeyPair),
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256(RsaKeyPair),
    /// ECDSA by P-384 and SHA-384.
    Es384(EcdsaKeyPair),
    /// Ed25519.
    EdDsa(Ed25519KeyPair),
}

impl SigningKey {
    /// Makes a new key for `ES256`, `RS256` (2048 bits, which takes a moment), `ES384` or `EdDSA`, and its PKCS#8 DER.
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: not one of these. [`Failure::Unavailable`]: no randomness.
    pub(super) fn generate(alg: &str) -> Result<(Self, Zeroizing<Vec<u8>>), Failure> {
        let failed = |_| Failure::Unavailable(format!("a key for {alg} could not be generated"));
        let pkcs8 = match alg {
            "ES256" => generate_ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?,
            "ES384" => generate_ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING).map_err(failed)?,
            "EdDSA" => {
                let document =
                    Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(failed)?;
                Zeroizing::new(document.as_ref().to_vec())
            }
            "RS256" => {
                let document = RsaKeyPair::generate(KeySize::Rsa2048)
                    .and_then(|pair| pair.as_der())
                    .map_err(failed)?;
                Zeroizing::new(document.as_ref().to_vec())
            }
            _ => return Err(not_offered(alg)),
        };
        Ok((Self::from_pkcs8(alg, &pkcs8)?, pkcs8))
    }

    /// Reads a key that [`SigningKey::generate`] made.
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: another algorithm. [`Failure::Unavailable`]: no such key.
    pub(super) fn from_pkcs8(alg: &str, pkcs8: &[u8]) -> Result<Self, Failure> {
        let rejected = |_| Failure::Unavailable(format!("a stored key is no {alg} key"));
        match alg {
            "ES256" => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
                .map(Self::Es256)
                .map_err(rejected),
            "RS256" => RsaKeyPair::from_pkcs8(pkcs8)
                .map(Self::Rs256)
                .map_err(rejected),
            "ES384" => EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8)
                .map(Self::Es384)
                .map_err(rejected),
            "EdDSA" => Ed25519KeyPair::from_pkcs8(pkcs8)
                .map(Self::EdDsa)
                .map_err(rejected),
            _ => Err(not_offered(alg)),
        }
    }

    /// The JWS signature of `message` (RFC 7518 §3.3, §3.4, RFC 8037 §3.1; for ES256 and ES384 R ‖ S).
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: aws-lc failed, which it does only without memory or randomness.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let failed = |_| Failure::Unavailable("signing failed".into());
        match self {
            Self::Es256(pair) | Self::Es384(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .map_err(failed)?;
                Ok(signature)
            }
            Self::EdDsa(pair) => pair
                .try_sign(message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
        }
    }

    /// The public half.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: its encoding is not what SEC 1, RFC 8032 or RFC 8017 says.
    pub(super) fn public(&self) -> Result<PublicKey, Failure> {
        match self {
            Self::Es256(pair) => pair
                .public_key()
                .as_ref()
                .try_into()
                .ok()
                .map(PublicKey::P256),
            Self::Rs256(pair) => rsa_public_key(pair.public_key().as_ref()),
            Self::Es384(pair) => pair
                .public_key()
                .as_ref()
                .try_into()
                .ok()
                .map(|point| PublicKey::P384(Box::new(point))),
            Self::EdDsa(pair) => pair
                .public_key()
                .as_ref()
                .try_into()
                .ok()
                .map(PublicKey::Ed25519),
        }
        .ok_or_else(|| Failure::Unavailable("the public half of a key is malformed".into()))
    }
}

fn generate_ecdsa(
    alg: &'static EcdsaSigningAlgorithm,
) -> Result<Zeroizing<Vec<u8>>, aws_lc_rs::error::Unspecified> {
    let document = EcdsaKeyPair::generate_pkcs8(alg, &SystemRandom::new())?;
    Ok(Zeroizing::new(document.as_ref().to_vec()))
}

/// The refusal of an algorithm that there are no keys for.
pub(super) fn not_offered(alg: &str) -> Failure {
    Failure::Unsupported(format!(
        "this host does not sign by {}: `algorithms` of [keys] lists what it signs by",
        alg.escape_debug().take(32).collect::<String>()
    ))
}

/// Reads `RSAPublicKey` (RFC 8017 §A.1.1): a DER sequence of modulus and exponent.
fn rsa_public_key(der: &[u8]) -> Option<PublicKey> {
    let (sequence, rest) = der_value(0x30, der)?;
    let (modulus, exponent) = der_value(0x02, sequence)?;
    let (exponent, end) = der_value(0x02, exponent)?;
    // A positive DER integer whose top bit is set has a zero in front.
    let unsigned = |bytes: &[u8]| bytes.strip_prefix(&[0]).unwrap_or(bytes).to_vec();
    (rest.is_empty() && end.is_empty()).then(|| PublicKey::Rsa {
        n: unsigned(modulus),
        e: unsigned(exponent),
    })
}

/// Splits off the value with this tag at the beginning, and what comes after it.
fn der_value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let length = digits.iter().try_fold(0_usize, |length, digit| {
            length.checked_mul(256)?.checked_add(usize::from(*digit))
        })?;
        (length, rest)
    };
    if found == tag {
        rest.split_at_checked(length)
    } else {
        None
    }
}
