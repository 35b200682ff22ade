//! The whole provider, through the contract.

mod change;
mod outages;
mod register;
mod reset;
mod sign_in;
mod uniformity;

use doorward_provider::testing::{Browser, Host};
use doorward_provider::{Failure, Identity, Leaver, Managed, Outcome, Page, Purpose, Step};

use crate::Password;

const ADA: &str = "ada@example.org";
const NOBODY: &str = "nob@example.org";
const OLD: &str = "mellon in elvish";
const NEW: &str = "correct horse battery";

type Answer = Result<Outcome, Failure>;

/// A person with a browser.
trait Person {
    fn signs_in(&mut self, email: &str, password: &str) -> Answer;
    fn registers(&mut self, email: &str, password: &str) -> Answer;
    fn asks_for_reset(&mut self, email: &str) -> Answer;
    fn gives_code(&mut self, path: &str, code: &str) -> Answer;
    fn asks_again(&mut self, path: &str) -> Answer;
    fn updates(&mut self, password: &str) -> Answer;
    fn changes(&mut self, current: &str, password: &str) -> Answer;
}

impl Person for Browser<'_, Password> {
    fn signs_in(&mut self, email: &str, password: &str) -> Answer {
        self.post("authorize", &[("email", email), ("password", password)])
    }

    fn registers(&mut self, email: &str, password: &str) -> Answer {
        self.post(
            "register",
            &[
                ("action", "register"),
                ("email", email),
                ("password", password),
            ],
        )
    }

    fn asks_for_reset(&mut self, email: &str) -> Answer {
        self.post("change", &[("action", "code"), ("email", email)])
    }

    fn gives_code(&mut self, path: &str, code: &str) -> Answer {
        self.post(path, &[("action", "verify"), ("code", code)])
    }

    fn asks_again(&mut self, path: &str) -> Answer {
        self.post(path, &[("action", "resend")])
    }

    fn updates(&mut self, password: &str) -> Answer {
        self.post("change", &[("action", "update"), ("password", password)])
    }

    fn changes(&mut self, current: &str, password: &str) -> Answer {
        self.post(
            "change",
            &[
                ("action", "change"),
                ("current_password", current),
                ("password", password),
            ],
        )
    }
}

fn browser(host: &Host) -> Browser<'_, Password> {
    Browser::new(host)
}

/// Creates Ada's account, an hour ago, from a network that is not the test's.
fn with_ada(seed: u64) -> (Host, Identity) {
    let host = Host::seeded(seed);
    let mut browser = Browser::<Password>::new(&host).from("203.0.113.1");
    browser.registers(ADA, OLD).unwrap();
    let code = host.last_code(ADA).unwrap();
    let identity = browser
        .gives_code("register", &code)
        .unwrap()
        .into_identity()
        .unwrap();
    host.advance(3_600);
    (host, identity)
}

fn page(answer: Answer) -> Page {
    answer.unwrap().into_page().expect("a page")
}

fn identity(answer: Answer) -> Option<Identity> {
    answer.unwrap().into_identity()
}

/// The id of the first error at a field.
fn error(page: &Page) -> Option<&str> {
    page.forms
        .iter()
        .flat_map(|form| &form.fields)
        .find_map(|field| field.error.as_ref().map(|e| e.id.as_str()))
}

fn says(page: &Page, id: &str) -> bool {
    page.messages.iter().any(|message| message.text.id == id)
}

fn another_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

fn in_parallel<R: Send>(times: usize, run: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let run = &run;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..times).map(|n| scope.spawn(move || run(n))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn unknown_paths_and_actions_are_refused() {
    let host = Host::seeded(1);
    let mut browser = browser(&host);
    for path in ["", "callback", "authorize/x", "Register"] {
        assert_eq!(browser.get(path), Err(Failure::NotFound), "{path}");
        assert_eq!(browser.post(path, &[]), Err(Failure::NotFound), "{path}");
    }
    for path in ["register", "change"] {
        for form in [&[][..], &[("action", "x")], &[("action", "")]] {
            assert!(
                matches!(browser.post(path, form), Err(Failure::BadRequest(_))),
                "{path}"
            );
        }
    }
    assert_eq!((host.records(), host.outbox()), (Vec::new(), Vec::new()));
}

#[test]
fn every_form_is_made_for_password_managers() {
    let (host, ada) = with_ada(2);
    let fields = |page: &Page, form: usize| -> Vec<(String, Option<String>)> {
        page.forms[form]
            .fields
            .iter()
            .map(|field| (field.name.clone(), field.autocomplete.clone()))
            .collect()
    };
    let field = |name: &str, token: &str| {
        (
            name.to_owned(),
            (!token.is_empty()).then(|| token.to_owned()),
        )
    };
    let mut one = browser(&host);
    assert_eq!(
        fields(&page(one.get("authorize")), 0),
        [
            field("email", "username"),
            field("password", "current-password")
        ]
    );
    assert_eq!(
        fields(&page(one.get("register")), 0),
        [
            field("action", ""),
            field("email", "username"),
            field("password", "new-password")
        ]
    );
    assert_eq!(
        fields(&page(one.get("change")), 0),
        [field("action", ""), field("email", "username")]
    );
    let code_page = page(one.asks_for_reset(ADA));
    assert_eq!(
        fields(&code_page, 0),
        [field("action", ""), field("code", "one-time-code")]
    );
    let update = page(one.gives_code("change", &host.last_code(ADA).unwrap()));
    assert_eq!(
        fields(&update, 0),
        [
            field("action", ""),
            field("username", "username"),
            field("password", "new-password")
        ]
    );
    let mut signed_in = browser(&host).signed_in(&ada.subject);
    assert_eq!(
        fields(&page(signed_in.get("change")), 0),
        [
            field("action", ""),
            field("username", "username"),
            field("current_password", "current-password"),
            field("password", "new-password"),
        ]
    );
}

#[test]
fn pages_never_echo_a_password() {
    let host = Host::seeded(3);
    let mut browser = browser(&host);
    let answers = [
        browser.signs_in(ADA, OLD),
        browser.registers(ADA, "short1"),
        browser.registers("x", OLD),
        browser.registers(ADA, OLD),
    ];
    for answer in answers {
        let shown = format!("{:?}", page(answer));
        assert!(!shown.contains(OLD) && !shown.contains("short1"), "{shown}");
    }
}
