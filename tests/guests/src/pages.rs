//! The pages of guests.

use crate::guest::MARKUP;
use doorward_provider::{Button, CeremonyKind, Field, FieldKind, Form, Page, Severity, Text, text};

/// One too many of anything that a page has several of.
const MANY: usize = 33;

/// A page with which nothing is wrong.
pub(crate) fn plain(name: &str) -> Page {
    let title = text("title", "Guest {name}").arg("name", name);
    Page::new(title).form(form(name))
}

fn form(path: &str) -> Form {
    Form::new(path).button(button("press", "press"))
}

fn button(name: &str, value: &str) -> Button {
    Button::primary(name, value, text("button", "Press"))
}

fn hostile() -> Text {
    text(MARKUP, &format!("{MARKUP} {{{MARKUP}}} {{args}}"))
        .arg(MARKUP, MARKUP)
        .arg("args", MARKUP)
}

/// Markup wherever there can be a text: in what is well named, and in what is not.
pub(crate) fn markup() -> Page {
    let field = |name: &str, kind| {
        let mut field = Field::new(name, kind, hostile())
            .autocomplete(MARKUP)
            .value(MARKUP)
            .hint(hostile());
        field.error = Some(hostile());
        field
    };
    let mut form =
        Form::new("writes-markup").ceremony(CeremonyKind::Get, format!("{{\"x\":\"{MARKUP}\"}}"));
    for (index, kind) in [
        FieldKind::Text,
        FieldKind::Email,
        FieldKind::Password,
        FieldKind::OneTimeCode,
        FieldKind::Hidden,
    ]
    .into_iter()
    .enumerate()
    {
        form = form.field(field(&format!("field-{index}"), kind));
    }
    form = form
        .field(field(MARKUP, FieldKind::Text))
        .button(Button::primary("button", MARKUP, hostile()))
        .button(Button::secondary(MARKUP, MARKUP, hostile()));
    let misnamed = Form::new(MARKUP).button(Button::primary("button", "x", hostile()));
    Page::new(hostile())
        .message(Severity::Error, hostile())
        .message(Severity::Info, hostile())
        .qr_code(MARKUP, hostile())
        .qr_code("javascript:guest()", hostile())
        .codes(hostile(), [MARKUP.to_owned()])
        .form(form)
        .form(misnamed)
        .link("writes-markup", hostile())
        .link(MARKUP, hostile())
        .link("javascript:guest()", hostile())
        .link("//elsewhere.example/", hostile())
}

/// A page beyond one bound.
pub(crate) fn beyond(bound: &str) -> Page {
    let mut page = plain("overflows");
    match bound {
        "fields" => {
            page = page.form(many(form("x"), |form, name| {
                form.field(Field::new(name, FieldKind::Text, text("field", "Field")))
            }));
        }
        "buttons" => page = page.form(many(form("x"), |form, name| form.button(button(name, "x")))),
        "no-button" => page = page.form(Form::new("x")),
        "messages" => {
            page = many(page, |page, name| {
                page.message(Severity::Info, text(name, name))
            });
        }
        "forms" => page = many(page, |page, name| page.form(form(name))),
        "links" => page = many(page, |page, name| page.link(name, text(name, name))),
        "figures" => page = many(page, |page, name| page.qr_code(name, text(name, name))),
        "codes" => page = page.codes(text("codes", "Codes"), (0..MANY).map(|n| n.to_string())),
        "qr-code" => page = page.qr_code("x".repeat((1 << 10) + 1), text("qr", "Code")),
        "ceremony" => {
            let options = format!("{{\"x\":\"{}\"}}", "x".repeat(16 << 10));
            page = page.form(form("x").ceremony(CeremonyKind::Get, options));
        }
        "text" => page = page.message(Severity::Info, text("long", &"x".repeat((64 << 10) + 1))),
        "argument" => {
            let long = text("long", "{x}").arg("x", "x".repeat((64 << 10) + 1));
            page = page.message(Severity::Info, long);
        }
        "value" => {
            let field = Field::new("x", FieldKind::Text, text("field", "Field"));
            page = page.form(form("x").field(field.value(&"x".repeat((64 << 10) + 1))));
        }
        _ => {}
    }
    page
}

fn many<T>(start: T, add: impl Fn(T, &str) -> T) -> T {
    (0..MANY).fold(start, |so_far, number| add(so_far, &format!("n{number}")))
}
