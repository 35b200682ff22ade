//! Device authorizations: RFC 8628. One record each, `device/<id>`: what a device asks for, how often it may poll, and what the person
//! said. Its user code leads to it by `user-code/<code>`. What they allow is a [`crate::grant::Grant`] of the same id, whose code is the
//! device code.

use crate::client::Client;
use crate::ports::{Host, Random, Records, StoreFailure};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::SecretHash;
use crate::settings::Device;
use crate::store::{self, MAX_TRIES, Stored};
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Letters of user codes: no vowels, so that no words come out, and none that is taken for another (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Letters of one user code: 34 bits, of which a network may try [`crate::endpoint::device::MAX_TRIES_OF_NETWORK`] in ten minutes.
const LENGTH: usize = 8;
/// How long after its end a device is still told that it is over, seconds; then its code is unknown.
const TOLD_FOR_S: u64 = 600;
/// What each poll that comes too soon adds to the interval for good (§3.5), seconds.
const SLOW_DOWN_S: u32 = 5;
/// Longest interval that can come of it, seconds.
const MAX_INTERVAL_S: u32 = 300;
/// How often a user code is made up before the store must be full of them.
const MAX_DRAWS: usize = 16;

/// What a device asks for, as it is kept under `device/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceAuthorization {
    /// Who asks.
    pub client_id: String,
    /// Of the device code, as [`hash`] makes it.
    pub sha256: SecretHash,
    /// What the device shows.
    pub user_code: UserCode,
    /// What is asked for that the client may have.
    pub scope: Scope,
    /// RFC 8707.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// RFC 9396.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<Value>,
    /// When it asked.
    #[serde(default)]
    pub asked_at: UnixTime,
    /// When it is over.
    pub expires_at: UnixTime,
    /// What the device must wait between two polls, seconds.
    pub interval_s: u32,
    /// When it polled last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polled_at: Option<UnixTime>,
    /// What the person said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Yes: there is a grant of the same id, or will be in a moment.
    Allowed,
    /// No.
    Denied,
}

/// What a person types: eight letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserCode(String);

impl UserCode {
    /// Makes one up, each as likely as any other.
    fn draw(random: &dyn Random) -> Self {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            let mut bytes = [0; 16];
            random.fill(&mut bytes);
            // 240 is the largest multiple of 20 in a byte: more would make some letters likelier.
            let letters = bytes.iter().filter(|byte| **byte < 240);
            let letters = letters.filter_map(|byte| LETTERS.get(usize::from(byte % 20)));
            let missing = LENGTH.saturating_sub(code.len());
            code.extend(letters.take(missing).map(|letter| char::from(*letter)));
        }
        Self(code)
    }

    /// Reads what a person typed, however they spaced it (§6.1). `None`: not a code.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let code: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '‑' | '–' | '—' | '.' | '_'))
            .map(|c| c.to_ascii_uppercase())
            .take(LENGTH.saturating_add(1))
            .collect();
        let legal = code.len() == LENGTH && code.bytes().all(|b| LETTERS.contains(&b));
        legal.then_some(Self(code))
    }

    /// As people see it: `WDJB-MJHT`.
    #[must_use]
    pub fn shown(&self) -> String {
        let (one, two) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{one}-{two}")
    }

    fn key(&self) -> String {
        format!("user-code/{}", self.0)
    }
}

/// What is kept of a device code's secret. Not the hash of an authorization code's: neither is ever taken for the other.
#[must_use]
pub fn hash(secret: &str) -> SecretHash {
    SecretHash::of(&format!("device code {secret}"))
}

/// Whether `secret` is the one that [`hash`] was made of.
#[must_use]
pub fn matches(sha256: &SecretHash, secret: &str) -> bool {
    sha256.matches(&format!("device code {secret}"))
}

fn key(id: &str) -> String {
    format!("device/{id}")
}

fn kept_until(authorization: &DeviceAuthorization) -> UnixTime {
    authorization.expires_at.plus(TOLD_FOR_S)
}

/// What a device asks for, checked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// What the client may have of it.
    pub scope: Scope,
    /// RFC 8707.
    pub resources: Vec<String>,
    /// RFC 9396.
    pub authorization_details: Vec<Value>,
}

