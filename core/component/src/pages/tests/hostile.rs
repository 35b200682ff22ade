//! Whatever applications, plugins and people write into a page stays text, and stays in its place.

use super::{Operator, assert_sound, named};
use crate::pages::markup::{tags, text};
use crate::pages::samples;
use doorward_protocol::page::{
    Account, AppLine, Choose, ClientCard, Consent, DetailLine, DeviceAnswered, EnterUserCode,
    ErrandLine, ErrorKind, ErrorPage, IdentityLine, Page, ResourceLine, ScopeLine, SessionLine,
    SignedIn, WayIn,
};
use doorward_protocol::provider::{self, Emphasis, FieldKind, Form, Link, Text};
use doorward_protocol::time::UnixTime;
use proptest::prelude::{any, prop, proptest};
use proptest::strategy::Strategy;

const HOSTILE: [&str; 8] = [
    "\"><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "\u{202e}gnp.exe\u{2066}\u{200f}",
    "{service}{client}{title}",
    "</title></bdi><h1>Harbour</h1>",
    "&lt;b&gt; &#x3c;",
    "<!--",
    "\0\u{1b}[2J\r\nset-cookie: x",
];
fn hostile_provider_page(text: &str) -> provider::Page {
    let own = |id: &str| Text {
        id: id.into(),
        english: format!("{text}{{x}}"),
        args: vec![("x".into(), text.into())],
    };
    let mut field = samples::field("name", FieldKind::Text, text, text);
    (field.value, field.error, field.hint) = (Some(text.into()), Some(own("e")), Some(own("h")));
    provider::Page {
        title: own("t"),
        messages: vec![provider::Message {
            severity: provider::Severity::Error,
            text: own("m"),
        }],
        figures: vec![
            provider::Figure::QrCode {
                content: text.into(),
                description: own("q"),
            },
            provider::Figure::Codes {
                title: own("c"),
                codes: vec![text.into()],
            },
        ],
        forms: vec![Form {
            path: text.into(),
            ceremony: Some(provider::Ceremony {
                kind: provider::CeremonyKind::Get,
                options: text.into(),
            }),
            fields: vec![field, samples::field(text, FieldKind::Hidden, "", "")],
            buttons: vec![samples::button(text, text, Emphasis::Primary)],
        }],
        links: vec![Link {
            label: own("l"),
            path: text.into(),
        }],
    }
}

fn hostile_pages(text: &str) -> Vec<Page> {
    let client = ClientCard {
        name: text.into(),
        redirect_host: text.into(),
        unverified: true,
        published_at: Some(text.into()),
        client_uri: Some(text.into()),
        policy_uri: Some(text.into()),
        tos_uri: Some(format!("https://h.example/{text}")),
        ..ClientCard::default()
    };
    let page = hostile_provider_page(text);
    let mut page = samples::provider_page(text, page);
    if let Page::Provider(page) = &mut page {
        page.client = Some(client.clone());
        (page.csrf, page.transaction, page.base_path) = (text.into(), text.into(), text.into());
    }
    let scopes = vec![
        ScopeLine {
            name: text.into(),
            description: None,
        },
        ScopeLine {
            name: "x".into(),
            description: Some(text.into()),
        },
    ];
    let resources = vec![ResourceLine {
        name: Some(text.into()),
        uri: text.into(),
    }];
    let (t, a) = (text.to_owned(), text.to_owned());
    let consent = Consent {
        client,
        account: a,
        scopes,
        claims: vec![text.into()],
        details: vec![DetailLine {
            title: text.into(),
            members: vec![(text.into(), vec![text.into()])],
        }],
        resources,
        user_code: Some(text.into()),
        action: text.into(),
        transaction: t.clone(),
        csrf: t,
        switch_account: text.into(),
    };
    let error = ErrorPage {
        kind: ErrorKind::Denied,
        code: Some(text.into()),
        message: Some(text.into()),
        retry_after_s: None,
        reference: text.into(),
    };
    let signed_in = SignedIn {
        account: text.into(),
        credential_changed: false,
        sign_out: text.into(),
        account_page: Some(text.into()),
    };
    vec![
        page,
        Page::DeviceAnswered(DeviceAnswered {
            client: consent.client.clone(),
            allowed: true,
        }),
        Page::EnterUserCode(EnterUserCode {
            action: text.into(),
            csrf: text.into(),
            user_code: Some(text.into()),
            unknown: true,
        }),
        Page::Consent(consent),
        Page::Error(error),
        Page::SignedIn(signed_in),
        Page::Account(hostile_account(text)),
    ]
}

