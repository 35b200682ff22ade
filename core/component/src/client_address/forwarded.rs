//! What proxies write into `Forwarded` and `X-Forwarded-For`.
//!
//! This one text is compiled here and in the native server, so that a client is told by the same rules on every host.

use std::net::{IpAddr, SocketAddr};

/// The address in `for=` of one element of `Forwarded` (RFC 7239 §4).
pub(crate) fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut rest = Some(element);
    while let Some(text) = rest {
        let (before, pair) = last_part(text, ';');
        if let Some((name, value)) = pair.split_once('=')
            && name.trim().eq_ignore_ascii_case("for")
        {
            return address(value.trim().trim_matches('"'));
        }
        rest = before;
    }
    None
}

/// The part after the last `separator`, and what comes before that. In quoted strings nothing separates: a proxy may quote
/// what the client chose, such as `host`. They are told from the end, where the proxy wrote, so that a quotation mark that the
/// client left open takes nothing of the proxy's with it.
pub(crate) fn last_part(text: &str, separator: char) -> (Option<&str>, &str) {
    let mut quoted = false;
    let mut letters = text.char_indices().rev();
    let found = letters.find(|&(at, letter)| {
        if letter == '"' && !(quoted && is_escaped(text, at)) {
            quoted = !quoted;
        }
        letter == separator && !quoted
    });
    match found.and_then(|(at, _)| text.split_at_checked(at)) {
        Some((before, part)) => (Some(before), part.strip_prefix(separator).unwrap_or(part)),
        None => (None, text),
    }
}

/// Whether backslashes take its meaning from what stands at `at`.
fn is_escaped(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    (before.len() - before.trim_end_matches('\\').len()) % 2 == 1
}

/// An address, with or without a port; IPv6 with a port in brackets.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let bracketed = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let plain = bracketed.unwrap_or(text).parse().ok();
    plain.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}
