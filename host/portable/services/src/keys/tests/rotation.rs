//! Keys over the months: a successor in time, published long before it signs, and the old one after it.

use super::relying_party::{Deployment, RelyingParties};
use super::*;
use std::cell::RefCell;

/// The least that can be configured: see the native server.
const LEAST_LEAD_S: u64 = 600;
const DAY: u64 = DAY_S;

/// The published `kid`s of one algorithm, sorted.
fn kids(host: &Fake, alg: &str) -> Vec<String> {
    let mut kids: Vec<String> = published(host)
        .iter()
        .filter(|key| key["alg"] == alg)
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect();
    kids.sort();
    kids
}

#[test]
fn a_key_is_followed_in_time_published_first_and_deleted_last() {
    let host = host();
    let sign = |kid: &str| Keyring::default().sign(kid, b"m", &host).map(|_| ());
    let old = current(&host, "ES256");
    host.now.set(NOW + 90 * DAY - 1);
    assert_eq!(kids(&host, "ES256"), [old.as_str()]);

    // Due: made and published, and not used before everyone has seen it.
    let due = NOW + 90 * DAY;
    host.now.set(due);
    assert_eq!(current(&host, "ES256"), old);
    let both = kids(&host, "ES256");
    assert_eq!(both.len(), 2);
    let new = both.into_iter().find(|kid| *kid != old).unwrap();
    assert_eq!(sign(&new), Err(Failure::UnknownKey));
    host.now.set(due + DAY - 1);
    assert_eq!(current(&host, "ES256"), old);
    assert_eq!(kids(&host, "ES256").len(), 2);

    // It signs; someone asked for the old one a moment ago.
    host.now.set(due + DAY);
    assert_eq!(current(&host, "ES256"), new);
    assert_eq!((sign(&new), sign(&old)), (Ok(()), Ok(())));
    host.now.set(due + DAY + 300);
    assert_eq!((sign(&new), sign(&old)), (Ok(()), Err(Failure::UnknownKey)));

    // What the old one signed may be valid for a day.
    host.now.set(due + DAY + 300 + DAY - 1);
    assert_eq!(kids(&host, "ES256").len(), 2);
    host.now.set(due + DAY + 300 + DAY);
    assert_eq!(kids(&host, "ES256"), [new.as_str()]);
    let (sealed, _) = record(&host).unwrap();
    let keyring = Keyring::default();
    let set = Set::open(&sealed, &keyring.envelopes(&host).unwrap().at_rest).unwrap();
    assert!(set.keys.iter().all(|key| key.term.kid != old));
}

#[test]
fn racing_requests_make_one_successor() {
    let host = host();
    current(&host, "ES256");
    let due = NOW + 90 * DAY;
    let (store, threads) = (Arc::clone(&host.store), 8);
    let barrier = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (store, barrier) = (&store, &barrier);
            scope.spawn(move || {
                let own = Fake {
                    store: Arc::clone(store),
                    ..self::host()
                };
                own.now.set(due);
                barrier.wait();
                current(&own, "ES256");
            });
        }
    });
    host.now.set(due);
    assert_eq!(kids(&host, "ES256").len(), 2);
}

#[test]
fn a_due_rsa_key_makes_only_those_wait_who_use_one() {
    let host = host();
    published(&host);
    host.now.set(NOW + 90 * DAY);
    let generated = || host.events.borrow().len();
    let before = generated();
    current(&host, "ES256");
    assert_eq!(generated(), before + 1);
    current(&host, "RS256");
    assert_eq!(generated(), before + 2);
    assert_eq!(published(&host).len(), 4);
    assert_eq!(generated(), before + 2);
}

#[test]
fn rotation_is_as_the_operator_says() {
    let host = host();
    let keyring = Keyring::default();
    let often = Options {
        rotation_days: 1,
        publish_lead_s: 60,
        ..Options::default()
    };
    let old = keyring.current("ES256", &often, &host).unwrap();
    host.now.set(NOW + DAY);
    assert_eq!(keyring.current("ES256", &often, &host), Ok(old.clone()));
    host.now.set(NOW + DAY + 60);
    let new = keyring.current("ES256", &often, &host).unwrap();
    assert_ne!(new, old);
    let never = Options {
        rotation_days: 0,
        ..often.clone()
    };
    host.now.set(NOW + 10_000 * DAY);
    let keyring = Keyring::default();
    assert_eq!(keyring.current("ES256", &never, &host), Ok(new));
}

#[test]
fn a_store_that_cannot_be_written_stops_rotation_and_nothing_else() {
    let host = host();
    let kid = current(&host, "ES256");
    host.now.set(NOW + 90 * DAY);
    host.read_only.set(true);
    assert_eq!(current(&host, "ES256"), kid);
    Keyring::default().sign(&kid, b"m", &host).unwrap();
    let failed =
        host.events.borrow().iter().any(|event| {
            event.name == "keys.rotation_failed" && matches!(event.level, Level::Warning)
        });
    assert!(failed);
    // A key that is not there cannot be made.
    assert!(matches!(
        Keyring::default().current("RS256", &Options::default(), &host),
        Err(Failure::Unavailable(_))
    ));
    host.read_only.set(false);
    assert_eq!(kids(&host, "ES256").len(), 2);
}

#[test]
fn years_pass_and_the_record_stays_small() {
    let host = host();
    for quarter in 0..40 {
        host.now.set(NOW + quarter * 92 * DAY);
        let kid = current(&host, "ES256");
        Keyring::default().sign(&kid, b"m", &host).unwrap();
        host.now.set(NOW + quarter * 92 * DAY + 2 * DAY);
        current(&host, "ES256");
    }
    assert!(kids(&host, "ES256").len() <= 3);
}

