//! Login plugins that misbehave (`tests/guests`), on the real server: whoever meets one sees a plain page, the operator's log
//! names the plugin, and everybody else is answered as before.
//!
//! Only the native server: it bounds the time and memory of one plugin, and a trap in one is a page. Elsewhere the whole is one component,
//! which its host bounds (`docs/hosts.md`); what a plugin answers is held there to the same text (`host/portable/link/src/outcome.rs`).
//!
//! [`test_of`] has a test for every guest: without one, this does not compile.

#[path = "../guests/src/guest.rs"]
#[expect(dead_code, reason = "the component uses the rest")]
mod guest;

use crate::harness::browser::{Browser, Visit};
use crate::harness::client::SPA;
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http;
use crate::harness::jwt;
use crate::harness::markup;
use crate::harness::server::{CONFIG, Server, refused};
use crate::harness::web::{Page, Web};
use guest::{Guest, HONEST, MARKUP, TRAPS};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The test that is about a guest.
const fn test_of(guest: Guest) -> fn() {
    match guest {
        Guest::Traps => a_trap_is_a_page_that_says_nothing,
        Guest::Loops => a_loop_ends_when_its_time_is_up,
        Guest::Allocates => memory_ends_where_the_operator_says,
        Guest::Prints => what_is_printed_goes_nowhere,
        Guest::CallsHuge => a_call_copies_no_more_than_it_may,
        Guest::TextsTrap => without_its_texts_it_speaks_english,
        Guest::DescribeTraps => what_does_not_describe_itself_does_not_load,
        Guest::OtherVersion => another_version_of_the_contract_does_not_load,
        Guest::Floods => a_flood_of_events_is_cut_off,
        Guest::WritesMarkup => markup_is_text,
        Guest::ForgesLog => nothing_that_it_says_begins_a_line_of_the_log,
        Guest::Lies => identities_outside_the_contract_are_nobody,
        Guest::ManagesNothing => whoever_was_not_asked_for_is_nobody,
        Guest::AsksElsewhere => only_granted_hosts_are_asked,
        Guest::IsRedirected => redirects_are_answers_and_not_followed,
        Guest::SendsAway => browsers_are_sent_to_granted_hosts_only,
        Guest::Overflows => pages_have_bounds,
        Guest::Hoards => state_has_a_bound,
        Guest::CallsBig => records_have_bounds,
    }
}
const _: fn(Guest) -> fn() = test_of;

/// The id of the plugin in the configuration.
const ID: &str = "hostile";
const CONTRACT: &[u8] = b"doorward:provider/login-provider@0.1.0";
const ANOTHER_CONTRACT: &[u8] = b"doorward:provider/login-provider@0.2.0";

/// The folder with the component of the guests, built as the components inside the server are.
static GUESTS: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = folder.with_file_name("components");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .args(["build", "--locked", "--package", "doorward-guests"])
        .args(["--profile", "component", "--target", "wasm32-wasip2"])
        .arg("--target-dir")
        .arg(&target);
    // What the tests are built with is not for the components: see `host/wasmtime/build.rs`.
    for inherited in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET_DIR",
    ] {
        command.env_remove(inherited);
    }
    let output = command.output().expect("cargo starts");
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the guests do not build:\n{printed}"
    );
    let built = target.join("wasm32-wasip2/component/doorward_guests.wasm");
    let guests = folder.join("guests");
    std::fs::create_dir_all(&guests).expect("a folder");
    std::fs::copy(built, guests.join("guests.wasm")).expect("what cargo built");
    guests
});

/// The component with some of its bytes replaced by as many others, under a name of its own.
fn with(name: &str, bytes: &[u8], others: &[u8]) -> PathBuf {
    assert_eq!(bytes.len(), others.len());
    let mut wasm = std::fs::read(GUESTS.join("guests.wasm")).expect("the component");
    let places: Vec<_> = (0..wasm.len() - bytes.len())
        .filter(|at| wasm[*at..].starts_with(bytes))
        .collect();
    assert!(!places.is_empty(), "{}", String::from_utf8_lossy(bytes));
    for at in places {
        wasm[at..at + others.len()].copy_from_slice(others);
    }
    let path = GUESTS.join(name);
    std::fs::write(&path, wasm).expect("a file");
    path
}

