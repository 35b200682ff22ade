//! Login plugins that misbehave: one component, in which the path of a request says how (`/<provider-id>/<guest>/<way>`). See
//! `README.md` beside it.

mod guest;
mod pages;

use doorward_provider::bindings::doorward::host::records;
use doorward_provider::bindings::exports::doorward::provider::login_provider;
use doorward_provider::host::Imports;
use doorward_provider::services::{Event, Events as _, Fetch as _, Level, Outgoing, Sealing as _};
use doorward_provider::{
    Context, Description, Failure, Identity, Leaver, Outcome, Page, Purpose, Request, Severity,
    Step, text,
};
use guest::{Guest, HONEST, MARKUP, TRAPS};

/// In the file, [`HONEST`] or what a test made of it.
static TEMPER: [u8; 16] = *HONEST;

/// The plugin.
#[derive(Debug)]
pub struct Component;

impl login_provider::Guest for Component {
    fn describe() -> Description {
        if std::hint::black_box(&TEMPER) == TRAPS {
            trap("describe");
        }
        let mut description = Description::new(text("label", MARKUP));
        description.purposes = vec![Purpose::SignIn, Purpose::Manage];
        description.manage_label = Some(text("manage.label", MARKUP));
        description.languages = vec!["de".to_owned()];
        description.outbound_hosts =
            vec!["granted.example".to_owned(), "refused.example".to_owned()];
        description
    }

    fn texts(_language: String) -> Vec<(String, String)> {
        trap("texts")
    }

    fn handle(context: Context, request: Request) -> Result<Outcome, Failure> {
        let (name, way) = request.path.split_once('/').unwrap_or((&request.path, ""));
        match Guest::of(name) {
            Some(guest) => misbehave(guest, way, &context),
            None => Ok(page(pages::plain("authorize"))),
        }
    }

    fn forget(_leaver: Leaver) -> Result<(), Failure> {
        Ok(())
    }
}

#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "generated from the WIT: the export itself")]
const _: () = {
    doorward_provider::bindings::export_component!(Component with_types_in doorward_provider::bindings);
};

