//! Accounts: one record each, keyed by the address, and an index by subject.

use doorward_provider::document::{self, Change, Document};
use doorward_provider::email::EmailAddress;
use doorward_provider::services::Services;
use doorward_provider::{Failure, Identity, random};
use serde::{Deserialize, Serialize};

/// The record `account/<address>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// 128 random bits: who registers an address after somebody else has had it is somebody else.
    pub(crate) subject: String,
    pub(crate) email: EmailAddress,
    /// Argon2id, as the host made it.
    pub(crate) phc: String,
    /// Seconds since the epoch.
    pub(crate) created_at: u64,
    /// Counts the passwords that it has had. What was allowed under one is not under the next.
    pub(crate) version: u64,
}

/// The record `subject/<subject>`: where the account of a subject is.
#[derive(Serialize, Deserialize)]
struct BySubject {
    email: EmailAddress,
}

impl Account {
    fn key(address: &EmailAddress) -> String {
        format!("account/{}", address.key())
    }

    /// The account of an address, if there is one.
    pub(crate) fn read(
        services: &dyn Services,
        address: &EmailAddress,
    ) -> Result<Option<Document<Self>>, Failure> {
        document::read(services, &Self::key(address))
    }

    /// The account of a subject, if there is one.
    pub(crate) fn of_subject(
        services: &dyn Services,
        subject: &str,
    ) -> Result<Option<Document<Self>>, Failure> {
        if !is_subject(subject) {
            return Ok(None);
        }
        let key = format!("subject/{subject}");
        let Some(index) = document::read::<BySubject>(services, &key)? else {
            return Ok(None);
        };
        let account = Self::read(services, &index.value.email)?;
        Ok(account.filter(|account| account.value.subject == subject))
    }

    /// Creates the account of an address that was proved. `None`: there is one already, which stays as it is.
    pub(crate) fn create(
        services: &dyn Services,
        email: EmailAddress,
        phc: String,
    ) -> Result<Option<Self>, Failure> {
        let account = Self {
            subject: random::id(services),
            email,
            phc,
            created_at: services.now(),
            version: 1,
        };
        // The index first: without its account it means nothing, whereas an account without it could not be changed.
        let index = format!("subject/{}", account.subject);
        document::create(
            services,
            &index,
            &BySubject {
                email: account.email.clone(),
            },
            None,
        )?;
        if document::create(services, &Self::key(&account.email), &account, None)? {
            return Ok(Some(account));
        }
        services.remove(&index, None)?;
        Ok(None)
    }

    /// Sets a new password, if the account still has the version (of its password) on which that was decided.
    /// `None`: it has not, or is gone.
    pub(crate) fn set_password(
        services: &dyn Services,
        address: &EmailAddress,
        version: u64,
        phc: &str,
    ) -> Result<Option<Self>, Failure> {
        let set = document::update(services, &Self::key(address), None, |account: Self| {
            if account.version != version {
                return Change::Leave(None);
            }
            let changed = Self {
                phc: phc.to_owned(),
                version: version + 1,
                ..account
            };
            Change::Write(changed.clone(), Some(changed))
        })?;
        Ok(set.flatten())
    }

    /// Removes the account of a subject, and its index in any case: it holds the address.
    pub(crate) fn forget(services: &dyn Services, subject: &str) -> Result<(), Failure> {
        if !is_subject(subject) {
            return Ok(());
        }
        if let Some(account) = Self::of_subject(services, subject)? {
            services.remove(&Self::key(&account.value.email), None)?;
        }
        services.remove(&format!("subject/{subject}"), None)?;
        Ok(())
    }

    /// Hashes the same password anew by stronger parameters, unless the account changed since it was read.
    pub(crate) fn strengthen(
        services: &dyn Services,
        read: &Document<Self>,
        password: &[u8],
    ) -> Result<(), Failure> {
        let account = Self {
            phc: services.hash(password)?,
            ..read.value.clone()
        };
        document::replace(
            services,
            &Self::key(&account.email),
            read.version,
            &account,
            None,
        )?;
        Ok(())
    }

    /// Who this is. The address was proved when the account was created.
    pub(crate) fn identity(&self) -> Identity {
        Identity::new(self.subject.as_str()).verified_email(self.email.as_str())
    }
}

/// Only what this provider gave out can be a subject; anything else may not even be a key.
fn is_subject(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
