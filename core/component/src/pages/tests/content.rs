//! What pages say, and how they say it to browsers, password managers and screen readers.

use super::{Operator, assert_sound_in};
use crate::pages::colour::{Colour, ENHANCED_CONTRAST, TEXT_CONTRAST};
use crate::pages::markup::{Tag, tags, text};
use crate::pages::{samples, theme};
use doorward_protocol::http::Body;
use doorward_protocol::language::Language;
use doorward_protocol::page::{ErrorKind, ErrorPage, Page};
use doorward_protocol::settings::ThemeName;

#[test]
fn operators_replace_texts_of_ours_of_providers_and_of_scopes() {
    let theme = r#"{"texts":{"page.language":"ar","choose.title":"أهلا","pin.code.title":"Code for <b>{email}</b>",
        "scope.notes:write":"Schreiben","consent.title":"{client} → {service}"}}"#;
    let operator = Operator::new(theme);
    let pages: Vec<(&str, String)> = samples::all()
        .into_iter()
        .map(|(name, page)| (name, operator.page(page)))
        .collect();
    let html = |wanted: &str| &pages.iter().find(|(name, _)| *name == wanted).unwrap().1;
    assert!(html("choose").contains("<html lang=\"ar\" dir=\"rtl\">"));
    assert!(html("choose").contains("<h1>أهلا</h1>"));
    assert!(html("code").contains("<h1>Code for &#60;b&#62;{email}&#60;/b&#62;</h1>"));
    assert!(text(html("consent")).contains("Schreiben"));
    assert!(html("consent").contains("<h1><bdi>Lumen Notes</bdi> → <bdi>Harbour</bdi></h1>"));
}

#[test]
fn every_page_is_sound_in_every_language_and_says_which() {
    for language in Language::ALL {
        let tag = language.tag();
        let operator = Operator::new("{}");
        for (name, page) in samples::all() {
            let page = Body::Page(Box::new(page));
            let answer = operator.answer_with(page, vec![("content-language", tag.to_owned())]);
            let languages = answer
                .headers
                .iter()
                .filter(|(name, _)| *name == "content-language");
            assert_eq!(
                languages.map(|(_, value)| &**value).collect::<Vec<_>>(),
                [tag]
            );
            let html = String::from_utf8(answer.body).unwrap();
            let direction = if language == Language::Ar {
                "rtl"
            } else {
                "ltr"
            };
            assert_sound_in(name, &html, tag, direction);
            // A script has braces of its own.
            let is_whole = html.contains("<script") || !text(&html).contains('{');
            assert!(is_whole, "{name} in {tag}: a value is missing");
        }
    }
}

#[test]
fn providers_say_it_in_the_language_of_the_page_and_operators_in_their_words() {
    let page = |theme: &str, language: &str| {
        let (_, page) = samples::all()
            .into_iter()
            .find(|(name, _)| *name == "code")
            .unwrap();
        let headers = vec![("content-language", language.to_owned())];
        let body = Operator::new(theme)
            .answer_with(Body::Page(Box::new(page)), headers)
            .body;
        text(&String::from_utf8(body).unwrap())
    };
    assert!(page("{}", "en").contains("Check your e-mail"));
    assert!(page("{}", "de").contains("E-Mail ansehen"));
    // What the provider has not translated stays English.
    assert!(page("{}", "de").contains("Send a new code"));
    assert!(page("{}", "fr").contains("Check your e-mail"));
    let theme = r#"{"texts":{"pin.code.title":"Nachsehen"}}"#;
    assert!(page(theme, "de").contains("Nachsehen"));
}

#[test]
fn what_is_not_translated_keeps_its_own_direction() {
    let (_, page) = samples::all()
        .into_iter()
        .find(|(name, _)| *name == "register")
        .unwrap();
    let headers = vec![("content-language", "ar".to_owned())];
    let body = Operator::new("{}").answer_with(Body::Page(Box::new(page)), headers);
    let html = String::from_utf8(body.body).unwrap();
    assert!(
        html.contains("<bdi>Your address is confirmed.</bdi>"),
        "{html}"
    );
}

