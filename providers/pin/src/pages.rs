//! The pages and their words.

use doorward_provider::codes::DIGITS;
use doorward_provider::email::EmailAddress;
use doorward_provider::{Button, Field, Form, Page, Severity, Text};

use crate::Settings;
use crate::texts;

const PATH: &str = "authorize";

/// Asks for the address.
pub(crate) fn request(email: Option<&str>, error: Option<Text>) -> Page {
    let field = Field::email("email", texts::text("email.label"))
        .autocomplete("username")
        .error(error);
    let field = match email {
        Some(email) => field.value(email),
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

/// Asks for the code.
pub(crate) fn verify(settings: &Settings, address: &EmailAddress, error: Option<Text>) -> Page {
    let sent = texts::text("verify.sent")
        .arg("digits", DIGITS)
        .arg("email", address.as_str())
        .arg("minutes", settings.codes.lifetime_s / 60);
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
    Page::new(texts::text("verify.title"))
        .message(Severity::Info, sent)
        .form(form)
        .form(resend)
        .link(PATH, texts::text("other_address.link"))
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
