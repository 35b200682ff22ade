//! A provider did what it was asked for: who somebody is, that it is still them, one more way in, or something managed.

use super::super::{Call, account, login as login_page};
use super::Visit;
use super::asked::is_recent;
use crate::backchannel_logout;
use crate::confirmation::{self, Known, Next, Pending};
use crate::cookie::Kind;
use crate::http::Answer;
use crate::login::{Goal, Transaction};
use crate::page::{AccountChange, Page, SignedIn};
use crate::ports::Level;
use crate::provider::{Identity, Purpose};
use crate::refusal::Refusal;
use crate::session::{self, ActiveSession};
use crate::user::{self, User};

/// The provider says who somebody is.
pub(super) fn authenticated(
    visit: &Visit<'_>,
    identity: &Identity,
    transaction: &mut Transaction,
) -> Result<Answer, Refusal> {
    if identity.subject.is_empty() || identity.subject.len() > 255 {
        return Err(Refusal::ProviderOutsideContract(
            "subject is empty or longer than 255 bytes",
        ));
    }
    // A credential that was replaced on the way is somebody's, whoever was to be confirmed or linked.
    if identity.credential_changed && visit.asked.purpose != Purpose::SignIn {
        let (provider, call) = (visit.provider.id.as_str(), visit.call);
        if let Some(owner) = user::find_by_identity(provider, &identity.subject, call.host)? {
            end_everything(&owner.value, provider, call)?;
            // Their half-done steps ended with it.
            return Err(Refusal::LoginUnknown);
        }
    }
    match (visit.asked.purpose, &visit.asked.person) {
        (Purpose::SignIn, _) => signed_in(visit, identity, transaction),
        (Purpose::Confirm, Some(person)) => confirmed(visit, identity, person, transaction),
        (Purpose::Link, Some(person)) => linked(visit, identity, person, transaction),
        (Purpose::Confirm | Purpose::Link | Purpose::Manage, _) => Err(
            Refusal::ProviderOutsideContract("it was not asked who somebody is"),
        ),
    }
}

/// Somebody proved who they are: the first step, or the only one.
fn signed_in(
    visit: &Visit<'_>,
    identity: &Identity,
    transaction: &mut Transaction,
) -> Result<Answer, Refusal> {
    let (provider, call) = (visit.provider.id.as_str(), visit.call);
    let mut user = user::recognise(provider, identity, call.now, call.host)?;
    if identity.credential_changed {
        user = end_everything(&user, provider, call)?;
    }
    let known = Known {
        sub: user.sub.clone(),
        generation: user.generation,
        session_generation: user.session_generation,
        sid: None,
        provider: provider.to_owned(),
        amr: identity.amr.clone(),
        auth_time: call.now,
        credential_changed: identity.credential_changed,
    };
    let Some(rule) = confirmation::after(provider, &call.server.confirmations) else {
        return finish(visit.session, user, &known, false, transaction, call);
    };
    let by = rule.by.iter().filter(|one| *one != provider);
    let pending = Pending::new(known, by.cloned().collect(), rule.required);
    transaction.await_confirmation(&pending, call.server, call.host)?;
    go_on_confirming(visit.session, user, transaction, call)
}

/// It is still them, or it is somebody else.
fn confirmed(
    visit: &Visit<'_>,
    identity: &Identity,
    person: &User,
    transaction: &mut Transaction,
) -> Result<Answer, Refusal> {
    let (provider, call) = (visit.provider, visit.call);
    let Some(pending) = transaction.login.confirmation.clone() else {
        return Err(Refusal::LoginUnknown);
    };
    let is_theirs = person.has(&provider.id, &identity.subject);
    let signs_in = provider.is_for(Purpose::SignIn);
    let is_right = if signs_in {
        is_theirs || (pending.is_enrolling() && is_plausible(identity, person))
    } else {
        person.account_at(&provider.id).id == identity.subject
    };
    if !is_right {
        return Err(Refusal::AnotherPerson);
    }
    let mut user = person.clone();
    // What can sign in alone must lead to this account, and to no new one.
    if signs_in && !is_theirs {
        user = user::link_to(person, &provider.id, identity, call.now, call.host)?;
    }
    let known = Known {
        amr: pending.known.with(&identity.amr),
        ..pending.known
    };
    call.host.emit(
        Level::Info,
        "user.confirmed",
        &[("sub", &user.sub), ("provider", &provider.id)],
    );
    finish(visit.session, user, &known, true, transaction, call)
}

/// Whether what somebody sets up as their second step can be theirs: an address that somebody else controls is not.
fn is_plausible(identity: &Identity, person: &User) -> bool {
    match (&identity.email, &person.email) {
        (Some(there), Some(here)) if identity.email_verified && person.email_verified => {
            there.eq_ignore_ascii_case(here)
        }
        _ => true,
    }
}

