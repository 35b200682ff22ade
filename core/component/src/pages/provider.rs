//! A page of a provider: its data in our markup.
//!
//! What a plugin may not say (a field called `csrf`, a path that leaves the provider) is left out here, whatever was checked
//! before.

use super::address::{is_provider_path, local};
use super::ceremony;
use super::choose::ClientLine;
use super::figure::FigureView;
use super::layout::{Layout, Site};
use super::texts;
use super::words::Words;
use askama::Template;
use doorward_protocol::page::ProviderPage;
use doorward_protocol::provider::{
    Button, Emphasis, Field, FieldKind, Form, Message, Page, Severity, Text,
};

#[derive(Template)]
#[template(path = "provider.html")]
struct View<'a> {
    layout: Layout,
    title: Words,
    client: Option<ClientLine>,
    messages: Vec<Notice>,
    figures: Vec<FigureView<'a>>,
    forms: Vec<FormView<'a>>,
    /// What runs the ceremonies.
    script: Option<&'static str>,
    transaction: &'a str,
    csrf: &'a str,
    links: Vec<(String, Words)>,
    other_ways: Option<(&'a str, Words)>,
    optional: Words,
}

/// A message in a box.
struct Notice {
    /// Class of the box.
    class: &'static str,
    /// `alert` is read out at once, `status` when the reader pauses.
    role: &'static str,
    text: Words,
}

struct FormView<'a> {
    action: String,
    /// What the browser does before it posts, and with which options.
    ceremony: Option<(&'static str, &'a str)>,
    fields: Vec<FieldView<'a>>,
    hidden: Vec<(&'a str, &'a str)>,
    buttons: Vec<ButtonView<'a>>,
}

struct FieldView<'a> {
    /// Unique on the page.
    id: String,
    name: &'a str,
    kind: &'static str,
    label: Words,
    autocomplete: Option<&'a str>,
    value: &'a str,
    is_code: bool,
    required: bool,
    min_length: Option<u32>,
    max_length: Option<u32>,
    hint: Option<Words>,
    error: Option<Words>,
    /// The cursor starts here.
    focus: bool,
}

struct ButtonView<'a> {
    name: &'a str,
    value: &'a str,
    label: Words,
    primary: bool,
}

impl FieldView<'_> {
    /// Ids of what explains the field.
    fn described_by(&self) -> String {
        let error = self.error.as_ref().map(|_| format!("{}-error", self.id));
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.id));
        error.into_iter().chain(hint).collect::<Vec<_>>().join(" ")
    }
}

pub(crate) fn render(site: &Site<'_>, page: &ProviderPage) -> askama::Result<String> {
    let say = |text: &Text| site.provider_text(&page.provider_id, text);
    let title = say(&page.page.title);
    let tab = if has_error(&page.page) {
        site.say(texts::PAGE_TITLE_OF_ERROR, &[("title", &title.plain())])
    } else {
        title.clone()
    };
    let mut forms: Vec<_> = page
        .page
        .forms
        .iter()
        .enumerate()
        .map(|(index, form)| form_view(form, index, page, &say))
        .collect();
    place_cursor(&mut forms);
    let links = page
        .page
        .links
        .iter()
        .filter(|link| is_provider_path(&link.path));
    let open = site.say(texts::PROVIDER_OPEN, &[]);
    let view = View {
        layout: site.layout(&tab),
        title,
        client: page
            .client
            .as_ref()
            .map(|client| ClientLine::of(site, client)),
        messages: page
            .page
            .messages
            .iter()
            .map(|message| notice(message, &say))
            .collect(),
        figures: page
            .page
            .figures
            .iter()
            .filter_map(|figure| FigureView::of(figure, &open, &say))
            .collect(),
        forms,
        script: ceremony::is_on(&page.page).then_some(ceremony::SCRIPT),
        transaction: &page.transaction,
        csrf: &page.csrf,
        links: links
            .map(|link| (link_href(page, &link.path), say(&link.label)))
            .collect(),
        other_ways: page
            .other_ways
            .as_deref()
            .map(|href| (local(href), site.say(texts::PROVIDER_OTHER_WAYS, &[]))),
        optional: site.say(texts::PROVIDER_OPTIONAL, &[]),
    };
    view.render()
}

/// Pages with something wrong say so in the tab: it is the first thing that a screen reader reads.
fn has_error(page: &Page) -> bool {
    page.messages
        .iter()
        .any(|message| message.severity == Severity::Error)
        || page
            .forms
            .iter()
            .flat_map(|form| &form.fields)
            .any(|field| field.error.is_some())
}

