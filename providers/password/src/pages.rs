//! The pages and their words.

use doorward_provider::codes::{DIGITS, Resent, Verdict};
use doorward_provider::email::EmailAddress;
use doorward_provider::{Button, Field, Form, Page, Severity, Text};

use crate::Visited;
use crate::rules::{self, Accepted, MAX_LENGTH};
use crate::texts;

/// Address and password.
pub(crate) fn sign_in(email: Option<&EmailAddress>, error: Option<(&str, Text)>) -> Page {
    let [email_error, password_error] = at_fields(error, ["email", "password"]);
    let password = Field::password("password", texts::text("password.label"))
        .autocomplete("current-password")
        .error(password_error);
    let form = Form::new("authorize")
        .field(email_field(email, email_error))
        .field(password)
        .button(Button::primary(
            "press",
            "sign_in",
            texts::text("sign_in.button"),
        ));
    Page::new(texts::text("sign_in.title"))
        .form(form)
        .link("register", texts::text("register.link"))
        .link("change", texts::text("forgot.link"))
}

/// Address and new password.
pub(crate) fn register(
    visit: &Visited<'_>,
    email: Option<&EmailAddress>,
    email_error: Option<Text>,
    password_error: Option<Text>,
) -> Page {
    let form = Form::new("register")
        .field(Field::hidden("action", "register"))
        .field(email_field(email, email_error))
        .field(new_password_field(visit, password_error))
        .button(Button::primary(
            "press",
            "register",
            texts::text("register.button"),
        ));
    Page::new(texts::text("register.title"))
        .form(form)
        .link("authorize", back())
}

/// The address of whoever forgot the password.
pub(crate) fn reset(email: Option<&EmailAddress>, error: Option<Text>) -> Page {
    let form = Form::new("change")
        .field(Field::hidden("action", "code"))
        .field(email_field(email, error))
        .button(Button::primary(
            "press",
            "code",
            texts::text("reset.button"),
        ));
    Page::new(texts::text("reset.title"))
        .message(Severity::Info, texts::text("reset.how"))
        .form(form)
        .link("authorize", back())
        .link("register", texts::text("register.link"))
}

/// The code that was sent, for the steps of `path`. Does not tell whether the mail carried one.
pub(crate) fn code(
    visit: &Visited<'_>,
    path: &str,
    address: &EmailAddress,
    error: Option<Text>,
) -> Page {
    let sent = texts::text("code.sent")
        .arg("digits", DIGITS)
        .arg("email", address.as_str())
        .arg("minutes", visit.settings().codes.lifetime_s / 60);
    let verify = Form::new(path)
        .field(Field::hidden("action", "verify"))
        .field(Field::one_time_code("code", texts::text("code.label"), DIGITS).error(error))
        .button(Button::primary(
            "press",
            "verify",
            texts::text("code.button"),
        ));
    let resend = Form::new(path)
        .field(Field::hidden("action", "resend"))
        .button(Button::secondary(
            "press",
            "resend",
            texts::text("resend.button"),
        ));
    Page::new(texts::text("code.title"))
        .message(Severity::Info, sent)
        .form(verify)
        .form(resend)
        .link(path, texts::text("other_address.link"))
        .link("authorize", back())
}

/// A new password, after the code was right.
pub(crate) fn update(visit: &Visited<'_>, address: &EmailAddress, error: Option<Text>) -> Page {
    let form = Form::new("change")
        .field(Field::hidden("action", "update"))
        .field(for_password_managers(address))
        .field(new_password_field(visit, error))
        .button(Button::primary(
            "press",
            "update",
            texts::text("update.button"),
        ));
    Page::new(texts::text("reset.title"))
        .form(form)
        .link("authorize", back())
}

/// The current password and a new one; or by mail.
pub(crate) fn change(
    visit: &Visited<'_>,
    address: &EmailAddress,
    error: Option<(&str, Text)>,
) -> Page {
    let [current_error, new_error] = at_fields(error, ["current_password", "password"]);
    let current = Field::password("current_password", texts::text("current_password.label"))
        .autocomplete("current-password")
        .error(current_error);
    let change = Form::new("change")
        .field(Field::hidden("action", "change"))
        .field(for_password_managers(address))
        .field(current)
        .field(new_password_field(visit, new_error))
        .button(Button::primary(
            "press",
            "change",
            texts::text("change.button"),
        ));
    let forgotten = Form::new("change")
        .field(Field::hidden("action", "code"))
        .field(Field::hidden("email", address.as_str()))
        .button(Button::secondary(
            "press",
            "code",
            texts::text("forgotten.button"),
        ));
    Page::new(texts::text("change.title"))
        .form(change)
        .form(forgotten)
}

/// Adds to a page what became of asking for another mail.
pub(crate) fn after_resend(page: Page, resent: Resent) -> Page {
    match resent {
        Resent::Wait(seconds) => {
            let wait = texts::text("resend.wait").arg("seconds", seconds);
            page.message(Severity::Info, wait)
        }
        Resent::Sent => {
            let sent = texts::text("resend.done");
            page.message(Severity::Success, sent)
        }
        Resent::Gone => page.message(Severity::Error, start_again()),
    }
}

/// What to say at the field of a code that was not right.
pub(crate) fn code_error<T>(verdict: &Verdict<T>) -> Option<Text> {
    match verdict {
        Verdict::Right(_) => None,
        Verdict::Wrong => Some(texts::text("code.wrong")),
        Verdict::Malformed => Some(texts::text("code.malformed").arg("digits", DIGITS)),
        Verdict::Exhausted => Some(texts::text("code.exhausted")),
        Verdict::Gone => Some(start_again()),
    }
}

pub(crate) fn not_an_address() -> Text {
    texts::text("email.error")
}

pub(crate) fn start_again() -> Text {
    texts::text("step.gone")
}

/// The new password in the form (and its repetition, if the form has one), if it may be chosen.
pub(crate) fn new_password<'a>(
    visit: &Visited<'a>,
    address: &EmailAddress,
) -> Result<Accepted<'a>, Text> {
    let password = visit.form("password").unwrap_or_default();
    if visit
        .form("repeat")
        .is_some_and(|repeat| repeat != password)
    {
        return Err(texts::text("password.repeat"));
    }
    rules::accept(
        password,
        visit.settings().min_length,
        address,
        &visit.context().service_name,
    )
}

/// The error, at the field that it is about.
fn at_fields<const N: usize>(
    mut error: Option<(&str, Text)>,
    names: [&str; N],
) -> [Option<Text>; N] {
    names.map(|name| {
        error
            .take_if(|(field, _)| *field == name)
            .map(|(_, text)| text)
    })
}

fn email_field(email: Option<&EmailAddress>, error: Option<Text>) -> Field {
    let field = Field::email("email", texts::text("email.label"))
        .autocomplete("username")
        .error(error);
    match email {
        Some(email) => field.value(email.as_str()),
        None => field,
    }
}

fn new_password_field(visit: &Visited<'_>, error: Option<Text>) -> Field {
    let min = visit.settings().min_length;
    Field::password("password", texts::text("new_password.label"))
        .autocomplete("new-password")
        .min_length(min)
        .max_length(MAX_LENGTH)
        .hint(texts::text("new_password.hint").arg("min", min))
        .error(error)
}

/// Tells password managers whose password this is. It is not read back.
fn for_password_managers(address: &EmailAddress) -> Field {
    Field::hidden("username", address.as_str()).autocomplete("username")
}

fn back() -> Text {
    texts::text("sign_in.link")
}
