//! Sign in by a six-digit code sent by e-mail. There is no account at this provider, so nothing tells whether one
//! exists: the subject is the address.
//!
//! One path, `authorize`. GET shows the form for the address; POST takes `action`:
//! `request` (`email`) sends a code, `verify` (`code`) signs in, `resend` sends another.

mod letter;
mod pages;
#[cfg(test)]
mod tests;
mod texts;

use doorward_provider::codes::{Codes, Kind, LIMITS_SCHEMA, Limits, Pending, Resent, Verdict};
use doorward_provider::email::EmailAddress;
use doorward_provider::{
    Answer, Description, Failure, Identity, Provider, Severity, Visit, export_provider,
};
use serde::Deserialize;

/// The provider.
#[derive(Debug)]
pub struct Pin;

export_provider!(Pin);

/// What an operator may set.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The limits of codes.
    pub codes: Limits,
}

type Answered = Result<Answer<Pending>, Failure>;

impl Provider for Pin {
    type Settings = Settings;
    type State = Pending;

    fn describe() -> Description {
        Description::new(texts::text("label")).texts_of(&texts::TEXTS).settings_schema(format!(
            r#"{{"type":"object","additionalProperties":false,"properties":{{"codes":{LIMITS_SCHEMA}}}}}"#
        ))
    }

    fn texts(language: &str) -> Vec<(String, String)> {
        texts::TEXTS.of(language)
    }

    fn get(visit: &Visit<'_, Self>) -> Answered {
        if visit.path() != "authorize" {
            return Err(Failure::NotFound);
        }
        let hint = visit
            .context()
            .login_hint
            .as_deref()
            .and_then(EmailAddress::parse);
        let page = pages::request(hint.as_ref().map(EmailAddress::as_str), None);
        // A code that is under way stays valid: the person may go back to its page.
        Ok(Answer::page(page).keep(visit.state().cloned()))
    }

    fn post(visit: &Visit<'_, Self>) -> Answered {
        if visit.path() != "authorize" {
            return Err(Failure::NotFound);
        }
        match visit.form("action") {
            Some("request") => request(visit),
            Some("verify") => verify(visit),
            Some("resend") => resend(visit),
            _ => Err(Failure::BadRequest("unknown action".to_owned())),
        }
    }
}

fn codes<'a>(visit: &Visit<'a, Pin>) -> Codes<'a> {
    Codes::new(
        visit.services(),
        "sign-in",
        visit.settings().codes,
        visit.network(),
    )
}

fn request(visit: &Visit<'_, Pin>) -> Answered {
    let given = visit.form("email").unwrap_or_default();
    let Some(address) = EmailAddress::parse(given) else {
        let page = pages::request(None, Some(pages::not_an_address()));
        return Ok(Answer::page(page).keep(visit.state().cloned()));
    };
    // Asking for the same address again, e.g. after going back, is asking for another code: it has to wait as well.
    if let Some(pending) = visit
        .state()
        .filter(|pending| *pending.address() == address)
    {
        let resent = again(visit, pending)?;
        if resent != Resent::Gone {
            return Ok(code_page_after(visit, pending, resent));
        }
    }
    let codes = codes(visit);
    let admission = codes.admit(&address)?;
    let pending = codes.send(admission, Kind::Code, &(), |code| letter::code(visit, code))?;
    Ok(Answer::page(pages::verify(visit.settings(), &address, None)).remember(pending))
}

fn verify(visit: &Visit<'_, Pin>) -> Answered {
    let Some(pending) = visit.state() else {
        return Ok(expired());
    };
    let error = match codes(visit).check::<()>(pending, visit.form("code").unwrap_or_default())? {
        Verdict::Right(proven) => {
            let (address, ()) = proven.into_parts();
            let identity = Identity::new(address.as_str())
                .verified_email(address.as_str())
                .amr(["otp"]);
            return Ok(Answer::authenticated(identity));
        }
        Verdict::Gone => return Ok(expired()),
        Verdict::Malformed => pages::malformed_code(),
        Verdict::Wrong => pages::wrong_code(),
        Verdict::Exhausted => pages::exhausted_code(),
    };
    let page = pages::verify(visit.settings(), pending.address(), Some(error));
    Ok(Answer::page(page).remember(pending.clone()))
}

fn resend(visit: &Visit<'_, Pin>) -> Answered {
    let Some(pending) = visit.state() else {
        return Ok(expired());
    };
    match again(visit, pending)? {
        Resent::Gone => Ok(expired()),
        resent => Ok(code_page_after(visit, pending, resent)),
    }
}

fn again(visit: &Visit<'_, Pin>, pending: &Pending) -> Result<Resent, Failure> {
    codes(visit).resend::<()>(pending, |code| letter::code(visit, code))
}

fn code_page_after(visit: &Visit<'_, Pin>, pending: &Pending, resent: Resent) -> Answer<Pending> {
    let page = pages::verify(visit.settings(), pending.address(), None);
    let page = match resent {
        Resent::Wait(seconds) => page.message(Severity::Info, pages::wait(seconds)),
        Resent::Sent | Resent::Gone => page.message(Severity::Success, pages::sent_again()),
    };
    Answer::page(page).remember(pending.clone())
}

fn expired() -> Answer<Pending> {
    Answer::page(pages::request(None, None).message(Severity::Error, pages::start_again()))
}
