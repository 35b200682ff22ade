//! The pages and their words.

use doorward_provider::{Account, Button, Field, FieldKind, Form, Page, Severity, Text};

use crate::Visited;
use crate::enrolment::Enrolment;
use crate::key::Key;
use crate::otp::DIGITS;
use crate::proof::Verdict;
use crate::texts;

/// Recovery codes left from which on people are told to make new ones.
const FEW: usize = 3;

fn code_field(error: Option<Text>) -> Field {
    Field::one_time_code("code", texts::text("code.label"), DIGITS).error(error)
}

/// Asks for a code.
pub(crate) fn code(error: Option<Text>) -> Page {
    let form = Form::new("authorize")
        .field(code_field(error))
        .button(Button::primary(
            "press",
            "confirm",
            texts::text("confirm.button"),
        ));
    Page::new(texts::text("confirm.title"))
        .form(form)
        .link("recovery", texts::text("recovery.link"))
}

/// Asks for a recovery code.
pub(crate) fn recovery(error: Option<Text>) -> Page {
    let field = Field::new("recovery", FieldKind::Text, texts::text("recovery.label"))
        .autocomplete("off")
        .max_length(32)
        .hint(texts::text("recovery.hint"))
        .error(error);
    let form = Form::new("authorize").field(field).button(Button::primary(
        "press",
        "confirm",
        texts::text("confirm.button"),
    ));
    Page::new(texts::text("recovery.title"))
        .form(form)
        .link("authorize", texts::text("code.link"))
}

/// Shows a key, and asks for a code of it.
pub(crate) fn enroll(
    visit: &Visited<'_>,
    account: &Account,
    key: &Key,
    error: Option<Text>,
) -> Page {
    let form = Form::new(visit.path())
        .field(Field::hidden("action", "enroll"))
        .field(code_field(error))
        .button(Button::primary(
            "press",
            "enroll",
            texts::text("enroll.button"),
        ));
    Page::new(texts::text("enroll.title"))
        .message(Severity::Info, texts::text("enroll.how"))
        .qr_code(
            key.to_uri(&visit.context().service_name, account),
            texts::text("enroll.qr"),
        )
        .codes(texts::text("enroll.key"), [key.to_text()])
        .form(form)
}

/// Shows recovery codes, for the only time.
pub(crate) fn recovery_codes(path: &str, codes: Vec<String>) -> Page {
    let form = Form::new(path)
        .field(Field::hidden("action", "done"))
        .button(Button::primary(
            "press",
            "done",
            texts::text("recovery.done"),
        ));
    Page::new(texts::text("recovery.codes_title"))
        .message(Severity::Info, texts::text("recovery.what"))
        .codes(texts::text("recovery.codes"), codes)
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
    // People whose device is lost have recovery codes only, so that this is no field for digits.
    let field = Field::new("code", FieldKind::Text, texts::text("manage.code"))
        .autocomplete("one-time-code")
        .max_length(32)
        .hint(texts::text("manage.hint"))
        .error(error);
    let form = Form::new("manage")
        .field(field)
        .button(Button::primary(
            "action",
            "recovery",
            texts::text("manage.recovery"),
        ))
        .button(Button::primary(
            "action",
            "replace",
            texts::text("manage.replace"),
        ))
        .button(Button::primary(
            "action",
            "remove",
            texts::text("manage.remove"),
        ));
    let done = Form::new("manage")
        .field(Field::hidden("action", "done"))
        .button(Button::secondary(
            "press",
            "done",
            texts::text("manage.done"),
        ));
    Page::new(texts::text("manage.title"))
        .message(severity, texts::text("manage.left").arg("count", left))
        .form(form)
        .form(done)
}

pub(crate) fn enrolled() -> Text {
    texts::text("enroll.done")
}

pub(crate) fn malformed() -> Text {
    texts::text("code.malformed").arg("digits", DIGITS)
}

pub(crate) fn wrong_at_first() -> Text {
    texts::text("enroll.wrong")
}

/// What was wrong with a code, of the app or, with `recovers`, a recovery code.
pub(crate) fn wrong(verdict: Verdict, recovers: bool) -> Text {
    match (verdict, recovers) {
        (Verdict::Used, _) => texts::text("code.used"),
        (Verdict::Malformed, false) => malformed(),
        (_, false) => texts::text("code.wrong"),
        (_, true) => texts::text("recovery.wrong"),
    }
}
