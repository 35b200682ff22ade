//! Bounds on what a provider answers. The core checks what it means; here a provider is kept from flooding the core, and
//! from sending a browser where its operator did not let it.
//!
//! This one text is compiled here and in the native host, each time over the types that its own bindings have
//! (`super::types`), so that a provider is held to the same on every host.

extern crate alloc;

use super::types::{Description, Field, Figure, Form, Identity, Outcome, Page, Step, Text};
use alloc::{
    format,
    string::{String, ToString as _},
};

/// Bytes of `state`.
const STATE_BYTES: usize = 16 << 10;
/// Bytes of a redirect URL.
const URL_BYTES: usize = 8 << 10;
/// Bytes of all texts of a page.
const PAGE_BYTES: usize = 64 << 10;
/// Messages, forms, links, buttons, or fields in one place of a page.
const ITEMS: usize = 32;
/// Texts of one language.
const TEXTS: usize = 2000;
/// There are no more.
const PURPOSES: usize = 4;
/// Bytes of the options of a ceremony.
const CEREMONY_BYTES: usize = 16 << 10;
/// Bytes of what is in a QR code.
const QR_CODE_BYTES: usize = 1 << 10;
/// Bytes of all claims of an identity.
const CLAIM_BYTES: usize = 32 << 10;
/// Bytes of an icon.
const ICON_BYTES: usize = 8 << 10;
/// Bytes of a settings schema.
const SCHEMA_BYTES: usize = 64 << 10;
/// Hosts that a provider may ask for.
const HOSTS: usize = 64;
/// Bytes of the label of a provider.
const LABEL_BYTES: usize = 200;

/// Checks an answer. `hosts` are those that the provider may send browsers to.
///
/// # Errors
/// What is wrong with it, for the log.
pub(crate) fn check(outcome: &Outcome, hosts: &[String]) -> Result<(), String> {
    if outcome
        .state
        .as_ref()
        .is_some_and(|state| state.len() > STATE_BYTES)
    {
        return Err(format!("its state is larger than {STATE_BYTES} bytes"));
    }
    match &outcome.step {
        Step::Redirect(url) => check_redirect(url, hosts),
        Step::Page(page) => check_page(page),
        Step::Authenticated(identity) => check_identity(identity),
        Step::Unenrolled | Step::Managed(_) => Ok(()),
    }
}

/// Checks what a provider says about itself: the bounds of `description` in `wit/provider`.
///
/// # Errors
/// What is wrong with it, for the log.
pub(crate) fn check_description(description: &Description) -> Result<(), String> {
    let icon = description.icon.as_ref().map_or(0, String::len);
    if icon > ICON_BYTES {
        return Err(format!("its icon has {icon} bytes, more than {ICON_BYTES}"));
    }
    if description.settings_schema.len() > SCHEMA_BYTES {
        return Err(format!(
            "its settings schema is larger than {SCHEMA_BYTES} bytes"
        ));
    }
    if description.outbound_hosts.len() > HOSTS {
        return Err(format!("it asks for more than {HOSTS} outbound hosts"));
    }
    let labels = [Some(&description.label), description.manage_label.as_ref()];
    for label in labels.into_iter().flatten() {
        let bytes = label.english.len();
        if bytes == 0 || bytes > LABEL_BYTES {
            return Err(format!(
                "its label is empty or longer than {LABEL_BYTES} bytes"
            ));
        }
    }
    if description.languages.len() > ITEMS || description.languages.iter().any(|one| one.len() > 35)
    {
        return Err(format!(
            "it knows more than {ITEMS} languages, or one whose name has more than 35 bytes"
        ));
    }
    let purposes = description.purposes.len();
    if purposes == 0 || purposes > PURPOSES {
        return Err("it has no purpose, or one twice".to_string());
    }
    Ok(())
}

/// Checks the texts of one language.
///
/// # Errors
/// What is wrong with them, for the log.
pub(crate) fn check_texts(texts: &[(String, String)]) -> Result<(), String> {
    let bytes: usize = texts.iter().map(|(id, text)| id.len() + text.len()).sum();
    if bytes > PAGE_BYTES || texts.len() > TEXTS {
        return Err(format!(
            "it has more than {TEXTS} texts in one language, or more than {PAGE_BYTES} bytes of them"
        ));
    }
    Ok(())
}

