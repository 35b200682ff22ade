//! Randomness of tests: the seed is printed, so that a failure can be run again by `DOORWARD_TEST_SEED`.

use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

static SEED: LazyLock<u64> = LazyLock::new(|| {
    let given = std::env::var("DOORWARD_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .subsec_nanos()
            .into()
    };
    let seed = given.unwrap_or_else(now);
    eprintln!("DOORWARD_TEST_SEED={seed}");
    seed
});

static DRAWN: AtomicU64 = AtomicU64::new(0);

fn block() -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(SEED.to_be_bytes());
    hash.update(DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    hash.finalize().into()
}

/// 43 characters of base64url: a fresh `code_verifier`, `state` or `nonce`.
pub(crate) fn token() -> String {
    super::jwt::encode(&block())
}

/// From 0 to `bound`, exclusive.
pub(crate) fn below(bound: u64) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&block()[..8]);
    u64::from_be_bytes(number) % bound
}

/// An e-mail address that nobody used before in this run.
pub(crate) fn email() -> String {
    format!(
        "person-{}@example.test",
        token()[..12].to_lowercase().replace(['-', '_'], "x")
    )
}

/// What all of it was drawn from.
pub(crate) fn seed() -> u64 {
    *SEED
}
