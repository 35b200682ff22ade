//! Pages as they come in real life, for tests and for looking at.

use doorward_protocol::page::{
    Account, AccountChange, AppLine, Choice, Choose, ClientCard, ConfirmSignOut, Consent,
    DetailLine, DeviceAnswered, EnterUserCode, ErrandLine, ErrorKind, ErrorPage, FormPost,
    GrantLine, IdentityLine, Page, ProviderPage, ResourceLine, ScopeLine, SelectAccount,
    SessionLine, SignedIn, SignedOut, WayIn,
};
use doorward_protocol::provider::{
    self, Button, Ceremony, CeremonyKind, Emphasis, Field, FieldKind, Figure, Form, Link, Message,
    Severity, Text,
};
use doorward_protocol::redirect_uri;
use doorward_protocol::time::UnixTime;

/// An icon, as a plugin would bring it.
pub(crate) const ICON: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#6b7690" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"><rect x="3" y="5" width="18" height="14" rx="3"/><path d="m4 8 8 5.5L20 8"/></svg>"##;
/// Another.
pub(crate) const KEY_ICON: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#6b7690" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"><rect x="4" y="10" width="16" height="11" rx="3"/><path d="M8 10V7a4 4 0 0 1 8 0v3M12 14v3"/></svg>"##;

/// Every page, by a name for its file.
pub(crate) fn all() -> Vec<(&'static str, Page)> {
    let mut pages = vec![
        ("choose", choose(Some(client()))),
        (
            "choose-none",
            Page::Choose(Choose {
                client: None,
                confirms: false,
                providers: Vec::new(),
            }),
        ),
        ("select-account", select_account()),
        ("form-post", form_post()),
        ("password", password(None)),
        (
            "password-wrong",
            password(Some("That address and password do not belong together.")),
        ),
        ("register", register()),
        ("code", code(None)),
        (
            "code-wrong",
            code(Some("That is not the code. 4 tries are left.")),
        ),
        ("passkey", passkey()),
        ("authenticator", authenticator()),
        ("recovery-codes", recovery_codes()),
        ("consent", consent(client())),
        ("consent-details", consent_to_details()),
        ("consent-loopback", consent(loopback_client())),
        ("consent-unverified", consent(unverified_client())),
        ("device", enter_user_code(None, false)),
        ("device-filled", enter_user_code(Some("WDJB-MJHT"), false)),
        ("device-unknown", enter_user_code(None, true)),
        ("device-consent", device_consent()),
        ("device-allowed", device_answered(true)),
        ("device-denied", device_answered(false)),
        ("consent-published", consent(published_client())),
        ("confirm-sign-out", confirm_sign_out()),
        ("signed-out", Page::SignedOut(SignedOut { stayed: false })),
        ("stayed", Page::SignedOut(SignedOut { stayed: true })),
        ("signed-in", signed_in()),
        ("account", account()),
        ("account-new", new_account()),
    ];
    pages.extend(errors());
    pages
}

/// A well-known application.
pub(crate) fn client() -> ClientCard {
    ClientCard {
        name: "Lumen Notes".to_owned(),
        redirect_host: "notes.lumen.example".to_owned(),
        client_uri: Some("https://lumen.example/notes".to_owned()),
        policy_uri: Some("https://lumen.example/privacy".to_owned()),
        tos_uri: Some("https://lumen.example/terms".to_owned()),
        ..ClientCard::default()
    }
}

fn loopback_client() -> ClientCard {
    ClientCard {
        name: "lumen-cli".to_owned(),
        redirect_host: "this device".to_owned(),
        loopback: true,
        unverified: true,
        ..ClientCard::default()
    }
}

/// One that is known by a document.
fn published_client() -> ClientCard {
    ClientCard {
        name: "Bank \u{202e}of\u{200b} P\u{430}ypal".to_owned(),
        redirect_host: "app.xn--pypal-4ve.example".to_owned(),
        published_at: Some("app.xn--pypal-4ve.example".to_owned()),
        unverified: true,
        client_uri: Some("https://paypal.example/".to_owned()),
        ..ClientCard::default()
    }
}

fn unverified_client() -> ClientCard {
    ClientCard {
        name: "A really quite long application name that somebody typed into a registration form without mercy".to_owned(),
        redirect_host: "a-rather-long-subdomain.of-some-customer.eu-central-1.hosting.example:8443".to_owned(),
        unverified: true,
        client_uri: Some("https://a-rather-long-subdomain.of-some-customer.eu-central-1.hosting.example/".to_owned()),
        ..ClientCard::default()
    }
}

