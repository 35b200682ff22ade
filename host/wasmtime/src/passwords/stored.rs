//! Hashes that were made earlier, by this host or another, and what they may cost. `host/portable/hashing` compiles this very
//! file, so that a hash that one takes, the other takes too.

use super::{Failure, SALT_BYTES, Verdict};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Longest PHC string that is looked at, in bytes.
const MAX_PHC_BYTES: usize = 512;
/// Most memory that a stored hash may ask for: 256 MiB, above what OWASP and RFC 9106 advise for servers.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
/// Most passes over the memory that a stored hash may ask for.
const MAX_ITERATIONS: u32 = 32;
/// Most lanes that a stored hash may ask for.
const MAX_PARALLELISM: u32 = 16;
/// Most work that a stored hash may ask for, memory times passes: 1 GiB, about two seconds of one core.
const MAX_WORK_KIB: u64 = 1024 * 1024;

/// A hash as it was stored, its cost found acceptable.
pub(super) struct Stored {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Stored {
    /// Reads a PHC string of Argon2.
    ///
    /// # Errors
    /// [`Failure::Invalid`]: it is none, or it asks for more than this host is ready to spend.
    pub(super) fn parse(phc: &str) -> Result<Self, Failure> {
        let invalid = |why: &str| Failure::Invalid(why.into());
        if phc.len() > MAX_PHC_BYTES {
            return Err(invalid("the PHC string is too long"));
        }
        let parsed = PasswordHash::new(phc).map_err(|_| invalid("not a PHC string"))?;
        let algorithm = Algorithm::try_from(parsed.algorithm.as_str())
            .map_err(|_| invalid("not an Argon2 hash"))?;
        // A hash without a version is of the first one.
        let version = parsed
            .version
            .map_or(Ok(Version::V0x10), Version::try_from)
            .map_err(|_| invalid("unknown version of Argon2"))?;
        let params =
            Params::try_from(&parsed).map_err(|_| invalid("unusable Argon2 parameters"))?;
        check_cost(&params)?;
        let (Some(salt), Some(hash)) = (parsed.salt, parsed.hash) else {
            return Err(invalid("the PHC string has no salt or no hash"));
        };
        Ok(Self {
            algorithm,
            version,
            params,
            salt: salt.to_vec(),
            hash: hash.as_bytes().to_vec(),
        })
    }

    /// Whether `password` is the one, and whether its hash is as strong as one made now.
    ///
    /// # Errors
    /// [`Failure::Busy`]: no memory.
    pub(super) fn verify(&self, password: &[u8], current: &Params) -> Result<Verdict, Failure> {
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        let mut computed = Zeroizing::new(vec![0; self.hash.len()]);
        argon2
            .hash_password_into(password, &self.salt, &mut computed)
            .map_err(|_| Failure::Busy)?;
        if !bool::from(computed.as_slice().ct_eq(&self.hash)) {
            return Ok(Verdict::Wrong);
        }
        Ok(if self.is_weaker_than(current) {
            Verdict::RightRehash
        } else {
            Verdict::Right
        })
    }

    fn is_weaker_than(&self, current: &Params) -> bool {
        self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || self.params.m_cost() < current.m_cost()
            || self.params.t_cost() < current.t_cost()
            || self.salt.len() < SALT_BYTES
            || self.hash.len() < Params::DEFAULT_OUTPUT_LEN
    }
}

/// Refuses parameters that a hostile record could use to eat the machine.
pub(super) fn check_cost(params: &Params) -> Result<(), Failure> {
    let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
    let bounded = params.m_cost() <= MAX_MEMORY_KIB
        && params.t_cost() <= MAX_ITERATIONS
        && params.p_cost() <= MAX_PARALLELISM;
    if bounded && work <= MAX_WORK_KIB {
        return Ok(());
    }
    Err(Failure::Invalid(format!(
        "Argon2 with more than {MAX_MEMORY_KIB} KiB, {MAX_ITERATIONS} passes, {MAX_PARALLELISM} lanes or {MAX_WORK_KIB} KiB times passes"
    )))
}