/// Instances that come and go, over one store: one that signs, one that publishes.
struct Instances {
    host: Fake,
    signer: RefCell<Keyring>,
    options: RefCell<Options>,
}

impl Instances {
    /// Keys that change as often, and are published as short a time before they sign, as can be configured.
    fn start(algorithms: &[Algorithm]) -> Self {
        Self {
            host: host(),
            signer: RefCell::default(),
            options: RefCell::new(Self::hurried(algorithms)),
        }
    }

    fn hurried(algorithms: &[Algorithm]) -> Options {
        Options {
            algorithms: algorithms.to_vec(),
            rotation_days: 1,
            publish_lead_s: LEAST_LEAD_S,
        }
    }

    fn configure(&self, algorithms: &[Algorithm]) {
        *self.options.borrow_mut() = Self::hurried(algorithms);
        self.signer.take();
    }

    fn published(&self, alg: &str) -> usize {
        let all = published_with(&self.options.borrow(), &self.host);
        all.iter().filter(|key| key["alg"] == alg).count()
    }
}

impl Deployment for Instances {
    fn at(&self, now: u64) {
        self.host.now.set(now);
    }

    fn current(&self, alg: &str) -> Option<String> {
        let (signer, options) = (self.signer.borrow(), self.options.borrow());
        signer.current(alg, &options, &self.host).ok()
    }

    fn sign(&self, kid: &str, message: &[u8]) -> Vec<u8> {
        let signer = self.signer.borrow();
        signer.sign(kid, message, &self.host).unwrap()
    }

    fn jwks(&self) -> String {
        let keyring = Keyring::default();
        keyring.jwks(&self.options.borrow(), &self.host).unwrap()
    }

    fn verify(&self, jwk: &str, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        verify(jwk, alg, message, signature).unwrap()
    }
}

const EVERY: [Algorithm; 4] = [
    Algorithm::Es256,
    Algorithm::Rs256,
    Algorithm::Es384,
    Algorithm::EdDsa,
];
const NAMES: [&str; 4] = ["ES256", "RS256", "ES384", "EdDSA"];

#[test]
fn no_token_ever_meets_a_relying_party_that_does_not_know_its_key() {
    let instances = Instances::start(&EVERY);
    let mut parties = RelyingParties::default();
    parties.live_through(&instances, &NAMES, NOW, NOW + 4 * DAY);
    for alg in NAMES {
        assert!(parties.keys_of(alg) >= 4, "{alg}");
        // Neither does anything stay for ever.
        assert!(instances.published(alg) <= 3, "{alg}");
    }
}

#[test]
fn a_key_of_an_algorithm_that_is_no_longer_configured_stays_as_long_as_its_last_token_and_goes() {
    let instances = Instances::start(&EVERY);
    let mut parties = RelyingParties::default();
    let dropped = NOW + 7_200;
    parties.live_through(&instances, &NAMES, NOW, dropped);
    instances.configure(&[Algorithm::Es256, Algorithm::Es384]);
    // It is issued no more, and what was issued is verified to its end.
    let over = dropped + DAY + 300 + 60;
    parties.live_through(&instances, &NAMES, dropped, over);
    for alg in ["RS256", "EdDSA"] {
        let found = (parties.keys_of(alg), instances.published(alg));
        assert_eq!(found, (1, 0), "{alg}");
    }
    assert!(instances.published("ES384") > 0);
    // Whoever wants it again gets another one, published first where it is used later.
    instances.configure(&EVERY);
    let published = over + LEAST_LEAD_S;
    parties.live_through(&instances, &["ES256", "ES384"], over, published);
    parties.live_through(&instances, &NAMES, published, published + 7_200);
    let found = (parties.keys_of("EdDSA"), instances.published("EdDSA"));
    assert_eq!(found, (2, 1));
}

#[test]
fn an_algorithm_that_is_configured_again_in_time_keeps_its_key() {
    let instances = Instances::start(&EVERY);
    let mut parties = RelyingParties::default();
    parties.live_through(&instances, &NAMES, NOW, NOW + 600);
    let kid = instances.current("EdDSA");
    instances.configure(&[Algorithm::Es256]);
    parties.live_through(&instances, &NAMES, NOW + 600, NOW + DAY / 2);
    assert_eq!(instances.current("EdDSA"), None);
    instances.configure(&EVERY);
    assert_eq!(instances.current("EdDSA"), kid);
    // Nothing is left of the note: it signs for as long as any other.
    parties.live_through(&instances, &NAMES, NOW + DAY / 2, NOW + DAY);
    assert_eq!(instances.current("EdDSA"), kid);
}

/// Instances of two configurations are up for a while: a signature is no reason to write.
#[test]
fn notes_are_written_when_keys_are_published_and_taken_back_by_who_signs() {
    let host = host();
    let (old, new) = (
        Instances::hurried(&EVERY),
        Instances::hurried(&[Algorithm::Es256]),
    );
    let kid = Keyring::default().current("EdDSA", &old, &host).unwrap();
    let version = |host: &Fake| record(host).unwrap().1;
    Keyring::default().current("ES256", &new, &host).unwrap();
    let before = version(&host);
    for _ in 0..3 {
        Keyring::default().current("ES256", &new, &host).unwrap();
        Keyring::default().current("EdDSA", &old, &host).unwrap();
    }
    assert_eq!(version(&host), before);
    published_with(&new, &host);
    assert!(version(&host) > before);
    let before = version(&host);
    assert_eq!(Keyring::default().current("EdDSA", &old, &host), Ok(kid));
    assert!(version(&host) > before);
}
