//! In which language and in which clothes people are met: OpenID Connect Core §3.1.2.1 `ui_locales`, RFC 9110 §12.5.4, `[theme]`.

use crate::harness::browser::Browser;
use crate::harness::client::SPA;
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http;
use crate::harness::markup;
use crate::harness::random;
use crate::harness::server::{CONFIG, Server, refused, shared};

#[test]
fn core_s3_1_2_1_ui_locales_is_the_language_of_every_page_and_of_the_mail() {
    let (mut browser, email) = (Browser::new(&shared().issuer), random::email());
    let request = AuthorizationRequest::new(SPA).with("ui_locales", "nl de-AT en");
    let choice = browser.get(&request.url(shared()));
    let code = flow::ask_for_pin(&mut browser, choice, &email);
    assert!(code.text().contains("Code eingeben"), "{}", code.text());
    let digits = shared().mailed_code(&email, 1);
    let mail = &shared().mails(&email)[0];
    assert!(
        mail["text"]
            .as_str()
            .is_some_and(|text| text.contains("Das ist Ihr Code")),
        "{mail}"
    );
    let consent = flow::enter_code(&mut browser, &code, &digits);
    assert!(
        consent.text().contains("auf Ihr Konto zugreifen"),
        "{}",
        consent.text()
    );
    for visit in [&code, &consent] {
        let body = &visit.response.body;
        assert_eq!(markup::attributes(body, "html", "lang"), ["de"]);
        assert_eq!(visit.response.header("content-language"), Some("de"));
    }
}

#[test]
fn rfc9110_s12_5_4_accept_language_is_the_language_of_a_page_and_its_direction() {
    for (wanted, language, direction) in [
        ("ar-EG, en;q=0.5", "ar", "rtl"),
        ("nl, ja;q=0.4, fr;q=0.6", "fr", "ltr"),
        ("nl", "en", "ltr"),
        ("de;q=x", "en", "ltr"),
    ] {
        let answer = http::get(&shared().url("/nowhere"))
            .header("accept-language", wanted)
            .send();
        assert_eq!(
            markup::attributes(&answer.body, "html", "lang"),
            [language],
            "{wanted}"
        );
        assert_eq!(
            markup::attributes(&answer.body, "html", "dir"),
            [direction],
            "{wanted}"
        );
    }
    let metadata = shared().metadata();
    let supported = metadata["ui_locales_supported"].as_array().expect("a list");
    assert_eq!(supported.len(), 7, "{supported:?}");
}

#[test]
fn an_operator_chooses_languages_theme_variables_and_words() {
    let server = Server::start(&format!(
        "languages = [\"fr\", \"de\"]\n{CONFIG}\n[theme]\nname = \"terminal\"\nvariables = {{ \"--card\" = \"#fffdf7\" }}\n\
         [theme.texts]\n\"error.not_found.title\" = \"Nothing at {{service}}\"\n\
         [theme.texts.de]\n\"error.not_found.title\" = \"Hier nicht\"\n"
    ));
    let page = |language: &str| {
        let answer = http::get(&server.url("/nowhere")).header("accept-language", language);
        answer.send().body
    };
    // Nobody offers English: the first of the list, and the words for every language.
    assert_eq!(markup::attributes(&page("en"), "html", "lang"), ["fr"]);
    assert!(markup::text(&page("en")).contains("Nothing at "));
    assert!(markup::text(&page("de")).contains("Hier nicht"));
    let mut css = String::new();
    for path in markup::attributes(&page("de"), "link[rel=stylesheet]", "href") {
        let answer = http::get(&server.url(&path)).send();
        assert_eq!(answer.status, 200, "{path}");
        css.push_str(&answer.body);
    }
    assert!(
        css.contains("ui-monospace") && css.contains("--card:#fffdf7"),
        "{css}"
    );
}

#[test]
fn overrides_that_do_nothing_or_too_much_stop_the_start_with_the_cure() {
    for (entry, parts) in [
        ("languages = [\"nl\"]", ["nl", "zh"]),
        ("languages = []", ["languages", "at least one"]),
        ("[theme]\nname = \"dark\"", ["dark", "contrast"]),
        (
            "[theme.variables]\n\"--karte\" = \"red\"",
            ["--karte", "--card"],
        ),
        (
            "[theme.variables]\n\"--card\" = \"url(//evil.example/x)\"",
            ["must not call url()", "rgb"],
        ),
        (
            "[theme.variables_dark]\n\"--card\" = \"image-set(x)\"",
            ["variables_dark", "rgb"],
        ),
        (
            "[theme.texts.de]\n\"choose.titel\" = \"Hallo\"",
            ["choose.titel", "choose.title"],
        ),
        (
            "[theme.texts]\n\"consent.title\" = \"{klient}\"",
            ["{klient}", "{client}"],
        ),
        (
            "[theme.texts.nl]\n\"choose.title\" = \"Hallo\"",
            ["texts.nl", "page.language"],
        ),
    ] {
        let log = refused(entry);
        for part in parts {
            assert!(log.contains(part), "{entry}: {log}");
        }
    }
}