/// The provider has nothing of this person to confirm by.
pub(super) fn unenrolled(
    visit: &Visit<'_>,
    transaction: &mut Transaction,
) -> Result<Answer, Refusal> {
    let (provider, call) = (visit.provider, visit.call);
    let (Purpose::Confirm, Some(person)) = (visit.asked.purpose, &visit.asked.person) else {
        return Err(Refusal::ProviderOutsideContract(
            "there was nobody to confirm",
        ));
    };
    let pending = transaction.login.confirmation.as_ref();
    if pending.is_some_and(Pending::is_enrolling) {
        return Err(Refusal::ProviderOutsideContract(
            "it was to set up what it has nothing of",
        ));
    }
    transaction.is_unenrolled(&provider.id, call.server, call.host)?;
    go_on_confirming(visit.session, person.clone(), transaction, call)
}

/// Asks the next provider of a confirmation, or ends it. A provider by which people sign in need not be asked whether it knows
/// this person: their account says so.
fn go_on_confirming(
    previous: Option<&ActiveSession>,
    person: User,
    transaction: &mut Transaction,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    let providers = call.host.providers();
    let pending = transaction.login.confirmation.clone();
    let pending = pending.filter(|pending| pending.known.is(&person));
    let Some(pending) = pending else {
        return Err(Refusal::LoginUnknown);
    };
    for id in pending.left() {
        let Some(provider) = providers.iter().find(|one| one.id == id) else {
            // A rule that names nobody must not keep people out, nor let them in: `config check` refuses it.
            return Err(Refusal::Misconfigured(format!(
                "confirmations: there is no provider `{id}`"
            )));
        };
        if provider.is_for(Purpose::SignIn) && person.subject_at(id).is_none() {
            transaction.is_unenrolled(id, call.server, call.host)?;
        }
    }
    let Some(pending) = transaction.login.confirmation.clone() else {
        return Err(Refusal::LoginUnknown);
    };
    match pending.next() {
        Next::Ask(provider) => Ok(to(call, provider, "authorize", transaction)),
        // Whoever signed in long ago does so again before they set anything up, and comes back here.
        Next::Enroll(_) if !is_recent(pending.known.auth_time, call) => {
            transaction.start_over(call.server, call.host)?;
            login_page::choose(call, transaction, &[])
        }
        Next::Enroll([only]) => Ok(to(call, only, enrolling(call, only), transaction)),
        Next::Enroll(_) => login_page::choose_confirmation(call, transaction, &pending),
        Next::GoOn => finish(previous, person, &pending.known, true, transaction, call),
    }
}

/// Has whoever is signed in confirm it, for more than their session has. `required`: without there is nothing.
pub(in crate::endpoint) fn confirm(
    call: &Call<'_>,
    session: &ActiveSession,
    by: &[String],
    required: bool,
    transaction: &mut Transaction,
) -> Result<Answer, Refusal> {
    let pending = Pending::new(Known::of(session), by.to_vec(), required);
    transaction.await_confirmation(&pending, call.server, call.host)?;
    go_on_confirming(Some(session), session.user.clone(), transaction, call)
}

/// Where something is set up at a provider: those by which people sign in link what they have at `authorize`.
pub(in crate::endpoint) fn enrolling(call: &Call<'_>, provider_id: &str) -> &'static str {
    let providers = call.host.providers();
    let provider = providers.iter().find(|one| one.id == provider_id);
    if provider.is_some_and(|one| one.is_for(Purpose::Manage) || !one.is_for(Purpose::SignIn)) {
        "enroll"
    } else {
        "authorize"
    }
}

/// One more way in.
fn linked(
    visit: &Visit<'_>,
    identity: &Identity,
    person: &User,
    transaction: &Transaction,
) -> Result<Answer, Refusal> {
    let (provider, call) = (visit.provider.id.as_str(), visit.call);
    transaction.finish(call.host)?;
    user::link_to(person, provider, identity, call.now, call.host)?;
    Ok(match visit.session {
        Some(session) => account::back(call, visit.browser, session, AccountChange::Linked),
        None => to_account(call),
    })
}

/// What somebody wanted to manage is done.
pub(super) fn managed(
    visit: &Visit<'_>,
    credential_changed: bool,
    transaction: &mut Transaction,
) -> Result<Answer, Refusal> {
    let (provider, call) = (visit.provider.id.as_str(), visit.call);
    let (Purpose::Manage, Some(person), Some(session)) =
        (visit.asked.purpose, &visit.asked.person, visit.session)
    else {
        return Err(Refusal::ProviderOutsideContract(
            "there was nothing to manage",
        ));
    };
    let back = |session| account::back(call, visit.browser, session, AccountChange::Managed);
    if !credential_changed {
        transaction.finish(call.host)?;
        return Ok(back(session));
    }
    // Before anything that can fail: the credential is another already.
    let user = end_everything(person, provider, call)?;
    transaction.finish(call.host)?;
    // All sessions are over, this one too; whoever did it goes on in a new one.
    let known = Known {
        generation: user.generation,
        ..Known::of(session)
    };
    let (renewed, cookie) = session::begin(call, user, &known, Some(session))?;
    Ok(back(&renewed).with(
        "set-cookie",
        call.cookies().set(Kind::Session, &cookie, None),
    ))
}

/// Whoever knew the old credential may hold sessions and grants: ends them all at once.
///
/// # Errors
/// [`Refusal::LoginUnknown`] if the person was disabled, or everything of theirs was ended, since they were read: what began before
/// that does not go on after it. Everything is ended all the same.
fn end_everything(read: &User, provider: &str, call: &Call<'_>) -> Result<User, Refusal> {
    let unchanged = std::cell::Cell::new(false);
    let user = user::change(&read.sub, call.host, |user| {
        unchanged.set(user.is_as_read(read));
        user.generation = user.generation.wrapping_add(1);
    })?;
    call.host.emit(
        Level::Info,
        "user.credential_changed",
        &[("sub", &user.sub), ("provider", provider)],
    );
    // They are over whether or not their clients can be told.
    let pending = session::clear_ended(&user.sub, Some(&user), call.now, call.host)
        .inspect_err(|refusal| call.log_refusal("logout.not_told", refusal, ""))
        .unwrap_or_default();
    backchannel_logout::tell(&pending, call.server, call.host);
    if unchanged.get() {
        Ok(user)
    } else {
        Err(Refusal::LoginUnknown)
    }
}

/// All steps are done: a new session, and on to what the sign-in was for.
fn finish(
    previous: Option<&ActiveSession>,
    user: User,
    known: &Known,
    confirmed: bool,
    transaction: &mut Transaction,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    let (active, cookie) = session::begin(call, user, known, previous)?;
    call.host.emit(
        Level::Info,
        "user.signed_in",
        &[("sub", &active.user.sub), ("provider", &known.provider)],
    );
    let set_cookie = call.cookies().set(Kind::Session, &cookie, None);
    let changed = known.credential_changed;
    let of = Arrived {
        active: &active,
        confirmed,
        strengthened: known.sid.as_deref(),
        credential_changed: changed,
    };
    let answer = go_on(&of, transaction, call)?;
    Ok(answer.with("set-cookie", set_cookie))
}

/// A session that begins, and what came before it.
struct Arrived<'a> {
    active: &'a ActiveSession,
    /// A second step was taken, or found to be none.
    confirmed: bool,
    /// The session that it is a stronger one of, if nobody signed in anew.
    strengthened: Option<&'a str>,
    credential_changed: bool,
}

