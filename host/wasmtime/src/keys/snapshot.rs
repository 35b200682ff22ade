//! The keys as they were read last: unsealed, parsed, and their JWK Set written. Signing and publishing need nothing else.

use super::schedule::{self, Term};
use super::sealing::Envelope;
use super::signing::SigningKey;
use super::table::{Stored, Table};
use super::{Failure, KeyInfo, State};
use anyhow::Context as _;
use doorward_public_keys::PublicKey;
use doorward_verification_native::Verifier;
use std::sync::Arc;

/// All keys of one generation.
pub(super) struct Snapshot {
    pub(super) generation: i64,
    keys: Vec<Arc<Held>>,
    pub(super) jwks: Arc<str>,
}

/// A key, ready for use.
pub(super) struct Held {
    pub(super) alg: String,
    pub(super) term: Term,
    created_at: u64,
    signer: SigningKey,
    public: PublicKey,
    verifier: Verifier,
}

impl Stored {
    /// What the schedule needs to know of it.
    pub(super) fn term(&self) -> Term {
        Term {
            activates_at: self.activates_at,
            number: self.number,
            kid: self.kid.clone(),
            dropped_at: self.dropped_at,
        }
    }
}

/// What binds a sealed private key to its row: moved to another one, it does not open.
pub(super) fn associated_data(alg: &str, kid: &str) -> Vec<u8> {
    format!("signing-key {alg} {kid}").into_bytes()
}

impl Snapshot {
    /// Reads all keys; those that `before` holds already are not unsealed again.
    ///
    /// # Errors
    /// The database, or a key that the sealing key does not open.
    pub(super) fn load(
        table: &mut Table,
        at_rest: &Envelope,
        before: Option<&Self>,
    ) -> anyhow::Result<Self> {
        let (generation, rows) = table.load()?;
        let held = |row: &Stored| {
            let known = before.and_then(|before| {
                before
                    .keys
                    .iter()
                    .find(|key| key.alg == row.alg && key.term == row.term())
            });
            known.map_or_else(
                || unseal(row, at_rest).map(Arc::new),
                |known| Ok(Arc::clone(known)),
            )
        };
        let keys = rows.iter().map(held).collect::<anyhow::Result<Vec<_>>>()?;
        let jwks = format!(
            r#"{{"keys":[{}]}}"#,
            keys.iter()
                .map(|key| key.jwk())
                .collect::<Vec<_>>()
                .join(",")
        );
        Ok(Self {
            generation,
            keys,
            jwks: jwks.into(),
        })
    }

    /// Whether a key of one of these algorithms is noted as one that nobody signs by.
    pub(super) fn drops_one_of(&self, algorithms: &[String]) -> bool {
        self.keys
            .iter()
            .any(|key| key.term.dropped_at.is_some() && algorithms.contains(&key.alg))
    }

    /// When the keys of `alg` sign.
    pub(super) fn terms(&self, alg: &str) -> Vec<Term> {
        self.keys
            .iter()
            .filter(|key| key.alg == alg)
            .map(|key| key.term.clone())
            .collect()
    }

    /// The key of `alg` that signs now.
    pub(super) fn current(&self, alg: &str, now: u64) -> Option<&Held> {
        let terms = self.terms(alg);
        let current = schedule::current(&terms, now)?;
        self.keys
            .iter()
            .map(Arc::as_ref)
            .find(|key| key.alg == alg && key.term == *current)
    }

    /// The private key `kid`, if it may sign now.
    pub(super) fn signer(&self, kid: &str, now: u64) -> Option<&SigningKey> {
        let key = self.keys.iter().find(|key| key.term.kid == kid)?;
        schedule::may_sign(&self.terms(&key.alg), &key.term, now).then_some(&key.signer)
    }

    /// The verifier of one of our own public keys, if `public` is one for `alg`: making one takes longer than looking it up.
    pub(super) fn verifier(&self, public: &PublicKey, alg: &str) -> Option<&Verifier> {
        self.keys
            .iter()
            .find(|key| key.alg == alg && key.public == *public)
            .map(|key| &key.verifier)
    }

    /// Every key, for people.
    pub(super) fn list(&self, now: u64, retention: u64) -> Vec<KeyInfo> {
        let mut keys: Vec<&Arc<Held>> = self.keys.iter().collect();
        keys.sort_by(|a, b| (&a.alg, &a.term).cmp(&(&b.alg, &b.term)));
        keys.into_iter()
            .map(|key| {
                let terms = self.terms(&key.alg);
                KeyInfo {
                    kid: key.term.kid.clone(),
                    alg: key.alg.clone(),
                    state: match key.term.dropped_at {
                        Some(_) => State::Retired,
                        None => schedule::state(&terms, &key.term, now),
                    },
                    created_at: key.created_at,
                    activates_at: key.term.activates_at,
                    retires_at: schedule::retires_at(&terms, &key.term, retention),
                }
            })
            .collect()
    }
}

impl Held {
    /// The public JWK: the required members, and which key it is and what for.
    fn jwk(&self) -> String {
        let required = self.public.required_members();
        let members = required.strip_suffix('}').unwrap_or(&required);
        // Neither name needs escaping: one is base64url, the other one of four constants.
        format!(
            r#"{members},"kid":"{}","alg":"{}","use":"sig"}}"#,
            self.term.kid, self.alg
        )
    }
}

fn unseal(row: &Stored, at_rest: &Envelope) -> anyhow::Result<Held> {
    let pkcs8 = at_rest
        .open(&row.sealed, &associated_data(&row.alg, &row.kid))
        .map_err(wrong_sealing_key)?;
    let signer = SigningKey::from_pkcs8(&row.alg, &pkcs8)?;
    let public = signer.public()?;
    anyhow::ensure!(
        public.thumbprint() == row.kid,
        "the signing key {} is not the one that its name says",
        row.kid
    );
    let verifier =
        Verifier::new(&public, &row.alg).context("a public key of ours does not parse")?;
    Ok(Held {
        alg: row.alg.clone(),
        term: row.term(),
        created_at: row.created_at,
        signer,
        public,
        verifier,
    })
}

fn wrong_sealing_key(_forged: Failure) -> anyhow::Error {
    anyhow::anyhow!(
        "the signing keys were sealed under another sealing key, and were left as they are: start with the sealing key that \
         was in use when they were made (its file or environment variable), or restore it from your backup. Only if it is \
         lost for good, move the database away and start with a new one"
    )
}
