//! A link around a provider that may misbehave.

use super::{Around, Baked, Fault, describe, forget, handle, texts};
use crate::types::{
    Context, Description, Failure, Identity, Leaver, Method, Outcome, Page, Purpose, Request, Step,
    Text,
};
use std::cell::{Cell, RefCell};

struct Provider {
    answer: Result<Outcome, Failure>,
    label: String,
    settings: Option<&'static str>,
    begun: Cell<u32>,
    seen: RefCell<Option<Context>>,
}

fn provider(answer: Result<Outcome, Failure>) -> Provider {
    Provider {
        answer,
        label: "Test".to_owned(),
        settings: Some("{}"),
        begun: Cell::new(0),
        seen: RefCell::new(None),
    }
}

fn text(english: &str) -> Text {
    Text {
        id: String::new(),
        english: english.to_owned(),
        args: Vec::new(),
    }
}

impl Around for Provider {
    fn begin(&self) {
        self.begun.set(self.begun.get() + 1);
    }

    fn section(&self, name: &str) -> Option<String> {
        assert_eq!(name, "provider/one");
        self.settings.map(str::to_owned)
    }

    fn describe(&self) -> Description {
        Description {
            label: text(&self.label),
            purposes: vec![Purpose::SignIn],
            manage_label: None,
            languages: vec!["de".to_owned()],
            icon: None,
            settings_schema: String::new(),
            outbound_hosts: Vec::new(),
        }
    }

    fn texts(&self, language: &str) -> Vec<(String, String)> {
        vec![(language.to_owned(), self.label.clone())]
    }

    fn forget(&self, leaver: &Leaver) -> Result<(), Failure> {
        assert_eq!((&*leaver.provider_id, &*leaver.settings), ("one", "{}"));
        Ok(())
    }

    fn call(&self, context: &Context, _request: &Request) -> Result<Outcome, Failure> {
        assert_eq!(
            self.begun.get(),
            1,
            "a call begins before the provider runs"
        );
        *self.seen.borrow_mut() = Some(context.clone());
        self.answer.clone()
    }
}

fn baked(hosts: &[&str]) -> Baked {
    let hosts = hosts.iter().map(|&host| host.to_owned()).collect();
    Baked {
        provider: "one".to_owned(),
        outbound_hosts: Some(hosts),
    }
}

fn asked(around: &Provider, hosts: &[&str]) -> Result<Outcome, Fault> {
    let context = Context {
        provider_id: "someone else".to_owned(),
        base_url: "https://id.example/one".to_owned(),
        settings: "what the core put there is ignored".to_owned(),
        state: None,
        transaction: "t".to_owned(),
        purpose: Purpose::SignIn,
        account: None,
        login_hint: None,
        language: "en".to_owned(),
        client_address: None,
        service_name: "Test".to_owned(),
    };
    let request = Request {
        method: Method::Get,
        path: "authorize".to_owned(),
        query: Vec::new(),
        form: Vec::new(),
    };
    handle(around, &baked(hosts), context, &request)
}

fn outcome(step: Step) -> Outcome {
    Outcome { step, state: None }
}

fn page(letters: usize) -> Step {
    Step::Page(Page {
        title: text(&"x".repeat(letters)),
        messages: Vec::new(),
        figures: Vec::new(),
        forms: Vec::new(),
        links: Vec::new(),
    })
}

fn identity(subject: String) -> Step {
    Step::Authenticated(Identity {
        subject,
        email: None,
        email_verified: false,
        claims: Vec::new(),
        amr: Vec::new(),
        credential_changed: false,
    })
}