/// Begins one: `id` and `secret` are those of its device code.
///
/// # Errors
/// Store failures.
pub fn begin(
    (id, secret): (&str, &str),
    client_id: &str,
    asked: Asked,
    settings: &Device,
    now: UnixTime,
    host: &dyn Host,
) -> Result<DeviceAuthorization, Refusal> {
    let expires_at = now.plus(u64::from(settings.lifetime_s));
    let authorization = DeviceAuthorization {
        client_id: client_id.to_owned(),
        sha256: hash(secret),
        user_code: reserve_user_code(id, expires_at, host)?,
        scope: asked.scope,
        resources: asked.resources,
        authorization_details: asked.authorization_details,
        asked_at: now,
        expires_at,
        interval_s: settings.interval_s,
        polled_at: None,
        decision: None,
    };
    let until = Some(kept_until(&authorization));
    store::insert(host, &key(id), &authorization, until)?;
    Ok(authorization)
}

/// A user code that nobody else has.
fn reserve_user_code(id: &str, expires_at: UnixTime, host: &dyn Host) -> Result<UserCode, Refusal> {
    for _ in 0..MAX_DRAWS {
        let code = UserCode::draw(host);
        match store::insert(host, &code.key(), &id, Some(expires_at)) {
            Ok(_) => return Ok(code),
            Err(StoreFailure::Conflict) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}

/// Reads one.
///
/// # Errors
/// Store failures.
pub fn find(id: &str, host: &dyn Host) -> Result<Option<Stored<DeviceAuthorization>>, Refusal> {
    store::get(host, &key(id))
}

/// The id of the device that shows this code and waits for an answer.
///
/// # Errors
/// Store failures.
pub fn waiting(code: &UserCode, now: UnixTime, host: &dyn Host) -> Result<Option<String>, Refusal> {
    let Some(id) = store::get::<String>(host, &code.key())?.map(|stored| stored.value) else {
        return Ok(None);
    };
    let found = find(&id, host)?.map(|stored| stored.value);
    let waits = found.is_some_and(|device| device.user_code == *code && device.waits(now));
    Ok(waits.then_some(id))
}

impl DeviceAuthorization {
    /// Whether it is this client that asks, and not one of the same name that was removed since.
    #[must_use]
    pub fn is_of(&self, client: &Client) -> bool {
        self.client_id == client.client_id && client.was_there(self.asked_at)
    }

    /// Whether a person can still answer.
    #[must_use]
    pub fn waits(&self, now: UnixTime) -> bool {
        self.decision.is_none() && now < self.expires_at
    }

    /// What a device that polls is told as long as there is no grant, and what is written down of it, if anything. The caller has checked
    /// that the device code is right and the client's own.
    ///
    /// Allowed, but without a grant: it is being written, or was revoked since. Either way there is nothing to give.
    #[must_use]
    pub fn polled(&self, now: UnixTime) -> (Refusal, Option<Self>) {
        if now >= self.expires_at {
            return (Refusal::DeviceCodeExpired, None);
        }
        if self.decision == Some(Decision::Denied) {
            return (Refusal::DeviceDenied, None);
        }
        let mut next = self.clone();
        next.polled_at = Some(now);
        // Times are whole seconds: a second less than the interval may be a little more than it.
        let wait_s = u64::from(self.interval_s.saturating_sub(1));
        let too_soon = self
            .polled_at
            .is_some_and(|polled_at| now.since(polled_at) < wait_s);
        if too_soon {
            let slower = self.interval_s.saturating_add(SLOW_DOWN_S);
            next.interval_s = slower.min(MAX_INTERVAL_S.max(self.interval_s));
            (Refusal::SlowDown, Some(next))
        } else {
            (Refusal::AuthorizationPending, Some(next))
        }
    }
}

/// Tells a device that polls how things stand, and writes down that it did.
///
/// # Errors
/// Always: [`Refusal::DeviceCodeUnknown`], or what [`DeviceAuthorization::polled`] says, or a store failure.
pub fn poll(
    id: &str,
    secret: &str,
    client: &Client,
    now: UnixTime,
    host: &dyn Host,
) -> Result<std::convert::Infallible, Refusal> {
    for _ in 0..MAX_TRIES {
        let Stored { value, version } = find(id, host)?.ok_or(Refusal::DeviceCodeUnknown)?;
        if !matches(&value.sha256, secret) || !value.is_of(client) {
            return Err(Refusal::DeviceCodeUnknown);
        }
        let (refusal, next) = value.polled(now);
        let Some(next) = next else {
            return Err(refusal);
        };
        match store::replace(host, &key(id), version, &next, Some(kept_until(&next))) {
            Ok(_) => return Err(refusal),
            Err(StoreFailure::Conflict) => {} // It polls twice at once, or the person just answered.
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}

/// Writes down what the person said. Of two answers at the same instant one counts. The user code is worth nothing any more.
///
/// # Errors
/// [`Refusal::LoginUnknown`] if there was an answer already, or it is over; store failures.
pub fn decide(
    id: &str,
    decision: Decision,
    now: UnixTime,
    host: &dyn Host,
) -> Result<DeviceAuthorization, Refusal> {
    for _ in 0..MAX_TRIES {
        let Some(Stored { mut value, version }) = find(id, host)? else {
            return Err(Refusal::LoginUnknown);
        };
        if !value.waits(now) {
            return Err(Refusal::LoginUnknown);
        }
        value.decision = Some(decision);
        match store::replace(host, &key(id), version, &value, Some(kept_until(&value))) {
            Ok(_) => {
                Records::remove(host, &value.user_code.key(), None)?;
                return Ok(value);
            }
            Err(StoreFailure::Conflict) => {} // The device polled meanwhile.
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> DeviceAuthorization {
        DeviceAuthorization {
            client_id: "tv".to_owned(),
            sha256: hash("s"),
            user_code: UserCode("WDJBMJHT".to_owned()),
            scope: Scope::default(),
            resources: Vec::new(),
            authorization_details: Vec::new(),
            asked_at: UnixTime(1),
            expires_at: UnixTime(1_000),
            interval_s: 5,
            polled_at: None,
            decision: None,
        }
    }

    #[test]
    fn rfc8628_s6_1_a_code_is_the_same_however_it_is_typed() {
        let code = UserCode("WDJBMJHT".to_owned());
        assert_eq!(code.shown(), "WDJB-MJHT");
        for typed in [
            "WDJB-MJHT",
            "wdjbmjht",
            " Wdjb mjHT ",
            "w-d-j-b-m-j-h-t",
            "WDJB–MJHT",
        ] {
            assert_eq!(UserCode::parse(typed).as_ref(), Some(&code), "{typed}");
        }
        for typed in [
            "",
            "WDJB-MJH",
            "WDJB-MJHTT",
            "WDJB-MJHA",
            "WDJB-MJH1",
            "ＷDJBMJHT",
            "WDJBMJH/",
            "../../..",
        ] {
            assert_eq!(UserCode::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_device_code_is_never_an_authorization_code() {
        assert!(matches(&hash("s"), "s"));
        assert!(!hash("s").matches("s"));
        assert!(!matches(&SecretHash::of("s"), "s"));
    }

    #[test]
    fn rfc8628_s3_5_who_polls_too_fast_waits_longer_for_good() {
        let (told, first) = device().polled(UnixTime(100));
        assert_eq!(told, Refusal::AuthorizationPending);
        let (told, second) = first.unwrap().polled(UnixTime(102));
        let second = second.unwrap();
        assert_eq!((told, second.interval_s), (Refusal::SlowDown, 10));
        // Counted from the poll that was too soon.
        let (told, third) = second.polled(UnixTime(108));
        assert_eq!((told, third.unwrap().interval_s), (Refusal::SlowDown, 15));
        let (told, third) = second.polled(UnixTime(112));
        let third = third.unwrap();
        assert_eq!(
            (told, third.interval_s),
            (Refusal::AuthorizationPending, 10)
        );
        let mut fast = third;
        for _ in 0..1_000 {
            fast = fast.polled(UnixTime(112)).1.unwrap();
        }
        assert_eq!(fast.interval_s, MAX_INTERVAL_S);
    }

    #[test]
    fn rfc8628_s3_5_what_a_device_is_told_at_the_end() {
        let denied = DeviceAuthorization {
            decision: Some(Decision::Denied),
            ..device()
        };
        assert_eq!(denied.polled(UnixTime(999)), (Refusal::DeviceDenied, None));
        for device in [device(), denied] {
            assert_eq!(
                device.polled(UnixTime(1_000)),
                (Refusal::DeviceCodeExpired, None)
            );
            assert!(!device.waits(UnixTime(1_000)));
        }
        // Allowed, but the grant is not there (yet).
        let allowed = DeviceAuthorization {
            decision: Some(Decision::Allowed),
            ..device()
        };
        assert_eq!(allowed.polled(UnixTime(1)).0, Refusal::AuthorizationPending);
    }
}
