//! The authorization code flow from the application's first redirect to its tokens.

use super::browser::{Browser, Visit};
use super::client::Client;
use super::http::Response;
use super::server::Server;
use super::{jwt, random};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use url::Url;

/// A password that no list of common ones has.
pub(crate) const PASSWORD: &str = "wharf-Lantern-52-gravel";

/// An authorization request (RFC 6749 §4.1.1) with everything that a careful client sends.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client: Client,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) code_verifier: String,
}

/// What came back to the redirect URI.
#[derive(Debug, Clone)]
pub(crate) struct Callback {
    pub(crate) url: Url,
    pub(crate) parameters: BTreeMap<String, String>,
}

/// `code_challenge` by S256 (RFC 7636 §4.2).
pub(crate) fn s256(code_verifier: &str) -> String {
    jwt::encode(&Sha256::digest(code_verifier.as_bytes()))
}

impl AuthorizationRequest {
    pub(crate) fn new(client: Client) -> Self {
        let code_verifier = random::token();
        let (state, nonce) = (random::token(), random::token());
        let request = Self {
            client,
            parameters: Vec::new(),
            code_verifier,
        };
        let challenge = s256(&request.code_verifier);
        request
            .with("response_type", "code")
            .with("client_id", client.id)
            .with("redirect_uri", client.redirect_uri)
            .with("scope", "openid email offline_access")
            .with("state", &state)
            .with("nonce", &nonce)
            .with("code_challenge", &challenge)
            .with("code_challenge_method", "S256")
    }

    /// Sets a parameter in place of those of its name.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// Adds a parameter beside those of its name.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(present, _)| present != name);
        self
    }

    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(present, _)| present == name);
        &found
            .unwrap_or_else(|| panic!("no {name} in the request"))
            .1
    }

    pub(crate) fn url(&self, server: &Server) -> String {
        format!(
            "{}?{}",
            server.url("/authorize"),
            super::http::encode(&self.parameters)
        )
    }

    /// Its parameters.
    pub(crate) fn fields(&self) -> Vec<(&str, &str)> {
        let fields = self.parameters.iter();
        fields.map(|(name, value)| (&**name, &**value)).collect()
    }

    /// Pushes it (RFC 9126).
    #[track_caller]
    pub(crate) fn push(&self, server: &Server) -> Response {
        let mut fields = self.fields();
        // It comes with the authentication.
        fields.retain(|(name, _)| *name != "client_id");
        self.client.request(&server.url("/par"), &fields).send()
    }

    /// Pushes it; returns the address to send a browser to.
    #[track_caller]
    pub(crate) fn pushed_url(&self, server: &Server) -> String {
        let pushed = self.push(server);
        assert_eq!(pushed.status, 201, "{pushed:?}");
        let reference = [
            ("client_id", self.client.id),
            ("request_uri", &pushed.text("request_uri")),
        ];
        format!(
            "{}?{}",
            server.url("/authorize"),
            super::http::encode(&reference)
        )
    }

    /// Sends it in a browser without anything in it.
    #[track_caller]
    pub(crate) fn open(&self, server: &Server) -> Visit {
        Browser::new(&server.issuer).get(&self.url(server))
    }

    /// Sends it in a browser, allows it, and returns what reached the redirect URI.
    #[track_caller]
    pub(crate) fn allow(&self, server: &Server, browser: &mut Browser) -> Callback {
        let visit = browser.get(&self.url(server));
        finish(browser, &visit)
    }

    /// The code that a person who is signed in gets for it.
    #[track_caller]
    pub(crate) fn code(&self, server: &Server, browser: &mut Browser) -> String {
        self.allow(server, browser).code()
    }

    /// The token request for a code (RFC 6749 §4.1.3).
    pub(crate) fn redemption<'a>(&'a self, code: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.value("redirect_uri")),
            ("code_verifier", &self.code_verifier),
        ]
    }

    #[track_caller]
    pub(crate) fn redeem(&self, server: &Server, code: &str) -> Response {
        self.client.token(server, &self.redemption(code))
    }

    /// Tokens for it, all the way.
    #[track_caller]
    pub(crate) fn tokens(&self, server: &Server, browser: &mut Browser) -> Tokens {
        let code = self.code(server, browser);
        Tokens::of(&self.redeem(server, &code))
    }
}

/// A token response (RFC 6749 §5.1).
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) response: serde_json::Value,
}

impl Tokens {
    #[track_caller]
    pub(crate) fn of(response: &Response) -> Self {
        let json = response.assert_ok().json();
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        Self {
            access: response.text("access_token"),
            refresh: text("refresh_token"),
            id: text("id_token"),
            response: json,
        }
    }

    #[track_caller]
    pub(crate) fn refresh(&self) -> &str {
        self.refresh
            .as_deref()
            .unwrap_or_else(|| panic!("no refresh_token in {}", self.response))
    }

    #[track_caller]
    pub(crate) fn id(&self) -> &str {
        self.id
            .as_deref()
            .unwrap_or_else(|| panic!("no id_token in {}", self.response))
    }
}

