//! Keys over the months, and keys of algorithms that are no longer wanted.

use super::relying_party::{Deployment, RelyingParties, TOKENS};
use super::*;
use crate::keys::rotation::LEAST_LEAD_S;
use crate::keys::schedule::RELOAD_SLACK_S;
use std::cell::RefCell;

const EVERY: [&str; 4] = ["ES256", "RS256", "ES384", "EdDSA"];
/// After this a key that nobody signs by is gone: its last token, the time that a server may go on signing, and until all have noticed.
const GONE_S: u64 = 86_400 + 3 * RELOAD_SLACK_S;

/// Keys that change as often, and are published as short a time before they sign, as can be configured.
fn hurried(algorithms: &[&str]) -> KeyOptions {
    KeyOptions {
        algorithms: algorithms.iter().map(|alg| String::from(*alg)).collect(),
        rotation_days: 1,
        publish_lead_s: LEAST_LEAD_S,
        ..KeyOptions::default()
    }
}

/// Two servers on one database: one rotates and signs, the other publishes what it has noticed so far.
struct Two {
    place: Place,
    signer: RefCell<Arc<Keyring>>,
    publisher: RefCell<Arc<Keyring>>,
}

impl Two {
    fn start(algorithms: &[&str]) -> Self {
        let place = place();
        let signer = RefCell::new(place.open_with(hurried(algorithms)));
        let publisher = RefCell::new(place.open_with(hurried(algorithms)));
        Self {
            place,
            signer,
            publisher,
        }
    }

    /// Both start again, with other algorithms.
    fn configure(&self, algorithms: &[&str]) {
        *self.publisher.borrow_mut() = self.place.open_with(hurried(algorithms));
        *self.signer.borrow_mut() = self.place.open_with(hurried(algorithms));
    }

    fn published(&self, alg: &str) -> usize {
        let all = published(&self.publisher.borrow());
        all.iter().filter(|key| key["alg"] == alg).count()
    }
}

impl Deployment for Two {
    fn at(&self, now: u64) {
        self.place.time.set(now);
        // As late as it may: the schedule counts on it to look every five minutes.
        if now.is_multiple_of(RELOAD_SLACK_S) {
            self.publisher.borrow().reload_if_changed().unwrap();
        }
        self.signer.borrow().maintain(now).unwrap();
    }

    fn current(&self, alg: &str) -> Option<String> {
        self.signer.borrow().current(alg).ok()
    }

    fn sign(&self, kid: &str, message: &[u8]) -> Vec<u8> {
        self.signer.borrow().sign(kid, message).unwrap()
    }

    fn jwks(&self) -> String {
        self.publisher.borrow().jwks().unwrap().to_string()
    }

    fn verify(&self, jwk: &str, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        let keys = self.publisher.borrow();
        keys.verify(jwk, alg, message, signature).unwrap()
    }
}

#[test]
fn no_token_ever_meets_a_relying_party_that_does_not_know_its_key() {
    let two = Two::start(&EVERY);
    let mut parties = RelyingParties::default();
    let end = NOW + 4 * DAY_S;
    parties.live_through(&two, &EVERY, NOW, end);
    for alg in EVERY {
        assert!(parties.keys_of(alg) >= 4, "{alg}");
        // Neither does anything stay for ever.
        assert!(two.published(alg) <= 3, "{alg}");
    }
}

#[test]
fn a_key_of_an_algorithm_that_is_no_longer_configured_stays_as_long_as_its_last_token_and_goes() {
    let two = Two::start(&EVERY);
    let mut parties = RelyingParties::default();
    let dropped = NOW + 7_200;
    parties.live_through(&two, &EVERY, NOW, dropped);
    two.configure(&["ES256", "ES384"]);
    // It is issued no more, and what was issued is verified to its end.
    let over = dropped + GONE_S;
    parties.live_through(&two, &EVERY, dropped, over);
    for alg in ["RS256", "EdDSA"] {
        assert_eq!((parties.keys_of(alg), two.published(alg)), (1, 0), "{alg}");
    }
    assert!(two.published("ES384") > 0);
    // Whoever wants it again gets another one, published first where it is used later.
    two.configure(&EVERY);
    let published = over + LEAST_LEAD_S;
    parties.live_through(&two, &["ES256", "ES384"], over, published);
    parties.live_through(&two, &EVERY, published, published + 7_200);
    assert_eq!((parties.keys_of("EdDSA"), two.published("EdDSA")), (2, 1));
}

#[test]
fn an_algorithm_that_is_configured_again_in_time_keeps_its_key() {
    let two = Two::start(&EVERY);
    let mut parties = RelyingParties::default();
    let day = 86_400;
    parties.live_through(&two, &EVERY, NOW, NOW + 600);
    let kid = two.current("EdDSA");
    two.configure(&["ES256"]);
    parties.live_through(&two, &EVERY, NOW + 600, NOW + day / 2);
    assert_eq!(two.current("EdDSA"), None);
    two.configure(&EVERY);
    assert_eq!(two.current("EdDSA"), kid);
    // Nothing is left of the note: it signs for as long as any other.
    parties.live_through(&two, &EVERY, NOW + day / 2, NOW + day);
    assert_eq!(two.current("EdDSA"), kid);
}

/// A server that was not restarted yet signs by what it was started with, whatever others on its database note.
#[test]
fn while_one_server_is_still_configured_the_key_stays() {
    let place = place();
    let (old, new) = (
        place.open_with(hurried(&EVERY)),
        place.open_with(hurried(&["ES256"])),
    );
    let kid = old.current("EdDSA").unwrap();
    for half_hour in 0..2 * 48 {
        let now = NOW + half_hour * 1_800;
        place.time.set(now);
        new.maintain(now).unwrap();
        old.reload_if_changed().unwrap();
        // Also just after another one noted it.
        let current = old.current("EdDSA").unwrap();
        old.sign(&current, b"m").unwrap();
        old.maintain(now).unwrap();
    }
    assert!(old.list().iter().any(|key| key.kid == kid));
    assert!(new.current("EdDSA").is_err());
}

#[test]
fn what_is_dropped_says_when_it_goes() {
    let place = place();
    let keys = place.open_with(hurried(&EVERY));
    let eddsa = keys.current("EdDSA").unwrap();
    let keys = place.open_with(hurried(&["ES256"]));
    assert_eq!(keys.maintain(NOW), Ok(true));
    assert_eq!(keys.maintain(NOW + 60), Ok(false));
    let listed = keys.list();
    let dropped = listed.iter().find(|key| key.kid == eddsa).unwrap();
    assert_eq!(dropped.state, State::Retired);
    let longest = TOKENS.iter().map(|(_, life_s)| *life_s).max().unwrap();
    assert_eq!(dropped.retires_at, Some(NOW + RELOAD_SLACK_S + longest));
}
