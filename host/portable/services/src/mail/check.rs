//! What a message must be before it is given to anyone: the bounds of `doorward:host/mail`, as in the native server.

use super::{Failure, Message};

/// Longest subject, in bytes.
const MAX_SUBJECT_BYTES: usize = 200;
/// Longest text, in bytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// Longest address, in bytes (RFC 5321 §4.5.3.1.3, without its angle brackets), and longest local part (§4.5.3.1.1).
const MAX_ADDRESS_BYTES: usize = 254;
const MAX_LOCAL_PART_BYTES: usize = 64;
/// Longest code, in bytes.
const MAX_CODE_BYTES: usize = 128;

/// Refuses what cannot be delivered, and everything that could add a header or a second recipient.
///
/// # Errors
/// [`Failure::Unsupported`]: another channel than `email`. [`Failure::Invalid`].
pub(super) fn check(message: &Message) -> Result<(), Failure> {
    let invalid = |why: &str| Err(Failure::Invalid(why.to_owned()));
    if message.channel != "email" {
        return Err(Failure::Unsupported(
            "this host delivers e-mail only".to_owned(),
        ));
    }
    if !is_email(&message.to) {
        return invalid("the recipient is no e-mail address");
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

/// One address: a dot-atom (RFC 5322 §3.2.3, and RFC 6531 beyond ASCII) at a domain name. Quoted local parts and address
/// literals are not among what people type.
fn is_email(to: &str) -> bool {
    let Some((local, domain)) = to.split_once('@') else {
        return false;
    };
    let letter = |character: char| {
        character.is_ascii_alphanumeric()
            || !(character.is_ascii() || character.is_control() || character.is_whitespace())
    };
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|character| letter(character) || "!#$%&'*+-/=?^_`{|}~".contains(character))
    };
    let label = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part
                .chars()
                .all(|character| letter(character) || character == '-')
    };
    to.len() <= MAX_ADDRESS_BYTES
        && local.len() <= MAX_LOCAL_PART_BYTES
        && local.split('.').all(atom)
        && domain.split('.').all(label)
}
