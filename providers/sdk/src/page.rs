//! Builders of pages and their texts.

use crate::bindings::doorward::provider::types::Codes;
use crate::{
    Button, Ceremony, CeremonyKind, Emphasis, Field, FieldKind, Figure, Form, Link, Message, Page,
    QrCode, Severity, Text,
};

/// A text: `id` is stable and names it inside this provider (`email.label`), so that operators can override and
/// translators translate it; `english` is shown when nobody did, with `{name}` replaced by the argument `name`.
#[must_use]
pub fn text(id: &str, english: &str) -> Text {
    Text {
        id: id.to_owned(),
        english: english.to_owned(),
        args: Vec::new(),
    }
}

impl Text {
    /// Gives the argument `name` a value.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "`.arg(\"minutes\", 10)` reads better than with a reference"
    )]
    pub fn arg(mut self, name: &str, value: impl ToString) -> Self {
        self.args.push((name.to_owned(), value.to_string()));
        self
    }

    /// The English wording with its arguments filled in, e.g. for a mail. An argument's value is not searched again.
    #[must_use]
    pub fn to_english(&self) -> String {
        let values: Vec<(&str, &str)> = self
            .args
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        doorward_wording::plain(&self.english, &values, "en")
    }
}

impl Page {
    /// An empty page.
    #[must_use]
    pub fn new(title: Text) -> Self {
        Self {
            title,
            messages: Vec::new(),
            figures: Vec::new(),
            forms: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Adds a message above the forms.
    #[must_use]
    pub fn message(mut self, severity: Severity, text: Text) -> Self {
        self.messages.push(Message { severity, text });
        self
    }

    /// Adds a QR code of at most 1 KiB.
    #[must_use]
    pub fn qr_code(mut self, content: impl Into<String>, description: Text) -> Self {
        let content = content.into();
        self.figures.push(Figure::QrCode(QrCode {
            content,
            description,
        }));
        self
    }

    /// Adds codes to write down.
    #[must_use]
    pub fn codes(mut self, title: Text, codes: impl IntoIterator<Item = String>) -> Self {
        let codes = codes.into_iter().collect();
        self.figures.push(Figure::Codes(Codes { title, codes }));
        self
    }

    /// Adds a form.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.forms.push(form);
        self
    }

    /// Adds a link to a path of this provider, in the same sign-in.
    #[must_use]
    pub fn link(mut self, path: &str, label: Text) -> Self {
        self.links.push(Link {
            label,
            path: path.to_owned(),
        });
        self
    }
}

impl Form {
    /// An empty form that posts to `path` of this provider. It needs at least one button.
    #[must_use]
    pub fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ceremony: None,
            fields: Vec::new(),
            buttons: Vec::new(),
        }
    }

    /// Has the browser use the person's authenticator before it posts the form (Web Authentication). `options` is JSON.
    /// The answer comes in the field `credential`, or the name of an error in `credential-error`.
    #[must_use]
    pub fn ceremony(mut self, kind: CeremonyKind, options: impl Into<String>) -> Self {
        let options = options.into();
        self.ceremony = Some(Ceremony { kind, options });
        self
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Adds a button; Enter presses the first.
    #[must_use]
    pub fn button(mut self, button: Button) -> Self {
        self.buttons.push(button);
        self
    }
}

impl Button {
    /// The thing to do.
    #[must_use]
    pub fn primary(name: &str, value: &str, label: Text) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            label,
            emphasis: Emphasis::Primary,
        }
    }

    /// Another thing.
    #[must_use]
    pub fn secondary(name: &str, value: &str, label: Text) -> Self {
        Self {
            emphasis: Emphasis::Secondary,
            ..Self::primary(name, value, label)
        }
    }
}

impl Field {
    /// A required field.
    #[must_use]
    pub fn new(name: &str, kind: FieldKind, label: Text) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            label,
            autocomplete: None,
            value: None,
            required: true,
            min_length: None,
            max_length: None,
            error: None,
            hint: None,
        }
    }

    /// A required e-mail address of at most 254 characters.
    #[must_use]
    pub fn email(name: &str, label: Text) -> Self {
        Self::new(name, FieldKind::Email, label).max_length(254)
    }

    /// A required password.
    #[must_use]
    pub fn password(name: &str, label: Text) -> Self {
        Self::new(name, FieldKind::Password, label)
    }

    /// A required one-time code of `digits` digits, with room for the blanks that people type or paste.
    #[must_use]
    pub fn one_time_code(name: &str, label: Text, digits: u32) -> Self {
        Self::new(name, FieldKind::OneTimeCode, label)
            .autocomplete("one-time-code")
            .min_length(digits)
            .max_length(digits + 4)
    }

    /// A hidden field with a value.
    #[must_use]
    pub fn hidden(name: &str, value: &str) -> Self {
        Self {
            required: false,
            ..Self::new(name, FieldKind::Hidden, text("", "")).value(value)
        }
    }

    /// The HTML `autocomplete` token.
    #[must_use]
    pub fn autocomplete(mut self, token: &str) -> Self {
        self.autocomplete = Some(token.to_owned());
        self
    }

    /// What stands in it. Never a password.
    #[must_use]
    pub fn value(mut self, value: &str) -> Self {
        self.value = Some(value.to_owned());
        self
    }

    /// It may stay empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// The least number of characters.
    #[must_use]
    pub fn min_length(mut self, characters: u32) -> Self {
        self.min_length = Some(characters);
        self
    }

    /// The greatest number of characters.
    #[must_use]
    pub fn max_length(mut self, characters: u32) -> Self {
        self.max_length = Some(characters);
        self
    }

    /// What is wrong with it, if anything.
    #[must_use]
    pub fn error(mut self, error: Option<Text>) -> Self {
        self.error = error;
        self
    }

    /// What helps to fill it in.
    #[must_use]
    pub fn hint(mut self, hint: Text) -> Self {
        self.hint = Some(hint);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_filled_in_once() {
        let text = text("a", "{who} owes {what} {unknown} {")
            .arg("who", "{what}")
            .arg("what", 5);
        assert_eq!(text.to_english(), "{what} owes 5 {unknown} {");
    }
}
