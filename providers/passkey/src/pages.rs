//! The pages and their words.

use doorward_provider::{Button, CeremonyKind, Field, FieldKind, Form, Page, Severity, Text};

use crate::Visited;
use crate::ceremony::Refused;
use crate::credentials::{AT_MOST, Credential};
use crate::manage::NAME_MAX;
use crate::texts;

/// What a form of a ceremony brought.
pub(crate) enum Given<'a> {
    /// What the authenticator answered.
    Credential(&'a str),
    /// Nothing, and why.
    Nothing(Trouble),
}

/// What went wrong, as the person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The person did not go on, or took too long.
    Cancelled,
    /// The authenticator has a passkey of theirs already.
    Already,
    /// The browser, or the device, cannot do it.
    Unsupported,
    /// The page was open for too long, or the answer was used before.
    Expired,
    /// There is no such passkey here.
    Unknown,
    /// It did not prove anything.
    Refused,
    /// They have as many as there may be.
    TooMany,
    /// It is the last one.
    Last,
    /// That cannot be a name.
    Name,
}

impl Trouble {
    /// Details are for the log.
    pub(crate) const fn of(refused: Refused) -> Self {
        match refused {
            Refused::Expired | Refused::Replayed | Refused::Challenge => Self::Expired,
            Refused::Unknown => Self::Unknown,
            Refused::Taken => Self::Already,
            _ => Self::Refused,
        }
    }

    fn text(self) -> Text {
        match self {
            Self::Cancelled => texts::text("ceremony.cancelled"),
            Self::Already => texts::text("ceremony.already"),
            Self::Unsupported => texts::text("ceremony.unsupported"),
            Self::Expired => texts::text("ceremony.expired"),
            Self::Unknown => texts::text("passkey.unknown"),
            Self::Refused => texts::text("passkey.refused"),
            Self::TooMany => texts::text("passkey.too_many").arg("count", AT_MOST),
            Self::Last => texts::text("passkey.last"),
            Self::Name => texts::text("name.error").arg("max", NAME_MAX),
        }
    }
}

/// What the page of all passkeys says first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    Added,
    Renamed,
    Removed,
    Trouble(Trouble),
}

/// What a form of a ceremony brought. What is no known error of a browser counts as its refusal.
pub(crate) fn given<'a>(visit: &Visited<'a>) -> Given<'a> {
    let filled = |name| visit.form(name).filter(|value| !value.is_empty());
    if let Some(json) = filled("credential") {
        return Given::Credential(json);
    }
    Given::Nothing(match filled("credential-error") {
        Some("NotAllowedError" | "AbortError") => Trouble::Cancelled,
        Some("InvalidStateError") => Trouble::Already,
        // Neither field: no script ran.
        Some(_) | None => Trouble::Unsupported,
    })
}

fn with(page: Page, trouble: Option<Trouble>) -> Page {
    match trouble {
        Some(trouble) => page.message(Severity::Error, trouble.text()),
        None => page,
    }
}

fn button(id: &str) -> Button {
    Button::primary("press", "go", texts::text(id))
}

/// Asks for any passkey.
pub(crate) fn sign_in(visit: &Visited<'_>, options: String, trouble: Option<Trouble>) -> Page {
    let form = Form::new("authorize")
        .ceremony(CeremonyKind::Get, options)
        .button(button("sign_in.button"));
    let page = Page::new(texts::text("sign_in.title"));
    let page = with(page, trouble).form(form);
    if visit.settings().allow_sign_up {
        page.link("register", texts::text("register.link"))
    } else {
        page
    }
}

/// Asks for one of theirs.
pub(crate) fn confirm(options: String, trouble: Option<Trouble>) -> Page {
    let form = Form::new("authorize")
        .ceremony(CeremonyKind::Get, options)
        .button(button("confirm.button"));
    let page = Page::new(texts::text("confirm.title"));
    with(page, trouble).form(form)
}

fn create(path: &str, options: String, label: Button) -> Form {
    Form::new(path)
        .ceremony(CeremonyKind::Create, options)
        .field(Field::hidden("action", "create"))
        .button(label)
}

fn what_it_is(page: Page) -> Page {
    page.message(Severity::Info, texts::text("add.what"))
}

