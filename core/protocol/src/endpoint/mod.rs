//! The endpoints, one file each, and the way to them.

pub mod account;
pub mod authorize;
pub mod consent;
pub mod device;
pub mod device_authorization;
pub mod introspect;
pub mod jwks;
pub mod login;
pub mod logout;
pub mod metadata;
pub mod par;
pub mod protected_resource;
pub mod provider;
pub mod register;
pub mod revoke;
mod sender;
pub mod token;
pub mod userinfo;

use crate::authorization::AuthorizationRequest;
use crate::browser::Browser;
use crate::cookie::Cookies;
use crate::http::{Answer, Body, Request};
use crate::language::{self, Language};
use crate::page::{ErrorKind, ErrorPage, Page};
use crate::params::Params;
use crate::ports::{Host, Level};
use crate::refusal::Refusal;
use crate::secret::random_id;
use crate::session::{self, ActiveSession};
use crate::settings::Server;
use crate::time::UnixTime;

/// First segments of paths that are the server's own: no provider may have one as its id.
pub const RESERVED_SEGMENTS: [&str; 18] = [
    ".well-known",
    "account",
    "assets",
    "authorize",
    "consent",
    "dev",
    "device",
    "device_authorization",
    "healthz",
    "introspect",
    "login",
    "logout",
    "par",
    "readyz",
    "register",
    "revoke",
    "token",
    "userinfo",
];

/// One request on its way through an endpoint.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// What came in.
    pub request: &'a Request<'a>,
    /// The configuration.
    pub server: &'a Server,
    /// The ports.
    pub host: &'a dyn Host,
    /// When it came.
    pub now: UnixTime,
}

impl Call<'_> {
    /// The path of the issuer: empty, or `/t1`.
    #[must_use]
    pub fn base(&self) -> &str {
        base(&self.server.issuer)
    }

    /// The names of the cookies.
    #[must_use]
    pub fn cookies(&self) -> Cookies {
        Cookies::of(self.server)
    }

    /// The browser that sent the request.
    #[must_use]
    pub fn browser(&self) -> Browser {
        Browser::of(self.request, &self.cookies(), self.host)
    }

    /// The language of what a person is shown: what the application wants, what the browser wants, or the operator's first.
    #[must_use]
    pub fn language(&self, request: Option<&AuthorizationRequest>) -> Language {
        let offered = &self.server.languages;
        let by_application = request.and_then(|request| request.language);
        by_application
            .filter(|language| offered.contains(language))
            .or_else(|| {
                let wanted = self.request.query().ok()?;
                language::first_of(wanted.get("ui_locales")?, offered)
            })
            .or_else(|| language::preferred(self.request.header("accept-language")?, offered))
            .or_else(|| offered.first().copied())
            .unwrap_or(Language::En)
    }

    /// A page in the language of a sign-in.
    #[must_use]
    pub fn page_in_language(&self, page: Page, request: Option<&AuthorizationRequest>) -> Answer {
        Answer::page(200, page).with("content-language", self.language(request).tag())
    }

    /// What it says it is, in words of ours.
    #[must_use]
    pub fn device(&self) -> Option<String> {
        self.request
            .header("user-agent")
            .and_then(crate::user_agent::described)
    }

    /// Who is signed in to it.
    ///
    /// # Errors
    /// Store failures.
    pub fn session(&self) -> Result<Option<ActiveSession>, Refusal> {
        session::current(
            self.request,
            &self.cookies(),
            self.server,
            self.now,
            self.host,
        )
    }

    /// Where to send a browser that posted a request without its cookies, which a form on another site makes it do: the
    /// same request by GET, which brings them along.
    #[must_use]
    pub fn again_by_get(&self, path: &str, params: &Params) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(params.without(&[]));
        format!("{}{path}?{}", self.base(), query.finish())
    }

    /// Tells the operator of a refusal.
    pub fn log_refusal(&self, event: &str, refusal: &Refusal, client_id: &str) {
        let level = if refusal.is_ours() {
            Level::Error
        } else {
            Level::Warning
        };
        self.host.emit(
            level,
            event,
            &[
                ("reason", &format!("{refusal:?}")),
                ("client_id", client_id),
            ],
        );
    }

    /// A refusal as a page for people: never a redirect.
    #[must_use]
    pub fn error_page(&self, refusal: &Refusal) -> Answer {
        let (status, code) = refusal.on_the_wire();
        let reference: String = random_id(self.host).chars().take(10).collect();
        let level = if refusal.is_ours() {
            Level::Error
        } else {
            Level::Warning
        };
        self.host.emit(
            level,
            "page.error",
            &[
                ("reason", &format!("{refusal:?}")),
                ("reference", &reference),
            ],
        );
        let retry_after_s = match refusal {
            Refusal::TooManyRequests(seconds) => Some(*seconds),
            _ => None,
        };
        let page = ErrorPage {
            kind: error_kind(refusal),
            code: Some(code.to_owned()),
            message: None,
            retry_after_s,
            reference,
        };
        let answer = Answer::page(status, Page::Error(page));
        match refusal {
            Refusal::WrongMethod { allow } => answer.with("allow", *allow),
            Refusal::TooManyRequests(seconds) => answer.with("retry-after", seconds.to_string()),
            refusal if status == 503 && refusal.is_ours() => answer.with("retry-after", "1"),
            _ => answer,
        }
    }
}