fn misbehave(guest: Guest, way: &str, context: &Context) -> Result<Outcome, Failure> {
    match guest {
        Guest::Traps => trap("handle"),
        Guest::Loops => loop {
            std::hint::spin_loop();
        },
        Guest::Allocates => {
            let mut taken = Vec::new();
            loop {
                taken.push(std::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
        Guest::Floods => Ok(page(floods())),
        Guest::Prints => loop {
            println!("printed by a guest");
            eprintln!("printed by a guest");
        },
        Guest::WritesMarkup => Ok(page(pages::markup())),
        Guest::ForgesLog => Err(forged(way)),
        Guest::Lies => Ok(lie(way)),
        Guest::ManagesNothing => Ok(step(Step::Authenticated(Identity::new("somebody")))),
        Guest::AsksElsewhere => Ok(page(answers(&[
            "https://elsewhere.example/",
            "https://refused.example/",
            "https://169.254.169.254/latest/meta-data/",
            "https://127.0.0.1/",
        ]))),
        Guest::IsRedirected => Ok(page(answers(&[
            "https://granted.example/metadata",
            "https://granted.example/elsewhere",
        ]))),
        Guest::SendsAway => Ok(step(Step::Redirect(away(way).to_owned()))),
        Guest::Overflows => Ok(page(pages::beyond(way))),
        Guest::Hoards => Ok(Outcome {
            state: Some(vec![0; (16 << 10) + 1]),
            ..page(pages::plain("hoards"))
        }),
        Guest::CallsBig => Ok(page(calls_big())),
        Guest::CallsHuge => {
            let said = records::insert("huge", &vec![0; 16 << 20], None);
            Ok(page(said_of("16 MiB", &format!("{said:?}"))))
        }
        // Its purpose is what the test asks by; what it shows does not matter.
        Guest::TextsTrap => Ok(page(pages::plain(&context.language))),
        // The file is what is wrong with these.
        Guest::DescribeTraps | Guest::OtherVersion => Ok(page(pages::plain("unreachable"))),
    }
}

#[expect(clippy::panic, reason = "it is what this guest is for")]
fn trap(place: &str) -> ! {
    panic!("{place}: {MARKUP}")
}

fn step(step: Step) -> Outcome {
    Outcome { step, state: None }
}

fn page(page: Page) -> Outcome {
    step(Step::Page(page))
}

fn said_of(what: &str, said: &str) -> Page {
    Page::new(text("title", "Answers")).message(
        Severity::Info,
        text("said", "{what}: {said}")
            .arg("what", what)
            .arg("said", said),
    )
}

fn floods() -> Page {
    for number in 0..10_000 {
        let padding = if number % 2 == 0 { 8 << 10 } else { 8 };
        Imports.emit(&Event {
            name: "flood".to_owned(),
            level: Level::Error,
            fields: vec![("padding".to_owned(), "x".repeat(padding))],
        });
    }
    pages::plain("floods")
}

fn forged(way: &str) -> Failure {
    let lines =
        format!("\n2026-01-01T00:00:00Z ERROR forged-line {MARKUP}\r\n\u{1b}[31mforged-line");
    match way {
        "bad-request" => Failure::BadRequest(lines),
        _ => Failure::Unavailable(lines),
    }
}

fn lie(way: &str) -> Outcome {
    let mut identity = Identity::new("somebody");
    match way {
        "empty-subject" => identity.subject = String::new(),
        "long-subject" => identity.subject = "s".repeat(256),
        "many-claims" => {
            identity.claims = (0..101)
                .map(|n| (format!("c{n}"), "1".to_owned()))
                .collect();
        }
        "many-methods" => identity.amr = vec!["pwd".to_owned(); 17],
        "reserved" => {
            "reserved".clone_into(&mut identity.subject);
            let claim = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            identity.claims = vec![
                claim("sub", "\"victim\""),
                claim("iss", "\"https://evil.example\""),
                claim("aud", "\"victim\""),
                claim("email", "\"admin@corp.example\""),
                claim("email_verified", "true"),
                claim("acr", "\"urn:example:password\""),
                claim("scope", "\"admin\""),
                claim("name", "\"Mallory\""),
                claim("locale", "no JSON"),
            ];
        }
        "verified-nothing" => {
            "verified-nothing".clone_into(&mut identity.subject);
            identity.email_verified = true;
        }
        "unenrolled" => return step(Step::Unenrolled),
        "managed" => {
            return step(Step::Managed(doorward_provider::Managed {
                credential_changed: true,
            }));
        }
        _ => {}
    }
    step(Step::Authenticated(identity))
}

fn away(way: &str) -> &'static str {
    match way {
        "elsewhere" => "https://elsewhere.example/",
        "asked-for" => "https://refused.example/",
        "plain" => "http://granted.example/",
        "script" => "javascript:guest()",
        "data" => "data:text/html,<script>guest()</script>",
        "userinfo" => "https://granted.example@elsewhere.example/",
        "backslash" => "https://elsewhere.example\\@granted.example/",
        "relative" => "//elsewhere.example/",
        "header" => "https://granted.example/\r\nset-cookie: guest=1",
        _ => "",
    }
}

/// What each of these servers answers, or why there is no answer.
fn answers(urls: &[&str]) -> Page {
    let mut page = Page::new(text("title", "Answers"));
    for url in urls {
        let request = Outgoing {
            method: "GET",
            url: (*url).to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let said = match Imports.fetch(&request) {
            Ok(response) => format!("status {}", response.status),
            Err(failure) => format!("none, {failure:?}"),
        };
        let said = text("said", "{url}: {said}")
            .arg("url", url)
            .arg("said", said);
        page = page.message(Severity::Info, said);
    }
    page
}

fn calls_big() -> Page {
    let key = "k".repeat(1 << 20);
    let value = vec![0; (256 << 10) + 1];
    let plain = vec![0; (64 << 10) + 1];
    let refused = [
        records::get(&key).is_err(),
        records::insert(&key, b"v", None).is_err(),
        records::insert("v", &value, None).is_err(),
        records::increment(&key, 1, 1).is_err(),
        records::list(&key, None, 10).is_err(),
        records::get("").is_err(),
        records::get("not\u{e4}scii").is_err(),
        Imports.seal(&plain, b"").is_err(),
    ];
    let count = refused.iter().filter(|refused| **refused).count();
    said_of("refused", &format!("{count} of {}", refused.len()))
}
