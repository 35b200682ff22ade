//! Sign-ins under way: one record each, keyed by an id of its own and bound to one browser, so that two tabs never
//! disturb each other and a link to someone else's sign-in is worth nothing.

use crate::authorization::AuthorizationRequest;
use crate::browser::Browser;
use crate::confirmation::Pending;
use crate::endpoint::Call;
use crate::ports::{Host, StoreFailure};
use crate::provider::Purpose;
use crate::refusal::Refusal;
use crate::secret::{SecretHash, base64url, from_base64url, is_base64url, random_id};
use crate::settings::Server;
use crate::store::{self, MAX_TRIES, Stored};
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Largest state that a provider may keep between two steps, bytes.
pub const MAX_PROVIDER_STATE: usize = 16 * 1024;

/// Sign-ins that one network (an IPv4 address, an IPv6 /64) may begin within [`STARTS_WINDOW_S`]. Each is a record, so that
/// without a bound anyone could fill the store; it is high, because a whole office may share an address.
pub const MAX_STARTS: u64 = 3_000;
/// The same for all whose network is not known, together: fifty a second. Some hosts know nobody's address, and one that knows none for a
/// part of its requests must not be a way around the bound.
pub const MAX_STARTS_OF_UNKNOWN: u64 = 30_000;
/// Seconds.
pub const STARTS_WINDOW_S: u64 = 600;

/// A sign-in under way, as it is kept under `login/<transaction>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The browser that began it.
    pub browser: SecretHash,
    /// What the application asked for; none if the person came by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<AuthorizationRequest>,
    /// The device that the person wants to let in instead, its id in [`crate::device`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The provider that they are with, and what it wants to be given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderState>,
    /// Where it leads, if no application asked for it.
    #[serde(default, skip_serializing_if = "Goal::is_none")]
    pub goal: Goal,
    /// They are known, and have yet to confirm it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Pending>,
    /// They confirmed it in this sign-in: they are not asked for it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
    /// The session that this sign-in led to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// That session was there before: nobody proved anything for this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_there: bool,
    /// When it began.
    pub created_at: UnixTime,
}

/// Where a sign-in leads that no application asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// A page that says that it worked.
    #[default]
    None,
    /// The account page.
    Account,
    /// The form for the code that a device shows.
    UserCode,
    /// A provider that this person wants as one more way in.
    Link(Errand),
    /// What a provider keeps of this person.
    Manage(Errand),
    /// A way in that this person wants to be rid of.
    Unlink(Errand),
}

/// Who wants something of which provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// The provider.
    pub provider: String,
    /// Who began it: nobody else goes on with it.
    pub sub: String,
    /// The way in that it is about, as the account page calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<String>,
}

impl Login {
    /// Whether it still is about the same person and leads to the same place: two requests at once may have moved it on.
    fn is_about_the_same(&self, before: &Self) -> bool {
        let known = |login: &Self| {
            login
                .confirmation
                .as_ref()
                .map(|pending| pending.known.clone())
        };
        self.sid == before.sid
            && self.goal == before.goal
            && self.confirmed == before.confirmed
            && known(self) == known(before)
    }
}

impl Goal {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// What a provider is asked for, and about whom, unless they may be anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// What for.
    pub purpose: Purpose,
    /// The person's `sub`.
    pub sub: Option<&'a str>,
}

/// What a provider keeps between two steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderState {
    /// Whose.
    pub provider_id: String,
    /// Base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What it was asked for.
    pub purpose: Purpose,
    /// About whom, unless they may be anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
}

/// A sign-in that belongs to the browser at hand. Only [`begin`] and [`find`] build one.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// Its id: the parameter `transaction`.
    pub id: String,
    /// The sign-in.
    pub login: Login,
    version: u64,
}

fn key(id: &str) -> String {
    format!("login/{id}")
}

fn expiry(login: &Login, server: &Server) -> UnixTime {
    login.created_at.plus(u64::from(server.lifetimes.login_s))
}

/// Counts one more of `what` (`starts`: sign-ins begun, `pushes`: requests pushed) from a network, or from wherever nobody knows. This
/// machine itself is not counted: there everyone is one.
///
/// # Errors
/// [`Refusal::TooManyRequests`]; store failures.
pub(crate) fn admit(what: &str, call: &Call<'_>) -> Result<(), Refusal> {
    let (now, host) = (call.now, call.host);
    let address = call.request.client_address;
    let (network, most) = match address.and_then(|address| address.parse::<IpAddr>().ok()) {
        Some(address) if address.is_loopback() => return Ok(()),
        Some(address) => (network_of(address), MAX_STARTS),
        None => ("unknown".to_owned(), MAX_STARTS_OF_UNKNOWN),
    };
    let left_s = STARTS_WINDOW_S.saturating_sub(now.0 % STARTS_WINDOW_S);
    if host.increment(&format!("{what}/{network}"), 1, now.plus(left_s))? > most {
        return Err(Refusal::TooManyRequests(
            u32::try_from(left_s).unwrap_or(u32::MAX),
        ));
    }
    Ok(())
}