fn crashed(outcome: Outcome, hosts: &[&str]) -> String {
    match asked(&provider(Ok(outcome)), hosts) {
        Err(Fault::Crashed(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_document_names_the_provider_or_there_is_none() {
    let read = Baked::read(r#"{"provider":"one","outbound_hosts":["github.com"]}"#);
    assert_eq!(read, Some(baked(&["github.com"])));
    let read = Baked::read(r#"{"provider":"one"}"#).unwrap();
    assert_eq!((read.provider.as_str(), read.outbound_hosts), ("one", None));
    for document in ["", "{}", r#"{"provider":""}"#, r#"{"provider":1}"#, "one"] {
        assert_eq!(Baked::read(document), None, "{document}");
    }
}

#[test]
fn the_provider_gets_its_own_id_and_settings() {
    let mut around = provider(Ok(outcome(page(1))));
    around.settings = Some(r#"{"a":1}"#);
    assert_eq!(asked(&around, &[]), Ok(outcome(page(1))));
    let seen = around.seen.into_inner().unwrap();
    assert_eq!(
        (seen.provider_id.as_str(), seen.settings.as_str()),
        ("one", r#"{"a":1}"#)
    );
}

#[test]
fn without_its_section_a_provider_is_not_asked() {
    let around = Provider {
        settings: None,
        ..provider(Ok(outcome(identity("1".to_owned()))))
    };
    assert!(
        matches!(asked(&around, &[]), Err(Fault::Crashed(reason)) if reason.contains("`provider/one`"))
    );
    assert!(around.seen.into_inner().is_none());
}

#[test]
fn an_answer_outside_the_contract_is_a_crash_by_name() {
    let state = |bytes: usize| Outcome {
        state: Some(vec![0; bytes]),
        ..outcome(page(1))
    };
    assert!(asked(&provider(Ok(state(16 << 10))), &[]).is_ok());
    for outcome in [
        state((16 << 10) + 1),
        outcome(page(65 << 10)),
        outcome(identity(String::new())),
        outcome(identity("1".repeat(256))),
    ] {
        let reason = crashed(outcome, &[]);
        assert!(reason.starts_with("provider one: "), "{reason}");
    }
}

#[test]
fn browsers_are_sent_only_where_the_operator_let_them() {
    let redirect = |url: &str| outcome(Step::Redirect(url.to_owned()));
    for url in [
        "https://github.com",
        "https://github.com/login?x=1#y",
        "HTTPS://GitHub.com:8443/",
        "https://github.com?x",
    ] {
        let answered = asked(&provider(Ok(redirect(url))), &["github.com"]);
        assert_eq!(answered, Ok(redirect(url)), "{url}");
    }
    for url in [
        "http://github.com/",
        "https://github.com.evil.example/",
        "https://github.com@evil.example/",
        "https://evil.example/?github.com",
        "https://evil.example#github.com",
        "https://evil.example\\@github.com/",
        "https:\\\\github.com/",
        "https://github.com:@evil.example/",
        "https://github.com:x/",
        "https://github.com:/",
        "https:///github.com/",
        "https://github.com\t.evil.example/",
        "https://github.com\u{2024}evil.example/",
        "//github.com/",
        "/relative",
        "javascript:alert(1)",
        "",
    ] {
        crashed(redirect(url), &["github.com"]);
    }
    crashed(redirect("https://github.com/"), &[]);
}

#[test]
fn a_description_outside_the_contract_is_not_listed() {
    assert!(describe(&provider(Err(Failure::NotFound)), &baked(&[])).is_some());
    let mut around = provider(Err(Failure::NotFound));
    around.label = "x".repeat(201);
    assert_eq!(describe(&around, &baked(&[])), None);
}

#[test]
fn texts_are_those_of_a_language_that_the_provider_knows() {
    let around = provider(Err(Failure::NotFound));
    let known = texts(&around, &baked(&[]), "de");
    assert_eq!(known, [("de".to_owned(), "Test".to_owned())]);
    assert!(texts(&around, &baked(&[]), "fr").is_empty());
    let long = Provider {
        label: "x".repeat(70_000),
        ..provider(Err(Failure::NotFound))
    };
    assert!(texts(&long, &baked(&[]), "de").is_empty());
}

#[test]
fn a_provider_forgets_with_its_own_settings() {
    let leaver = Leaver {
        provider_id: "someone else".to_owned(),
        settings: "what the core put there is ignored".to_owned(),
        account_id: "a".to_owned(),
        subject: None,
    };
    let around = provider(Err(Failure::NotFound));
    assert_eq!(forget(&around, &baked(&[]), leaver.clone()), Ok(()));
    let without = Provider {
        settings: None,
        ..provider(Err(Failure::NotFound))
    };
    assert!(matches!(
        forget(&without, &baked(&[]), leaver),
        Err(Fault::Crashed(_))
    ));
}
