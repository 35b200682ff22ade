//! Every page, as a browser and a screen reader would take it.

mod content;
mod headers;
mod hostile;

use super::markup::{Tag, tags};
use super::samples;
use super::{Response, render};
use doorward_protocol::http::{Answer, Body};
use doorward_protocol::page::Page;
use doorward_protocol::ports::{LoginFailure, Logins, Settings};
use doorward_protocol::provider::{
    Context, Description, Leaver, Listing, Outcome, Purpose, Request,
};

/// A host that has settings and providers and nothing else.
struct Operator {
    server: &'static str,
    theme: String,
}

const AT_ROOT: &str = r#"{"issuer":"https://id.example","service_name":"Harbour"}"#;
const BELOW: &str = r#"{"issuer":"https://id.example/t1","service_name":"Harbour"}"#;
const SVG_LOGO: &str = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=";

impl Operator {
    fn new(theme: &str) -> Self {
        Self {
            server: AT_ROOT,
            theme: theme.to_owned(),
        }
    }

    fn answer(&self, body: Body) -> Response {
        self.answer_with(body, Vec::new())
    }

    fn answer_with(&self, body: Body, headers: Vec<(&'static str, String)>) -> Response {
        render(
            Answer {
                status: 200,
                headers,
                body,
            },
            self,
            self,
        )
    }

    fn page(&self, page: Page) -> String {
        String::from_utf8(self.answer(Body::Page(Box::new(page))).body).unwrap()
    }

    fn asset(&self, name: &str) -> Response {
        self.answer(Body::Asset(name.to_owned()))
    }
}

impl Settings for Operator {
    fn section(&self, name: &str) -> Option<String> {
        match name {
            "server" => Some(self.server.to_owned()),
            "theme" => Some(self.theme.clone()),
            _ => None,
        }
    }
}

impl Logins for Operator {
    fn providers(&self) -> Vec<Listing> {
        ["password", "pin"]
            .map(|id| Listing {
                id: id.to_owned(),
                label: samples::text("label", id),
                purposes: vec![Purpose::SignIn],
                manage_label: None,
            })
            .to_vec()
    }

    fn describe(&self, id: &str) -> Option<Description> {
        let icon = match id {
            "password" => samples::KEY_ICON,
            "pin" => samples::ICON,
            _ => return None,
        };
        Some(Description {
            label: samples::text("label", id),
            purposes: vec![Purpose::SignIn],
            icon: Some(icon.to_owned()),
            languages: Vec::new(),
            outbound_hosts: Vec::new(),
        })
    }

    fn texts(&self, id: &str, language: &str) -> Vec<(String, String)> {
        match (id, language) {
            ("pin", "de") => vec![("code.title".to_owned(), "E-Mail ansehen".to_owned())],
            _ => Vec::new(),
        }
    }

    fn forget(&self, _: &Leaver) -> Result<(), LoginFailure> {
        Err(LoginFailure::UnknownProvider)
    }

    fn handle(&self, _: &str, _: &Context, _: &Request) -> Result<Outcome, LoginFailure> {
        Err(LoginFailure::UnknownProvider)
    }
}

fn theme_with_everything() -> String {
    format!(
        r##"{{"logo":{{"media_type":"image/svg+xml","data":"{SVG_LOGO}"}},
        "logo_dark":{{"media_type":"image/png","data":"AAAA"}},"primary":"#ffcc00","background":"#102030",
        "radius":"small","font":"Inter","links":[{{"label":"Privacy","href":"https://harbour.example/privacy"}},
        {{"label":"Bad","href":"javascript:alert(1)"}}]}}"##
    )
}

fn named<'a>(tags: &'a [Tag], name: &str) -> Vec<&'a Tag> {
    tags.iter().filter(|tag| tag.name == name).collect()
}

/// The one page with a script, and with a form that leaves us.
const FORM_POST: &str = "form-post";

/// What holds for every page, whatever stands in it.
fn assert_sound(name: &str, html: &str) {
    assert_sound_in(name, html, "en", "ltr");
}

