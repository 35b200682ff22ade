//! Messages to people: what `doorward:host/mail` asks of this host. SMTP for real, an outbox for development.
//!
//! Accepting a message takes the same time for every address: delivery happens afterwards. Neither the text of a message
//! nor its code is ever logged, nor can they be by printing a [`Message`].

mod outbox;
mod smtp;

pub(crate) use outbox::{Outbox, OutboxEntry};
pub(crate) use smtp::{Encryption, Smtp, SmtpOptions};

use lettre::Address;
use std::sync::Arc;
use std::time::Duration;

/// Longest subject, in bytes.
const MAX_SUBJECT_BYTES: usize = 200;
/// Longest text, in bytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// Longest address, in bytes (RFC 5321 §4.5.3.1.3, without its angle brackets).
const MAX_ADDRESS_BYTES: usize = 254;
/// Longest code, in bytes.
const MAX_CODE_BYTES: usize = 128;

/// A message to one person.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// `email` or `sms`.
    pub(crate) channel: String,
    /// An address of that channel.
    pub(crate) to: String,
    /// One line, at most 200 bytes. Unused by `sms`.
    pub(crate) subject: String,
    /// Plain text, lines separated by `\n`, at most 16 KiB.
    pub(crate) text: String,
    /// The one-time code in the text, if there is one.
    pub(crate) code: Option<String>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

/// Why a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// This host cannot deliver on that channel.
    Unsupported(String),
    /// The message is malformed.
    Invalid(String),
    /// Too many messages are waiting, or the host is stopping. The text is for the log only.
    Unavailable(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsupported(why) => write!(f, "unsupported: {why}"),
            Self::Invalid(why) => write!(f, "invalid message: {why}"),
            Self::Unavailable(why) => write!(f, "mail is unavailable: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

/// How this host delivers messages. Clones share everything.
#[derive(Clone)]
pub(crate) enum Mailer {
    /// E-mail through a server.
    Smtp(Arc<Smtp>),
    /// Nowhere: messages are kept in memory and shown to the developer. Never in `doorward serve`.
    Outbox(Arc<Outbox>),
    /// No way to deliver is configured.
    None,
}

impl Mailer {
    /// Accepts a message for delivery.
    ///
    /// # Errors
    /// See [`Failure`]; nothing was sent then.
    #[expect(
        clippy::unused_async,
        reason = "a way to deliver may have to wait; callers must not depend on that none does today"
    )]
    pub(crate) async fn deliver(&self, message: Message) -> Result<(), Failure> {
        check(&message)?;
        match self {
            Self::Smtp(smtp) => smtp.accept(&message),
            Self::Outbox(outbox) => {
                outbox.keep(message);
                Ok(())
            }
            Self::None => Err(Failure::Unsupported(
                "no way to send mail is configured".into(),
            )),
        }
    }

    /// Takes no more messages and waits at most `timeout` for those that were accepted; how many are left undelivered.
    pub(crate) async fn drain(&self, timeout: Duration) -> usize {
        match self {
            Self::Smtp(smtp) => smtp.drain(timeout).await,
            Self::Outbox(_) | Self::None => 0,
        }
    }
}

/// Refuses what no channel could deliver, and everything that could add a header or a second recipient.
fn check(message: &Message) -> Result<(), Failure> {
    let invalid = |why: &str| Err(Failure::Invalid(why.into()));
    match message.channel.as_str() {
        "email" if !is_email(&message.to) => return invalid("the recipient is no e-mail address"),
        "sms" if !is_telephone_number(&message.to) => {
            return invalid("the recipient is no telephone number of ITU-T E.164");
        }
        "email" | "sms" => {}
        _ => {
            return Err(Failure::Unsupported(
                "the channel is neither email nor sms".into(),
            ));
        }
    }
    if message.subject.len() > MAX_SUBJECT_BYTES || message.subject.chars().any(char::is_control) {
        return invalid("the subject is longer than 200 bytes or holds control characters");
    }
    let allowed = |character: char| matches!(character, '\n' | '\t') || !character.is_control();
    if message.text.len() > MAX_TEXT_BYTES || !message.text.chars().all(allowed) {
        return invalid("the text is longer than 16 KiB or holds control characters");
    }
    let code = message.code.as_deref().unwrap_or_default();
    if code.len() > MAX_CODE_BYTES || code.chars().any(char::is_control) {
        return invalid("the code is longer than 128 bytes or holds control characters");
    }
    Ok(())
}

