//! Hashing of passwords: what `doorward:host/passwords` asks of this host. Argon2id (RFC 9106) on threads of its own, as
//! many as there are cores to spare, so that a flood of sign-ins makes sign-ins wait and nothing else.

mod stored;

#[cfg(test)]
mod tests;

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use stored::{Stored, check_cost};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// Longest password, in bytes.
pub(crate) const MAX_PASSWORD_BYTES: usize = 1024;
/// Salt of a new hash, in bytes (RFC 9106 §3.1).
const SALT_BYTES: usize = 16;

/// How passwords are hashed. Every field has a default.
#[derive(Debug, Clone)]
pub(crate) struct PasswordOptions {
    /// Memory in KiB. Default: 19456 (19 MiB).
    pub(crate) memory_kib: u32,
    /// Passes over the memory. Default: 2.
    pub(crate) iterations: u32,
    /// Lanes. Default: 1.
    pub(crate) parallelism: u32,
    /// Threads that hash. Default: one less than there are cores, at least one.
    pub(crate) workers: usize,
    /// Most passwords that may wait for a thread. Default: 64.
    pub(crate) queue: usize,
}

impl Default for PasswordOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            workers: cores.saturating_sub(1).max(1),
            queue: 64,
        }
    }
}

/// Why a password was not hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Longer than [`MAX_PASSWORD_BYTES`], or not an Argon2 PHC string of acceptable cost.
    Invalid(String),
    /// Too many are waiting.
    Busy,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(why) => write!(f, "invalid: {why}"),
            Self::Busy => f.write_str("too many passwords are waiting to be hashed"),
        }
    }
}

impl std::error::Error for Failure {}

/// What a password turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not the one.
    Wrong,
    /// The one.
    Right,
    /// The one, and its hash is weaker than what [`Passwords::hash`] makes now: hash again.
    RightRehash,
}

/// The threads that hash. Dropping it ends them after the password at hand.
pub(crate) struct Passwords {
    jobs: SyncSender<Job>,
}

enum Job {
    Hash {
        password: Zeroizing<Vec<u8>>,
        reply: oneshot::Sender<Result<String, Failure>>,
    },
    Verify {
        password: Zeroizing<Vec<u8>>,
        stored: Box<Stored>,
        reply: oneshot::Sender<Result<Verdict, Failure>>,
    },
}

impl Passwords {
    /// Starts the threads.
    ///
    /// # Errors
    /// The parameters are outside RFC 9106 or the bounds of what this host verifies, or a thread cannot be started.
    pub(crate) fn new(options: &PasswordOptions) -> anyhow::Result<Self> {
        let params = Params::new(
            options.memory_kib,
            options.iterations,
            options.parallelism,
            None,
        )
        .map_err(|error| anyhow::anyhow!("unusable Argon2 parameters: {error}"))?;
        check_cost(&params)
            .map_err(|error| anyhow::anyhow!("unusable Argon2 parameters: {error}"))?;
        let (jobs, waiting) = sync_channel(options.queue.max(1));
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..options.workers.max(1) {
            let (waiting, params) = (Arc::clone(&waiting), params.clone());
            std::thread::Builder::new()
                .name(format!("passwords-{number}"))
                .spawn(move || work(&waiting, &params))?;
        }
        Ok(Self { jobs })
    }

    /// Hashes a password into a PHC string. Takes tens of milliseconds, on another thread.
    ///
    /// # Errors
    /// [`Failure::Invalid`]: too long. [`Failure::Busy`].
    pub(crate) async fn hash(&self, password: &[u8]) -> Result<String, Failure> {
        let password = bounded(password)?;
        let (reply, hashed) = oneshot::channel();
        self.queue(Job::Hash { password, reply })?;
        hashed.await.unwrap_or(Err(Failure::Busy))
    }

    /// Whether `password` is the one that `phc` was made from.
    ///
    /// # Errors
    /// [`Failure::Invalid`]: the password is too long; or `phc` is not an Argon2 PHC string, or costs more than this host
    /// is ready to spend. [`Failure::Busy`].
    pub(crate) async fn verify(&self, password: &[u8], phc: &str) -> Result<Verdict, Failure> {
        let password = bounded(password)?;
        let stored = Box::new(Stored::parse(phc)?);
        let (reply, verdict) = oneshot::channel();
        self.queue(Job::Verify {
            password,
            stored,
            reply,
        })?;
        verdict.await.unwrap_or(Err(Failure::Busy))
    }

    fn queue(&self, job: Job) -> Result<(), Failure> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Failure::Busy,
        })
    }
}

fn bounded(password: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(Failure::Invalid(format!(
            "the password is longer than {MAX_PASSWORD_BYTES} bytes"
        )));
    }
    Ok(Zeroizing::new(password.to_vec()))
}

fn work(waiting: &Mutex<Receiver<Job>>, params: &Params) {
    loop {
        let job = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        match job {
            // Whoever asked has gone: a browser that closed its connection costs nothing.
            Ok(Job::Hash { reply, .. }) if reply.is_closed() => {}
            Ok(Job::Verify { reply, .. }) if reply.is_closed() => {}
            Ok(Job::Hash { password, reply }) => {
                let _ = reply.send(hash(&password, params));
            }
            Ok(Job::Verify {
                password,
                stored,
                reply,
            }) => {
                let _ = reply.send(stored.verify(&password, params));
            }
            Err(_nobody_asks_any_more) => return,
        }
    }
}

fn hash(password: &[u8], params: &Params) -> Result<String, Failure> {
    let mut salt = [0; SALT_BYTES];
    // Without randomness or memory nothing can be hashed now; both pass.
    getrandom::fill(&mut salt).map_err(|_| Failure::Busy)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon2
        .hash_password_with_salt(password, &salt)
        .map(|phc| phc.to_string())
        .map_err(|_| Failure::Busy)
}
