//! The pages and their words.

use doorward_provider::codes::DIGITS;
use doorward_provider::email::EmailAddress;
use doorward_provider::{Button, Field, Form, Page, Severity, Text, text};

use crate::Settings;

const PATH: &str = "authorize";

/// Asks for the address.
pub(crate) fn request(email: Option<&str>, error: Option<Text>) -> Page {
    let field = Field::email("email", text("email.label", "E-mail address"))
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
            text("request.button", "Send me a code"),
        ));
    Page::new(text("request.title", "Sign in with an e-mail code")).form(form)
}

/// Asks for the code.
pub(crate) fn verify(settings: &Settings, address: &EmailAddress, error: Option<Text>) -> Page {
    let sent = "We sent a {digits}-digit code to {email}. It is valid for {minutes} minutes.";
    let sent = text("verify.sent", sent)
        .arg("digits", DIGITS)
        .arg("email", address.as_str())
        .arg("minutes", settings.codes.lifetime_s / 60);
    let form = Form::new(PATH)
        .field(Field::hidden("action", "verify"))
        .field(Field::one_time_code("code", text("code.label", "Code"), DIGITS).error(error))
        .button(Button::primary(
            "press",
            "verify",
            text("verify.button", "Sign in"),
        ));
    let resend = Form::new(PATH)
        .field(Field::hidden("action", "resend"))
        .button(Button::secondary(
            "press",
            "resend",
            text("resend.button", "Send another code"),
        ));
    Page::new(text("verify.title", "Enter the code"))
        .message(Severity::Info, sent)
        .form(form)
        .form(resend)
        .link(
            PATH,
            text("other_address.link", "Use another e-mail address"),
        )
}

pub(crate) fn not_an_address() -> Text {
    text(
        "email.error",
        "This is not an e-mail address that we can use. Please check it.",
    )
}

pub(crate) fn malformed_code() -> Text {
    text(
        "code.malformed",
        "The code is {digits} digits. Please check it.",
    )
    .arg("digits", DIGITS)
}

pub(crate) fn wrong_code() -> Text {
    text(
        "code.wrong",
        "This is not the code that we sent. Please check it.",
    )
}

pub(crate) fn exhausted_code() -> Text {
    text(
        "code.exhausted",
        "There were too many tries with this code. Please ask for another one.",
    )
}

pub(crate) fn sent_again() -> Text {
    text(
        "resend.done",
        "We sent another code. The one before is no longer valid.",
    )
}

pub(crate) fn wait(seconds: u64) -> Text {
    text(
        "resend.wait",
        "You can ask for another code in {seconds} seconds.",
    )
    .arg("seconds", seconds)
}

pub(crate) fn start_again() -> Text {
    text(
        "code.gone",
        "This code is no longer valid. Please ask for a new one.",
    )
}