fn assert_sound_in(name: &str, html: &str, language: &str, direction: &str) {
    let tags = tags(html);
    // The page that posts itself, and those on which an authenticator is used.
    let ceremony = tags.iter().any(|tag| tag.get("data-ceremony").is_some());
    let scripts = usize::from(name == FORM_POST || ceremony);
    for tag in &tags {
        let forbidden = [
            "script", "style", "iframe", "object", "embed", "base", "svg",
        ];
        let ours = (tag.name == "script" && scripts == 1)
            || (tag.name == "svg" && tag.has("role", "img") && tag.get("aria-label").is_some());
        assert!(
            ours || !forbidden.contains(&tag.name.as_str()),
            "{name}: <{}>",
            tag.name
        );
        for (attribute, value) in &tag.attributes {
            assert!(
                attribute != "style" && !attribute.starts_with("on"),
                "{name}: {attribute}={value:?}"
            );
            if matches!(attribute.as_str(), "href" | "src" | "srcset" | "action") {
                assert_address(name, tag, value);
            }
        }
    }
    assert_eq!(named(&tags, "script").len(), scripts, "{name}");
    assert_eq!(named(&tags, "h1").len(), 1, "{name}: one h1");
    assert_eq!(named(&tags, "main").len(), 1, "{name}: one main");
    assert!(
        tags[0].name == "html" && tags[0].has("lang", language) && tags[0].has("dir", direction),
        "{name}"
    );
    assert!(
        tags.iter()
            .all(|tag| tag.name != "img" || tag.get("alt").is_some()),
        "{name}: alt"
    );
    assert!(
        tags.iter()
            .filter(|tag| tag.get("autofocus").is_some())
            .count()
            <= 1,
        "{name}: one autofocus"
    );
    assert_inputs(name, &tags);
}

/// Only own paths, and https where somebody else's page is meant: links, never loads.
fn assert_address(name: &str, tag: &Tag, value: &str) {
    let own = value.starts_with('/') && !value.starts_with("//");
    let foreign_link = tag.name == "a"
        && value.starts_with("https://")
        && tag
            .get("rel")
            .is_some_and(|rel| rel.contains("noopener noreferrer"));
    let answer = name == FORM_POST && tag.name == "form" && value.starts_with("https://");
    let app = tag.name == "a" && value.starts_with("otpauth://");
    assert!(
        own || foreign_link || answer || app,
        "{name}: <{}> to {value:?}",
        tag.name
    );
}

fn assert_inputs(name: &str, tags: &[Tag]) {
    let mut ids: Vec<_> = tags.iter().filter_map(|tag| tag.get("id")).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "{name}: an id twice");
    for input in named(tags, "input")
        .into_iter()
        .filter(|input| !input.has("type", "hidden"))
    {
        let id = input.get("id").unwrap();
        assert_eq!(
            tags.iter().filter(|tag| tag.has("for", id)).count(),
            1,
            "{name}: a label for {id}"
        );
        for explained in input
            .get("aria-describedby")
            .into_iter()
            .flat_map(|ids| ids.split(' '))
        {
            assert!(
                ids.contains(&explained),
                "{name}: {explained} explains {id}"
            );
        }
    }
    for form in named(tags, "form") {
        assert!(form.has("method", "post"), "{name}");
    }
}

#[test]
fn every_page_is_sound_without_and_with_a_theme() {
    let themes = [
        "{}",
        "not json",
        &theme_with_everything(),
        r#"{"name":"minimal"}"#,
        r##"{"name":"terminal","primary":"#aa00aa"}"##,
        r##"{"name":"contrast","variables":{"--card":"#fffff0"}}"##,
    ];
    for theme in themes {
        let operator = Operator::new(theme);
        for (name, page) in samples::all() {
            assert_sound(name, &operator.page(page));
        }
    }
}

#[test]
fn every_asset_of_every_page_is_served_for_ever_and_under_no_other_name() {
    let theme = theme_with_everything().replacen('{', r#"{"name":"terminal","#, 1);
    let mut operator = Operator::new(&theme);
    for (server, prefix) in [(AT_ROOT, "/assets/"), (BELOW, "/t1/assets/")] {
        operator.server = server;
        for (_, page) in samples::all() {
            let html = operator.page(page);
            let assets: Vec<String> = tags(&html)
                .iter()
                .filter(|tag| matches!(tag.name.as_str(), "link" | "img" | "source"))
                .filter_map(|tag| {
                    tag.get("href")
                        .or(tag.get("src"))
                        .or(tag.get("srcset"))
                        .map(str::to_owned)
                })
                .collect();
            assert!(assets.len() >= 3);
            for path in assets {
                let name = path.strip_prefix(prefix).expect(&path);
                let found = operator.asset(name);
                assert_eq!(
                    (found.status, found.body.is_empty()),
                    (200, false),
                    "{name}"
                );
                let (stem, digest) = name.rsplit_once('-').unwrap();
                let other = operator.asset(&format!("{stem}-0{}", &digest[1..]));
                assert!(other.status == 404 || digest.starts_with('0'), "{name}");
            }
        }
    }
    for unknown in [
        "",
        "style.css",
        "style-.css",
        "theme-x.css",
        "logo-x.png",
        "icon-pin-.svg",
        "../x",
        "icon-",
    ] {
        let answer = operator.asset(unknown);
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{unknown}");
        assert!(
            answer
                .headers
                .contains(&("cache-control", "no-store".to_owned()))
        );
    }
}
