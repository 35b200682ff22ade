//! Pages of providers, from the shapes of `doorward:provider/types` to those of the rules.

use crate::bindings::doorward::provider::types;
use doorward_protocol::provider::{
    Button, Ceremony, CeremonyKind, Emphasis, Field, FieldKind, Figure, Form, Link, Message, Page,
    Severity, Text,
};

pub(crate) fn page(page: types::Page) -> Page {
    Page {
        title: text(page.title),
        messages: page.messages.into_iter().map(message).collect(),
        figures: page.figures.into_iter().map(figure).collect(),
        forms: page.forms.into_iter().map(form).collect(),
        links: page
            .links
            .into_iter()
            .map(|link| Link {
                label: text(link.label),
                path: link.path,
            })
            .collect(),
    }
}

pub(crate) fn text(text: types::Text) -> Text {
    Text {
        id: text.id,
        english: text.english,
        args: text.args,
    }
}

fn message(message: types::Message) -> Message {
    let severity = match message.severity {
        types::Severity::Info => Severity::Info,
        types::Severity::Success => Severity::Success,
        types::Severity::Error => Severity::Error,
    };
    Message {
        severity,
        text: text(message.text),
    }
}

fn figure(figure: types::Figure) -> Figure {
    match figure {
        types::Figure::QrCode(code) => Figure::QrCode {
            content: code.content,
            description: text(code.description),
        },
        types::Figure::Codes(codes) => Figure::Codes {
            title: text(codes.title),
            codes: codes.codes,
        },
    }
}

fn ceremony(ceremony: types::Ceremony) -> Ceremony {
    Ceremony {
        kind: match ceremony.kind {
            types::CeremonyKind::Create => CeremonyKind::Create,
            types::CeremonyKind::Get => CeremonyKind::Get,
            types::CeremonyKind::GetConditional => CeremonyKind::GetConditional,
        },
        options: ceremony.options,
    }
}

fn form(form: types::Form) -> Form {
    Form {
        path: form.path,
        ceremony: form.ceremony.map(ceremony),
        fields: form.fields.into_iter().map(field).collect(),
        buttons: form.buttons.into_iter().map(button).collect(),
    }
}

fn field(field: types::Field) -> Field {
    Field {
        name: field.name,
        kind: field_kind(field.kind),
        label: text(field.label),
        autocomplete: field.autocomplete,
        value: field.value,
        required: field.required,
        min_length: field.min_length,
        max_length: field.max_length,
        error: field.error.map(text),
        hint: field.hint.map(text),
    }
}

fn field_kind(kind: types::FieldKind) -> FieldKind {
    match kind {
        types::FieldKind::Text => FieldKind::Text,
        types::FieldKind::Email => FieldKind::Email,
        types::FieldKind::Tel => FieldKind::Tel,
        types::FieldKind::Password => FieldKind::Password,
        types::FieldKind::OneTimeCode => FieldKind::OneTimeCode,
        types::FieldKind::Hidden => FieldKind::Hidden,
    }
}

fn button(button: types::Button) -> Button {
    let emphasis = match button.emphasis {
        types::Emphasis::Primary => Emphasis::Primary,
        types::Emphasis::Secondary => Emphasis::Secondary,
    };
    Button {
        name: button.name,
        value: button.value,
        label: text(button.label),
        emphasis,
    }
}
