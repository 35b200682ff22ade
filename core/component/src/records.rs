//! [`Records`] over `doorward:host/records`.

use crate::bindings::doorward::host::records::{self, Failure};
use crate::host::WitHost;
use doorward_protocol::ports::{Entry, Listed, Records, StoreFailure};
use doorward_protocol::time::UnixTime;

impl Records for WitHost {
    fn get(&self, key: &str) -> Result<Option<Entry>, StoreFailure> {
        let entry = records::get(key).map_err(failure)?;
        Ok(entry.map(|entry| Entry {
            value: entry.value,
            version: entry.version,
        }))
    }

    fn insert(
        &self,
        key: &str,
        value: &[u8],
        expires_at: Option<UnixTime>,
    ) -> Result<u64, StoreFailure> {
        records::insert(key, value, expires_at.map(|time| time.0)).map_err(failure)
    }

    fn replace(
        &self,
        key: &str,
        version: u64,
        value: &[u8],
        expires_at: Option<UnixTime>,
    ) -> Result<u64, StoreFailure> {
        records::replace(key, version, value, expires_at.map(|time| time.0)).map_err(failure)
    }

    fn remove(&self, key: &str, version: Option<u64>) -> Result<(), StoreFailure> {
        records::remove(key, version).map_err(failure)
    }

    fn increment(&self, key: &str, by: u64, expires_at: UnixTime) -> Result<u64, StoreFailure> {
        records::increment(key, by, expires_at.0).map_err(failure)
    }

    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed>, StoreFailure> {
        let page = records::list(prefix, after, limit).map_err(failure)?;
        Ok(page.into_iter().map(listed).collect())
    }
}

fn listed(record: records::Listed) -> Listed {
    Listed {
        key: record.key,
        value: record.value,
        version: record.version,
    }
}

fn failure(failure: Failure) -> StoreFailure {
    match failure {
        Failure::Conflict => StoreFailure::Conflict,
        Failure::Invalid(why) => StoreFailure::Invalid(why),
        Failure::Unavailable(why) => StoreFailure::Unavailable(why),
    }
}
