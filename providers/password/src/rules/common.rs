//! Passwords that guessers try first.
//!
//! The list was composed for Doorward and copies none: some 2,600 words that people choose (names, teams, pets,
//! places, months, affection, abuse, defaults) in `words.txt`, and the ways in which they decorate them. It is kept as
//! those two factors; multiplied out it has millions of entries. To it come walks over keyboards, counting, repetition
//! and dates, which are recognised rather than listed.

/// Sorted, lower case, one per line.
const WORDS: &str = include_str!("words.txt");

/// Rows, columns and zigzags of keyboards; walks over them go both ways.
const WALKS: [&str; 17] = [
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiop",
    "yxcvbnm,.-",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "!@#$%^&*()_+",
    "!\"§$%&/()=",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "qazwsxedcrfvtgbyhnujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1a2b3c4d5e6f7g8h9i",
];

/// A shorter piece of a walk may be chance.
const WALK_MIN_CHARS: usize = 3;
/// What is put before a word.
const PREFIX_MAX_CHARS: usize = 4;

/// Whether `password` is one of those, in any case. `names` are further words that a guesser would try here: parts of
/// the address, the name of the service; lower case.
pub(crate) fn is_common(password: &str, names: &[&str]) -> bool {
    let folded: Vec<char> = password.chars().flat_map(char::to_lowercase).collect();
    is_repetition(&folded)
        || is_walks(&folded)
        || is_date(&folded)
        || is_decorated_word(&folded, names)
}

/// One block of any length again and again: `aaaaaaaa`, `abcabcabc`, `passwordpassword`.
fn is_repetition(folded: &[char]) -> bool {
    (1..=folded.len() / 2).any(|length| {
        folded
            .iter()
            .zip(folded.iter().skip(length))
            .all(|(one, next)| one == next)
    })
}

