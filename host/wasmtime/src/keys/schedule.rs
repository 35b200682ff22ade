//! When a key signs, how long it stays published, and when the next one is due. Pure: everything follows from when keys
//! activate, and each key gives way to the one that activates after it, or to nothing when its algorithm is taken off the list.

/// How long a process may go on signing by a key that another process has replaced: it looks for changes more often.
pub(super) const RELOAD_SLACK_S: u64 = 300;

/// What the schedule knows of a key. The order of keys is the order of these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term {
    /// From when on it signs, unless another one is due by then.
    pub(super) activates_at: u64,
    /// Which one was made later, of those that activate in the same second: it signs.
    pub(super) number: i64,
    pub(super) kid: String,
    /// When somebody first saw that its algorithm is not configured any more. Who has it configured takes that back.
    pub(super) dropped_at: Option<u64>,
}

/// What a key does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Published, will sign.
    Next,
    /// Signs.
    Current,
    /// Signs no more, still published, because tokens that it signed may be valid.
    Retired,
}

/// The key of one algorithm that signs at `now`: the latest that is active; if the clock was set back before all of them,
/// the first.
pub(super) fn current(terms: &[Term], now: u64) -> Option<&Term> {
    terms
        .iter()
        .filter(|term| term.activates_at <= now)
        .max()
        .or_else(|| terms.iter().min())
}

/// When the next key of its algorithm activates.
fn followed_at(terms: &[Term], term: &Term) -> Option<u64> {
    terms
        .iter()
        .filter(|other| *other > term)
        .min()
        .map(|next| next.activates_at)
}

/// When `term` stops signing: when the next key of its algorithm activates, or nobody signs by that algorithm any more.
fn stops_at(terms: &[Term], term: &Term) -> Option<u64> {
    let ends = [followed_at(terms, term), term.dropped_at];
    ends.into_iter().flatten().min()
}

/// What `term` does at `now` where its algorithm is configured.
pub(super) fn state(terms: &[Term], term: &Term, now: u64) -> State {
    match current(terms, now) {
        Some(current) if term == current => State::Current,
        Some(current) if term < current => State::Retired,
        _ => State::Next,
    }
}

/// Whether `term` may sign at `now`. A caller asks which key is current and signs a moment later, or has not noticed yet
/// that another process rotated: the key that was current a while ago will do. By which algorithms is the caller's own to say.
pub(super) fn may_sign(terms: &[Term], term: &Term, now: u64) -> bool {
    match state(terms, term, now) {
        State::Current => true,
        State::Next => false,
        State::Retired => followed_at(terms, term)
            .is_some_and(|followed| now < followed.saturating_add(RELOAD_SLACK_S)),
    }
}

/// When `term` is deleted: `retention` after the last signature by it.
pub(super) fn retires_at(terms: &[Term], term: &Term, retention: u64) -> Option<u64> {
    stops_at(terms, term).map(|stopped| {
        stopped
            .saturating_add(RELOAD_SLACK_S)
            .saturating_add(retention)
    })
}

/// What is written down of a key when the list of algorithms changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// Its algorithm is not configured, as was first seen at this time.
    Dropped(u64),
    /// It is again.
    Configured,
}

impl Note {
    /// [`Term::dropped_at`] from then on.
    pub(super) const fn dropped_at(self) -> Option<u64> {
        match self {
            Self::Dropped(at) => Some(at),
            Self::Configured => None,
        }
    }
}

/// What is to be written down of a key whose algorithm is `configured` or not, if anything.
pub(super) fn note(term: &Term, configured: bool, now: u64) -> Option<Note> {
    match (configured, term.dropped_at) {
        (true, Some(_)) => Some(Note::Configured),
        (false, None) => Some(Note::Dropped(now)),
        _ => None,
    }
}