/// A page of this provider, with these contents.
pub(crate) fn provider_page(provider_id: &str, page: provider::Page) -> Page {
    Page::Provider(ProviderPage {
        provider_id: provider_id.to_owned(),
        client: Some(client()),
        page,
        base_path: format!("/{provider_id}/"),
        transaction: "Zm9vYmFy-_x".to_owned(),
        csrf: "c3JmdG9rZW4".to_owned(),
        other_ways: Some("/login?transaction=Zm9vYmFy-_x".to_owned()),
    })
}

/// A text without arguments.
pub(crate) fn text(id: &str, english: &str) -> Text {
    Text {
        id: id.to_owned(),
        english: english.to_owned(),
        args: Vec::new(),
    }
}

/// A required field without anything special.
pub(crate) fn field(name: &str, kind: FieldKind, label: &str, autocomplete: &str) -> Field {
    Field {
        name: name.to_owned(),
        kind,
        label: text(&format!("{name}.label"), label),
        autocomplete: Some(autocomplete.to_owned()),
        value: None,
        required: true,
        min_length: None,
        max_length: None,
        error: None,
        hint: None,
    }
}

/// A button of the field `action`.
pub(crate) fn button(value: &str, label: &str, emphasis: Emphasis) -> Button {
    Button {
        name: "action".to_owned(),
        value: value.to_owned(),
        label: text(value, label),
        emphasis,
    }
}

fn link(path: &str, label: &str) -> Link {
    Link {
        label: text(path, label),
        path: path.to_owned(),
    }
}

fn choose(client: Option<ClientCard>) -> Page {
    let choice = |id: &str, label: &str, icon: &str| Choice {
        provider_id: id.to_owned(),
        label: text("label", label),
        icon: Some(icon.to_owned()),
        href: format!("/{id}/authorize?transaction=Zm9vYmFy-_x"),
    };
    let providers = vec![
        choice("password", "password", KEY_ICON),
        choice("pin", "e-mail code", ICON),
    ];
    Page::Choose(Choose {
        client,
        confirms: false,
        providers,
    })
}

fn form_post() -> Page {
    let uri = "https://notes.lumen.example/callback?tenant=1";
    let registered = [uri.to_owned()];
    let Ok(action) = redirect_uri::find(uri, &registered, false) else {
        return select_account();
    };
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Page::FormPost(FormPost {
        action,
        fields: vec![
            field("code", "dwc_Zm9vYmFy"),
            field("state", "\"><script>alert(1)</script>"),
            field("iss", "https://id.example"),
        ],
    })
}

fn select_account() -> Page {
    Page::SelectAccount(SelectAccount {
        client: Some(client()),
        account: "ada@example.org".to_owned(),
        action: "/login".to_owned(),
        transaction: "Zm9vYmFy-_x".to_owned(),
        csrf: "c3JmdG9rZW4".to_owned(),
        another: "/login?transaction=Zm9vYmFy-_x&another=true".to_owned(),
    })
}

fn password(error: Option<&str>) -> Page {
    let mut email = field("email", FieldKind::Email, "E-mail address", "username");
    email.value = error.map(|_| "ada@example.org".to_owned());
    let mut password = field(
        "password",
        FieldKind::Password,
        "Password",
        "current-password",
    );
    password.error = error.map(|error| text("wrong", error));
    provider_page(
        "password",
        provider::Page {
            title: text("title", "Sign in with your password"),
            messages: Vec::new(),
            figures: Vec::new(),
            forms: vec![Form {
                ceremony: None,
                path: "authorize".to_owned(),
                fields: vec![email, password],
                buttons: vec![button("sign_in", "Sign in", Emphasis::Primary)],
            }],
            links: vec![
                link("forgot", "Forgot your password?"),
                link("register", "Create an account"),
            ],
        },
    )
}