/// What one household or office has: an IPv4 address, the first half of an IPv6 one.
#[must_use]
pub fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

/// The network of an address that is known and not this machine's.
pub(crate) fn known_network(client_address: Option<&str>) -> Option<String> {
    let address = client_address?.parse::<IpAddr>().ok()?;
    (!address.is_loopback()).then(|| network_of(address))
}

/// Begins a sign-in in this browser; with `sid` if the session that it needs is there already.
///
/// # Errors
/// [`Refusal::TooManyRequests`] if this network began too many; store failures.
pub fn begin(
    call: &Call<'_>,
    browser: &Browser,
    request: Option<AuthorizationRequest>,
    sid: Option<String>,
) -> Result<Transaction, Refusal> {
    begin_as(
        call,
        Login {
            browser: browser.hash(),
            request,
            device: None,
            provider: None,
            goal: Goal::None,
            confirmation: None,
            confirmed: false,
            was_there: sid.is_some(),
            sid,
            created_at: call.now,
        },
    )
}

/// Begins a sign-in in this browser that leads to one of our own pages.
///
/// # Errors
/// As [`begin`].
pub fn begin_for(call: &Call<'_>, browser: &Browser, goal: Goal) -> Result<Transaction, Refusal> {
    begin_as(
        call,
        Login {
            browser: browser.hash(),
            request: None,
            device: None,
            provider: None,
            goal,
            confirmation: None,
            confirmed: false,
            sid: None,
            was_there: false,
            created_at: call.now,
        },
    )
}

fn begin_as(call: &Call<'_>, login: Login) -> Result<Transaction, Refusal> {
    let (server, host) = (call.server, call.host);
    admit("starts", call)?;
    let id = random_id(host);
    let version = store::insert(host, &key(&id), &login, Some(expiry(&login, server)))?;
    Ok(Transaction { id, login, version })
}

/// Begins a sign-in in this browser for letting in the device with this id.
///
/// # Errors
/// As [`begin`].
pub fn begin_for_device(
    call: &Call<'_>,
    browser: &Browser,
    device: String,
) -> Result<Transaction, Refusal> {
    begin_as(
        call,
        Login {
            browser: browser.hash(),
            request: None,
            device: Some(device),
            provider: None,
            goal: Goal::None,
            confirmation: None,
            confirmed: false,
            sid: None,
            was_there: false,
            created_at: call.now,
        },
    )
}

/// Finds a sign-in that this browser began.
///
/// # Errors
/// [`Refusal::LoginUnknown`] if there is none or it is over; [`Refusal::LoginOfAnotherBrowser`]; store failures.
pub fn find(id: Option<&str>, browser: &Browser, host: &dyn Host) -> Result<Transaction, Refusal> {
    let id = id
        .filter(|id| is_base64url(id, 22))
        .ok_or(Refusal::LoginUnknown)?;
    let Stored {
        value: login,
        version,
    } = store::get::<Login>(host, &key(id))?.ok_or(Refusal::LoginUnknown)?;
    if !browser.is(&login.browser) {
        return Err(Refusal::LoginOfAnotherBrowser);
    }
    Ok(Transaction {
        id: id.to_owned(),
        login,
        version,
    })
}

