//! Text that somebody else wrote, made safe to look at: one line, nothing invisible, nothing that turns the direction of
//! what follows, and short. (HTML is escaped by the templates; this is about what people read.)

/// Characters of a name that are shown.
pub(crate) const NAME_LIMIT: usize = 80;
/// Characters of a value inside a sentence that are shown: an e-mail address fits.
pub(crate) const VALUE_LIMIT: usize = 254;
/// Characters of a provider's text that are shown.
pub(crate) const TEXT_LIMIT: usize = 600;
/// Accents on one letter: more climb out of the line.
const MARKS_LIMIT: usize = 3;

/// `text` on one line, without what cannot be seen, at most `limit` characters and then `…`.
pub(crate) fn visible(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(limit));
    let mut count = 0;
    let mut marks = 0;
    let mut gap = false;
    for character in text.chars() {
        if character.is_whitespace() {
            gap = !shown.is_empty();
            continue;
        }
        marks = if is_mark(character) { marks + 1 } else { 0 };
        if is_hidden(character) || marks > MARKS_LIMIT {
            continue;
        }
        if count + usize::from(gap) >= limit {
            shown.push('…');
            break;
        }
        if std::mem::take(&mut gap) {
            shown.push(' ');
            count += 1;
        }
        shown.push(character);
        count += 1;
    }
    shown
}

/// A host name, from its end if it is too long: who owns it stands at the end.
pub(crate) fn visible_host(host: &str) -> String {
    let mut shown = visible(host, 4 * VALUE_LIMIT);
    if shown.len() > VALUE_LIMIT {
        let tail: Vec<char> = shown.chars().rev().take(VALUE_LIMIT).collect();
        shown = std::iter::once('…').chain(tail.into_iter().rev()).collect();
    }
    shown
}

/// Controls, format characters (bidirectional controls, joiners, tags), fillers that look like nothing, and private use.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0xad | 0x34f | 0x61c | 0x6dd | 0x70f | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xe000..=0xf8ff
            | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xffff | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
            | 0xe0000..=0x10_ffff)
}

/// Combining marks of the blocks that have no base of their own.
fn is_mark(character: char) -> bool {
    matches!(u32::from(character),
        0x300..=0x36f | 0x483..=0x489 | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

#[cfg(test)]
mod tests {
    use super::{NAME_LIMIT, VALUE_LIMIT, visible, visible_host};

    #[test]
    fn nothing_turns_or_hides_what_people_read() {
        assert_eq!(
            visible(
                "pay\u{202e}lap\u{200b}\u{2066}\u{e0041}x\u{0}\u{1b}",
                NAME_LIMIT
            ),
            "paylapx"
        );
        assert_eq!(
            visible("  two\r\n lines\u{2028}\tof\u{3000}it ", NAME_LIMIT),
            "two lines of it"
        );
        assert_eq!(visible("\u{200b}\u{3164}\u{2800} ", NAME_LIMIT), "");
        assert_eq!(
            visible(&format!("a{}b", "\u{301}".repeat(500)), NAME_LIMIT),
            "a\u{301}\u{301}\u{301}b"
        );
    }

    #[test]
    fn a_name_is_at_most_80_characters() {
        assert_eq!(visible(&"é".repeat(80), NAME_LIMIT), "é".repeat(80));
        assert_eq!(
            visible(&"é".repeat(10_000), NAME_LIMIT),
            format!("{}…", "é".repeat(80))
        );
        assert_eq!(
            visible(&"ab ".repeat(5_000), NAME_LIMIT).chars().count(),
            81
        );
    }

    #[test]
    fn a_host_keeps_its_end() {
        assert_eq!(visible_host("a.example:8443"), "a.example:8443");
        let long = format!("{}.evil.example", "bank.example.".repeat(40));
        let shown = visible_host(&long);
        assert!(
            shown.starts_with('…') && shown.ends_with(".evil.example"),
            "{shown}"
        );
        assert_eq!(shown.chars().count(), VALUE_LIMIT + 1);
    }
}