fn register() -> Page {
    let mut password = field(
        "password",
        FieldKind::Password,
        "New password",
        "new-password",
    );
    password.min_length = Some(12);
    let mut hint = text(
        "hint",
        "At least {min} characters. A few words in a row are easy to remember.",
    );
    hint.args = vec![("min".to_owned(), "12".to_owned())];
    password.hint = Some(hint);
    let mut name = field("name", FieldKind::Text, "Name", "name");
    name.required = false;
    provider_page(
        "password",
        provider::Page {
            title: text("register.title", "Create an account"),
            messages: vec![Message {
                severity: Severity::Success,
                text: text("ok", "Your address is confirmed."),
            }],
            figures: Vec::new(),
            forms: vec![Form {
                ceremony: None,
                path: "register".to_owned(),
                fields: vec![
                    name,
                    field("email", FieldKind::Email, "E-mail address", "username"),
                    password,
                ],
                buttons: vec![button("create", "Create account", Emphasis::Primary)],
            }],
            links: Vec::new(),
        },
    )
}

fn code(error: Option<&str>) -> Page {
    let mut code = field(
        "code",
        FieldKind::OneTimeCode,
        "6-digit code",
        "one-time-code",
    );
    code.error = error.map(|error| text("wrong", error));
    code.value = error.map(|_| "123456".to_owned());
    code.max_length = Some(6);
    let mut sent = text(
        "sent",
        "We have sent a code to {email}. It works for 10 minutes.",
    );
    sent.args = [
        ("email", "ada@example.org"),
        ("digits", "6"),
        ("minutes", "10"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    provider_page(
        "pin",
        provider::Page {
            title: text("code.title", "Check your e-mail"),
            messages: vec![Message {
                severity: Severity::Info,
                text: sent,
            }],
            figures: Vec::new(),
            forms: vec![Form {
                ceremony: None,
                path: "code".to_owned(),
                fields: vec![code],
                buttons: vec![
                    button("verify", "Continue", Emphasis::Primary),
                    button("resend", "Send a new code", Emphasis::Secondary),
                ],
            }],
            links: vec![link("authorize", "Use another address")],
        },
    )
}

fn passkey() -> Page {
    provider_page(
        "passkey",
        provider::Page {
            title: text("title", "Sign in with a passkey"),
            messages: Vec::new(),
            figures: Vec::new(),
            forms: vec![Form {
                ceremony: Some(Ceremony {
                    kind: CeremonyKind::Get,
                    options: r#"{"challenge":"AAAA","rpId":"id.example"}"#.to_owned(),
                }),
                path: "authorize".to_owned(),
                fields: Vec::new(),
                buttons: vec![button("use", "Use a passkey", Emphasis::Primary)],
            }],
            links: Vec::new(),
        },
    )
}

fn authenticator() -> Page {
    provider_page(
        "totp",
        provider::Page {
            title: text("enroll.title", "Set up your authenticator app"),
            messages: vec![Message {
                severity: Severity::Info,
                text: text("enroll.how", "Scan this code with the app, then enter the digits that it shows."),
            }],
            figures: vec![Figure::QrCode {
                content: "otpauth://totp/Harbour:ada@example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Harbour"
                    .to_owned(),
                description: text("enroll.qr", "A code for your authenticator app"),
            }],
            forms: vec![Form {
                ceremony: None,
                path: "enroll".to_owned(),
                fields: vec![field("code", FieldKind::OneTimeCode, "6-digit code", "one-time-code")],
                buttons: vec![button("verify", "Continue", Emphasis::Primary)],
            }],
            links: Vec::new(),
        },
    )
}

fn recovery_codes() -> Page {
    let code = |n: u32| format!("k7f2-{n:04}-m9qx");
    provider_page(
        "totp",
        provider::Page {
            title: text("codes.title", "Keep these codes safe"),
            messages: Vec::new(),
            figures: vec![Figure::Codes {
                title: text("codes.name", "Recovery codes"),
                codes: (1..=10).map(code).collect(),
            }],
            forms: vec![Form {
                ceremony: None,
                path: "enroll".to_owned(),
                fields: Vec::new(),
                buttons: vec![button("done", "I have kept them", Emphasis::Primary)],
            }],
            links: Vec::new(),
        },
    )
}

fn consent(client: ClientCard) -> Page {
    let scope = |name: &str, description: Option<&str>| ScopeLine {
        name: name.to_owned(),
        description: description.map(str::to_owned),
    };
    Page::Consent(Consent {
        client,
        account: "ada@example.org".to_owned(),
        scopes: vec![
            scope("openid", None),
            scope("profile", None),
            scope("email", None),
            scope("offline_access", None),
            scope("notes:write", Some("Read and change your notes")),
            scope("files.read", None),
        ],
        claims: Vec::new(),
        details: Vec::new(),
        resources: vec![
            ResourceLine {
                name: Some("Notes API".to_owned()),
                uri: "https://api.lumen.example/".to_owned(),
            },
            ResourceLine {
                name: None,
                uri: "https://files.lumen.example/v2".to_owned(),
            },
        ],
        user_code: None,
        action: "/consent".to_owned(),
        transaction: "Zm9vYmFy-_x".to_owned(),
        csrf: "c3JmdG9rZW4".to_owned(),
        switch_account: "/login?transaction=Zm9vYmFy-_x&switch=1".to_owned(),
    })
}

fn device_consent() -> Page {
    let Page::Consent(consent) = consent(device_client()) else {
        unreachable!("the sample is a consent page")
    };
    Page::Consent(Consent {
        user_code: Some("WDJB-MJHT".to_owned()),
        action: "/device".to_owned(),
        ..consent
    })
}

fn consent_to_details() -> Page {
    let member = |name: &str, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned());
        (name.to_owned(), values.collect())
    };
    let Page::Consent(consent) = consent(client()) else {
        return consent(client());
    };
    Page::Consent(Consent {
        scopes: Vec::new(),
        claims: vec!["given_name".to_owned(), "birthdate".to_owned()],
        details: vec![
            DetailLine {
                title: "Pay from your account".to_owned(),
                members: vec![
                    member("actions", &["initiate", "status"]),
                    member("amount", &["currency: EUR", "value: 12.50"]),
                    member("creditor", &["Blumen Müller, Berlin"]),
                ],
            },
            DetailLine {
                title: "account_information".to_owned(),
                members: vec![member("locations", &["https://bank.example/accounts"])],
            },
        ],
        ..consent
    })
}