impl Callback {
    /// Reads where a browser was sent; panics if it is still with the issuer.
    #[track_caller]
    pub(crate) fn of(visit: &Visit) -> Self {
        let url = visit.left_for();
        let url = url.unwrap_or_else(|| {
            panic!(
                "still at {} ({}):\n{}",
                visit.url, visit.response.status, visit.response.body
            )
        });
        let mut parameters = BTreeMap::new();
        for (name, value) in url.query_pairs().into_owned() {
            assert!(
                parameters.insert(name, value).is_none(),
                "a parameter came twice: {url}"
            );
        }
        Self { url, parameters }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    #[track_caller]
    pub(crate) fn code(&self) -> String {
        self.get("code")
            .unwrap_or_else(|| panic!("no code in {}", self.url))
            .to_owned()
    }

    #[track_caller]
    pub(crate) fn assert_error(&self, code: &str) -> &Self {
        assert_eq!(
            (self.get("error"), self.get("code")),
            (Some(code), None),
            "{}",
            self.url
        );
        self
    }
}

/// Allows whatever is asked on the consent page, if it is asked, and returns what reached the redirect URI.
#[track_caller]
pub(crate) fn finish(browser: &mut Browser, visit: &Visit) -> Callback {
    match visit.try_form("allow") {
        Some(consent) => Callback::of(&browser.press(visit, &consent, "allow")),
        None => Callback::of(visit),
    }
}

/// Follows the choice of a provider, or stays if there is only one.
#[track_caller]
pub(crate) fn choose(browser: &mut Browser, visit: Visit, provider: &str) -> Visit {
    let path = format!("/{provider}/authorize");
    if visit.url.path().ends_with(&path) {
        visit
    } else {
        browser.get(&visit.link(&path))
    }
}

/// From the choice of a provider to the page that asks for the mailed code.
#[track_caller]
pub(crate) fn ask_for_pin(browser: &mut Browser, visit: Visit, email: &str) -> Visit {
    let page = choose(browser, visit, "pin");
    let form = page.form_with("email").fill("email", email);
    browser.press(&page, &form, "request")
}

/// Enters the mailed code.
#[track_caller]
pub(crate) fn enter_code(browser: &mut Browser, page: &Visit, code: &str) -> Visit {
    let form = page.form_with("one-time-code").fill("one-time-code", code);
    browser.press(page, &form, "verify")
}

/// Signs in by a mailed code, from the choice of a provider to what comes after.
#[track_caller]
pub(crate) fn sign_in_by_pin(
    server: &Server,
    browser: &mut Browser,
    visit: Visit,
    email: &str,
) -> Visit {
    let nth = server.mails(email).len() + 1;
    let page = ask_for_pin(browser, visit, email);
    enter_code(browser, &page, &server.mailed_code(email, nth))
}

/// Registers with a password, from the choice of a provider to what comes after.
#[track_caller]
pub(crate) fn register_password(
    server: &Server,
    browser: &mut Browser,
    visit: Visit,
    email: &str,
    password: &str,
) -> Visit {
    let nth = server.mails(email).len() + 1;
    let sign_in = choose(browser, visit, "password");
    let page = browser.get(&sign_in.link("/password/register"));
    let form = page
        .form_with("new-password")
        .fill("email", email)
        .fill_all("new-password", password);
    let page = browser.press(&page, &form, "register");
    enter_code(browser, &page, &server.mailed_code(email, nth))
}

/// Signs in by password, from the choice of a provider to what comes after.
#[track_caller]
pub(crate) fn sign_in_by_password(
    browser: &mut Browser,
    visit: Visit,
    email: &str,
    password: &str,
) -> Visit {
    let page = choose(browser, visit, "password");
    let form = page
        .form_with("current-password")
        .fill("email", email)
        .fill("current-password", password);
    browser.press(&page, &form, "sign-in")
}

/// A browser in which a new person has just signed in by a mailed code, and that person's address.
#[track_caller]
pub(crate) fn newcomer(server: &Server) -> (Browser, String) {
    let (mut browser, email) = (Browser::new(&server.issuer), random::email());
    let visit = browser.get(&AuthorizationRequest::new(SIGN_IN_BY).url(server));
    sign_in_by_pin(server, &mut browser, visit, &email);
    (browser, email)
}

/// The application through which people arrive; what it gets is not used.
const SIGN_IN_BY: Client = super::client::SPA_TWO;

static SIGNED_IN: LazyLock<Browser> = LazyLock::new(|| newcomer(super::server::shared()).0);

/// A copy of a browser in which one person is signed in to the shared server: for tests that leave the session alone.
#[track_caller]
pub(crate) fn signed_in() -> Browser {
    SIGNED_IN.clone()
}

/// The start of most tests: the shared server, and fresh tokens from it.
#[track_caller]
pub(crate) fn tokens_for(client: Client) -> Tokens {
    AuthorizationRequest::new(client).tokens(super::server::shared(), &mut signed_in())
}
