//! The pages and their words.

use doorward_provider::{Account, Button, Field, FieldKind, Form, Page, Severity, Text, text};

use crate::Visited;
use crate::enrolment::Enrolment;
use crate::key::Key;
use crate::otp::DIGITS;
use crate::proof::Verdict;

/// Recovery codes left from which on people are told to make new ones.
const FEW: usize = 3;

fn code_field(error: Option<Text>) -> Field {
    Field::one_time_code("code", text("code.label", "Code of your app"), DIGITS).error(error)
}

/// Asks for a code.
pub(crate) fn code(error: Option<Text>) -> Page {
    let form = Form::new("authorize")
        .field(code_field(error))
        .button(Button::primary(
            "press",
            "confirm",
            text("confirm.button", "Confirm"),
        ));
    Page::new(text(
        "confirm.title",
        "Enter the code of your authenticator app",
    ))
    .form(form)
    .link(
        "recovery",
        text(
            "recovery.link",
            "I do not have my device: use a recovery code",
        ),
    )
}

/// Asks for a recovery code.
pub(crate) fn recovery(error: Option<Text>) -> Page {
    let field = Field::new(
        "recovery",
        FieldKind::Text,
        text("recovery.label", "Recovery code"),
    )
    .autocomplete("off")
    .max_length(32)
    .hint(text(
        "recovery.hint",
        "One of those that you wrote down. It works once.",
    ))
    .error(error);
    let form = Form::new("authorize").field(field).button(Button::primary(
        "press",
        "confirm",
        text("confirm.button", "Confirm"),
    ));
    Page::new(text("recovery.title", "Enter a recovery code"))
        .form(form)
        .link("authorize", text("code.link", "Use the code of your app"))
}

/// Shows a key, and asks for a code of it.
pub(crate) fn enroll(
    visit: &Visited<'_>,
    account: &Account,
    key: &Key,
    error: Option<Text>,
) -> Page {
    let how = "Scan this with an authenticator app, or type the key into it. Then enter the code that the app shows.";
    let form = Form::new(visit.path())
        .field(Field::hidden("action", "enroll"))
        .field(code_field(error))
        .button(Button::primary(
            "press",
            "enroll",
            text("enroll.button", "Set up"),
        ));
    Page::new(text("enroll.title", "Set up an authenticator app"))
        .message(Severity::Info, text("enroll.how", how))
        .qr_code(
            key.to_uri(&visit.context().service_name, account),
            text(
                "enroll.qr",
                "QR code with the key for your authenticator app",
            ),
        )
        .codes(text("enroll.key", "Key"), [key.to_text()])
        .form(form)
}

/// Shows recovery codes, for the only time.
pub(crate) fn recovery_codes(path: &str, codes: Vec<String>) -> Page {
    let what = "Keep these codes where you will find them without this device. Each works once instead of a code of your app. They are not shown again, and those that you had before are void.";
    let form = Form::new(path)
        .field(Field::hidden("action", "done"))
        .button(Button::primary(
            "press",
            "done",
            text("recovery.done", "I have written them down"),
        ));
    Page::new(text("recovery.codes_title", "Your recovery codes"))
        .message(Severity::Info, text("recovery.what", what))
        .codes(text("recovery.codes", "Recovery codes"), codes)
        .form(form)
}

/// What there is.
pub(crate) fn manage(enrolment: &Enrolment, error: Option<Text>) -> Page {
    let left = enrolment.recovery_left();
    let severity = if left <= FEW {
        Severity::Error
    } else {
        Severity::Info
    };
    let prove = "Enter a code of your app, or a recovery code, and choose what to do.";
    // People whose device is lost have recovery codes only, so that this is no field for digits.
    let field = Field::new("code", FieldKind::Text, text("manage.code", "Code"))
        .autocomplete("one-time-code")
        .max_length(32)
        .hint(text("manage.hint", prove))
        .error(error);
    let form = Form::new("manage")
        .field(field)
        .button(Button::primary(
            "action",
            "recovery",
            text("manage.recovery", "New recovery codes"),
        ))
        .button(Button::primary(
            "action",
            "replace",
            text("manage.replace", "Use another app or device"),
        ))
        .button(Button::primary(
            "action",
            "remove",
            text("manage.remove", "Remove the authenticator app"),
        ));
    let done = Form::new("manage")
        .field(Field::hidden("action", "done"))
        .button(Button::secondary(
            "press",
            "done",
            text("manage.done", "Done"),
        ));
    Page::new(text("manage.title", "Your authenticator app"))
        .message(
            severity,
            text("manage.left", "You have {count} recovery codes left.").arg("count", left),
        )
        .form(form)
        .form(done)
}

pub(crate) fn enrolled() -> Text {
    text("enroll.done", "Your authenticator app is set up.")
}

pub(crate) fn malformed() -> Text {
    text(
        "code.malformed",
        "The code is {digits} digits. Please check it.",
    )
    .arg("digits", DIGITS)
}

pub(crate) fn wrong_at_first() -> Text {
    text(
        "enroll.wrong",
        "This is not the code of this key. Please check that the time of your device is right, and try the next code.",
    )
}

/// What was wrong with a code, of the app or, with `recovers`, a recovery code.
pub(crate) fn wrong(verdict: Verdict, recovers: bool) -> Text {
    match (verdict, recovers) {
        (Verdict::Used, _) => text(
            "code.used",
            "This code was used already. Please wait for the next one.",
        ),
        (Verdict::Malformed, false) => malformed(),
        (_, false) => text(
            "code.wrong",
            "This is not the right code. Please check it, and that the time of your device is right.",
        ),
        (_, true) => text(
            "recovery.wrong",
            "This is no recovery code that you have left. Please check it.",
        ),
    }
}