/// The words that fit a refusal.
const fn error_kind(refusal: &Refusal) -> ErrorKind {
    match refusal {
        Refusal::LoginUnknown | Refusal::LoginOfAnotherBrowser | Refusal::CsrfMismatch => {
            ErrorKind::SignInExpired
        }
        _ => match refusal.on_the_wire().0 {
            403 => ErrorKind::Denied,
            404 => ErrorKind::NotFound,
            405 => ErrorKind::WrongMethod,
            429 => ErrorKind::TooManyRequests,
            500.. => ErrorKind::Unavailable,
            _ => ErrorKind::BadRequest,
        },
    }
}

/// The path of an issuer.
fn base(issuer: &str) -> &str {
    let after_scheme = issuer.find("://").map_or(0, |at| at.saturating_add(3));
    let rest = issuer.get(after_scheme..).unwrap_or_default();
    rest.find('/')
        .and_then(|at| rest.get(at..))
        .unwrap_or_default()
}

/// RFC 6797: half a year, for this host alone. What else lives below its name is not ours to decide.
const HSTS: &str = "max-age=15768000";

/// Sends a request to its endpoint.
#[must_use]
pub fn serve(request: &Request<'_>, host: &dyn Host) -> Answer {
    let Some(server) = host.section("server") else {
        let reason = "section `server` is missing";
        host.emit(Level::Error, "settings.missing", &[("reason", reason)]);
        return Answer::refusal(&Refusal::SettingsMissing);
    };
    let server: Server = match serde_json::from_str(&server) {
        Ok(server) => server,
        Err(error) => {
            let text = error.to_string();
            host.emit(Level::Error, "settings.invalid", &[("reason", &text)]);
            return Answer::refusal(&Refusal::Misconfigured(text));
        }
    };
    let call = Call {
        request,
        server: &server,
        host,
        now: host.now(),
    };
    let answer = metadata::well_known(&call)
        .or_else(|| protected_resource::well_known(&call))
        .unwrap_or_else(|| below_the_issuer(&call));
    let answer = in_a_language(answer, &call);
    if server.issuer.starts_with("https:") {
        answer.with("strict-transport-security", HSTS)
    } else {
        answer
    }
}

/// Every page says its language; the shell writes it in that one.
fn in_a_language(answer: Answer, call: &Call<'_>) -> Answer {
    let is_told = answer
        .headers
        .iter()
        .any(|(name, _)| *name == "content-language");
    if is_told || !matches!(answer.body, Body::Page(_)) {
        return answer;
    }
    answer.with("content-language", call.language(None).tag())
}

/// Work that is due and that nobody waits for: one client is told of a sign-out that it missed. For hosts without background work of
/// their own, when the answer to a request for `path` is on its way; only beside what people ask, never beside token requests.
pub fn after_the_answer(path: &str, host: &dyn Host) {
    let by_people = ["/authorize", "/account", "/logout"];
    if !by_people.iter().any(|end| path.ends_with(end)) {
        return;
    }
    let server: Option<Server> = host
        .section("server")
        .and_then(|section| serde_json::from_str(&section).ok());
    if let Some(server) = server
        && let Err(refusal) = crate::backchannel_logout::deliver_due(1, &server, host)
    {
        let reason = format!("{refusal:?}");
        host.emit(Level::Error, "logout.not_told", &[("reason", &reason)]);
    }
}

fn below_the_issuer(call: &Call<'_>) -> Answer {
    let path = call.request.path.strip_prefix(call.base());
    match path.and_then(|path| path.strip_prefix('/')) {
        Some(path) => route(path, call),
        None => absent(call),
    }
}

/// Programs look for well-known documents, and take a page for one: what is not there is said in their language.
fn absent(call: &Call<'_>) -> Answer {
    if call.request.path.contains("/.well-known/") {
        Answer::refusal(&Refusal::NotFound).cors()
    } else {
        call.error_page(&Refusal::NotFound)
    }
}

fn route(path: &str, call: &Call<'_>) -> Answer {
    match path {
        "token" => token::serve(call),
        "account" => account::serve(call),
        "authorize" => authorize::serve(call),
        "par" => par::serve(call),
        "consent" => consent::serve(call),
        "device" if call.server.device.enabled => device::serve(call),
        "device_authorization" if call.server.device.enabled => device_authorization::serve(call),
        "login" => login::serve(call),
        "logout" => logout::serve(call),
        "revoke" => revoke::serve(call),
        "introspect" => introspect::serve(call),
        "userinfo" => userinfo::serve(call),
        "register" => register::serve(call),
        ".well-known/jwks.json" => jwks::serve(call),
        _ if path.contains(".well-known/") => absent(call),
        _ => match path.split_once('/') {
            Some(("assets", file)) if matches!(call.request.method, "GET" | "HEAD") => Answer {
                status: 200,
                headers: Vec::new(),
                body: Body::Asset(file.to_owned()),
            },
            Some(("register", client_id)) => register::manage(client_id, call),
            Some((segment, rest)) if !RESERVED_SEGMENTS.contains(&segment) => {
                provider::serve(segment, rest, call)
            }
            _ => absent(call),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_an_issuer() {
        assert_eq!(base("https://h.example"), "");
        assert_eq!(base("https://h.example:8443/t1"), "/t1");
        assert_eq!(base("https://h.example/a/b"), "/a/b");
    }
}
