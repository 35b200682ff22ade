//! The pages and their words.

use doorward_provider::{Button, CeremonyKind, Field, FieldKind, Form, Page, Severity, Text, text};

use crate::Visited;
use crate::ceremony::Refused;
use crate::credentials::{AT_MOST, Credential};
use crate::manage::NAME_MAX;

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
            Self::Cancelled => text(
                "ceremony.cancelled",
                "That did not work, or took too long. Please try again.",
            ),
            Self::Already => text(
                "ceremony.already",
                "This device already has a passkey of yours for this account.",
            ),
            Self::Unsupported => text(
                "ceremony.unsupported",
                "This browser or device cannot use passkeys here. They need JavaScript and a screen lock.",
            ),
            Self::Expired => text(
                "ceremony.expired",
                "This page was open for too long. Please try again.",
            ),
            Self::Unknown => text(
                "passkey.unknown",
                "This passkey is not known here. It may have been removed.",
            ),
            Self::Refused => text("passkey.refused", "This passkey could not be verified."),
            Self::TooMany => text(
                "passkey.too_many",
                "You have {count} passkeys, and there can be no more. Please remove one first.",
            )
            .arg("count", AT_MOST),
            Self::Last => text(
                "passkey.last",
                "This is your only passkey here. To do without, take passkeys away on your account page.",
            ),
            Self::Name => {
                text("name.error", "A name has 1 to {max} characters.").arg("max", NAME_MAX)
            }
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

fn button(id: &str, english: &str) -> Button {
    Button::primary("press", "go", text(id, english))
}

/// Asks for any passkey.
pub(crate) fn sign_in(visit: &Visited<'_>, options: String, trouble: Option<Trouble>) -> Page {
    let form = Form::new("authorize")
        .ceremony(CeremonyKind::Get, options)
        .button(button("sign_in.button", "Use a passkey"));
    let page = Page::new(text("sign_in.title", "Sign in with a passkey"));
    let page = with(page, trouble).form(form);
    if visit.settings().allow_sign_up {
        page.link(
            "register",
            text(
                "register.link",
                "New here? Create an account with a passkey",
            ),
        )
    } else {
        page
    }
}

/// Asks for one of theirs.
pub(crate) fn confirm(options: String, trouble: Option<Trouble>) -> Page {
    let form = Form::new("authorize")
        .ceremony(CeremonyKind::Get, options)
        .button(button("confirm.button", "Use your passkey"));
    let page = Page::new(text("confirm.title", "Confirm that it is you"));
    with(page, trouble).form(form)
}

fn create(path: &str, options: String, label: Button) -> Form {
    Form::new(path)
        .ceremony(CeremonyKind::Create, options)
        .field(Field::hidden("action", "create"))
        .button(label)
}

fn what_it_is(page: Page) -> Page {
    let what = "A passkey is kept by your device or password manager. You use it by unlocking the device: by fingerprint, face or PIN.";
    page.message(Severity::Info, text("add.what", what))
}

/// Asks to make one; `again`, or to use one of those that there are.
pub(crate) fn add(
    path: &str,
    options: String,
    again: Option<String>,
    trouble: Option<Trouble>,
) -> Page {
    let page = Page::new(text("add.title", "Add a passkey"));
    let page = with(what_it_is(page), trouble).form(create(
        path,
        options,
        button("add.button", "Create a passkey"),
    ));
    match again {
        Some(options) => page.form(
            Form::new(path)
                .ceremony(CeremonyKind::Get, options)
                .field(Field::hidden("action", "use"))
                .button(button("add.use", "Use a passkey that you have")),
        ),
        None => page,
    }
}

/// Asks a newcomer to make one.
pub(crate) fn register(visit: &Visited<'_>, options: String, trouble: Option<Trouble>) -> Page {
    let alone = "This passkey will be the only way into your account until you add another.";
    let page = Page::new(visit.service_text("register.title", "Create an account at {service}"));
    with(what_it_is(page), trouble)
        .message(Severity::Info, text("register.alone", alone))
        .form(create(
            "register",
            options,
            button("add.button", "Create a passkey"),
        ))
        .link(
            "authorize",
            text("sign_in.link", "I have a passkey already"),
        )
}

/// All of theirs.
pub(crate) fn manage(theirs: &[Credential], options: String, notice: Option<Notice>) -> Page {
    let page = Page::new(text("manage.title", "Your passkeys"));
    let page = match notice {
        None => page,
        Some(Notice::Added) => page.message(
            Severity::Success,
            text("manage.added", "The passkey was added."),
        ),
        Some(Notice::Renamed) => page.message(
            Severity::Success,
            text("manage.renamed", "The name was changed."),
        ),
        Some(Notice::Removed) => page.message(
            Severity::Success,
            text("manage.removed", "The passkey was removed."),
        ),
        Some(Notice::Trouble(trouble)) => with(page, Some(trouble)),
    };
    let page = theirs.iter().fold(page, |page, one| page.form(row(one)));
    page.form(create(
        "manage",
        options,
        button("manage.add", "Add a passkey"),
    ))
    .form(
        Form::new("manage")
            .field(Field::hidden("action", "done"))
            .button(Button::secondary(
                "press",
                "done",
                text("manage.done", "Done"),
            )),
    )
}

/// One passkey, with its name to be changed.
fn row(credential: &Credential) -> Form {
    let field = Field::new("name", FieldKind::Text, described(credential))
        .max_length(u32::try_from(NAME_MAX).unwrap_or(u32::MAX));
    let field = match &credential.name {
        Some(name) => field.value(name),
        None => field.hint(text(
            "name.hint",
            "Give it a name, such as the device that it is on.",
        )),
    };
    Form::new("manage")
        .field(Field::hidden("passkey", &credential.handle()))
        .field(field)
        .button(Button::primary(
            "action",
            "rename",
            text("name.button", "Save the name"),
        ))
        .button(Button::secondary(
            "action",
            "remove",
            text("remove.button", "Remove"),
        ))
}

fn described(credential: &Credential) -> Text {
    let added = date(credential.created_at);
    match credential.used_at {
        Some(used) => {
            text("passkey.used", "Passkey of {added}, last used {used}").arg("used", date(used))
        }
        None => text("passkey.unused", "Passkey of {added}, not used yet"),
    }
    .arg("added", added)
}

/// Asks once more before one is removed.
pub(crate) fn remove(credential: &Credential) -> Page {
    let what = match &credential.name {
        Some(name) => text("remove.named", "Remove “{name}”?").arg("name", name),
        None => text("remove.unnamed", "Remove the passkey of {added}?")
            .arg("added", date(credential.created_at)),
    };
    let lost = "If somebody else may have it, sign out everywhere too: all sessions end, and all applications have to ask you again.";
    let form = Form::new("manage")
        .field(Field::hidden("passkey", &credential.handle()))
        .button(Button::primary(
            "action",
            "remove-now",
            text("remove.now", "Remove it"),
        ))
        .button(Button::secondary(
            "action",
            "remove-and-sign-out",
            text("remove.sign_out", "Remove it and sign out everywhere else"),
        ));
    Page::new(what)
        .message(Severity::Info, text("remove.lost", lost))
        .form(form)
        .link("manage", text("remove.back", "Keep it"))
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
