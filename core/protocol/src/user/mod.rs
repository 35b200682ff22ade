//! Users: a stable `sub`, identities linked to it, and when two identities are one person.
//!
//! `user/<sub>` is the truth. `identity/<provider>/<hash>` and `email/<hash>` are indexes to it; only verified addresses are in
//! the latter, so that an address merges two identities only when both sides verified it.

mod ways;

pub use ways::{LinkedIdentity, forgotten, link_to, name as name_of_way, unlink};

use crate::ports::{Host, Records, StoreFailure};
use crate::provider::{Account, Identity};
use crate::refusal::Refusal;
use crate::secret::{base64url, random_id, sha256_of};
use crate::store::{self, MAX_TRIES, Stored};
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Starts every `sub`. No `client_id` may start with it, so that a client's token never names a user (RFC 9068 §5).
pub const SUB_PREFIX: &str = "usr_";
/// Most identities of one user.
const MAX_IDENTITIES: usize = 32;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Subject identifier (OpenID Connect Core §8): opaque, never reused.
    pub sub: String,
    /// The ways in.
    #[serde(default)]
    pub identities: Vec<LinkedIdentity>,
    /// Their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A provider, or the operator, knows that they control it.
    #[serde(default)]
    pub email_verified: bool,
    /// Standard claims (OpenID Connect Core §5.1) as providers gave them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// May not sign in, and what they granted is dead.
    #[serde(default)]
    pub disabled: bool,
    /// Sessions and grants belong to a generation; raising it ends all of them at once.
    #[serde(default)]
    pub generation: u32,
    /// Sessions, and the grants that end with them, also belong to this one: raising it signs out everywhere, and leaves what was
    /// given with `offline_access`.
    #[serde(default)]
    pub session_generation: u32,
    /// Ways in that they took away, by name: nobody is recognised by their address alone who comes by one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// When they first came.
    pub created_at: UnixTime,
}

/// What an index holds.
#[derive(Debug, Serialize, Deserialize)]
struct Pointer {
    sub: String,
}

impl User {
    /// What people are told they are signed in as.
    #[must_use]
    pub fn account(&self) -> String {
        let name = self.claims.get("name").and_then(Value::as_str);
        self.email
            .as_deref()
            .or(name)
            .unwrap_or(&self.sub)
            .to_owned()
    }

    /// Their subject at a provider.
    #[must_use]
    pub fn subject_at(&self, provider: &str) -> Option<&str> {
        self.identities
            .iter()
            .find(|identity| identity.provider == provider && !identity.leaving)
            .map(|identity| identity.subject.as_str())
    }

    /// Whether this is a way into their account.
    #[must_use]
    pub fn has(&self, provider: &str, subject: &str) -> bool {
        self.identities
            .iter()
            .any(|identity| identity.is(provider, subject) && !identity.leaving)
    }

    /// As a provider may know them. Its id for them tells nothing to another provider.
    #[must_use]
    pub fn account_at(&self, provider: &str) -> Account {
        let parts = [
            b"account".as_slice(),
            provider.as_bytes(),
            self.sub.as_bytes(),
        ];
        Account {
            id: base64url(&sha256_of(&parts)),
            label: self.account(),
            subject: self.subject_at(provider).map(str::to_owned),
        }
    }

    /// Whether this way in was taken away, and not linked again.
    fn has_left(&self, provider: &str, subject: &str) -> bool {
        self.left.contains(&ways::name(provider, subject))
    }

    /// Whether nothing of theirs was ended since they were read, by a new credential, by signing out everywhere or by the operator.
    #[must_use]
    pub fn is_as_read(&self, read: &Self) -> bool {
        self.generation == read.generation
            && self.session_generation == read.session_generation
            && self.disabled == read.disabled
    }

    /// Whether this way in is being taken away.
    fn is_losing(&self, provider: &str, subject: &str) -> bool {
        self.identities
            .iter()
            .any(|identity| identity.is(provider, subject) && identity.leaving)
    }

    /// As policies see them.
    #[must_use]
    pub fn facts(&self) -> crate::policy::UserFacts {
        crate::policy::UserFacts {
            sub: self.sub.clone(),
            providers: self
                .identities
                .iter()
                .filter(|identity| !identity.leaving)
                .map(|identity| identity.provider.clone())
                .collect(),
            email: self.email.clone(),
            email_verified: self.email_verified,
            groups: Vec::new(),
            claims: self
                .claims
                .iter()
                .map(|(name, value)| (name.clone(), value.to_string()))
                .collect(),
        }
    }
}

/// The key of a user's record.
#[must_use]
pub fn key(sub: &str) -> String {
    format!("user/{sub}")
}

fn identity_key(provider: &str, subject: &str) -> String {
    format!(
        "identity/{provider}/{}",
        base64url(&sha256_of(&[subject.as_bytes()]))
    )
}