fn is_email(to: &str) -> bool {
    let forbidden = |character: char| {
        character.is_control()
            || character.is_whitespace()
            || matches!(character, ',' | ';' | '<' | '>' | '"')
    };
    to.len() <= MAX_ADDRESS_BYTES && !to.contains(forbidden) && to.parse::<Address>().is_ok()
}

fn is_telephone_number(to: &str) -> bool {
    to.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            channel: "email".into(),
            to: "ann@example.com".into(),
            subject: "Your code".into(),
            text: "Your code is 123456.\n".into(),
            code: Some("123456".into()),
        }
    }

    #[test]
    fn ordinary_messages_pass() {
        assert_eq!(check(&message()), Ok(()));
        assert_eq!(
            check(&Message {
                to: "o'brien+tag@mail.example.co.uk".into(),
                subject: "Grüße".into(),
                code: None,
                ..message()
            }),
            Ok(())
        );
        assert_eq!(
            check(&Message {
                channel: "sms".into(),
                to: "+4915112345678".into(),
                subject: String::new(),
                ..message()
            }),
            Ok(())
        );
        assert_eq!(
            check(&Message {
                subject: "s".repeat(200),
                text: "t".repeat(16 * 1024),
                ..message()
            }),
            Ok(())
        );
    }

    #[test]
    fn nothing_adds_a_header_or_a_recipient() {
        for to in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@example.com\r\nBcc: eve@example.com",
            "ann@example.com\n",
            "ann@example.com,eve@example.com",
            "a b@example.com",
            "Ann <ann@example.com>",
            "\"a\\r\\n\"@example.com",
            "ann@example.com\0",
            &format!("{}@example.com", "a".repeat(250)),
        ] {
            assert!(
                matches!(
                    check(&Message {
                        to: to.into(),
                        ..message()
                    }),
                    Err(Failure::Invalid(_))
                ),
                "{to:?}"
            );
        }
        for subject in [
            "a\nb",
            "a\r\nBcc: eve@example.com",
            "a\rb",
            "a\0",
            "a\u{85}b",
            &"s".repeat(201),
        ] {
            assert!(
                matches!(
                    check(&Message {
                        subject: subject.into(),
                        ..message()
                    }),
                    Err(Failure::Invalid(_))
                ),
                "{subject:?}"
            );
        }
        for text in [
            "a\r\n.\r\nMAIL FROM:<eve@example.com>",
            "a\0",
            "\u{1b}[31m",
            &"t".repeat(16 * 1024 + 1),
        ] {
            assert!(
                matches!(
                    check(&Message {
                        text: text.into(),
                        ..message()
                    }),
                    Err(Failure::Invalid(_))
                ),
                "{text:?}"
            );
        }
        for to in [
            "4915112345678",
            "+49 151",
            "+1",
            "+49151123456789012",
            "+49151x345678",
        ] {
            assert!(
                matches!(
                    check(&Message {
                        channel: "sms".into(),
                        to: to.into(),
                        ..message()
                    }),
                    Err(Failure::Invalid(_))
                ),
                "{to:?}"
            );
        }
        assert!(matches!(
            check(&Message {
                code: Some("1\n2".into()),
                ..message()
            }),
            Err(Failure::Invalid(_))
        ));
        assert!(matches!(
            check(&Message {
                channel: "fax".into(),
                ..message()
            }),
            Err(Failure::Unsupported(_))
        ));
    }

    #[test]
    fn printing_a_message_shows_neither_text_nor_code_nor_address() {
        let printed = format!("{:?}", message());
        assert!(
            !printed.contains("123456") && !printed.contains("ann@"),
            "{printed}"
        );
    }

    #[tokio::test]
    async fn without_a_way_to_deliver_nothing_is_accepted() {
        assert!(matches!(
            Mailer::None.deliver(message()).await,
            Err(Failure::Unsupported(_))
        ));
    }
}
