//! The pages and their words.

use doorward_provider::codes::{DIGITS, Resent, Verdict};
use doorward_provider::email::EmailAddress;
use doorward_provider::{Button, Field, Form, Page, Severity, Text, text};

use crate::Visited;
use crate::rules::{self, Accepted, MAX_LENGTH};

/// Address and password.
pub(crate) fn sign_in(email: Option<&EmailAddress>, error: Option<(&str, Text)>) -> Page {
    let [email_error, password_error] = at_fields(error, ["email", "password"]);
    let password = Field::password("password", text("password.label", "Password"))
        .autocomplete("current-password")
        .error(password_error);
    let form = Form::new("authorize")
        .field(email_field(email, email_error))
        .field(password)
        .button(Button::primary(
            "press",
            "sign_in",
            text("sign_in.button", "Sign in"),
        ));
    Page::new(text("sign_in.title", "Sign in"))
        .form(form)
        .link("register", text("register.link", "Create account"))
        .link("change", text("forgot.link", "Forgot password?"))
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
            text("register.button", "Create account"),
        ));
    Page::new(text("register.title", "Create your account"))
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
            text("reset.button", "Send me a code"),
        ));
    Page::new(text("reset.title", "Choose a new password"))
        .message(
            Severity::Info,
            text(
                "reset.how",
                "We will send you a code to prove that it is you.",
            ),
        )
        .form(form)
        .link("authorize", back())
        .link("register", text("register.link", "Create account"))
}

/// The code that was sent, for the steps of `path`. Does not tell whether the mail carried one.
pub(crate) fn code(
    visit: &Visited<'_>,
    path: &str,
    address: &EmailAddress,
    error: Option<Text>,
) -> Page {
    let sent = text(
        "code.sent",
        "We sent a mail with a {digits}-digit code to {email}. It is valid for {minutes} minutes.",
    )
    .arg("digits", DIGITS)
    .arg("email", address.as_str())
    .arg("minutes", visit.settings().codes.lifetime_s / 60);
    let verify = Form::new(path)
        .field(Field::hidden("action", "verify"))
        .field(Field::one_time_code("code", text("code.label", "Code"), DIGITS).error(error))
        .button(Button::primary(
            "press",
            "verify",
            text("code.button", "Continue"),
        ));
    let resend = Form::new(path)
        .field(Field::hidden("action", "resend"))
        .button(Button::secondary(
            "press",
            "resend",
            text("resend.button", "Send another mail"),
        ));
    Page::new(text("code.title", "Check your mail"))
        .message(Severity::Info, sent)
        .form(verify)
        .form(resend)
        .link(
            path,
            text("other_address.link", "Use another e-mail address"),
        )
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
            text("update.button", "Save and sign in"),
        ));
    Page::new(text("reset.title", "Choose a new password"))
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
    let current = Field::password(
        "current_password",
        text("current_password.label", "Current password"),
    )
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
            text("change.button", "Change password"),
        ));
    let forgotten = Form::new("change")
        .field(Field::hidden("action", "code"))
        .field(Field::hidden("email", address.as_str()))
        .button(Button::secondary(
            "press",
            "code",
            text("forgotten.button", "I forgot my current password"),
        ));
    Page::new(text("change.title", "Change your password"))
        .form(change)
        .form(forgotten)
}

/// Adds to a page what became of asking for another mail.
pub(crate) fn after_resend(page: Page, resent: Resent) -> Page {
    match resent {
        Resent::Wait(seconds) => {
            let wait = text(
                "resend.wait",
                "You can ask for another mail in {seconds} seconds.",
            )
            .arg("seconds", seconds);
            page.message(Severity::Info, wait)
        }
        Resent::Sent => {
            let sent = text(
                "resend.done",
                "We sent another mail. A code in the one before is no longer valid.",
            );
            page.message(Severity::Success, sent)
        }
        Resent::Gone => page.message(Severity::Error, start_again()),
    }
}

/// What to say at the field of a code that was not right.
pub(crate) fn code_error<T>(verdict: &Verdict<T>) -> Option<Text> {
    match verdict {
        Verdict::Right(_) => None,
        Verdict::Wrong => Some(text(
            "code.wrong",
            "This is not the code that we sent. Please check it.",
        )),
        Verdict::Malformed => Some(
            text(
                "code.malformed",
                "The code is {digits} digits. Please check it.",
            )
            .arg("digits", DIGITS),
        ),
        Verdict::Exhausted => Some(text(
            "code.exhausted",
            "There were too many tries with this code. Please ask for another one.",
        )),
        Verdict::Gone => Some(start_again()),
    }
}

pub(crate) fn not_an_address() -> Text {
    text(
        "email.error",
        "This is not an e-mail address that we can use. Please check it.",
    )
}

pub(crate) fn start_again() -> Text {
    text(
        "step.gone",
        "This step is no longer valid. Please start again.",
    )
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
        return Err(text(
            "password.repeat",
            "The two passwords are not the same.",
        ));
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
    let field = Field::email("email", text("email.label", "E-mail address"))
        .autocomplete("username")
        .error(error);
    match email {
        Some(email) => field.value(email.as_str()),
        None => field,
    }
}

fn new_password_field(visit: &Visited<'_>, error: Option<Text>) -> Field {
    let min = visit.settings().min_length;
    Field::password("password", text("new_password.label", "New password"))
        .autocomplete("new-password")
        .min_length(min)
        .max_length(MAX_LENGTH)
        .hint(
            text(
                "new_password.hint",
                "At least {min} characters. A few words together are easy to remember.",
            )
            .arg("min", min),
        )
        .error(error)
}

/// Tells password managers whose password this is. It is not read back.
fn for_password_managers(address: &EmailAddress) -> Field {
    Field::hidden("username", address.as_str()).autocomplete("username")
}

fn back() -> Text {
    text("sign_in.link", "Back to sign in")
}
