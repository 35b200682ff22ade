//! The words, in every language: the catalogues in `texts/`.

use doorward_provider::catalogues::Catalogues;
use doorward_provider::{Text, catalogues};

/// English, and those that [`doorward_provider::Provider::texts`] answers with.
pub(crate) static TEXTS: Catalogues = catalogues!("../texts": "de", "fr", "es", "zh", "ja", "ar");

/// The text of this id.
pub(crate) fn text(id: &str) -> Text {
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