fn config(component: &Path, more: &str) -> String {
    format!(
        "{CONFIG}\n[[provider]]\nid = {ID:?}\ncomponent = {component:?}\noutbound_hosts = [\"granted.example\"]\n{more}"
    )
}

/// One server for all guests: what one does to it shows in the tests of the others.
static SERVER: LazyLock<(Server, Web)> = LazyLock::new(|| {
    let web = Web::of(&["granted.example", "refused.example", "elsewhere.example"]);
    let config = config(&GUESTS.join("guests.wasm"), &web.config());
    (Server::start_for_all(&config), web)
});

fn server() -> &'static Server {
    &SERVER.0
}

/// Meets a guest in a new browser. Meanwhile others are answered as before.
#[track_caller]
fn meet(guest: Guest, way: &str) -> Visit {
    let server = server();
    let path = format!("/{ID}/{}/{way}", guest.name());
    let path = path.trim_end_matches('/');
    let others = [
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
        "/authorize",
    ];
    let ask = |path: &str| {
        let answer = http::get(&server.url(path)).send();
        // The reference in an error page is another each time.
        let body = if answer.status == 200 {
            answer.body
        } else {
            String::new()
        };
        (answer.status, body)
    };
    let before = others.map(ask);
    assert_eq!(
        before.each_ref().map(|(status, _)| *status),
        [200, 200, 400]
    );
    std::thread::scope(|scope| {
        let meeting = scope.spawn(|| Browser::new(&server.issuer).get(path));
        for _ in 0..3 {
            assert_eq!(others.map(ask), before, "beside {guest:?} {way}");
        }
        let visit = meeting.join().expect("an answer");
        assert_eq!(others.map(ask), before, "after {guest:?} {way}");
        visit
    })
}

/// Asserts a plain page with this status, without anything of the guest's, and a line of the log that names it and says this.
#[track_caller]
fn assert_blamed(visit: &Visit, status: u16, why: &str) {
    visit.assert_error_page(status);
    let body = &visit.response.body;
    for of_the_guest in ["guest", "trap", "forged", "printed", "victim", "elsewhere"] {
        assert!(!body.contains(of_the_guest), "{of_the_guest}:\n{body}");
    }
    server().log.line(&[ID, why]);
}

/// Meets a guest, who must be refused.
#[track_caller]
fn refuses(guest: Guest, way: &str, status: u16, why: &str) {
    assert_blamed(&meet(guest, way), status, why);
}

/// Meets a guest in the sign-in of an application.
fn sign_in(browser: &mut Browser, request: &AuthorizationRequest, path: &str) -> Visit {
    let page = browser.get(&request.url(server()));
    let link = page.link(&format!("/{ID}/authorize"));
    browser.get(&link.replace("/authorize", &format!("/{path}")))
}

/// Asserts that nothing of a page is a guest's markup.
#[track_caller]
fn assert_no_markup(visit: &Visit) {
    let body = &visit.response.body;
    for css in [
        "img[src=x]",
        "[onerror]",
        "[href^='javascript:']",
        "[action^='javascript:']",
        "[href^='//']",
    ] {
        assert_eq!(markup::count(body, css), 0, "{css}:\n{body}");
    }
    assert!(!body.contains("<script>guest"), "{body}");
    assert!(visit.response.header("content-security-policy").is_some());
}

#[test]
fn what_does_not_describe_itself_does_not_load() {
    let component = with("describe-traps.wasm", HONEST, TRAPS);
    let says = refused(&config(&component, ""));
    assert!(
        says.contains(ID) && says.contains("does not describe itself"),
        "{says}"
    );
}

#[test]
fn another_version_of_the_contract_does_not_load() {
    let component = with("other-version.wasm", CONTRACT, ANOTHER_CONTRACT);
    let says = refused(&config(&component, ""));
    for version in [
        ID,
        "doorward:provider/login-provider@0.1.0",
        "doorward:provider/login-provider@0.2.0",
    ] {
        assert!(says.contains(version), "{version}: {says}");
    }
}

#[test]
fn a_flood_of_events_is_cut_off() {
    let visit = meet(Guest::Floods, "");
    assert_eq!(visit.response.status, 200, "{visit:?}");
    let log = &server().log;
    log.line(&[ID, "events in one call; the rest is dropped"]);
    let text = log.text();
    let lines = text
        .lines()
        .filter(|line| line.contains("provider.hostile.flood"));
    let (count, longest) = lines.fold((0, 0), |(count, longest), line| {
        (count + 1, longest.max(line.len()))
    });
    assert!((1..=32).contains(&count), "{count} events");
    assert!(longest < 8 << 10, "a line of {longest} bytes");
}

