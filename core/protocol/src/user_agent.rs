//! What people are told a device is: a browser and a system, in words of ours.
//!
//! `User-Agent` (RFC 9110 §10.1.5) is whatever the other side says, so nothing of it is ever kept or shown: it only chooses among
//! the words below.

/// Bytes of a `User-Agent` that are looked at.
const LOOKED_AT: usize = 512;

/// What a browser's `User-Agent` holds, and what it is called. The first that fits: most browsers also claim to be others.
const BROWSERS: [(&str, &str); 13] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("curl/", "curl"),
];

/// Likewise for systems.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// A few words for the device behind a `User-Agent`; none if it is none that we know.
#[must_use]
pub fn described(user_agent: &str) -> Option<String> {
    let end = user_agent
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| *at >= LOOKED_AT)
        .unwrap_or(user_agent.len());
    let looked_at = user_agent.get(..end).unwrap_or_default();
    match (word(&BROWSERS, looked_at), word(&SYSTEMS, looked_at)) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

fn word(table: &[(&str, &'static str)], text: &str) -> Option<&'static str> {
    table
        .iter()
        .find(|(mark, _)| text.contains(mark))
        .map(|(_, word)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_that_claim_to_be_others_are_called_what_they_are() {
        for (user_agent, words) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
                "Linux",
            ),
            ("curl/8.5.0", "curl"),
        ] {
            assert_eq!(
                described(user_agent).as_deref(),
                Some(words),
                "{user_agent}"
            );
        }
    }

    #[test]
    fn nothing_that_was_sent_is_ever_kept() {
        for user_agent in [
            "",
            "<b>Bank of Example</b>",
            "\u{202e}evil",
            &"é".repeat(10_000),
        ] {
            assert_eq!(described(user_agent), None, "{user_agent}");
        }
        let late = format!("{}Firefox/1", "x".repeat(LOOKED_AT));
        assert_eq!(described(&late), None);
        let longest =
            |table: &[(&str, &str)]| table.iter().map(|(_, word)| word.len()).max().unwrap();
        assert!(longest(&BROWSERS) + " on ".len() + longest(&SYSTEMS) <= 64);
    }
}