/// Nothing but walks, each of three or more: `qwertyuiop`, `87654321`, `qweasdzxc`, `1q2w3e4r`.
fn is_walks(folded: &[char]) -> bool {
    let mut rest = folded;
    while !rest.is_empty() {
        let length = longest_walk(rest);
        if length < WALK_MIN_CHARS {
            return false;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    true
}

/// How many of the first characters are a piece of one walk, or one character repeated.
fn longest_walk(folded: &[char]) -> usize {
    let same = folded
        .iter()
        .take_while(|c| folded.first() == Some(c))
        .count();
    let walked = WALKS.iter().map(|walk| {
        let there: Vec<char> = walk.chars().collect();
        let back: Vec<char> = walk.chars().rev().collect();
        walked_on(folded, &there).max(walked_on(folded, &back))
    });
    walked.max().unwrap_or(0).max(same)
}

fn walked_on(folded: &[char], walk: &[char]) -> usize {
    let from = |start: usize| {
        folded
            .iter()
            .zip(walk.iter().skip(start))
            .take_while(|(one, other)| one == other)
            .count()
    };
    (0..walk.len()).map(from).max().unwrap_or(0)
}

/// Digits that read as a day, with or without separators: `24121990`, `1990-12-24`, `24.12.1990`.
fn is_date(folded: &[char]) -> bool {
    let digits: Vec<u32> = folded.iter().filter_map(|c| c.to_digit(10)).collect();
    let separators = folded
        .iter()
        .filter(|c| matches!(c, '.' | '-' | '/' | ' ' | '_'))
        .count();
    if digits.len() != 8 || digits.len() + separators != folded.len() {
        return false;
    }
    let number = |from: usize, length: usize| {
        digits
            .iter()
            .skip(from)
            .take(length)
            .fold(0, |n, digit| n * 10 + digit)
    };
    let year = |n: u32| (1900..=2099).contains(&n);
    let day_and_month = |one: u32, other: u32| {
        (1..=31).contains(&one) && (1..=12).contains(&other)
            || (1..=12).contains(&one) && (1..=31).contains(&other)
    };
    year(number(0, 4)) && day_and_month(number(4, 2), number(6, 2))
        || year(number(4, 4)) && day_and_month(number(0, 2), number(2, 2))
}

/// A word with what people put around it, however they spell it: `Password123!`, `!dragon1999`, `p@ssw0rd`.
fn is_decorated_word(folded: &[char], names: &[&str]) -> bool {
    let words: Vec<&str> = WORDS.lines().collect();
    let known = |word: &str| words.binary_search(&word).is_ok() || names.contains(&word);
    let prefixes =
        (0..=PREFIX_MAX_CHARS.min(folded.len())).take_while(|length| is_prefix(folded, *length));
    prefixes
        .filter_map(|length| folded.get(length..))
        .any(|rest| {
            (1..=rest.len()).any(|end| {
                let (word, suffix) = rest.split_at(end);
                is_suffix(suffix) && spellings(word).iter().any(|spelling| known(spelling))
            })
        })
}

fn is_prefix(folded: &[char], length: usize) -> bool {
    folded.iter().take(length).all(|c| !c.is_alphabetic())
}

/// Up to three signs around up to three digits, a year, or a walk: `1`, `123!`, `1999`, `_12345`, `!!`.
fn is_suffix(suffix: &[char]) -> bool {
    let before = suffix.iter().take_while(|c| !c.is_alphanumeric()).count();
    let digits: Vec<char> = suffix
        .iter()
        .skip(before)
        .take_while(|c| c.is_ascii_digit())
        .copied()
        .collect();
    let after = suffix.iter().skip(before + digits.len());
    let signs = before + after.clone().count();
    let year = digits.len() == 4 && matches!(digits.first_chunk(), Some(['1', '9'] | ['2', '0']));
    signs <= 3
        && after.clone().all(|c| !c.is_alphanumeric())
        && (digits.len() <= 3 || year || longest_walk(&digits) == digits.len())
}

/// The word as it is, and with figures read as the letters that they resemble; `1` is an `i` or an `l`.
fn spellings(word: &[char]) -> [String; 3] {
    let plain = |one: char| {
        move |c: &char| match c {
            '@' | '4' => 'a',
            '3' | '€' => 'e',
            '0' => 'o',
            '$' | '5' => 's',
            '7' | '+' => 't',
            '8' => 'b',
            '1' | '!' | '|' => one,
            other => *other,
        }
    };
    [
        word.iter().collect(),
        word.iter().map(plain('i')).collect(),
        word.iter().map(plain('l')).collect(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_no_word_twice() {
        let words: Vec<&str> = WORDS.lines().collect();
        assert!(words.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(words.len() > 1_500, "{}", words.len());
        assert!(
            words
                .iter()
                .all(|word| word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        );
    }

    #[test]
    fn multiplied_out_it_has_thousands_of_long_enough_entries() {
        let suffixes = [
            "", "1", "12", "123", "1234", "12345", "!", "1!", "123!", "1990", "2024", "2024!",
            "007", "_1",
        ];
        let entries = WORDS
            .lines()
            .flat_map(|word| suffixes.map(|suffix| format!("{word}{suffix}")));
        let long: Vec<String> = entries.filter(|entry| entry.len() >= 8).collect();
        assert!(long.len() > 10_000, "{}", long.len());
        assert!(long.iter().step_by(97).all(|entry| is_common(entry, &[])));
    }

    #[test]
    fn what_people_choose_is_common() {
        for common in [
            "password",
            "Password",
            "PASSWORD1",
            "Password123!",
            "p@ssw0rd",
            "P@$$w0rd1",
            "passw0rd!",
            "12345678",
            "123456789",
            "1234567890",
            "87654321",
            "qwertyui",
            "qwerty123",
            "Qwerty123!",
            "1q2w3e4r",
            "1qaz2wsx",
            "qazwsxedc",
            "zaq12wsx",
            "qweasdzxc",
            "asdfghjkl",
            "aaaaaaaa",
            "11111111",
            "abcabcabc",
            "abcd1234",
            "iloveyou",
            "iloveyou2",
            "ILoveYou!",
            "letmein1",
            "Welcome1",
            "welcome2024",
            "Summer2025!",
            "winter2023",
            "football",
            "baseball1",
            "liverpool",
            "sunshine1",
            "princess",
            "superman",
            "trustno1",
            "michael1",
            "jennifer",
            "dragon123",
            "monkey12",
            "!admin123",
            "123admin!",
            "changeme",
            "administrator",
            "starwars1",
            "24121990",
            "19901224",
            "24.12.1990",
            "12/24/1990",
            "1990-12-24",
            "passwordpassword",
            "qwertyuiop123",
            "leonie2001",
            "l30nard0!",
            "00000000",
            "abcdefgh",
            "motdepasse",
            "passwort1",
        ] {
            assert!(is_common(common, &[]), "{common}");
        }
    }

    #[test]
    fn what_nobody_guesses_first_is_not() {
        for uncommon in [
            "correct horse battery staple",
            "correcthorsebatterystaple",
            "kLp93vXq",
            "tr0ub4dor-and-3",
            "mellon in elvish",
            "violet-anvil-93-harbour",
            "ü8Ä-Straßenfest",
            "0x7f3a9c1e",
            "my dog ate 17 socks",
            "98127364",
            "zebraqueen77x",
        ] {
            assert!(!is_common(uncommon, &[]), "{uncommon}");
        }
    }

    #[test]
    fn names_of_here_are_common_here() {
        assert!(is_common("ada.lovelace1!", &["ada.lovelace"]));
        assert!(is_common("Doorward2025", &["doorward"]));
        assert!(!is_common("lovelace-1842-engine", &["lovelace"]));
    }

    #[test]
    fn odd_input_is_looked_at_without_harm() {
        for odd in [
            "",
            "\0",
            "💣",
            "İ",
            &"ab".repeat(512),
            &"1".repeat(1024),
            &"x!1".repeat(341),
        ] {
            let _ = is_common(odd, &[""]);
        }
    }
}
