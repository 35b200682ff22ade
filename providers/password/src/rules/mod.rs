//! Which passwords may be chosen, by NIST SP 800-63B: a minimum length, no rules of composition, any character, no
//! truncation, a list of passwords that are too common, and an explanation for each refusal.
//!
//! The default minimum is 8 characters: that of revision 3 (§5.1.1.2) and of revision 4 (§3.1.1.2) for a password that is
//! one of several factors. Where a password is all there is, revision 4 asks for 15: set `min_length` to it.

mod common;

use crate::texts;
use doorward_provider::Text;
use doorward_provider::email::EmailAddress;

/// Minimum length without a setting, in characters.
pub(crate) const MIN_LENGTH_DEFAULT: u32 = 8;
/// What an operator may set as minimum.
pub(crate) const MIN_LENGTH_BOUNDS: std::ops::RangeInclusive<u32> = 8..=64;
/// Maximum length, in characters.
pub(crate) const MAX_LENGTH: u32 = 256;
/// Maximum length, in bytes of UTF-8: that of the host's hash.
pub(crate) const MAX_BYTES: usize = 1024;

/// A password that may be chosen. Only [`accept`] makes one.
pub(crate) struct Accepted<'a>(&'a str);

impl Accepted<'_> {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Accepts a new password for the account of `address`, or says what is wrong with it.
pub(crate) fn accept<'a>(
    password: &'a str,
    min_length: u32,
    address: &EmailAddress,
    service_name: &str,
) -> Result<Accepted<'a>, Text> {
    if is_too_long(password) {
        return Err(texts::text("password.too_long").arg("max", MAX_LENGTH));
    }
    if password.chars().count() < min_length as usize {
        return Err(texts::text("password.too_short").arg("min", min_length));
    }
    let service = service_name.to_lowercase();
    let service_word: String = service.split_whitespace().collect();
    let mut names = vec![
        address.as_str(),
        address.local_part(),
        address.domain(),
        &service,
        &service_word,
    ];
    names.extend(address.domain().split('.'));
    names.extend(address.local_part().split(['.', '_', '-', '+']));
    names.retain(|name| name.len() >= 3);
    if common::is_common(password, &names) {
        return Err(texts::text("password.common"));
    }
    Ok(Accepted(password))
}

/// Whether no account can have this password.
pub(crate) fn is_too_long(password: &str) -> bool {
    password.len() > MAX_BYTES || password.chars().count() > MAX_LENGTH as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(password: &str) -> Option<String> {
        let address = EmailAddress::parse("ada.lovelace@analytical.example").unwrap();
        accept(password, MIN_LENGTH_DEFAULT, &address, "Difference Engine")
            .err()
            .map(|text| text.id)
    }

    #[test]
    fn length_counts_in_characters_and_bytes() {
        assert_eq!(refusal("kLp93vX").as_deref(), Some("password.too_short"));
        assert_eq!(refusal("ä8ö-ü9ß").as_deref(), Some("password.too_short"));
        assert_eq!(refusal("kLp93vXq"), None);
        assert_eq!(refusal(&"kL93".repeat(64).replacen('k', "x", 1)), None);
        assert_eq!(
            refusal(&"x".repeat(257)).as_deref(),
            Some("password.too_long")
        );
        assert_eq!(
            refusal(&"💣🔑".repeat(129)).as_deref(),
            Some("password.too_long")
        );
    }

    #[test]
    fn common_passwords_and_names_of_here_are_refused() {
        for common in [
            "Password1!",
            "ada.lovelace",
            "Lovelace1",
            "ada.lovelace@analytical.example",
            "analytical24",
            "DifferenceEngine1",
            "Difference Engine!",
        ] {
            assert_eq!(
                refusal(common).as_deref(),
                Some("password.common"),
                "{common}"
            );
        }
    }

    #[test]
    fn any_character_is_welcome() {
        for fine in [
            "mellon in elvish",
            "пароль для двери 7",
            "\t tabs and \u{7f} too",
            "汽车电池马钉书针",
        ] {
            assert_eq!(refusal(fine), None, "{fine}");
        }
    }
}
