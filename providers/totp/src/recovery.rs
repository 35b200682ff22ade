//! Recovery codes: for whoever lost the device. Each is 80 bits, so that a plain hash is enough, and works once.

use data_encoding::BASE32_NOPAD;
use doorward_provider::secret::{hex, sha256};
use doorward_provider::services::Random;

/// How many there are at first.
pub(crate) const COUNT: usize = 10;
/// Characters of one, without hyphens.
const LENGTH: usize = 16;
/// Its bytes.
const BYTES: usize = 10;

/// New codes, as people write them down: `ABCD-EFGH-IJKL-MNOP`.
pub(crate) fn draw(random: &(impl Random + ?Sized)) -> Vec<String> {
    (0..COUNT)
        .map(|_| grouped(&BASE32_NOPAD.encode(&random.bytes(BYTES))))
        .collect()
}

/// In groups of four.
pub(crate) fn grouped(text: &str) -> String {
    let mut out = String::new();
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            out.push('-');
        }
        out.push(character);
    }
    out
}

/// A code as somebody typed it: case, blanks and hyphens do not matter. `None` if it cannot be one.
pub(crate) fn parse(given: &str) -> Option<String> {
    let characters: String = given
        .chars()
        .filter(|character| !matches!(character, ' ' | '\t' | '-'))
        .take(LENGTH + 1)
        .map(|character| character.to_ascii_uppercase())
        .collect();
    let known = |byte: u8| matches!(byte, b'A'..=b'Z' | b'2'..=b'7');
    (characters.len() == LENGTH && characters.bytes().all(known)).then_some(characters)
}

/// What is kept of the code of an account, as [`parse`] gives it.
pub(crate) fn hash(account: &str, code: &str) -> String {
    hex(&sha256(&[b"recovery", account.as_bytes(), code.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        let host = doorward_provider::testing::Host::seeded(1);
        let codes = draw(&host);
        assert_eq!(codes.len(), COUNT);
        for code in codes {
            assert_eq!(code.len(), 19);
            let bare = code.replace('-', "");
            assert_eq!(parse(&code).as_ref(), Some(&bare));
            assert_eq!(
                parse(&code.to_lowercase().replace('-', " ")).as_ref(),
                Some(&bare)
            );
            assert_eq!(parse(&format!("{code}A")), None);
        }
        for wrong in ["", "123456", "ABCD-EFGH-IJKL-MNO1", &"A".repeat(100_000)] {
            assert_eq!(parse(wrong), None);
        }
    }

    #[test]
    fn a_code_of_one_account_is_none_of_another() {
        assert_ne!(hash("a", "X"), hash("b", "X"));
    }
}