/// The key of the index by verified address.
#[must_use]
pub fn email_key(email: &str) -> String {
    format!(
        "email/{}",
        base64url(&sha256_of(&[email.to_ascii_lowercase().as_bytes()]))
    )
}

/// Reads a user.
///
/// # Errors
/// A store failure.
pub fn find(sub: &str, host: &dyn Host) -> Result<Option<Stored<User>>, Refusal> {
    store::get(host, &key(sub))
}

/// Reads the user to whom a verified address belongs.
///
/// # Errors
/// A store failure.
pub fn find_by_email(email: &str, host: &dyn Host) -> Result<Option<Stored<User>>, Refusal> {
    follow(&email_key(email), host)
}

/// Reads the user who is linked to an identity.
///
/// # Errors
/// A store failure.
pub fn find_by_identity(
    provider: &str,
    subject: &str,
    host: &dyn Host,
) -> Result<Option<Stored<User>>, Refusal> {
    follow(&identity_key(provider, subject), host)
}

fn follow(index: &str, host: &dyn Host) -> Result<Option<Stored<User>>, Refusal> {
    match store::get::<Pointer>(host, index)? {
        None => Ok(None),
        Some(pointer) => find(&pointer.value.sub, host),
    }
}

/// Changes a user's record; tried again if someone else changed it in between.
///
/// # Errors
/// [`Refusal::GrantEnded`] if there is no such user any more; store failures.
pub fn change(sub: &str, host: &dyn Host, apply: impl Fn(&mut User)) -> Result<User, Refusal> {
    for _ in 0..MAX_TRIES {
        let Some(Stored {
            value: mut user,
            version,
        }) = find(sub, host)?
        else {
            return Err(Refusal::GrantEnded);
        };
        let before = user.clone();
        apply(&mut user);
        if user == before {
            return Ok(user);
        }
        match store::replace(host, &key(sub), version, &user, None) {
            Ok(_) => return Ok(user),
            Err(StoreFailure::Conflict) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}

/// Finds, links or creates the user that an identity belongs to.
///
/// - The identity is linked: that user.
/// - Its address is verified, and a user has the same address verified: that user, with one more way in.
/// - Otherwise: a new user.
///
/// # Errors
/// [`Refusal::UserDisabled`]; store failures.
pub fn recognise(
    provider: &str,
    identity: &Identity,
    now: UnixTime,
    host: &dyn Host,
) -> Result<User, Refusal> {
    for _ in 0..MAX_TRIES {
        let index = identity_key(provider, &identity.subject);
        if let Some(user) = follow(&index, host)? {
            if user.value.has(provider, &identity.subject) {
                return refreshed(user.value, identity, host);
            }
            if !user.value.is_losing(provider, &identity.subject) {
                // Whoever wrote the index was cut off before they wrote the rest.
                if let Some(user) = ways::link(&user.value, provider, identity, now, host)? {
                    return refreshed(user, identity, host);
                }
                continue;
            }
            ways::drop_index(provider, &identity.subject, &user.value.sub, host)?;
        }
        let email = identity
            .email
            .as_deref()
            .filter(|_| identity.email_verified);
        let known = email
            .map(|email| find_by_email(email, host))
            .transpose()?
            .flatten();
        let attempt = match known {
            // They took it away themselves: no address brings it back.
            Some(user) if user.value.has_left(provider, &identity.subject) => {
                return Err(Refusal::AnotherPerson);
            }
            Some(user) if user.value.email_verified => {
                ways::link(&user.value, provider, identity, now, host)?
            }
            _ => create(provider, identity, now, host)?,
        };
        if let Some(user) = attempt {
            return refreshed(user, identity, host);
        }
    }
    Err(Refusal::Contention)
}

/// Takes over what the provider says of the person now, and refuses the disabled.
fn refreshed(user: User, identity: &Identity, host: &dyn Host) -> Result<User, Refusal> {
    if user.disabled {
        return Err(Refusal::UserDisabled);
    }
    // A crash between the writes of a new user can have lost the index.
    if let Some(email) = user.email.as_deref().filter(|_| user.email_verified) {
        let index = email_key(email);
        if host.get(&index)?.is_none() {
            let pointer = Pointer {
                sub: user.sub.clone(),
            };
            claim(&index, &pointer, host)?;
        }
    }
    let claims = standard_claims(&identity.claims);
    if claims
        .iter()
        .all(|(name, value)| user.claims.get(name) == Some(value))
    {
        return Ok(user);
    }
    change(&user.sub, host, |user| user.claims.extend(claims.clone()))
}

/// Creates a user. The record comes first: an index never points to nothing. `None`: someone else took the address or the
/// identity in between; look again.
fn create(
    provider: &str,
    identity: &Identity,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Option<User>, Refusal> {
    let user = User {
        sub: format!("{SUB_PREFIX}{}", random_id(host)),
        identities: vec![LinkedIdentity {
            provider: provider.to_owned(),
            subject: identity.subject.clone(),
            linked_at: now,
            leaving: false,
        }],
        email: identity.email.clone(),
        email_verified: identity.email_verified && identity.email.is_some(),
        claims: standard_claims(&identity.claims),
        disabled: false,
        generation: 0,
        session_generation: 0,
        left: Vec::new(),
        created_at: now,
    };
    let mut indexes = vec![identity_key(provider, &identity.subject)];
    indexes.extend(
        user.email
            .as_deref()
            .filter(|_| user.email_verified)
            .map(email_key),
    );
    if insert_with_indexes(&user, &indexes, host)? {
        host.emit(
            crate::ports::Level::Info,
            "user.created",
            &[("sub", &user.sub), ("provider", provider)],
        );
        return Ok(Some(user));
    }
    Ok(None)
}

/// Writes a new user and the indexes to them; takes everything back if one of the indexes is taken.
fn insert_with_indexes(user: &User, indexes: &[String], host: &dyn Host) -> Result<bool, Refusal> {
    store::insert(host, &key(&user.sub), user, None)?;
    let pointer = Pointer {
        sub: user.sub.clone(),
    };
    for (done, index) in indexes.iter().enumerate() {
        match claim(index, &pointer, host) {
            Ok(true) => {}
            Ok(false) => {
                for taken_back in indexes.iter().take(done) {
                    host.remove(taken_back, None)?;
                }
                host.remove(&key(&user.sub), None)?;
                return Ok(false);
            }
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(true)
}

/// Takes an index, also over one that points to a user who is gone.
fn claim(index: &str, pointer: &Pointer, host: &dyn Host) -> Result<bool, Refusal> {
    match store::insert(host, index, pointer, None) {
        Ok(_) => return Ok(true),
        Err(StoreFailure::Conflict) => {}
        Err(failure) => return Err(failure.into()),
    }
    let Some(there) = store::get::<Pointer>(host, index)? else {
        return Ok(false);
    };
    // Someone who met the new user on the way may have written the rest of its indexes already.
    if there.value.sub == pointer.sub {
        return Ok(true);
    }
    if find(&there.value.sub, host)?.is_some() {
        return Ok(false);
    }
    match store::replace(host, index, there.version, pointer, None) {
        Ok(_) => Ok(true),
        Err(StoreFailure::Conflict) => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

/// Whether this can be a subject identifier: 1 to 128 characters of those of a `client_id`, `:` and `|`, so that it is one part of
/// a key and never an address.
#[must_use]
pub fn is_sub(text: &str) -> bool {
    let legal =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-' | b':' | b'|');
    (1..=128).contains(&text.len()) && text.bytes().all(legal)
}

/// Creates a user whose address the operator vouches for. `sub`: the one that another system gave them, if they come from there.
///
/// # Errors
/// `Ok(None)` if the address belongs to someone already; store failures.
pub fn invite(
    email: &str,
    claims: Map<String, Value>,
    sub: Option<String>,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Option<User>, Refusal> {
    let user = User {
        sub: sub.unwrap_or_else(|| format!("{SUB_PREFIX}{}", random_id(host))),
        identities: Vec::new(),
        email: Some(email.to_owned()),
        email_verified: true,
        claims,
        disabled: false,
        generation: 0,
        session_generation: 0,
        left: Vec::new(),
        created_at: now,
    };
    Ok(insert_with_indexes(&user, &[email_key(email)], host)?.then_some(user))
}

/// Removes a user: the indexes first, so that nobody signs in as someone half gone.
///
/// # Errors
/// Store failures.
pub fn remove(user: &User, records: &(impl Records + ?Sized)) -> Result<(), StoreFailure> {
    for identity in &user.identities {
        let key = identity_key(&identity.provider, &identity.subject);
        let leads_here = records
            .get(&key)?
            .and_then(|entry| serde_json::from_slice::<Pointer>(&entry.value).ok())
            .is_some_and(|pointer| pointer.sub == user.sub);
        if leads_here {
            records.remove(&key, None)?;
        }
    }
    if let Some(email) = user.email.as_deref().filter(|_| user.email_verified) {
        records.remove(&email_key(email), None)?;
    }
    records.remove(&key(&user.sub), None)
}

/// Claims that a provider may set: those of OpenID Connect Core §5.1 but what we vouch for ourselves.
fn standard_claims(claims: &[(String, String)]) -> Map<String, Value> {
    claims
        .iter()
        .filter(|(name, value)| {
            crate::claims::PROFILE.contains(&name.as_str()) && value.len() <= 4096
        })
        .filter_map(|(name, value)| Some((name.clone(), serde_json::from_str(value).ok()?)))
        .collect()
}