#[test]
fn plurals_are_those_of_the_language() {
    let page = |seconds, language: &str| {
        let error = ErrorPage {
            kind: ErrorKind::TooManyRequests,
            code: None,
            message: None,
            retry_after_s: Some(seconds),
            reference: String::new(),
        };
        let headers = vec![("content-language", language.to_owned())];
        let body = Body::Page(Box::new(Page::Error(error)));
        text(&String::from_utf8(Operator::new("{}").answer_with(body, headers).body).unwrap())
    };
    assert!(page(600, "de").contains("In 10 Minuten"));
    assert!(page(600, "ar").contains("10 دقائق"));
    assert!(page(660, "ar").contains("11 دقيقة"));
    assert!(page(120, "ar").contains("دقيقتين"));
    assert!(page(600, "ja").contains("10 分後"));
}

#[test]
fn a_language_tag_that_is_none_is_not_taken() {
    let html = Operator::new(r#"{"texts":{"page.language":"en\" onload=\"x"}}"#)
        .page(samples::all().remove(0).1);
    assert!(html.contains("<html lang=\"en\" dir=\"ltr\">"));
}

#[test]
fn fields_help_browsers_password_managers_and_screen_readers() {
    let operator = Operator::new("{}");
    let pages: Vec<_> = samples::all()
        .into_iter()
        .map(|(name, page)| (name, operator.page(page)))
        .collect();
    let page = |wanted: &str| tags(&pages.iter().find(|(name, _)| *name == wanted).unwrap().1);
    let input = |tags: &[Tag], name: &str| {
        tags.iter()
            .find(|tag| tag.has("name", name))
            .unwrap()
            .clone()
    };

    let wrong = page("password-wrong");
    let (email, password) = (input(&wrong, "email"), input(&wrong, "password"));
    assert!(
        email.has("type", "email")
            && email.has("autocomplete", "username")
            && email.has("value", "ada@example.org")
    );
    assert!(password.has("aria-invalid", "true") && password.get("autofocus").is_some());
    let explanation = wrong
        .iter()
        .find(|tag| tag.has("id", password.get("aria-describedby").unwrap()))
        .unwrap();
    assert!(explanation.has("role", "alert"));

    let code = page("code");
    let digits = input(&code, "code");
    assert!(digits.has("inputmode", "numeric") && digits.has("autocomplete", "one-time-code"));
    assert!(
        digits.has("type", "text")
            && digits.get("maxlength").is_none()
            && digits.get("autofocus").is_some()
    );
    let resend = code.iter().find(|tag| tag.has("value", "resend")).unwrap();
    assert!(
        resend.get("formnovalidate").is_some(),
        "a new code must not need the old one"
    );

    let decisions: Vec<_> = page("consent")
        .iter()
        .filter(|tag| tag.has("name", "decision"))
        .cloned()
        .collect();
    let values: Vec<_> = decisions
        .iter()
        .filter_map(|tag| tag.get("value"))
        .collect();
    assert_eq!(values, ["deny", "allow"]);
}

#[test]
fn consent_shows_who_asks_for_what_and_where_it_goes() {
    let operator = Operator::new("{}");
    let shown: Vec<_> = samples::all()
        .into_iter()
        .map(|(name, page)| (name, text(&operator.page(page))))
        .collect();
    let page = |wanted: &str| &shown.iter().find(|(name, _)| *name == wanted).unwrap().1;
    for words in [
        "Lumen Notes wants to access your account",
        "ada@example.org",
        "Use another account",
        "Know who you are at Harbour",
        "See your e-mail address",
        "Read and change your notes",
        "Use “files.read”",
        "Notes API",
        "https://files.lumen.example/v2",
        "notes.lumen.example",
        "Privacy policy (lumen.example)",
    ] {
        assert!(page("consent").contains(words), "{words}");
    }
    assert!(!page("consent").contains("Unverified"));
    assert!(
        page("consent-loopback").contains("Unverified")
            && page("consent-loopback").contains("a program on this device")
    );
    assert!(page("consent-unverified").contains("Nobody has checked"));
    let published = page("consent-published");
    for words in [
        "Says who it is at app.xn--pypal-4ve.example",
        "Takes you to app.xn--pypal-4ve.example",
        "Unverified",
        "Nobody has checked",
    ] {
        let published = published.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(published.contains(words), "{words}: {published}");
    }
    assert!(!published.contains('\u{202e}') && !published.contains('\u{200b}'));
}

#[test]
fn the_account_page_says_what_was_given_to_whom_and_offers_to_end_each() {
    let operator = Operator::new("{}");
    let html = |wanted: &str| {
        let pages = samples::all();
        let page = pages.into_iter().find(|(name, _)| *name == wanted);
        operator.page(page.unwrap().1)
    };
    let full = html("account");
    let shown = text(&full);
    for words in [
        "ada@example.org",
        "The application has no access any more.",
        "Lumen Notes",
        "notes.lumen.example",
        "Read and change your notes",
        "Notes API",
        "Firefox on Windows",
        "also while you are away",
        "Unverified",
        "a program on this device",
        "Unknown device",
        "need not ask again",
        "this browser",
        "for up to 10 minutes more",
        "e-mail code, since 2026-09-",
        "UTC",
    ] {
        assert!(shown.contains(words), "{words}");
    }
    let tags = tags(&full);
    let count = |action: &str| tags.iter().filter(|tag| tag.has("value", action)).count();
    assert_eq!(
        [
            count("remove_app"),
            count("remove_grant"),
            count("end_session"),
            count("end_sessions")
        ],
        [3, 3, 3, 1]
    );
    let buttons: Vec<_> = tags
        .iter()
        .filter_map(|tag| tag.get("aria-label"))
        .collect();
    assert!(
        buttons.contains(&"Remove all access of Lumen Notes"),
        "{buttons:?}"
    );
    assert!(
        buttons.contains(&"Remove the access of lumen-cli on Chrome on Linux"),
        "{buttons:?}"
    );
    assert!(text(&html("account-new")).contains("No application has access"));
}

#[test]
fn error_pages_say_what_to_do_and_how_to_refer_to_it() {
    let operator = Operator::new("{}");
    for (name, page) in samples::all()
        .into_iter()
        .filter(|(name, _)| name.starts_with("error-"))
    {
        let html = operator.page(page);
        assert!(
            html.contains("<title>Error: ") && text(&html).contains("7Qm2-fX9k-Lp"),
            "{name}"
        );
    }
    let page = |seconds| {
        let error = ErrorPage {
            kind: ErrorKind::TooManyRequests,
            code: None,
            message: None,
            retry_after_s: Some(seconds),
            reference: String::new(),
        };
        text(&operator.page(Page::Error(error)))
    };
    assert!(page(30).contains("again in 30 seconds") && page(121).contains("again in 3 minutes"));
}

/// WCAG 2.2 §1.4.3, §1.4.6 and §1.4.11, of every built-in theme.
#[test]
fn built_in_colours_can_be_told_apart() {
    for name in ThemeName::ALL {
        let (css, least) = match name {
            ThemeName::Default => (include_str!("../../../templates/style.css"), TEXT_CONTRAST),
            ThemeName::Contrast => (theme::look(name), ENHANCED_CONTRAST),
            _ => (theme::look(name), TEXT_CONTRAST),
        };
        let (light, dark) = css.split_once("prefers-color-scheme: dark").unwrap();
        for (scheme, css) in [("light", light), ("dark", dark)] {
            assert_told_apart(&format!("{name:?} {scheme}"), css, least);
        }
    }
}

fn assert_told_apart(scheme: &str, css: &str, least: f32) {
    let colour = |name: &str| {
        let start = format!("--{name}: ");
        let value = css.split_once(&start).unwrap().1.split(';').next().unwrap();
        Colour::parse(if value == "#fff" { "#ffffff" } else { value }).unwrap()
    };
    let pairs = [
        ("text", "card"),
        ("text", "wash"),
        ("soft", "card"),
        ("soft", "wash"),
        ("on-page", "page"),
        ("accent", "card"),
        ("bad", "card"),
        ("warn", "warn-wash"),
        ("text", "bad-wash"),
        ("text", "warn-wash"),
        ("text", "good-wash"),
        ("on-primary", "primary"),
        ("on-primary", "primary-hover"),
    ];
    for (ink, ground) in pairs {
        let contrast = colour(ink).contrast(colour(ground));
        assert!(
            contrast >= least,
            "{scheme}: {ink} on {ground} is {contrast:.2}"
        );
    }
    let borders = colour("control").contrast(colour("card"));
    assert!(borders >= 3.0, "{scheme}: borders of inputs {borders:.2}");
}