#[test]
fn markup_is_text() {
    let visit = meet(Guest::WritesMarkup, "");
    assert_eq!(visit.response.status, 200, "{visit:?}");
    assert_no_markup(&visit);
    assert!(visit.text().contains(MARKUP), "{}", visit.text());
    // Every form posts to this server, and every link stays on it.
    for form in markup::forms(&visit.response.body) {
        assert!(
            form.action.starts_with(&format!("/{ID}/"))
                || form.action.starts_with('/') && !form.action.starts_with("//"),
            "{form:?}"
        );
    }
    // The list of ways to sign in has its label.
    let choice = Browser::new(&server().issuer).get(&AuthorizationRequest::new(SPA).url(server()));
    assert_no_markup(&choice);
    assert!(choice.text().contains(MARKUP), "{}", choice.text());
}

#[test]
fn nothing_that_it_says_begins_a_line_of_the_log() {
    refuses(Guest::ForgesLog, "bad-request", 400, "forged-line");
    refuses(Guest::ForgesLog, "unavailable", 503, "forged-line");
    let text = server().log.text();
    for line in text.lines().filter(|line| line.contains("forged-line")) {
        assert!(
            !line.starts_with("2026-01-01") && !line.contains('\u{1b}'),
            "{line:?}"
        );
        assert!(line.contains("ERROR forged-line"), "{line:?}");
    }
}

#[test]
fn identities_outside_the_contract_are_nobody() {
    refuses(Guest::Lies, "empty-subject", 503, "its subject is empty");
    refuses(
        Guest::Lies,
        "long-subject",
        503,
        "its subject is empty or longer",
    );
    refuses(Guest::Lies, "many-claims", 503, "more than 100 claims");
    refuses(Guest::Lies, "many-methods", 503, "its amr has more than 16");
    refuses(
        Guest::Lies,
        "unenrolled",
        500,
        "there was nobody to confirm",
    );
    refuses(Guest::Lies, "managed", 500, "");
}

/// What is the protocol's own a provider does not say, and an address that it does not name it cannot have verified.
#[test]
fn claims_that_are_not_its_to_make_are_dropped() {
    for way in ["reserved", "verified-nothing"] {
        let mut browser = Browser::new(&server().issuer);
        let request = AuthorizationRequest::new(SPA).with("scope", "openid email profile");
        let visit = sign_in(&mut browser, &request, &format!("lies/{way}"));
        let callback = flow::finish(&mut browser, &visit);
        let tokens = flow::Tokens::of(&request.redeem(server(), &callback.code()));
        let (_, id_token) = jwt::read(tokens.id());
        let userinfo = http::get(&server().url("/userinfo"))
            .bearer(&tokens.access)
            .send();
        for claims in [&id_token, &userinfo.assert_ok().json()] {
            let text = claims.to_string();
            for lie in [
                "victim",
                "evil.example",
                "admin",
                "urn:example:password",
                "no JSON",
            ] {
                assert!(!text.contains(lie), "{way} {lie}: {text}");
            }
            assert!(claims.get("email").is_none(), "{way}: {text}");
            assert_ne!(
                claims.get("email_verified"),
                Some(&serde_json::json!(true)),
                "{way}: {text}"
            );
        }
        assert_eq!(id_token["iss"], server().issuer.as_str(), "{way}");
    }
}

#[test]
fn whoever_was_not_asked_for_is_nobody() {
    let mut browser = Browser::new(&server().issuer);
    // Asked who this is, it may answer so.
    browser.get(&format!("/{ID}/{}", Guest::ManagesNothing.name()));
    let account = browser.get("/account");
    assert_no_markup(&account);
    let forms = markup::forms(&account.response.body).into_iter();
    let mut forms = forms.filter(|form| form.offers("manage") && form.offers(ID));
    let form = forms.next().expect("a way to manage what it keeps");
    let visit = browser.press(&account, &form, "manage");
    assert_blamed(&visit, 500, "it was not asked who somebody is");
}

