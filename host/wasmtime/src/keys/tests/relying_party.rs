//! Months of rotations as a relying party sees them that keeps the JWK Set for as long as it may, and asks for none because of a key that it
//! does not find in it: no signature ever meets an unknown key. The native and the portable key store are put to it alike.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the core says of the JWK Set: `cache-control: max-age=300`.
const MAX_AGE_S: u64 = 300;
/// How often something happens here: a token is issued, a set is fetched, a server looks after its keys.
const STEP_S: u64 = 60;
/// Steps between two signatures that are made and checked, not only counted.
const SIGNED_EVERY: u64 = 97;
/// What is signed, and how long it can be valid at most, in seconds: bounds of the core, whatever the operator says.
pub(super) const TOKENS: [(&str, u64); 5] = [
    ("access token", 86_400),
    ("ID token", 86_400),
    // Its own life, and `docs/configuration.md` on hints: a day at least.
    ("ID token, as a hint", 86_400),
    ("logout token", 120),
    // Without an end of its own: it is read as it comes.
    ("introspection answer", MAX_AGE_S),
];

/// A deployment, from outside and in time.
pub(super) trait Deployment {
    /// It is `now`; what servers do by themselves, they do.
    fn at(&self, now: u64);
    /// The `kid` by which a new token of this algorithm is signed; `None`: by none, it is not configured.
    fn current(&self, alg: &str) -> Option<String>;
    fn sign(&self, kid: &str, message: &[u8]) -> Vec<u8>;
    /// As the server answers that knows least.
    fn jwks(&self) -> String;
    fn verify(&self, jwk: &str, alg: &str, message: &[u8], signature: &[u8]) -> bool;
}

/// A JWK Set, and when it was fetched.
#[derive(Clone, Default)]
struct Kept {
    fetched_at: u64,
    keys: BTreeMap<String, String>,
}

/// What was signed by one key and may still be shown to somebody.
struct Alive {
    alg: String,
    /// By kind of token, until when.
    until: BTreeMap<&'static str, u64>,
    signature: Option<Vec<u8>>,
}

/// Relying parties that fetched at every moment that they could, and all that was signed.
#[derive(Default)]
pub(super) struct RelyingParties {
    kept: Vec<Kept>,
    alive: BTreeMap<String, Alive>,
    /// Every `kid` that ever signed, by algorithm.
    seen: BTreeMap<String, BTreeSet<String>>,
    steps: u64,
}

const MESSAGE: &[u8] = b"header.claims";

impl RelyingParties {
    /// Goes from `from` to `to`; `algorithms`: what is issued, where it can be.
    pub(super) fn live_through(
        &mut self,
        deployment: &impl Deployment,
        algorithms: &[&str],
        from: u64,
        to: u64,
    ) {
        let phases = usize::try_from(MAX_AGE_S / STEP_S).unwrap();
        self.kept.resize(phases, Kept::default());
        for now in (from..to).step_by(usize::try_from(STEP_S).unwrap()) {
            self.steps += 1;
            deployment.at(now);
            // Of any moment there is one that fetched then and keeps what it got for as long as it may.
            let whose = usize::try_from(now / STEP_S).unwrap() % phases;
            self.kept[whose] = fetched(deployment, now);
            for alg in algorithms {
                self.issue(deployment, alg, now);
            }
            self.verify_all(deployment, now);
        }
    }

    fn issue(&mut self, deployment: &impl Deployment, alg: &str, now: u64) {
        let Some(kid) = deployment.current(alg) else {
            return;
        };
        let of_alg = self.seen.entry(alg.to_owned()).or_default();
        let is_new = of_alg.insert(kid.clone());
        let alive = self.alive.entry(kid.clone()).or_insert_with(|| Alive {
            alg: alg.to_owned(),
            until: BTreeMap::new(),
            signature: None,
        });
        if is_new || self.steps.is_multiple_of(SIGNED_EVERY) {
            alive.signature = Some(deployment.sign(&kid, MESSAGE));
        }
        for (kind, life_s) in TOKENS {
            alive.until.insert(kind, now + life_s);
        }
    }

    /// Whatever is valid now is shown to everyone.
    fn verify_all(&mut self, deployment: &impl Deployment, now: u64) {
        for alive in self.alive.values_mut() {
            alive.until.retain(|_, until| now < *until);
        }
        self.alive.retain(|_, alive| !alive.until.is_empty());
        let is_read = self.steps.is_multiple_of(SIGNED_EVERY);
        for kept in self.kept.iter().filter(|kept| kept.fetched_at > 0) {
            for (kid, alive) in &self.alive {
                let jwk = kept.keys.get(kid).unwrap_or_else(|| {
                    let kinds: Vec<_> = alive.until.keys().collect();
                    panic!(
                        "at {now} the set fetched at {} lacks the {} key {kid} of {kinds:?}",
                        kept.fetched_at, alive.alg
                    )
                });
                if let Some(signature) = alive.signature.as_ref().filter(|_| is_read) {
                    let verified = deployment.verify(jwk, &alive.alg, MESSAGE, signature);
                    assert!(verified, "{} at {now}", alive.alg);
                }
            }
        }
    }

    /// How many keys of an algorithm signed so far.
    pub(super) fn keys_of(&self, alg: &str) -> usize {
        self.seen.get(alg).map_or(0, BTreeSet::len)
    }
}

fn fetched(deployment: &impl Deployment, now: u64) -> Kept {
    let set: Value = serde_json::from_str(&deployment.jwks()).unwrap();
    let keys = set["keys"].as_array().unwrap().iter().map(|key| {
        let kid = key["kid"].as_str().unwrap().to_owned();
        (kid, key.to_string())
    });
    Kept {
        fetched_at: now,
        keys: keys.collect(),
    }
}