/// Whether the current key is `rotation` seconds old and nothing is there to follow it. A `rotation` of 0: never.
pub(super) fn rotation_due(terms: &[Term], now: u64, rotation: u64) -> bool {
    let Some(current) = current(terms, now) else {
        return false;
    };
    rotation > 0
        && followed_at(terms, current).is_none()
        && now >= current.activates_at.saturating_add(rotation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(kid: &str, activates_at: u64) -> Term {
        Term {
            activates_at,
            number: 0,
            kid: kid.into(),
            dropped_at: None,
        }
    }

    #[test]
    fn a_key_signs_from_its_activation_to_the_next_one() {
        let terms = [term("b", 200), term("a", 100), term("c", 300)];
        let at = |now| terms.each_ref().map(|term| state(&terms, term, now));
        assert_eq!(at(150), [State::Next, State::Current, State::Next]);
        assert_eq!(at(199), [State::Next, State::Current, State::Next]);
        assert_eq!(at(200), [State::Current, State::Retired, State::Next]);
        assert_eq!(at(300), [State::Retired, State::Retired, State::Current]);
        assert_eq!(
            retires_at(&terms, &terms[1], 1000),
            Some(200 + RELOAD_SLACK_S + 1000)
        );
        assert_eq!(retires_at(&terms, &terms[2], 1000), None);
    }

    #[test]
    fn a_retired_key_signs_for_a_moment_longer_and_a_future_one_never() {
        let terms = [term("a", 100), term("b", 200)];
        assert!(may_sign(&terms, &terms[0], 199 + RELOAD_SLACK_S));
        assert!(!may_sign(&terms, &terms[0], 200 + RELOAD_SLACK_S));
        assert!(!may_sign(&terms, &terms[1], 199));
    }

    #[test]
    fn of_two_keys_for_the_same_second_the_later_one_signs() {
        let later = Term {
            number: 1,
            ..term("a", 100)
        };
        let terms = [later.clone(), term("b", 100)];
        assert_eq!(current(&terms, 100), Some(&later));
        assert_eq!(state(&terms, &terms[1], 100), State::Retired);
    }

    #[test]
    fn a_dropped_key_goes_as_a_followed_one_does_and_comes_back_if_it_is_configured_again() {
        let mut terms = [term("a", 100), term("b", 900)];
        assert_eq!(note(&terms[0], true, 500), None);
        assert_eq!(note(&terms[0], false, 500), Some(Note::Dropped(500)));
        for term in &mut terms {
            term.dropped_at = Some(500);
            assert_eq!(note(term, false, 600), None);
            assert_eq!(note(term, true, 600), Some(Note::Configured));
        }
        for term in &terms {
            let gone = Some(500 + RELOAD_SLACK_S + 1000);
            assert_eq!(retires_at(&terms, term, 1000), gone);
        }
        // Another process may have it configured.
        assert!(may_sign(&terms, &terms[0], 600));
        assert!(!may_sign(&terms, &terms[1], 600));
        // One that was followed before that goes when it would have gone.
        let followed = [
            term("a", 100),
            Term {
                dropped_at: Some(500),
                ..term("b", 200)
            },
        ];
        let gone = Some(200 + RELOAD_SLACK_S + 1000);
        assert_eq!(retires_at(&followed, &followed[0], 1000), gone);
    }

    #[test]
    fn a_clock_before_all_keys_leaves_the_first() {
        let terms = [term("b", 200), term("a", 100)];
        assert_eq!(current(&terms, 5).map(|term| term.kid.as_str()), Some("a"));
        assert_eq!(current(&[], 5), None);
    }

    #[test]
    fn rotation_is_due_when_the_current_key_is_old_and_alone() {
        let alone = [term("a", 100)];
        assert!(!rotation_due(&alone, 199, 100));
        assert!(rotation_due(&alone, 200, 100));
        assert!(!rotation_due(&alone, 200, 0));
        assert!(!rotation_due(&[term("a", 100), term("b", 900)], 500, 100));
    }
}
