//! The mail that carries a code.

use crate::Failure;
use crate::email::EmailAddress;
use crate::services::{Mail, Services};

/// The contract's bound on a subject.
const SUBJECT_MAX_BYTES: usize = 200;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    subject: String,
    text: String,
}

impl Letter {
    /// A letter. Control characters in the subject become blanks, and it is cut at 200 bytes.
    #[must_use]
    pub fn new(subject: &str, text: impl Into<String>) -> Self {
        let one_line = subject
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c });
        let mut short = String::new();
        for character in one_line {
            if short.len() + character.len_utf8() > SUBJECT_MAX_BYTES {
                break;
            }
            short.push(character);
        }
        Self {
            subject: short,
            text: text.into(),
        }
    }

    /// Mails it to `address`, without a code.
    ///
    /// # Errors
    /// `unavailable` if the mail did not do its part.
    pub fn deliver(self, services: &dyn Services, address: &EmailAddress) -> Result<(), Failure> {
        Ok(services.deliver(&self.addressed(address, None))?)
    }

    /// As a message to `address`.
    pub(super) fn addressed(self, address: &EmailAddress, code: Option<String>) -> Mail {
        Mail {
            channel: "email".to_owned(),
            to: address.as_str().to_owned(),
            subject: self.subject,
            text: self.text,
            code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_short_line() {
        let letter = Letter::new(&format!("a\r\nBcc: b{}", "ä".repeat(200)), "");
        assert!(letter.subject.starts_with("a  Bcc: b"));
        assert!(letter.subject.len() <= SUBJECT_MAX_BYTES);
    }
}