fn hostile_account(text: &str) -> Account {
    let identity = IdentityLine {
        provider_id: text.into(),
        label: None,
        since: UnixTime(u64::MAX / 2),
    };
    let mut grant = samples::grant_line(Some(text), 1, true);
    (grant.id, grant.csrf) = (text.into(), text.into());
    let app = AppLine {
        name: text.into(),
        hosts: vec![text.into()],
        loopback: true,
        unverified: true,
        scopes: vec![ScopeLine {
            name: text.into(),
            description: None,
        }],
        resources: vec![ResourceLine {
            name: Some(text.into()),
            uri: text.into(),
        }],
        grants: vec![grant; 30],
        remembered: true,
        app: text.into(),
        csrf: text.into(),
    };
    let session = SessionLine {
        here: true,
        device: Some(text.into()),
        provider: identity.clone(),
        last_used: UnixTime(0),
        id: text.into(),
        csrf: text.into(),
    };
    Account {
        account: text.into(),
        ways: vec![WayIn {
            identity,
            id: text.into(),
            csrf: Some(text.into()),
        }],
        errands: vec![ErrandLine {
            provider_id: text.into(),
            provider: samples::text("label", text),
            action: "manage",
            label: Some(samples::text("manage", text)),
            csrf: text.into(),
        }],
        apps: vec![app],
        more_apps: Some(text.into()),
        sessions: vec![session],
        more_sessions: true,
        done: None,
        action: text.into(),
        sign_out_everywhere: text.into(),
        access_token_s: u32::MAX,
    }
}

fn assert_inert(text_of_others: &str) {
    let operator = Operator::new("{}");
    for page in hostile_pages(text_of_others) {
        let html = operator.page(page);
        assert_sound(&format!("{text_of_others:?}"), &html);
        let shown = text(&html);
        assert!(!shown.contains([
            '\u{202a}', '\u{202e}', '\u{200b}', '\u{200f}', '\u{feff}', '\0', '\u{1b}'
        ]));
    }
}

#[test]
fn hostile_text_is_inert_everywhere() {
    for hostile in HOSTILE {
        assert_inert(hostile);
    }
    assert_inert(&"W".repeat(10_000));
}

proptest! {
    #[test]
    fn any_text_is_inert_everywhere(
        text in prop::collection::vec(prop::sample::select(&HOSTILE[..]), 0..3)
            .prop_flat_map(|parts| any::<String>().prop_map(move |noise| format!("{}{noise}", parts.concat())))
    ) {
        assert_inert(&text);
    }
}

#[test]
fn names_and_values_are_isolated_and_arguments_not_interpreted() {
    let html = Operator::new("{}").page(Page::Consent(Consent {
        client: ClientCard {
            name: "{service}<b>".into(),
            ..samples::client()
        },
        account: "ada".into(),
        scopes: vec![],
        claims: Vec::new(),
        details: Vec::new(),
        resources: vec![],
        user_code: None,
        action: "/consent".into(),
        transaction: String::new(),
        csrf: String::new(),
        switch_account: "/".into(),
    }));
    assert!(
        html.contains("<h1><bdi>{service}&#60;b&#62;</bdi> wants to access your account</h1>"),
        "{html}"
    );
}

#[test]
fn a_name_of_10_kilobytes_is_cut() {
    let client = ClientCard {
        name: "W".repeat(10_000),
        ..samples::client()
    };
    let html = Operator::new("{}").page(Page::Choose(Choose {
        client: Some(client),
        confirms: false,
        providers: vec![],
    }));
    assert!(
        html.contains(&format!("<bdi>{}…</bdi>", "W".repeat(80)))
            && !html.contains(&"W".repeat(81))
    );
}

#[test]
fn a_client_without_a_visible_name_is_called_so() {
    let client = ClientCard {
        name: "\u{200b}\u{3164}".into(),
        ..samples::client()
    };
    let html = Operator::new("{}").page(Page::Choose(Choose {
        client: Some(client),
        confirms: false,
        providers: vec![],
    }));
    assert!(text(&html).contains("to continue to an application without a name"));
}

#[test]
fn what_a_plugin_may_not_say_is_left_out() {
    let mut password = samples::field(
        "password",
        FieldKind::Password,
        "Password",
        "current-password",
    );
    password.value = Some("hunter2".into());
    let page = samples::provider_page(
        "evil",
        provider::Page {
            title: samples::text("t", "T"),
            messages: vec![],
            figures: vec![],
            forms: vec![Form {
                path: "../consent".into(),
                ceremony: None,
                fields: vec![
                    samples::field("csrf", FieldKind::Hidden, "", ""),
                    samples::field("transaction", FieldKind::Text, "", ""),
                    password,
                ],
                buttons: vec![samples::button("a", "A", Emphasis::Primary)],
            }],
            links: vec![Link {
                label: samples::text("l", "Leave"),
                path: "//evil.example".into(),
            }],
        },
    );
    let html = Operator::new("{}").page(page);
    let tags = tags(&html);
    assert_eq!(named(&tags, "form")[0].get("action"), Some("/evil/"));
    assert_eq!(tags.iter().filter(|tag| tag.has("name", "csrf")).count(), 1);
    assert_eq!(
        tags.iter()
            .filter(|tag| tag.has("name", "transaction"))
            .count(),
        1
    );
    assert!(!html.contains("hunter2") && !html.contains("Leave"));
}