/// An application on a television.
fn device_client() -> ClientCard {
    ClientCard {
        redirect_host: String::new(),
        unverified: true,
        ..client()
    }
}

fn enter_user_code(user_code: Option<&str>, unknown: bool) -> Page {
    Page::EnterUserCode(EnterUserCode {
        action: "/device".to_owned(),
        csrf: "c3JmdG9rZW4".to_owned(),
        user_code: user_code.map(str::to_owned),
        unknown,
    })
}

fn device_answered(allowed: bool) -> Page {
    Page::DeviceAnswered(DeviceAnswered {
        client: device_client(),
        allowed,
    })
}

fn confirm_sign_out() -> Page {
    Page::ConfirmSignOut(ConfirmSignOut {
        account: "ada@example.org".to_owned(),
        action: "/logout".to_owned(),
        fields: vec![
            ("csrf".to_owned(), "c3JmdG9rZW4".to_owned()),
            ("state".to_owned(), "a\"b".to_owned()),
        ],
    })
}

fn signed_in() -> Page {
    Page::SignedIn(SignedIn {
        account: "ada@example.org".to_owned(),
        credential_changed: true,
        sign_out: "/logout".to_owned(),
        account_page: Some("/account".to_owned()),
    })
}

/// A day in 2026, and the minutes of it.
fn at(day: u64, minute: u64) -> UnixTime {
    UnixTime(1_790_000_000 / 86_400 * 86_400 + day * 86_400 + minute * 60)
}

fn identity_line(provider_id: &str, label: &str, day: u64) -> IdentityLine {
    IdentityLine {
        provider_id: provider_id.to_owned(),
        label: Some(text("label", label)),
        since: at(day, 0),
    }
}

/// One grant, on this device.
pub(crate) fn grant_line(device: Option<&str>, day: u64, offline: bool) -> GrantLine {
    GrantLine {
        device: device.map(str::to_owned),
        since: at(day, 0),
        last_used: at(day + 3, 845),
        offline,
        id: format!("Z3JhbnQ{day}"),
        csrf: "c3JmdG9rZW4".to_owned(),
    }
}

fn app_line(client: &ClientCard, scopes: &[&str], grants: Vec<GrantLine>) -> AppLine {
    AppLine {
        name: client.name.clone(),
        hosts: if client.loopback {
            Vec::new()
        } else {
            vec![client.redirect_host.clone()]
        },
        loopback: client.loopback,
        unverified: client.unverified,
        scopes: scopes
            .iter()
            .map(|name| ScopeLine {
                name: (*name).to_owned(),
                description: (*name == "notes:write")
                    .then(|| "Read and change your notes".to_owned()),
            })
            .collect(),
        resources: Vec::new(),
        remembered: grants.is_empty(),
        grants,
        app: "YXBw".to_owned(),
        csrf: "c3JmdG9rZW4".to_owned(),
    }
}

