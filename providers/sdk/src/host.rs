//! [`Services`](crate::Services) over the imports of the component.

use crate::bindings::doorward::host::{events, mail, passwords, records};
use crate::services::{
    Clock, Entry, Event, Events, Listed, Mail, MailFailure, PasswordFailure, Passwords, Post,
    Random, RecordFailure, Records, Verdict,
};

/// The host that called this component. Only works inside one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Imports;

impl Records for Imports {
    fn get(&self, key: &str) -> Result<Option<Entry>, RecordFailure> {
        records::get(key)
    }

    fn insert(
        &self,
        key: &str,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Result<u64, RecordFailure> {
        records::insert(key, value, expires_at)
    }

    fn replace(
        &self,
        key: &str,
        version: u64,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Result<u64, RecordFailure> {
        records::replace(key, version, value, expires_at)
    }

    fn remove(&self, key: &str, version: Option<u64>) -> Result<(), RecordFailure> {
        records::remove(key, version)
    }

    fn increment(&self, key: &str, by: u64, expires_at: u64) -> Result<u64, RecordFailure> {
        records::increment(key, by, expires_at)
    }

    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed>, RecordFailure> {
        records::list(prefix, after, limit)
    }
}

impl Passwords for Imports {
    fn hash(&self, password: &[u8]) -> Result<String, PasswordFailure> {
        passwords::hash(password)
    }

    fn verify(&self, password: &[u8], phc: &str) -> Result<Verdict, PasswordFailure> {
        passwords::verify(password, phc)
    }
}

impl Post for Imports {
    fn deliver(&self, mail: &Mail) -> Result<(), MailFailure> {
        mail::deliver(mail)
    }
}

impl Events for Imports {
    fn emit(&self, event: &Event) {
        events::emit(event);
    }
}

impl Clock for Imports {
    fn now(&self) -> u64 {
        wasip2::clocks::wall_clock::now().seconds
    }
}

impl Random for Imports {
    fn bytes(&self, length: usize) -> Vec<u8> {
        wasip2::random::random::get_random_bytes(length as u64)
    }
}
