//! Web Authentication on a page of a provider: the one script that such a page has.
//!
//! The options lie in an attribute of the form, the answer goes into a field of it. Without scripts, or without the browser's
//! support, the form is posted with both fields empty, and the provider says what else there is. A button that skips
//! validation (every secondary one) skips the ceremony too.

use doorward_protocol::provider::{CeremonyKind, Form, Page};

/// The script, whole.
pub(crate) const SCRIPT: &str = include_str!("../../templates/ceremony.js");
/// SHA-256 of [`SCRIPT`], base64 (CSP Level 3 §8.3). A test sees to it that both belong together.
pub(crate) const SCRIPT_SHA256: &str = "ViL64DFVeWb94EYyOmrM6aH1foSWg/W0bOKniOagOAs=";

/// Whether a page needs the script.
pub(crate) fn is_on(page: &Page) -> bool {
    page.forms.iter().any(|form| form.ceremony.is_some())
}

/// The attributes of a form: what is done, and with which options.
pub(crate) fn attributes(form: &Form) -> Option<(&'static str, &str)> {
    let ceremony = form.ceremony.as_ref()?;
    let kind = match ceremony.kind {
        CeremonyKind::Create => "create",
        CeremonyKind::Get => "get",
        CeremonyKind::GetConditional => "get-conditional",
    };
    Some((kind, &ceremony.options))
}
