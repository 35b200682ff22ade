//! Sign in by a link sent by e-mail. There is no account at this provider, so nothing tells whether one exists: the subject is
//! the address.
//!
//! The link leads to the sign-in that it was asked for in, which the core opens to no other browser: whoever opens it elsewhere is
//! told so, and types the six digits that the letter has beside the link into the browser in which they began. Link and digits are one
//! one-time code ([`doorward_provider::codes`]): either uses it up. Opening the link uses up nothing, because mail is read by scanners
//! first: a button does.
//!
//! | path | GET | POST (`action`) |
//! |---|---|---|
//! | `authorize` | asks for the address | `request` (`email`) sends a link, `verify` (`code`) signs in, `resend` sends another |
//! | `link` (`code`) | asks whether to sign in | |

mod letter;
mod pages;
mod settings;
#[cfg(test)]
mod tests;
mod texts;

use doorward_provider::codes::{Codes, Kind, Pending, Resent, Verdict};
use doorward_provider::email::EmailAddress;
use doorward_provider::{
    Answer, Description, Failure, Identity, Provider, Purpose, Severity, Visit, export_provider,
};

pub use settings::Settings;

/// The provider.
#[derive(Debug)]
pub struct MagicLink;

export_provider!(MagicLink);

type Answered = Result<Answer<Pending>, Failure>;
type Visited<'a> = Visit<'a, MagicLink>;

impl Provider for MagicLink {
    type Settings = Settings;
    type State = Pending;

    fn describe() -> Description {
        Description::new(texts::text("label"))
            .texts_of(&texts::TEXTS)
            .settings_schema(settings::schema())
    }

    fn texts(language: &str) -> Vec<(String, String)> {
        texts::TEXTS.of(language)
    }

    fn get(visit: &Visited<'_>) -> Answered {
        match visit.path() {
            "authorize" => {
                let page = pages::request(hint(visit).as_ref(), None);
                // A link that is under way stays valid: the person may go back to its page.
                Ok(Answer::page(page).keep(visit.state().cloned()))
            }
            "link" => Ok(opened(visit)),
            _ => Err(Failure::NotFound),
        }
    }

    fn post(visit: &Visited<'_>) -> Answered {
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

/// The address of whoever is to be confirmed, or what the application suggests, if it is one.
fn hint(visit: &Visited<'_>) -> Option<EmailAddress> {
    let known = match visit.purpose() {
        Purpose::Confirm => visit.signed_in_subject(),
        _ => visit.context().login_hint.as_deref(),
    };
    known.and_then(EmailAddress::parse)
}

fn codes<'a>(visit: &Visited<'a>) -> Codes<'a> {
    Codes::new(
        visit.services(),
        "magic-link",
        visit.settings().codes,
        visit.network(),
    )
}

/// Somebody opened the link, in the browser that asked for it. Nothing is tried yet, and nothing is written.
fn opened(visit: &Visited<'_>) -> Answer<Pending> {
    let Some(pending) = visit.state() else {
        return expired();
    };
    let code = visit.query("code").unwrap_or_default();
    let page = if code.len() <= 16 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        pages::confirm(visit, pending.address(), code)
    } else {
        pages::sent(visit, pending.address(), Some(pages::malformed_code()))
    };
    Answer::page(page).remember(pending.clone())
}

fn request(visit: &Visited<'_>) -> Answered {
    let given = visit.form("email").unwrap_or_default();
    let Some(address) = EmailAddress::parse(given) else {
        let page = pages::request(None, Some(pages::not_an_address()));
        return Ok(Answer::page(page).keep(visit.state().cloned()));
    };
    // Asking for the same address again, e.g. after going back, is asking for another link: it has to wait as well.
    if let Some(pending) = visit
        .state()
        .filter(|pending| *pending.address() == address)
    {
        let resent = again(visit, pending)?;
        if resent != Resent::Gone {
            return Ok(sent_after(visit, pending, resent));
        }
    }
    let codes = codes(visit);
    let admission = codes.admit(&address)?;
    let pending = codes.send(admission, Kind::Code, &(), |code| letter::link(visit, code))?;
    Ok(Answer::page(pages::sent(visit, &address, None)).remember(pending))
}

fn verify(visit: &Visited<'_>) -> Answered {
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
    let page = pages::sent(visit, pending.address(), Some(error));
    Ok(Answer::page(page).remember(pending.clone()))
}

fn resend(visit: &Visited<'_>) -> Answered {
    let Some(pending) = visit.state() else {
        return Ok(expired());
    };
    match again(visit, pending)? {
        Resent::Gone => Ok(expired()),
        resent => Ok(sent_after(visit, pending, resent)),
    }
}

fn again(visit: &Visited<'_>, pending: &Pending) -> Result<Resent, Failure> {
    codes(visit).resend::<()>(pending, |code| letter::link(visit, code))
}

fn sent_after(visit: &Visited<'_>, pending: &Pending, resent: Resent) -> Answer<Pending> {
    let page = pages::sent(visit, pending.address(), None);
    let page = match resent {
        Resent::Wait(seconds) => page.message(Severity::Info, pages::wait(seconds)),
        Resent::Sent | Resent::Gone => page.message(Severity::Success, pages::sent_again()),
    };
    Answer::page(page).remember(pending.clone())
}

fn expired() -> Answer<Pending> {
    Answer::page(pages::request(None, None).message(Severity::Error, pages::start_again()))
}
