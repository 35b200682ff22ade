//! All keys together, as they are sealed into one record: whoever changes them changes all, so that writers that race end up
//! with one set.

use super::Failure;
use super::schedule::{self, Note, Term};
use super::sealing::Envelope;
use super::signing::{Algorithm, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_public_keys::PublicKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Where the set lies. The name is also its associated data: moved elsewhere it does not open.
pub(super) const RECORD: &str = "keys/set";
const FORMAT: u8 = 1;
/// RSA keys have this exponent, so that it is not kept with each.
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];

/// The keys, in no order.
#[derive(Clone, Default)]
pub(super) struct Set {
    pub(super) keys: Vec<Held>,
}

/// One key.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) alg: Algorithm,
    pub(super) term: Term,
    /// Seconds since the Unix epoch.
    pub(super) created_at: u64,
    pub(super) pair: KeyPair,
}

/// The set before it is sealed, as JSON.
#[derive(Serialize, Deserialize)]
struct Document<'a> {
    format: u8,
    #[serde(borrow)]
    keys: Vec<Entry<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    alg: Algorithm,
    /// Which was made later, of keys that activate in the same second.
    number: i64,
    created_at: u64,
    activates_at: u64,
    /// See [`Term::dropped_at`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dropped_at: Option<u64>,
    /// The uncompressed point, the modulus, or the key of Ed25519; base64url.
    public: &'a str,
    /// [`KeyPair::secret`]; base64url.
    private: &'a str,
}

impl Set {
    /// The keys of a record.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: it was sealed under another key, or is damaged, or is of a version to come.
    pub(super) fn open(sealed: &[u8], envelope: &Envelope) -> Result<Self, Failure> {
        let text = envelope
            .open(sealed, RECORD.as_bytes())
            .map_err(|_| Failure::Unavailable(wrong_sealing_key()))?;
        let damaged = || {
            Failure::Unavailable(format!(
                "the record `{RECORD}` holds signing keys that this version of Doorward does not read; it was left as it is"
            ))
        };
        let document: Document<'_> = serde_json::from_slice(&text).map_err(|_| damaged())?;
        if document.format != FORMAT {
            return Err(damaged());
        }
        let keys = document.keys.iter().map(read);
        let keys: Option<Vec<Held>> = keys.collect();
        keys.map(|keys| Self { keys }).ok_or_else(damaged)
    }

    /// The record of these keys.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: no randomness.
    pub(super) fn seal(&self, envelope: &Envelope) -> Result<Vec<u8>, Failure> {
        let encoded: Vec<(String, Zeroizing<String>)> = self
            .keys
            .iter()
            .map(|key| {
                let public = match &key.pair.public {
                    PublicKey::P256(point) => point.as_slice(),
                    PublicKey::P384(point) => point.as_slice(),
                    PublicKey::Rsa { n, .. } => n,
                    PublicKey::Ed25519(bytes) => bytes.as_slice(),
                };
                let private = URL_SAFE_NO_PAD.encode(key.pair.secret.as_slice());
                (URL_SAFE_NO_PAD.encode(public), Zeroizing::new(private))
            })
            .collect();
        let document = Document {
            format: FORMAT,
            keys: self.keys.iter().zip(&encoded).map(entry).collect(),
        };
        // As long as it can be: a vector that grew would leave copies of the keys behind.
        let length = encoded.iter().fold(64, |sum, (public, private)| {
            sum + public.len() + private.len() + 256
        });
        let mut text = Zeroizing::new(Vec::with_capacity(length));
        serde_json::to_writer(&mut *text, &document)
            .map_err(|_| Failure::Unavailable("the signing keys cannot be written".to_owned()))?;
        envelope.seal(&text, RECORD.as_bytes())
    }

    /// The same keys once these notes are on them, by `kid`.
    pub(super) fn noted(&self, notes: &[(String, Note)]) -> Self {
        let mut set = self.clone();
        for key in &mut set.keys {
            if let Some((_, note)) = notes.iter().find(|(kid, _)| *kid == key.term.kid) {
                key.term.dropped_at = note.dropped_at();
            }
        }
        set
    }

    /// When the keys of `alg` sign.
    pub(super) fn terms(&self, alg: Algorithm) -> Vec<Term> {
        self.keys
            .iter()
            .filter(|key| key.alg == alg)
            .map(|key| key.term.clone())
            .collect()
    }

    /// The `kid` of the key of `alg` that signs at `now`.
    pub(super) fn current(&self, alg: Algorithm, now: u64) -> Option<String> {
        schedule::current(&self.terms(alg), now).map(|term| term.kid.clone())
    }

    /// The key `kid`, if it may sign at `now`.
    pub(super) fn signer(&self, kid: &str, now: u64) -> Option<&KeyPair> {
        let key = self.keys.iter().find(|key| key.term.kid == kid)?;
        schedule::may_sign(&self.terms(key.alg), &key.term, now).then_some(&key.pair)
    }

    /// The public keys as a JWK Set (RFC 7517 §5): of each the required members, and which key it is and what for.
    pub(super) fn jwks(&self) -> String {
        let jwk = |key: &Held| {
            let required = key.pair.public.required_members();
            let members = required.strip_suffix('}').unwrap_or(&required);
            // Neither name needs escaping: one is base64url, the other one of four constants.
            format!(
                r#"{members},"kid":"{}","alg":"{}","use":"sig"}}"#,
                key.term.kid,
                key.alg.name()
            )
        };
        let keys: Vec<String> = self.keys.iter().map(jwk).collect();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }
}

fn entry<'a>((key, (public, private)): (&Held, &'a (String, Zeroizing<String>))) -> Entry<'a> {
    Entry {
        alg: key.alg,
        number: key.term.number,
        created_at: key.created_at,
        activates_at: key.term.activates_at,
        dropped_at: key.term.dropped_at,
        public,
        private,
    }
}

/// The `kid` follows from the key and is never read.
fn read(entry: &Entry<'_>) -> Option<Held> {
    let public = URL_SAFE_NO_PAD.decode(entry.public).ok()?;
    let public = match entry.alg {
        Algorithm::Es256 => PublicKey::P256(public.try_into().ok()?),
        Algorithm::Rs256 => PublicKey::Rsa {
            n: public,
            e: RSA_EXPONENT.to_vec(),
        },
        Algorithm::Es384 => PublicKey::P384(Box::new(public.try_into().ok()?)),
        Algorithm::EdDsa => PublicKey::Ed25519(public.try_into().ok()?),
    };
    Some(Held {
        alg: entry.alg,
        term: Term {
            activates_at: entry.activates_at,
            number: entry.number,
            kid: public.thumbprint(),
            dropped_at: entry.dropped_at,
        },
        created_at: entry.created_at,
        pair: KeyPair {
            public,
            secret: Zeroizing::new(URL_SAFE_NO_PAD.decode(entry.private).ok()?),
        },
    })
}

fn wrong_sealing_key() -> String {
    format!(
        "the signing keys in the record `{RECORD}` were sealed under another sealing key, or are damaged, and were left as they \
         are: set the variable `sealing_key` to what it was when they were made, or restore it from your backup. Only if it is \
         lost for good, remove the record, and new keys will be made"
    )
}
