//! `change` for whoever has forgotten the password: a code by mail, then a new password.
//!
//! The code proves the address and is exchanged for a ticket, which is worth one new password, for the account as it was
//! when the code was asked for. Asking for a code for an address without account mails a note that says so; all else is
//! the same. (No mail at all would show in how long the answer takes, and would leave people waiting who have mistaken
//! their address; more mails than that cannot be caused, since notes count like codes.)

use doorward_provider::codes::{Kind, Pending, Resent, Verdict};
use doorward_provider::email::EmailAddress;
use doorward_provider::services::{Level, event};
use doorward_provider::{Answer, Failure, Page, Purpose, Severity, Text, document, random};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::change::signed_in;
use crate::{Answered, State, Visited, codes, letters, pages, unchanged};

const PURPOSE: &str = "reset";

/// How long one may take to think of a new password: 15 minutes, in seconds.
const TICKET_LIFETIME_S: u64 = 15 * 60;

/// What waits for the code: the version of the account's password; 0, which none has, if there is no account.
#[derive(Serialize, Deserialize)]
struct Asked {
    version: u64,
}

/// Names the record of a ticket. Part of the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    id: String,
    email: EmailAddress,
}

/// The record `ticket/<id>`.
#[derive(Serialize, Deserialize)]
struct Granted {
    email: EmailAddress,
    version: u64,
}

impl Ticket {
    fn key(&self) -> String {
        format!("ticket/{}", self.id)
    }
}

pub(crate) fn code(visit: &Visited<'_>) -> Answered {
    let services = visit.services();
    let Some(address) = address(visit)? else {
        return Ok(unchanged(
            visit,
            pages::reset(None, Some(pages::not_an_address())),
        ));
    };
    // Asking for the same address again, e.g. after going back, is asking for another code: it has to wait as well.
    if let Some(State::Reset(pending)) = visit.state()
        && *pending.address() == address
    {
        let resent = again(visit, pending)?;
        if resent != Resent::Gone {
            return Ok(unchanged(
                visit,
                pages::after_resend(code_page(visit, pending, None), resent),
            ));
        }
    }
    let codes = codes(visit, PURPOSE);
    let admission = codes.admit(&address)?;
    let account = Account::read(services, &address)?;
    let kind = if account.is_some() {
        Kind::Code
    } else {
        Kind::Note
    };
    let asked = Asked {
        version: account.map_or(0, |account| account.value.version),
    };
    let pending = codes.send(admission, kind, &asked, |code| letters::reset(visit, code))?;
    Ok(Answer::page(code_page(visit, &pending, None)).remember(State::Reset(pending)))
}

/// The address that is given; whoever looks after their own password has only their own.
fn address(visit: &Visited<'_>) -> Result<Option<EmailAddress>, Failure> {
    if visit.purpose() == Purpose::Manage {
        let account = signed_in(visit)?;
        return Ok(account.map(|account| account.value.email));
    }
    Ok(EmailAddress::parse(visit.form("email").unwrap_or_default()))
}

pub(crate) fn resend(visit: &Visited<'_>) -> Answered {
    let Some(State::Reset(pending)) = visit.state() else {
        return Ok(expired(visit));
    };
    let resent = again(visit, pending)?;
    if resent == Resent::Gone {
        return Ok(expired(visit));
    }
    Ok(unchanged(
        visit,
        pages::after_resend(code_page(visit, pending, None), resent),
    ))
}

pub(crate) fn verify(visit: &Visited<'_>) -> Answered {
    let services = visit.services();
    let Some(State::Reset(pending)) = visit.state() else {
        return Ok(expired(visit));
    };
    let given = visit.form("code").unwrap_or_default();
    let proven = match codes(visit, PURPOSE).check::<Asked>(pending, given)? {
        Verdict::Right(proven) => proven,
        Verdict::Gone => return Ok(expired(visit)),
        wrong => {
            return Ok(unchanged(
                visit,
                code_page(visit, pending, pages::code_error(&wrong)),
            ));
        }
    };
    let (email, Asked { version }) = proven.into_parts();
    let ticket = Ticket {
        id: random::id(services),
        email: email.clone(),
    };
    let expires_at = services.now().saturating_add(TICKET_LIFETIME_S);
    document::create(
        services,
        &ticket.key(),
        &Granted { email, version },
        Some(expires_at),
    )?;
    Ok(Answer::page(pages::update(visit, &ticket.email, None)).remember(State::Update(ticket)))
}

pub(crate) fn update(visit: &Visited<'_>) -> Answered {
    let services = visit.services();
    let Some(State::Update(ticket)) = visit.state() else {
        return Ok(expired(visit));
    };
    let password = match pages::new_password(visit, &ticket.email) {
        Ok(password) => password,
        Err(error) => {
            return Ok(unchanged(
                visit,
                pages::update(visit, &ticket.email, Some(error)),
            ));
        }
    };
    let Some(granted) = document::read::<Granted>(services, &ticket.key())? else {
        return Ok(expired(visit));
    };
    let phc = services.hash(password.as_bytes())?;
    // The ticket is used up before the password is set: of parallel requests with it, one sets one.
    if !document::take(services, &ticket.key(), granted.version)? {
        return Ok(expired(visit));
    }
    let Granted { email, version } = granted.value;
    let Some(account) = Account::set_password(services, &email, version, &phc)? else {
        return Ok(expired(visit));
    };
    event(
        services,
        Level::Info,
        "password.reset",
        &[("subject", &account.subject)],
    );
    letters::tell_of_change(visit, &account.email);
    if visit.purpose() == Purpose::Manage {
        return Ok(Answer::managed(true));
    }
    Ok(Answer::authenticated(
        account.identity().amr(["otp"]).credential_changed(),
    ))
}

fn again(visit: &Visited<'_>, pending: &Pending) -> Result<Resent, Failure> {
    codes(visit, PURPOSE).resend::<Asked>(pending, |code| letters::reset(visit, code))
}

fn code_page(visit: &Visited<'_>, pending: &Pending, error: Option<Text>) -> Page {
    pages::code(visit, "change", pending.address(), error)
}

/// Leaves the sign-in as it was: the person may just have gone back too far.
fn expired(visit: &Visited<'_>) -> Answer<State> {
    unchanged(
        visit,
        pages::reset(None, None).message(Severity::Error, pages::start_again()),
    )
}
