//! The calls of the contract as scripts.

use crate::scripts;
use crate::server::{RedisResult, Server};
use doorward_portable_records::{
    Answer, Entry, Failure, Listed, Store, Variable, fresh, no_counter, unavailable,
};

/// Times from here on mean "never": Lua and sorted sets count exactly only so far. It is in 285 million years.
const NEVER: u64 = 1 << 53;

/// Records in Redis.
#[derive(Debug)]
pub struct Redis(Server);

fn foreign() -> Failure {
    unavailable(
        "Redis answered what Doorward did not write; look for other programs that use `{doorward}:` names",
    )
}

fn expiry(at: Option<u64>) -> String {
    at.filter(|at| *at < NEVER)
        .map(|at| at.to_string())
        .unwrap_or_default()
}

fn binary(result: RedisResult) -> Answer<Vec<u8>> {
    match result {
        RedisResult::Binary(bytes) => Ok(bytes),
        _ => Err(foreign()),
    }
}

fn number(result: RedisResult) -> Answer<u64> {
    let digits = String::from_utf8(binary(result)?).map_err(|_bytes| foreign())?;
    digits.parse().map_err(|_letters| foreign())
}

/// Whether a conditional write was done.
fn done(results: &[RedisResult]) -> Answer<bool> {
    match results {
        [RedisResult::Int64(1)] => Ok(true),
        [RedisResult::Int64(0)] => Ok(false),
        _ => Err(foreign()),
    }
}

/// The three parts of a record in an answer.
fn entry(parts: &mut impl Iterator<Item = RedisResult>) -> Answer<Entry> {
    let mut part = || parts.next().ok_or_else(foreign);
    let (version, kind, value) = (number(part()?)?, binary(part()?)?, binary(part()?)?);
    if kind != b"v" && kind != b"c" {
        return Err(foreign());
    }
    Ok(Entry { value, version })
}

impl Redis {
    fn put(
        &self,
        script: &str,
        now: u64,
        key: &str,
        value: &[u8],
        expires_at: Option<u64>,
        old: &[u8],
    ) -> Answer<u64> {
        let version = fresh()?;
        let (now, digits, expiry) = (now.to_string(), version.to_string(), expiry(expires_at));
        let arguments = [
            key.as_bytes(),
            now.as_bytes(),
            digits.as_bytes(),
            expiry.as_bytes(),
            value,
            old,
        ];
        if done(&self.0.write(script, key, &arguments)?)? {
            Ok(version)
        } else {
            Err(Failure::Conflict)
        }
    }
}

impl Store for Redis {
    fn open(variable: Variable<'_>) -> Answer<Self> {
        let address = variable("redis_address")?.ok_or_else(|| {
            unavailable("the variable `redis_address` is not set: give the component redis://HOST:PORT under [component.<id>.variables] in spin.toml")
        })?;
        Ok(Self(Server::new(address)))
    }

    fn get(&self, now: u64, key: &str) -> Answer<Option<Entry>> {
        let results = self.0.read(
            scripts::GET,
            key,
            &[key.as_bytes(), now.to_string().as_bytes()],
        )?;
        if results.is_empty() {
            return Ok(None);
        }
        entry(&mut results.into_iter()).map(Some)
    }

    fn insert(&self, now: u64, key: &str, value: &[u8], expires_at: Option<u64>) -> Answer<u64> {
        self.put(scripts::INSERT, now, key, value, expires_at, &[])
    }

    fn replace(
        &self,
        now: u64,
        key: &str,
        version: u64,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Answer<u64> {
        self.put(
            scripts::REPLACE,
            now,
            key,
            value,
            expires_at,
            version.to_string().as_bytes(),
        )
    }

    fn remove(&self, now: u64, key: &str, version: Option<u64>) -> Answer<()> {
        let (now, old) = (
            now.to_string(),
            version
                .map(|version| version.to_string())
                .unwrap_or_default(),
        );
        let arguments = [key.as_bytes(), now.as_bytes(), old.as_bytes()];
        if done(&self.0.write(scripts::REMOVE, key, &arguments)?)? {
            Ok(())
        } else {
            Err(Failure::Conflict)
        }
    }

    fn increment(&self, now: u64, key: &str, by: i64, expires_at: u64) -> Answer<u64> {
        let (now, version, by) = (now.to_string(), fresh()?.to_string(), by.to_string());
        let expiry = expiry(Some(expires_at));
        let arguments = [
            key.as_bytes(),
            now.as_bytes(),
            version.as_bytes(),
            expiry.as_bytes(),
            by.as_bytes(),
        ];
        let sum = self
            .0
            .write(scripts::INCREMENT, key, &arguments)?
            .into_iter()
            .next();
        sum.map_or_else(|| Err(no_counter()), number)
    }

    fn list(
        &self,
        now: u64,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Answer<Vec<Listed>> {
        let (from, to) = match after {
            Some(after) if after >= prefix => (format!("({after}"), format!("({prefix}\u{7f}")),
            _ => (format!("[{prefix}"), format!("({prefix}\u{7f}")),
        };
        let (now, limit) = (now.to_string(), limit.to_string());
        let arguments = [
            prefix.as_bytes(),
            now.as_bytes(),
            from.as_bytes(),
            to.as_bytes(),
            limit.as_bytes(),
        ];
        // The record of no key: the script puts keys behind it.
        let mut parts = self.0.read(scripts::LIST, "", &arguments)?.into_iter();
        let mut listed = Vec::new();
        while let Some(key) = parts.next() {
            let key = String::from_utf8(binary(key)?).map_err(|_bytes| foreign())?;
            let Entry { value, version } = entry(&mut parts)?;
            listed.push(Listed {
                key,
                value,
                version,
            });
        }
        Ok(listed)
    }
}