fn session_line(here: bool, device: Option<&str>, day: u64) -> SessionLine {
    SessionLine {
        here,
        device: device.map(str::to_owned),
        provider: identity_line("password", "password", day),
        last_used: at(day + 1, 605),
        id: format!("c2lk{day}"),
        csrf: "c3JmdG9rZW4".to_owned(),
    }
}

fn account() -> Page {
    let mut notes = app_line(
        &client(),
        &["openid", "profile", "offline_access", "notes:write"],
        vec![grant_line(Some("Firefox on Windows"), 2, true)],
    );
    notes.resources = vec![ResourceLine {
        name: Some("Notes API".to_owned()),
        uri: "https://api.lumen.example/".to_owned(),
    }];
    let tool = app_line(
        &loopback_client(),
        &["openid", "offline_access"],
        vec![
            grant_line(Some("Safari on macOS"), 4, true),
            grant_line(Some("Chrome on Linux"), 9, true),
            grant_line(None, 11, false),
        ],
    );
    Page::Account(Account {
        account: "ada@example.org".to_owned(),
        ways: vec![
            way("password", "password", 0, true),
            way("pin", "e-mail code", 6, true),
        ],
        errands: vec![
            errand("manage", "password", Some("Change your password")),
            errand("link", "passkey", None),
        ],
        apps: vec![
            notes,
            tool,
            app_line(&unverified_client(), &["openid", "files.read"], Vec::new()),
        ],
        more_apps: Some("/account?after=YXBw/Z3JhbnQ".to_owned()),
        sessions: vec![
            session_line(true, Some("Firefox on Windows"), 12),
            session_line(false, Some("Safari on iPhone"), 10),
            session_line(false, None, 3),
        ],
        more_sessions: true,
        done: Some(AccountChange::AppRemoved),
        action: "/account".to_owned(),
        sign_out_everywhere: "c3JmdG9rZW4".to_owned(),
        access_token_s: 600,
    })
}

fn new_account() -> Page {
    Page::Account(Account {
        account: "ada@example.org".to_owned(),
        ways: vec![way("pin", "e-mail code", 6, false)],
        errands: Vec::new(),
        apps: Vec::new(),
        more_apps: None,
        sessions: vec![session_line(true, Some("Safari on iPhone"), 12)],
        more_sessions: false,
        done: None,
        action: "/account".to_owned(),
        sign_out_everywhere: "c3JmdG9rZW4".to_owned(),
        access_token_s: 600,
    })
}

fn way(provider_id: &str, label: &str, day: u64, removable: bool) -> WayIn {
    WayIn {
        identity: identity_line(provider_id, label, day),
        id: format!("d2F5-{provider_id}"),
        csrf: removable.then(|| format!("d2F5Y3NyZg-{provider_id}")),
    }
}

fn errand(action: &'static str, provider_id: &str, label: Option<&str>) -> ErrandLine {
    ErrandLine {
        provider_id: provider_id.to_owned(),
        provider: text("label", provider_id),
        action,
        label: label.map(|label| text("manage.label", label)),
        csrf: format!("ZXJyYW5kY3NyZg-{provider_id}"),
    }
}

fn errors() -> Vec<(&'static str, Page)> {
    let error = |kind, code: Option<&str>| {
        Page::Error(ErrorPage {
            kind,
            code: code.map(str::to_owned),
            message: (kind == ErrorKind::Denied)
                .then(|| "Sign-ins are open from 8 to 18 o'clock.".to_owned()),
            retry_after_s: (kind == ErrorKind::TooManyRequests).then_some(250),
            reference: "7Qm2-fX9k-Lp".to_owned(),
        })
    };
    vec![
        (
            "error-bad-request",
            error(ErrorKind::BadRequest, Some("invalid_request")),
        ),
        ("error-expired", error(ErrorKind::SignInExpired, None)),
        ("error-not-found", error(ErrorKind::NotFound, None)),
        (
            "error-denied",
            error(ErrorKind::Denied, Some("access_denied")),
        ),
        (
            "error-too-many",
            error(ErrorKind::TooManyRequests, Some("temporarily_unavailable")),
        ),
        (
            "error-unavailable",
            error(ErrorKind::Unavailable, Some("temporarily_unavailable")),
        ),
        ("error-method", error(ErrorKind::WrongMethod, None)),
        ("error-too-large", error(ErrorKind::TooLarge, None)),
    ]
}
