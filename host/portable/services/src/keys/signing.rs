//! Private signing keys: made, and used.

use super::Failure;
use doorward_public_keys::PublicKey;
use ecdsa::hazmat::sign_prehashed_rfc6979;
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Signer as _;
use p256::elliptic_curve::Generate as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{NistP256, SecretKey};
use p384::NistP384;
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BoxedUint, RsaPrivateKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha384};
use zeroize::Zeroizing;

/// Bits of a new RSA key: to make one takes a third of a second in WebAssembly, sometimes a whole one.
const RSA_BITS: usize = 2048;
/// Bytes of the modulus and the private exponent, and of each prime.
const RSA_BYTES: usize = RSA_BITS / 8;
const PRIME_BYTES: usize = RSA_BYTES / 2;

/// The algorithms that keys are made for (RFC 7518 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Algorithm {
    /// ECDSA by P-256 and SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA by P-384 and SHA-384.
    #[serde(rename = "ES384")]
    Es384,
    /// Ed25519 (RFC 8037 §3.1).
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// Every one.
    #[cfg(test)]
    pub(super) const ALL: [Self; 4] = [Self::Es256, Self::Rs256, Self::Es384, Self::EdDsa];
    /// Those that there are keys for where nothing else is configured.
    pub(super) const DEFAULT: [Self; 2] = [Self::Es256, Self::Rs256];

    /// Its JOSE name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a JOSE name.
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: it is not one of `offered`.
    pub(super) fn named(name: &str, offered: &[Self]) -> Result<Self, Failure> {
        offered
            .iter()
            .copied()
            .find(|alg| alg.name() == name)
            .ok_or_else(|| {
                Failure::Unsupported(format!(
                    "this host does not sign by {}: `algorithms` of [keys] lists what it signs by",
                    name.escape_debug().take(32).collect::<String>()
                ))
            })
    }
}

/// A private key and its public half.
#[derive(Clone)]
pub(super) struct KeyPair {
    pub(super) public: PublicKey,
    /// Big-endian numbers. P-256, P-384: the scalar, 32 or 48 bytes. RSA: the exponent (256 bytes) and both primes (128 each).
    /// Ed25519: the seed, 32 bytes.
    pub(super) secret: Zeroizing<Vec<u8>>,
}

impl KeyPair {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: no randomness.
    pub(super) fn generate(alg: Algorithm) -> Result<Self, Failure> {
        match alg {
            Algorithm::Es256 => generate_es256(),
            Algorithm::Rs256 => generate_rs256(),
            Algorithm::Es384 => generate_es384(),
            Algorithm::EdDsa => generate_eddsa(),
        }
        .ok_or_else(|| {
            Failure::Unavailable(format!("a key for {} could not be generated", alg.name()))
        })
    }

    /// The JWS signature of `message` (RFC 7518 §3.3, §3.4, RFC 8037 §3.1; for ES256 and ES384 R ‖ S).
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: the key is none, or there is no randomness.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        match &self.public {
            PublicKey::P256(_) => sign_es256(&self.secret, message),
            PublicKey::Rsa { n, e } => sign_rs256(n, e, &self.secret, message),
            PublicKey::P384(_) => sign_es384(&self.secret, message),
            PublicKey::Ed25519(_) => sign_eddsa(&self.secret, message),
        }
        .ok_or_else(|| Failure::Unavailable("signing failed".to_owned()))
    }
}

fn generate_es256() -> Option<KeyPair> {
    let key = SecretKey::try_generate_from_rng(&mut SysRng).ok()?;
    let point = key.public_key().to_sec1_point(false);
    let secret = Zeroizing::new(key.to_bytes());
    Some(KeyPair {
        public: PublicKey::P256(point.as_bytes().try_into().ok()?),
        secret: Zeroizing::new(secret.to_vec()),
    })
}

/// Without the public half, which to compute takes as long as to sign. The nonce is deterministic (RFC 6979) and takes fresh
/// randomness in besides: neither a bad source of it nor a fault gives the key away.
fn sign_es256(secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh).ok()?;
    let scalar = Zeroizing::new(SecretKey::from_slice(secret).ok()?.to_nonzero_scalar());
    let digest = Sha256::digest(message);
    let (signature, _): (Signature, _) =
        sign_prehashed_rfc6979::<NistP256, Sha256>(&scalar, &digest, &fresh);
    Some(signature.to_bytes().to_vec())
}