/// Asks to make one; `again`, or to use one of those that there are.
pub(crate) fn add(
    path: &str,
    options: String,
    again: Option<String>,
    trouble: Option<Trouble>,
) -> Page {
    let page = Page::new(texts::text("add.title"));
    let page = with(what_it_is(page), trouble).form(create(path, options, button("add.button")));
    match again {
        Some(options) => page.form(
            Form::new(path)
                .ceremony(CeremonyKind::Get, options)
                .field(Field::hidden("action", "use"))
                .button(button("add.use")),
        ),
        None => page,
    }
}

/// Asks a newcomer to make one.
pub(crate) fn register(visit: &Visited<'_>, options: String, trouble: Option<Trouble>) -> Page {
    let page = Page::new(
        texts::text("register.title").arg("service", visit.context().service_name.as_str()),
    );
    with(what_it_is(page), trouble)
        .message(Severity::Info, texts::text("register.alone"))
        .form(create("register", options, button("add.button")))
        .link("authorize", texts::text("sign_in.link"))
}

/// All of theirs.
pub(crate) fn manage(theirs: &[Credential], options: String, notice: Option<Notice>) -> Page {
    let page = Page::new(texts::text("manage.title"));
    let page = match notice {
        None => page,
        Some(Notice::Added) => page.message(Severity::Success, texts::text("manage.added")),
        Some(Notice::Renamed) => page.message(Severity::Success, texts::text("manage.renamed")),
        Some(Notice::Removed) => page.message(Severity::Success, texts::text("manage.removed")),
        Some(Notice::Trouble(trouble)) => with(page, Some(trouble)),
    };
    let page = theirs.iter().fold(page, |page, one| page.form(row(one)));
    page.form(create("manage", options, button("manage.add")))
        .form(
            Form::new("manage")
                .field(Field::hidden("action", "done"))
                .button(Button::secondary(
                    "press",
                    "done",
                    texts::text("manage.done"),
                )),
        )
}

/// One passkey, with its name to be changed.
fn row(credential: &Credential) -> Form {
    let field = Field::new("name", FieldKind::Text, described(credential))
        .max_length(u32::try_from(NAME_MAX).unwrap_or(u32::MAX));
    let field = match &credential.name {
        Some(name) => field.value(name),
        None => field.hint(texts::text("name.hint")),
    };
    Form::new("manage")
        .field(Field::hidden("passkey", &credential.handle()))
        .field(field)
        .button(Button::primary(
            "action",
            "rename",
            texts::text("name.button"),
        ))
        .button(Button::secondary(
            "action",
            "remove",
            texts::text("remove.button"),
        ))
}

fn described(credential: &Credential) -> Text {
    let added = date(credential.created_at);
    match credential.used_at {
        Some(used) => texts::text("passkey.used").arg("used", date(used)),
        None => texts::text("passkey.unused"),
    }
    .arg("added", added)
}

/// Asks once more before one is removed.
pub(crate) fn remove(credential: &Credential) -> Page {
    let what = match &credential.name {
        Some(name) => texts::text("remove.named").arg("name", name),
        None => texts::text("remove.unnamed").arg("added", date(credential.created_at)),
    };
    let form = Form::new("manage")
        .field(Field::hidden("passkey", &credential.handle()))
        .button(Button::primary(
            "action",
            "remove-now",
            texts::text("remove.now"),
        ))
        .button(Button::secondary(
            "action",
            "remove-and-sign-out",
            texts::text("remove.sign_out"),
        ));
    Page::new(what)
        .message(Severity::Info, texts::text("remove.lost"))
        .form(form)
        .link("manage", texts::text("remove.back"))
}

/// A day (UTC) as ISO 8601 writes it: `2026-11-21`.
fn date(seconds: u64) -> String {
    // Days of eras of 400 years, which begin in March, so that a leap day is a year's last.
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month, next) = (
        day - (153 * month + 2) / 5 + 1,
        if month < 10 { month + 3 } else { month - 9 },
        u64::from(month >= 10),
    );
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + next)
}

#[cfg(test)]
mod dates {
    use super::date;

    #[test]
    fn days_are_those_of_the_gregorian_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(seconds), day);
        }
    }
}