/// A redirect must be `https://<granted host>[:port]` and then a path, a query or a fragment. Nothing that browsers repair
/// on their own (backslashes, white space, control characters, letters beyond ASCII) may stand anywhere in it: they could
/// read another host in it than we do.
fn check_redirect(url: &str, hosts: &[String]) -> Result<(), String> {
    if url.len() > URL_BYTES {
        return Err(format!("its redirect is longer than {URL_BYTES} bytes"));
    }
    if url
        .bytes()
        .any(|byte| !byte.is_ascii_graphic() || byte == b'\\')
    {
        return Err("its redirect is no URL".to_string());
    }
    let rest = match url.split_at_checked("https://".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https://") => rest,
        _ => return Err("its redirect is no absolute https URL".to_string()),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("its redirect carries user information".to_string());
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    if port.is_empty() || port.len() > 5 || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("its redirect has no valid port".to_string());
    }
    if hosts
        .iter()
        .any(|granted| granted.eq_ignore_ascii_case(host))
    {
        return Ok(());
    }
    Err(format!(
        "it redirects to {host:?}, which it was not granted"
    ))
}

fn text_bytes(text: &Text) -> usize {
    let args: usize = text
        .args
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    text.id.len() + text.english.len() + args
}

fn optional_text_bytes(text: Option<&Text>) -> usize {
    text.map_or(0, text_bytes)
}

fn check_page(page: &Page) -> Result<(), String> {
    check_count("messages", page.messages.len())?;
    check_count("forms", page.forms.len())?;
    check_count("links", page.links.len())?;
    check_count("figures", page.figures.len())?;
    let mut bytes = text_bytes(&page.title);
    bytes += page
        .messages
        .iter()
        .map(|message| text_bytes(&message.text))
        .sum::<usize>();
    bytes += page
        .links
        .iter()
        .map(|link| text_bytes(&link.label) + link.path.len())
        .sum::<usize>();
    for figure in &page.figures {
        bytes += figure_bytes(figure)?;
    }
    for form in &page.forms {
        bytes += form_bytes(form)?;
    }
    if bytes > PAGE_BYTES {
        Err(format!("its page has more than {PAGE_BYTES} bytes of text"))
    } else {
        Ok(())
    }
}

fn figure_bytes(figure: &Figure) -> Result<usize, String> {
    match figure {
        Figure::QrCode(code) if code.content.len() > QR_CODE_BYTES => Err(format!(
            "more than {QR_CODE_BYTES} bytes are in its QR code"
        )),
        Figure::QrCode(code) => Ok(code.content.len() + text_bytes(&code.description)),
        Figure::Codes(codes) => {
            check_count("codes", codes.codes.len())?;
            let bytes: usize = codes.codes.iter().map(String::len).sum();
            Ok(bytes + text_bytes(&codes.title))
        }
    }
}

fn form_bytes(form: &Form) -> Result<usize, String> {
    let ceremony = form.ceremony.as_ref();
    if ceremony.is_some_and(|ceremony| ceremony.options.len() > CEREMONY_BYTES) {
        return Err(format!(
            "the options of a ceremony have more than {CEREMONY_BYTES} bytes"
        ));
    }
    check_count("fields", form.fields.len())?;
    check_count("buttons", form.buttons.len())?;
    if form.buttons.is_empty() {
        return Err("a form has no button".to_string());
    }
    let fields: usize = form.fields.iter().map(field_bytes).sum();
    let buttons = form
        .buttons
        .iter()
        .map(|button| button.name.len() + button.value.len() + text_bytes(&button.label));
    Ok(form.path.len() + fields + buttons.sum::<usize>())
}

fn field_bytes(field: &Field) -> usize {
    let plain = [&field.autocomplete, &field.value]
        .into_iter()
        .flatten()
        .map(String::len)
        .sum::<usize>();
    let texts =
        optional_text_bytes(field.error.as_ref()) + optional_text_bytes(field.hint.as_ref());
    field.name.len() + text_bytes(&field.label) + plain + texts
}

fn check_count(what: &str, count: usize) -> Result<(), String> {
    if count > ITEMS {
        Err(format!("more than {ITEMS} {what}"))
    } else {
        Ok(())
    }
}

fn check_identity(identity: &Identity) -> Result<(), String> {
    if identity.subject.is_empty() || identity.subject.len() > 255 {
        return Err("its subject is empty or longer than 255 bytes".to_string());
    }
    if identity
        .email
        .as_ref()
        .is_some_and(|email| email.len() > 320)
    {
        return Err("its e-mail address is longer than 320 bytes".to_string());
    }
    let claims: usize = identity
        .claims
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if claims > CLAIM_BYTES || identity.claims.len() > 100 {
        return Err("it has more than 100 claims, or more than 32 KiB of them".to_string());
    }
    if identity.amr.len() > 16 || identity.amr.iter().any(|method| method.len() > 64) {
        return Err("its amr has more than 16 values, or one longer than 64 bytes".to_string());
    }
    Ok(())
}