fn generate_es384() -> Option<KeyPair> {
    let key = p384::SecretKey::try_generate_from_rng(&mut SysRng).ok()?;
    let point = key.public_key().to_sec1_point(false);
    let secret = Zeroizing::new(key.to_bytes());
    Some(KeyPair {
        public: PublicKey::P384(Box::new(point.as_bytes().try_into().ok()?)),
        secret: Zeroizing::new(secret.to_vec()),
    })
}

/// As [`sign_es256`].
fn sign_es384(secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut fresh = [0; 48];
    getrandom::fill(&mut fresh).ok()?;
    let scalar = Zeroizing::new(
        p384::SecretKey::from_slice(secret)
            .ok()?
            .to_nonzero_scalar(),
    );
    let digest = Sha384::digest(message);
    let (signature, _): (p384::ecdsa::Signature, _) =
        sign_prehashed_rfc6979::<NistP384, Sha384>(&scalar, &digest, &fresh);
    Some(signature.to_bytes().to_vec())
}

fn generate_eddsa() -> Option<KeyPair> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).ok()?;
    let key = ed25519_dalek::SigningKey::from_bytes(&seed);
    Some(KeyPair {
        public: PublicKey::Ed25519(key.verifying_key().to_bytes()),
        secret: Zeroizing::new(seed.to_vec()),
    })
}

/// With the public half computed from the seed, never taken from elsewhere: a signature over another one gives the key away.
fn sign_eddsa(secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let key = ed25519_dalek::SigningKey::from_bytes(secret.try_into().ok()?);
    Some(key.try_sign(message).ok()?.to_bytes().to_vec())
}

fn generate_rs256() -> Option<KeyPair> {
    // A source of randomness that fails ends the instance: no key is better than a known one.
    let key = RsaPrivateKey::new(&mut UnwrapErr(SysRng), RSA_BITS).ok()?;
    let (p, q) = (key.primes().first()?, key.primes().get(1)?);
    let mut secret = Zeroizing::new(Vec::with_capacity(2 * RSA_BYTES));
    push(&mut secret, key.d(), RSA_BYTES)?;
    push(&mut secret, p, PRIME_BYTES)?;
    push(&mut secret, q, PRIME_BYTES)?;
    Some(KeyPair {
        public: PublicKey::Rsa {
            n: key.n_bytes().into_vec(),
            e: key.e_bytes().into_vec(),
        },
        secret,
    })
}

/// Appends a number in `length` bytes, however many it is kept in.
fn push(to: &mut Vec<u8>, number: &BoxedUint, length: usize) -> Option<()> {
    let bytes = Zeroizing::new(number.to_be_bytes());
    let padding = length.saturating_sub(bytes.len());
    let (zeros, significant) = bytes.split_at_checked(bytes.len().saturating_sub(length))?;
    to.extend(std::iter::repeat_n(0, padding));
    to.extend_from_slice(significant);
    zeros.iter().all(|byte| *byte == 0).then_some(())
}

/// With a blinded base: how long it takes says nothing about the key.
fn sign_rs256(n: &[u8], e: &[u8], secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let number = |bytes: &[u8]| {
        let bits = u32::try_from(bytes.len()).ok()?.checked_mul(8)?;
        BoxedUint::from_be_slice(bytes, bits).ok()
    };
    let (exponent, primes) = secret.split_at_checked(RSA_BYTES)?;
    let primes: Option<Vec<BoxedUint>> = primes.chunks_exact(PRIME_BYTES).map(number).collect();
    let key = RsaPrivateKey::from_components(
        number(n)?,
        BoxedUint::from_be_slice(e, 64).ok()?,
        number(exponent)?,
        primes?,
    )
    .ok()?;
    rsa::pkcs1v15::SigningKey::<Sha256>::new(key)
        .try_sign_with_rng(&mut SysRng, message)
        .ok()
        .map(|signature| signature.to_vec())
}