impl Transaction {
    /// The page that a person goes on to once they are signed in; none if they came by themselves.
    #[must_use]
    pub const fn next_page(&self) -> Option<&'static str> {
        match (&self.login.request, &self.login.device) {
            (Some(_), _) => Some("consent"),
            (None, Some(_)) => Some("device"),
            (None, None) => None,
        }
    }

    /// What a provider kept at its last step. `begins`: this request begins anew, whatever was before.
    ///
    /// # Errors
    /// [`Refusal::LoginUnknown`] if it was asked for something else then, or about somebody else: an answer to one question is
    /// none to another.
    pub fn state_of(
        &self,
        provider_id: &str,
        about: About<'_>,
        begins: bool,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let kept = self.login.provider.as_ref();
        let Some(kept) = kept.filter(|kept| kept.provider_id == provider_id) else {
            return Ok(None);
        };
        if kept.purpose == about.purpose && kept.sub.as_deref() == about.sub {
            return Ok(kept.state.as_deref().and_then(from_base64url));
        }
        if begins {
            Ok(None)
        } else {
            Err(Refusal::LoginUnknown)
        }
    }

    /// Keeps what a provider returned.
    ///
    /// # Errors
    /// [`Refusal::ProviderOutsideContract`] if it is too large; store failures.
    pub fn keep_state(
        &mut self,
        provider_id: &str,
        about: About<'_>,
        state: Option<&[u8]>,
        server: &Server,
        host: &dyn Host,
    ) -> Result<(), Refusal> {
        if state.is_some_and(|state| state.len() > MAX_PROVIDER_STATE) {
            return Err(Refusal::ProviderOutsideContract(
                "state is larger than 16 KiB",
            ));
        }
        let kept = ProviderState {
            provider_id: provider_id.to_owned(),
            state: state.map(base64url),
            purpose: about.purpose,
            sub: about.sub.map(str::to_owned),
        };
        self.change(server, host, |login| login.provider = Some(kept.clone()))
    }

    /// Keeps that somebody is known who has yet to confirm it.
    ///
    /// # Errors
    /// Store failures.
    pub fn await_confirmation(
        &mut self,
        pending: &Pending,
        server: &Server,
        host: &dyn Host,
    ) -> Result<(), Refusal> {
        self.change(server, host, |login| {
            login.confirmation = Some(pending.clone());
            login.provider = None;
        })
    }

    /// Keeps that a provider has nothing to confirm this person by.
    ///
    /// # Errors
    /// Store failures.
    pub fn is_unenrolled(
        &mut self,
        provider_id: &str,
        server: &Server,
        host: &dyn Host,
    ) -> Result<(), Refusal> {
        self.change(server, host, |login| {
            if let Some(pending) = &mut login.confirmation
                && !pending.unenrolled.iter().any(|one| one == provider_id)
            {
                pending.unenrolled.push(provider_id.to_owned());
            }
            login.provider = None;
        })
    }

    /// Keeps that whoever is signed in goes on as they are.
    ///
    /// # Errors
    /// Store failures.
    pub fn goes_on(&mut self, sid: &str, server: &Server, host: &dyn Host) -> Result<(), Refusal> {
        self.change(server, host, |login| {
            login.sid = Some(sid.to_owned());
            login.was_there = true;
            login.confirmation = None;
            login.confirmed = false;
            login.provider = None;
        })
    }

    /// Forgets who is known so far: somebody signs in anew.
    ///
    /// # Errors
    /// Store failures.
    pub fn start_over(&mut self, server: &Server, host: &dyn Host) -> Result<(), Refusal> {
        self.change(server, host, |login| {
            login.confirmation = None;
            login.provider = None;
        })
    }

    /// Keeps the session that this sign-in led to, and whether a second step was taken, or found to be none, on the way; and of which
    /// session it is a stronger one, if nobody signed in but only confirmed it.
    ///
    /// # Errors
    /// Store failures.
    pub fn signed_in(
        &mut self,
        sid: &str,
        confirmed: bool,
        strengthened: Option<&str>,
        server: &Server,
        host: &dyn Host,
    ) -> Result<(), Refusal> {
        self.change(server, host, |login| {
            let before = login.sid.replace(sid.to_owned());
            // Who only confirmed what they were signed in to before did not sign in.
            login.was_there = strengthened
                .is_some_and(|session| login.was_there || before.as_deref() != Some(session));
            login.provider = None;
            login.confirmation = None;
            login.confirmed = confirmed;
        })
    }

    fn change(
        &mut self,
        server: &Server,
        host: &dyn Host,
        apply: impl Fn(&mut Login),
    ) -> Result<(), Refusal> {
        for _ in 0..MAX_TRIES {
            let before = self.login.clone();
            apply(&mut self.login);
            if self.login == before {
                return Ok(());
            }
            match store::replace(
                host,
                &key(&self.id),
                self.version,
                &self.login,
                Some(expiry(&self.login, server)),
            ) {
                Ok(version) => {
                    self.version = version;
                    return Ok(());
                }
                Err(StoreFailure::Conflict) => {
                    let stored =
                        store::get::<Login>(host, &key(&self.id))?.ok_or(Refusal::LoginUnknown)?;
                    // What was decided was about somebody: it is not applied to anybody else.
                    if !stored.value.is_about_the_same(&before) {
                        return Err(Refusal::LoginUnknown);
                    }
                    (self.login, self.version) = (stored.value, stored.version);
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(Refusal::Contention)
    }

    /// Ends the sign-in. Of two requests that want to end it, one succeeds: no sign-in leads to two codes.
    ///
    /// # Errors
    /// [`Refusal::LoginUnknown`] if it has ended or changed since it was read; store failures.
    pub fn finish(&self, host: &dyn Host) -> Result<(), Refusal> {
        host.remove(&key(&self.id), Some(self.version))
            .map_err(|failure| match failure {
                StoreFailure::Conflict => Refusal::LoginUnknown,
                failure => failure.into(),
            })
    }
}
