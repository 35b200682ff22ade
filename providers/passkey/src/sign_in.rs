//! Using a passkey: to sign in, or to confirm who one is.

use doorward_provider::{Answer, Failure};

use crate::ceremony::{Assertion, Refused};
use crate::challenge::Challenge;
use crate::credentials::{self, Credential};
use crate::pages::{self, Given, Trouble};
use crate::{Answered, Stop, Visited, handle, identity, log, options, party};

/// Asks for any passkey.
pub(crate) fn ask(visit: &Visited<'_>, trouble: Option<Trouble>) -> Answered {
    let challenge = Challenge::draw(visit.services());
    let options = options::get(&party(visit)?, &challenge, &[]);
    let page = pages::sign_in(visit, options, trouble);
    Ok(Answer::page(page).remember(challenge))
}

/// Asks for one of theirs, or says that they have none.
pub(crate) fn ask_to_confirm(visit: &Visited<'_>, trouble: Option<Trouble>) -> Answered {
    let theirs = credentials::of(visit.services(), handle(visit)?)?;
    if theirs.is_empty() {
        return Ok(Answer::unenrolled());
    }
    let challenge = Challenge::draw(visit.services());
    let options = options::get(&party(visit)?, &challenge, &theirs);
    let page = pages::confirm(options, trouble);
    Ok(Answer::page(page).remember(challenge))
}

/// Signs in whoever's passkey it is.
pub(crate) fn sign_in(visit: &Visited<'_>) -> Answered {
    match used(visit, None)? {
        Ok((whose, credential)) => Ok(Answer::authenticated(identity(&whose, &credential))),
        Err(trouble) => ask(visit, Some(trouble)),
    }
}

/// Confirms whoever is known.
pub(crate) fn confirm(visit: &Visited<'_>) -> Answered {
    match used(visit, Some(handle(visit)?))? {
        Ok((whose, credential)) => Ok(Answer::authenticated(identity(&whose, &credential))),
        Err(trouble) => ask_to_confirm(visit, Some(trouble)),
    }
}

/// Whose passkey was used, and which; or what to tell the person. Only one of `expected`, if somebody is.
pub(crate) fn used(
    visit: &Visited<'_>,
    expected: Option<&str>,
) -> Result<Result<(String, Credential), Trouble>, Failure> {
    let json = match pages::given(visit) {
        Given::Credential(json) => json,
        Given::Nothing(trouble) => return Ok(Err(trouble)),
    };
    match verify(visit, json, expected) {
        Ok(used) => Ok(Ok(used)),
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::Refused(refused)) => {
            log(visit, refused);
            Ok(Err(Trouble::of(refused)))
        }
    }
}

/// §7.2, in this order: whose it says it is; what was signed; that it is one of theirs; the signature; that it was not used
/// before; the counter.
fn verify(
    visit: &Visited<'_>,
    json: &str,
    expected: Option<&str>,
) -> Result<(String, Credential), Stop> {
    let services = visit.services();
    let challenge = visit.state().ok_or(Refused::Expired)?;
    let live = challenge.live(services)?;
    let assertion = Assertion::parse(json)?;
    let whose = owner(&assertion, expected)?;
    let said = assertion.check(live, &party(visit)?)?;
    let theirs = credentials::of(services, whose)?;
    let found = theirs.into_iter().find(|one| one.id == *assertion.id());
    let credential = found.ok_or(Refused::Unknown)?;
    if credential.backup_eligible != said.backup_eligible {
        return Err(Refused::BackupFlags.into());
    }
    let upstream = visit.upstream()?;
    match credential
        .key
        .verify(upstream, &said.message, assertion.signature())?
    {
        Some(true) => {}
        Some(false) => return Err(Refused::Signature.into()),
        None => return Err(Refused::PublicKey.into()),
    }
    challenge.spend(services)?;
    credentials::used(
        services,
        whose,
        &credential.id,
        said.sign_count,
        said.backed_up,
    )?;
    Ok((whose.to_owned(), credential))
}

/// §7.2 step 6.
fn owner<'a>(assertion: &'a Assertion, expected: Option<&'a str>) -> Result<&'a str, Refused> {
    match (expected, assertion.user_handle()) {
        (None, Some(handle)) if !handle.is_empty() && handle.len() <= 64 => Ok(handle),
        (Some(expected), Some(handle)) if handle == expected => Ok(expected),
        (Some(expected), None) if !assertion.names_somebody() => Ok(expected),
        _ => Err(Refused::Unknown),
    }
}