fn notice(message: &Message, say: &dyn Fn(&Text) -> Words) -> Notice {
    let (class, role) = match message.severity {
        Severity::Info => ("info", "status"),
        Severity::Success => ("success", "status"),
        Severity::Error => ("error", "alert"),
    };
    Notice {
        class,
        role,
        text: say(&message.text),
    }
}

fn form_view<'a>(
    form: &'a Form,
    index: usize,
    page: &ProviderPage,
    say: &dyn Fn(&Text) -> Words,
) -> FormView<'a> {
    let path = if is_provider_path(&form.path) {
        form.path.as_str()
    } else {
        ""
    };
    let (hidden, shown): (Vec<_>, Vec<_>) = form
        .fields
        .iter()
        .filter(|field| is_name(&field.name))
        .partition(|field| field.kind == FieldKind::Hidden);
    FormView {
        action: format!("{}{path}", local(&page.base_path)),
        ceremony: ceremony::attributes(form),
        fields: shown
            .into_iter()
            .map(|field| field_view(field, index, say))
            .collect(),
        hidden: hidden
            .into_iter()
            .map(|field| (&*field.name, field.value.as_deref().unwrap_or_default()))
            .collect(),
        buttons: form
            .buttons
            .iter()
            .filter(|button| is_name(&button.name))
            .map(|button| button_view(button, say))
            .collect(),
    }
}

fn field_view<'a>(field: &'a Field, form: usize, say: &dyn Fn(&Text) -> Words) -> FieldView<'a> {
    let is_code = field.kind == FieldKind::OneTimeCode;
    // People paste codes with a space in the middle; cut to length, the last digit would be missing.
    let length = |length: Option<u32>| length.filter(|_| !is_code);
    FieldView {
        id: format!("f{form}-{}", field.name),
        name: &field.name,
        kind: input_type(field.kind),
        label: say(&field.label),
        autocomplete: autocomplete(field),
        value: value(field),
        is_code,
        required: field.required,
        min_length: length(field.min_length),
        max_length: length(field.max_length),
        hint: field.hint.as_ref().map(say),
        error: field.error.as_ref().map(say),
        focus: false,
    }
}

fn button_view<'a>(button: &'a Button, say: &dyn Fn(&Text) -> Words) -> ButtonView<'a> {
    ButtonView {
        name: &button.name,
        value: &button.value,
        label: say(&button.label),
        primary: button.emphasis == Emphasis::Primary,
    }
}

const fn input_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text | FieldKind::OneTimeCode => "text",
        FieldKind::Email => "email",
        FieldKind::Tel => "tel",
        FieldKind::Password => "password",
        FieldKind::Hidden => "hidden",
    }
}

/// A password never comes back into a page, even if its plugin sent it.
fn value(field: &Field) -> &str {
    if field.kind == FieldKind::Password {
        ""
    } else {
        field.value.as_deref().unwrap_or_default()
    }
}

/// What the plugin says, if it has the form of autofill tokens; for a code, what the browser needs to offer it.
fn autocomplete(field: &Field) -> Option<&str> {
    let said = field.autocomplete.as_deref().filter(|tokens| {
        !tokens.is_empty()
            && tokens.len() <= 64
            && tokens
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b' '))
    });
    said.or((field.kind == FieldKind::OneTimeCode).then_some("one-time-code"))
}

/// Into the first field with an error, otherwise the first empty one.
fn place_cursor(forms: &mut [FormView<'_>]) {
    let mut fields: Vec<_> = forms.iter_mut().flat_map(|form| &mut form.fields).collect();
    let at = fields
        .iter()
        .position(|field| field.error.is_some())
        .or_else(|| fields.iter().position(|field| field.value.is_empty()));
    if let Some(field) = at.and_then(|at| fields.get_mut(at)) {
        field.focus = true;
    }
}

/// The transaction travels in the query of every link.
fn link_href(page: &ProviderPage, path: &str) -> String {
    let base = local(&page.base_path);
    let transaction: String = page
        .transaction
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.~".contains(*c))
        .collect();
    format!("{base}{path}?transaction={transaction}")
}

fn is_name(name: &str) -> bool {
    !matches!(
        name,
        "" | "transaction" | "csrf" | "credential" | "credential-error"
    ) && name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
