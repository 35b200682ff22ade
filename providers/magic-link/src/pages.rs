//! The pages and their words.

use doorward_provider::codes::DIGITS;
use doorward_provider::email::EmailAddress;
use doorward_provider::{Button, Field, Form, Page, Severity, Text, text};

use crate::Visited;

const PATH: &str = "authorize";

/// Asks for the address.
pub(crate) fn request(email: Option<&EmailAddress>, error: Option<Text>) -> Page {
    let field = Field::email("email", text("email.label", "E-mail address"))
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
            text("request.button", "Send me a link"),
        ));
    Page::new(text("request.title", "Sign in with an e-mail link")).form(form)
}

/// Says that the link was sent, and takes the code that is beside it.
pub(crate) fn sent(visit: &Visited<'_>, address: &EmailAddress, error: Option<Text>) -> Page {
    let sent =
        "We sent a link to {email}. Open it in this browser. It is valid for {minutes} minutes.";
    let sent = text("sent.text", sent)
        .arg("email", address.as_str())
        .arg("minutes", visit.settings().codes.lifetime_s / 60);
    let elsewhere = text(
        "sent.elsewhere",
        "If you read your mail on another device, enter the code of the same mail here.",
    );
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
            text("resend.button", "Send another link"),
        ));
    Page::new(text("sent.title", "Look at your mail"))
        .message(Severity::Info, sent)
        .message(Severity::Info, elsewhere)
        .form(form)
        .form(resend)
        .link(
            PATH,
            text("other_address.link", "Use another e-mail address"),
        )
}

/// Asks whoever opened the link whether to sign in.
pub(crate) fn confirm(visit: &Visited<'_>, address: &EmailAddress, code: &str) -> Page {
    let form = Form::new(PATH)
        .field(Field::hidden("action", "verify"))
        .field(Field::hidden("code", code))
        .button(Button::primary(
            "press",
            "verify",
            text("verify.button", "Sign in"),
        ));
    let who = text("link.text", "You are signing in as {email}.").arg("email", address.as_str());
    Page::new(visit.service_text("link.title", "Sign in to {service}?"))
        .message(Severity::Info, who)
        .form(form)
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
        "This is not what we sent. Please open the link of the latest mail, or enter its code.",
    )
}

pub(crate) fn exhausted_code() -> Text {
    text(
        "code.exhausted",
        "There were too many tries. Please ask for another link.",
    )
}

pub(crate) fn sent_again() -> Text {
    text(
        "resend.done",
        "We sent another link. The one before is no longer valid.",
    )
}

pub(crate) fn wait(seconds: u64) -> Text {
    text(
        "resend.wait",
        "You can ask for another link in {seconds} seconds.",
    )
    .arg("seconds", seconds)
}

pub(crate) fn start_again() -> Text {
    text(
        "code.gone",
        "This link is no longer valid. Please ask for a new one.",
    )
}
