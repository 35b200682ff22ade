//! The pages and their words.

use doorward_provider::codes::DIGITS;
use doorward_provider::email::EmailAddress;
use doorward_provider::{Button, Field, Form, Page, Severity, Text};

use crate::Visited;
use crate::texts;

const PATH: &str = "authorize";

/// Asks for the address.
pub(crate) fn request(email: Option<&EmailAddress>, error: Option<Text>) -> Page {
    let field = Field::email("email", texts::text("email.label"))
        .autocomplete("username")
        .error(error);
    let field = match email {
        Some(email) => field.value(email.as_str()),
        None => field,
    };
    let form = Form::new(PATH)
        .field(Field::hidden("action", "request"))
        .field(field)
        .button(Button::primary(
            "press",
            "request",
            texts::text("request.button"),
        ));
    Page::new(texts::text("request.title")).form(form)
}

/// Says that the link was sent, and takes the code that is beside it.
pub(crate) fn sent(visit: &Visited<'_>, address: &EmailAddress, error: Option<Text>) -> Page {
    let sent = texts::text("sent.text")
        .arg("email", address.as_str())
        .arg("minutes", visit.settings().codes.lifetime_s / 60);
    let elsewhere = texts::text("sent.elsewhere");
    let form = Form::new(PATH)
        .field(Field::hidden("action", "verify"))
        .field(Field::one_time_code("code", texts::text("code.label"), DIGITS).error(error))
        .button(Button::primary(
            "press",
            "verify",
            texts::text("verify.button"),
        ));
    let resend = Form::new(PATH)
        .field(Field::hidden("action", "resend"))
        .button(Button::secondary(
            "press",
            "resend",
            texts::text("resend.button"),
        ));
    Page::new(texts::text("sent.title"))
        .message(Severity::Info, sent)
        .message(Severity::Info, elsewhere)
        .form(form)
        .form(resend)
        .link(PATH, texts::text("other_address.link"))
}

/// Asks whoever opened the link whether to sign in.
pub(crate) fn confirm(visit: &Visited<'_>, address: &EmailAddress, code: &str) -> Page {
    let form = Form::new(PATH)
        .field(Field::hidden("action", "verify"))
        .field(Field::hidden("code", code))
        .button(Button::primary(
            "press",
            "verify",
            texts::text("verify.button"),
        ));
    let who = texts::text("link.text").arg("email", address.as_str());
    Page::new(texts::text("link.title").arg("service", visit.context().service_name.as_str()))
        .message(Severity::Info, who)
        .form(form)
}

pub(crate) fn not_an_address() -> Text {
    texts::text("email.error")
}

pub(crate) fn malformed_code() -> Text {
    texts::text("code.malformed").arg("digits", DIGITS)
}

pub(crate) fn wrong_code() -> Text {
    texts::text("code.wrong")
}

pub(crate) fn exhausted_code() -> Text {
    texts::text("code.exhausted")
}

pub(crate) fn sent_again() -> Text {
    texts::text("resend.done")
}

pub(crate) fn wait(seconds: u64) -> Text {
    texts::text("resend.wait").arg("seconds", seconds)
}

pub(crate) fn start_again() -> Text {
    texts::text("code.gone")
}
