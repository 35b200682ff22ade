//! The words of the pages that sign-ins at other servers show, in every language.

use crate::Text;
use crate::catalogues::Catalogues;

/// English and six more. A provider that uses [`OAuth`](super::OAuth) or [`OpenId`](super::OpenId) answers
/// [`Provider::texts`](crate::Provider::texts) with them.
pub static TEXTS: Catalogues = crate::catalogues!("texts": "de", "fr", "es", "zh", "ja", "ar");

/// The text of this id.
pub(super) fn text(id: &str) -> Text {
    TEXTS.text(id)
}

#[cfg(test)]
mod tests {
    use super::TEXTS;

    #[test]
    fn every_language_has_every_text() {
        assert_eq!(TEXTS.problems(), Vec::<String>::new());
    }
}