#[test]
fn only_granted_hosts_are_asked() {
    let visit = meet(Guest::AsksElsewhere, "");
    assert_eq!(visit.response.status, 200, "{visit:?}");
    let text = visit.text();
    assert_eq!(text.matches(": none, ").count(), 4, "{text}");
    for host in ["elsewhere.example", "refused.example"] {
        assert!(SERVER.1.requests(&format!("https://{host}/")).is_empty());
    }
}

#[test]
fn redirects_are_answers_and_not_followed() {
    let web = &SERVER.1;
    let metadata = "http://169.254.169.254/latest/meta-data/";
    web.put("https://granted.example/metadata", Page::redirect(metadata));
    let elsewhere = "https://elsewhere.example/secret";
    web.put(
        "https://granted.example/elsewhere",
        Page::redirect(elsewhere),
    );
    let visit = meet(Guest::IsRedirected, "");
    assert_eq!(visit.response.status, 200, "{visit:?}");
    let text = visit.text();
    assert_eq!(text.matches(": status 302").count(), 2, "{text}");
    for page in ["metadata", "elsewhere"] {
        assert_eq!(
            web.requests(&format!("https://granted.example/{page}"))
                .len(),
            1
        );
    }
    assert!(web.requests(elsewhere).is_empty());
}

#[test]
fn browsers_are_sent_to_granted_hosts_only() {
    for (way, why) in [
        ("elsewhere", "which it was not granted"),
        ("asked-for", "which it was not granted"),
        ("plain", "no absolute https URL"),
        ("script", "no absolute https URL"),
        ("data", "no absolute https URL"),
        ("userinfo", "user information"),
        ("backslash", "its redirect is no URL"),
        ("relative", "no absolute https URL"),
        ("header", "its redirect is no URL"),
        ("empty", "no absolute https URL"),
    ] {
        refuses(Guest::SendsAway, way, 503, why);
    }
}

#[test]
fn pages_have_bounds() {
    for (bound, why) in [
        ("fields", "more than 32 fields"),
        ("buttons", "more than 32 buttons"),
        ("no-button", "a form has no button"),
        ("messages", "more than 32 messages"),
        ("forms", "more than 32 forms"),
        ("links", "more than 32 links"),
        ("figures", "more than 32 figures"),
        ("codes", "more than 32 codes"),
        ("qr-code", "more than 1024 bytes are in its QR code"),
        (
            "ceremony",
            "the options of a ceremony have more than 16384 bytes",
        ),
        ("text", "its page has more than 65536 bytes of text"),
        ("argument", "its page has more than 65536 bytes of text"),
        ("value", "its page has more than 65536 bytes of text"),
    ] {
        refuses(Guest::Overflows, bound, 503, why);
    }
}

#[test]
fn state_has_a_bound() {
    refuses(
        Guest::Hoards,
        "",
        503,
        "its state is larger than 16384 bytes",
    );
}

#[test]
fn records_have_bounds() {
    let visit = meet(Guest::CallsBig, "");
    assert_eq!(visit.response.status, 200, "{visit:?}");
    assert!(visit.text().contains("8 of 8"), "{}", visit.text());
}

#[test]
fn a_trap_is_a_page_that_says_nothing() {
    refuses(Guest::Traps, "", 503, "trapped");
}

#[test]
fn a_loop_ends_when_its_time_is_up() {
    refuses(Guest::Loops, "", 503, "took longer than 5000 ms");
}

#[test]
fn memory_ends_where_the_operator_says() {
    refuses(Guest::Allocates, "", 503, "trapped");
}

#[test]
fn what_is_printed_goes_nowhere() {
    refuses(Guest::Prints, "", 503, "took longer than 5000 ms");
    assert!(!server().log.text().contains("printed by a guest"));
}

#[test]
fn a_call_copies_no_more_than_it_may() {
    refuses(Guest::CallsHuge, "", 503, "trapped");
}

#[test]
fn without_its_texts_it_speaks_english() {
    let request = AuthorizationRequest::new(SPA).with("ui_locales", "de");
    let mut browser = Browser::new(&server().issuer);
    let visit = sign_in(&mut browser, &request, Guest::TextsTrap.name());
    assert_eq!(visit.response.status, 200, "{visit:?}");
    assert!(visit.response.body.contains("lang=\"de\""));
    assert!(visit.text().contains("Guest de"), "{}", visit.text());
    server().log.line(&[ID, "trapped"]);
}
