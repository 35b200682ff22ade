//! Making a passkey: as one more way in, as a second step, beside others, or as a newcomer.

use doorward_provider::limit::Limit;
use doorward_provider::services::{Level, event};
use doorward_provider::{Answer, Failure};

use crate::ceremony::{Refused, Registration, Signed};
use crate::challenge::Challenge;
use crate::credentials::{self, Credential};
use crate::pages::{self, Given, Trouble};
use crate::{Answered, Stop, Visited, handle, identity, log, options, party, sign_in};

/// Accounts made by a passkey alone from one network in an hour.
const NEWCOMERS_PER_NETWORK: u32 = 20;

const HOUR_S: u64 = 3_600;

/// Asks to make one; or to use one, if they made one before: a link that failed half-way is finished by it.
pub(crate) fn ask(visit: &Visited<'_>, trouble: Option<Trouble>) -> Answered {
    let (challenge, create, theirs) = prepare(visit)?;
    let again = (!theirs.is_empty())
        .then(|| -> Result<_, Failure> { Ok(options::get(&party(visit)?, &challenge, &theirs)) });
    let page = pages::add(visit.path(), create, again.transpose()?, trouble);
    Ok(Answer::page(page).remember(challenge))
}

/// A challenge, the options for a new passkey of whoever is known, and those that they have.
pub(crate) fn prepare(
    visit: &Visited<'_>,
) -> Result<(Challenge, String, Vec<Credential>), Failure> {
    let handle = handle(visit)?;
    let theirs = credentials::of(visit.services(), handle)?;
    let challenge = Challenge::draw(visit.services());
    let label = visit.account().map_or("", |account| account.label.as_str());
    let service = &visit.context().service_name;
    let create = options::create(&party(visit)?, service, handle, label, &challenge, &theirs);
    Ok((challenge, create, theirs))
}

/// Makes one, or uses one, for whoever is known.
pub(crate) fn add(visit: &Visited<'_>) -> Answered {
    let handle = handle(visit)?;
    let done = match visit.form("action") {
        Some("create") => made(visit, handle)?,
        Some("use") => sign_in::used(visit, Some(handle))?.map(|(_, credential)| credential),
        _ => return Err(Failure::BadRequest("unknown action".to_owned())),
    };
    match done {
        Ok(credential) => Ok(Answer::authenticated(identity(handle, &credential))),
        Err(trouble) => ask(visit, Some(trouble)),
    }
}

/// Asks whoever has no account to make one by a passkey.
pub(crate) fn ask_newcomer(visit: &Visited<'_>, trouble: Option<Trouble>) -> Answered {
    let challenge = Challenge::for_newcomer(visit.services());
    let handle = challenge.newcomer.as_deref().unwrap_or_default();
    let service = visit.context().service_name.as_str();
    let hint = visit.context().login_hint.as_deref().unwrap_or(service);
    let create = options::create(&party(visit)?, service, handle, hint, &challenge, &[]);
    let page = pages::register(visit, create, trouble);
    Ok(Answer::page(page).remember(challenge))
}

/// A newcomer with a passkey.
pub(crate) fn newcomer(visit: &Visited<'_>) -> Answered {
    let services = visit.services();
    let Some(handle) = visit.state().and_then(|state| state.newcomer.as_deref()) else {
        return ask_newcomer(visit, Some(Trouble::Expired));
    };
    if let Some(network) = visit.network() {
        let key = format!("newcomers/{}", network.key());
        Limit::new(services, &key, NEWCOMERS_PER_NETWORK, HOUR_S).count(services)?;
    }
    match made(visit, handle)? {
        Ok(credential) => Ok(Answer::authenticated(identity(handle, &credential))),
        Err(trouble) => ask_newcomer(visit, Some(trouble)),
    }
}

/// The passkey that was made for `handle`, or what to tell the person.
pub(crate) fn made(
    visit: &Visited<'_>,
    handle: &str,
) -> Result<Result<Credential, Trouble>, Failure> {
    let json = match pages::given(visit) {
        Given::Credential(json) => json,
        Given::Nothing(trouble) => return Ok(Err(trouble)),
    };
    match register(visit, json, handle) {
        Ok(Some(credential)) => {
            event(visit.services(), Level::Info, "passkey.added", &[]);
            Ok(Ok(credential))
        }
        Ok(None) => Ok(Err(Trouble::TooMany)),
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::Refused(refused)) => {
            log(visit, refused);
            Ok(Err(Trouble::of(refused)))
        }
    }
}

/// §7.1, in this order: what the browser and the authenticator say; that the key is one; that the challenge was not used before;
/// that the id is nobody's.
fn register(visit: &Visited<'_>, json: &str, handle: &str) -> Result<Option<Credential>, Stop> {
    let services = visit.services();
    let challenge = visit.state().ok_or(Refused::Expired)?;
    let registration = Registration::check(json, challenge.live(services)?, &party(visit)?)?;
    let upstream = visit.upstream()?;
    let statement = match &registration.signed {
        Some(signed) => {
            let Signed { message, signature } = signed;
            registration.key.verify(upstream, message, signature)?
        }
        // Nothing is signed: whether the host takes the key at all is known before anybody relies on it.
        None => registration.key.is_taken_by(upstream)?.then_some(true),
    };
    match statement {
        Some(true) => {}
        Some(false) => return Err(Refused::Attestation.into()),
        None => return Err(Refused::PublicKey.into()),
    }
    challenge.spend(services)?;
    credentials::add(services, handle, &registration)
}