/// On to what the sign-in was for.
fn go_on(
    arrived: &Arrived<'_>,
    transaction: &mut Transaction,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    let Arrived {
        active,
        confirmed,
        strengthened,
        credential_changed,
    } = *arrived;
    if let Some(page) = transaction.next_page() {
        transaction.signed_in(&active.id, confirmed, strengthened, call.server, call.host)?;
        return Ok(Answer::see_other(format!(
            "{}/{page}?transaction={}",
            call.base(),
            transaction.id
        )));
    }
    match transaction.login.goal.clone() {
        Goal::Link(errand) | Goal::Manage(errand) | Goal::Unlink(errand)
            if errand.sub != active.user.sub =>
        {
            transaction.finish(call.host)?;
            Ok(to_account(call))
        }
        goal @ (Goal::Link(_) | Goal::Manage(_) | Goal::Unlink(_)) => {
            transaction.signed_in(&active.id, confirmed, strengthened, call.server, call.host)?;
            run(call, active, &goal, transaction)
        }
        Goal::Account => {
            transaction.finish(call.host)?;
            Ok(to_account(call))
        }
        Goal::UserCode => {
            transaction.finish(call.host)?;
            Ok(Answer::see_other(format!("{}/device", call.base())))
        }
        Goal::None => {
            transaction.finish(call.host)?;
            let account_page = call.server.account.enabled;
            Ok(Answer::page(
                200,
                Page::SignedIn(SignedIn {
                    account: active.user.account(),
                    credential_changed,
                    sign_out: format!("{}/logout", call.base()),
                    account_page: account_page.then(|| format!("{}/account", call.base())),
                }),
            ))
        }
    }
}

/// Goes on with an errand of somebody who signed in a moment ago: first they confirm it, where there are second factors.
pub(in crate::endpoint) fn run(
    call: &Call<'_>,
    session: &ActiveSession,
    goal: &Goal,
    transaction: &mut Transaction,
) -> Result<Answer, Refusal> {
    let second = confirmation::all(call.server);
    if !transaction.login.confirmed && !second.is_empty() {
        return confirm(call, session, &second, false, transaction);
    }
    match goal {
        Goal::Link(errand) => Ok(to(call, &errand.provider, "authorize", transaction)),
        Goal::Manage(errand) => Ok(to(call, &errand.provider, "manage", transaction)),
        Goal::Unlink(errand) => {
            transaction.finish(call.host)?;
            account::unlink(call, session, errand)
        }
        Goal::None | Goal::Account | Goal::UserCode => Ok(to_account(call)),
    }
}

fn to(call: &Call<'_>, provider: &str, path: &str, transaction: &Transaction) -> Answer {
    Answer::see_other(format!(
        "{}/{provider}/{path}?transaction={}",
        call.base(),
        transaction.id
    ))
}

fn to_account(call: &Call<'_>) -> Answer {
    Answer::see_other(format!("{}/account", call.base()))
}
