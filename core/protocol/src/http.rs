//! HTTP as the rules see it: a request by reference, an answer by value. No HTTP stack.

use crate::page::Page;
use crate::params::Params;
use crate::refusal::Refusal;

/// A request, as the shell hands it over.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Upper case.
    pub method: &'a str,
    /// Path as on the wire, percent-encoded, with the issuer's path still in front.
    pub path: &'a str,
    /// Query without `?`; empty if there is none.
    pub query: &'a str,
    /// Names in lower case.
    pub headers: &'a [(String, Vec<u8>)],
    /// The whole body, cut off by the host at its limit.
    pub body: &'a [u8],
    /// IP address of the client as the host believes it.
    pub client_address: Option<&'a str>,
    /// The certificate that the client proved to hold (RFC 8705), as the host believes it: of its own TLS connection, or told by a
    /// proxy that is trusted.
    pub client_certificate: Option<ClientCertificate<'a>>,
}

/// A certificate whose key the sender of a request holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientCertificate<'a> {
    /// In DER.
    pub der: &'a [u8],
    /// Whether a certification authority that the operator named vouches for it, now. If not, it says nothing but its key.
    pub vouched: bool,
}

/// What goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case. Content type, security headers of pages and `content-length` are the shell's.
    pub headers: Vec<(&'static str, String)>,
    /// Content.
    pub body: Body,
}

/// Content of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// None.
    Empty,
    /// `application/json`
    Json(String),
    /// `application/jwk-set+json` and others that JSON is served as, by media type.
    Typed(&'static str, String),
    /// HTML, rendered by the shell.
    Page(Box<Page>),
    /// A stylesheet or an image of the theme, by file name; the shell knows them.
    Asset(String),
}

impl Request<'_> {
    /// A header that must come at most once; `None` if it is absent, comes twice, or is not visible ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        std::str::from_utf8(value).ok()
    }

    /// Whether a header comes at all.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known == name)
    }

    /// The answer to a method that an endpoint for programs does not take: to a preflight, what it takes; to any other, that it is
    /// none of them (RFC 9110 §15.5.6). `None`: it is one. `allow` is that header, with `OPTIONS`; `HEAD` goes with `GET` (§9.3.2).
    #[must_use]
    pub fn turned_away(&self, allow: &'static str) -> Option<Answer> {
        let asked = match self.method {
            "OPTIONS" => return Some(Answer::preflight(allow)),
            "HEAD" => "GET",
            method => method,
        };
        let taken = allow.split(", ").any(|method| method == asked);
        (!taken).then(|| Answer::refusal(&Refusal::WrongMethod { allow }).cors())
    }

    /// The body as form parameters, if it says that it is a form (RFC 6749 §3.2, Appendix B).
    ///
    /// # Errors
    /// [`Refusal::WrongContentType`], [`Refusal::MalformedForm`], [`Refusal::RepeatedParameter`]
    pub fn form(&self) -> Result<Params, Refusal> {
        let content_type = self
            .header("content-type")
            .ok_or(Refusal::WrongContentType)?;
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
            || content_type.contains(',')
        {
            return Err(Refusal::WrongContentType);
        }
        Params::decode(self.body)
    }

    /// The query as parameters.
    ///
    /// # Errors
    /// [`Refusal::MalformedForm`], [`Refusal::RepeatedParameter`]
    pub fn query(&self) -> Result<Params, Refusal> {
        Params::decode(self.query.as_bytes())
    }

    /// The first cookie of this name (RFC 6265 §5.4).
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .filter(|(known, _)| known == "cookie")
            .filter_map(|(_, value)| std::str::from_utf8(value).ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(known, value)| (known == name).then_some(value))
    }
}

impl Answer {
    /// An answer without content.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Empty,
        }
    }

    /// JSON that nobody may keep (RFC 6749 §5.1).
    #[must_use]
    pub fn json(status: u16, value: &impl serde::Serialize) -> Self {
        let body = serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned());
        Self {
            status,
            headers: Vec::new(),
            body: Body::Json(body),
        }
        .no_store()
    }

    /// A page.
    #[must_use]
    pub fn page(status: u16, page: Page) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Page(Box::new(page)),
        }
        .no_store()
    }

    /// `303 See Other` (RFC 9700 §4.12: never 307, which would send a posted password on).
    #[must_use]
    pub fn see_other(location: String) -> Self {
        Self::empty(303).with("location", location).no_store()
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Never to be kept by a cache.
    #[must_use]
    pub fn no_store(self) -> Self {
        self.with("cache-control", "no-store")
            .with("pragma", "no-cache")
    }

    /// Readable by scripts of any origin, without credentials.
    #[must_use]
    pub fn cors(self) -> Self {
        self.with("access-control-allow-origin", "*").with(
            "access-control-expose-headers",
            "WWW-Authenticate, DPoP-Nonce, Retry-After",
        )
    }

    /// The answer to a CORS preflight (Fetch §4.8) of an endpoint that takes `methods`.
    #[must_use]
    pub fn preflight(methods: &'static str) -> Self {
        Self::empty(204)
            .cors()
            .with("access-control-allow-methods", methods)
            .with(
                "access-control-allow-headers",
                "authorization, content-type, mcp-protocol-version, dpop",
            )
            .with("access-control-max-age", "86400")
    }

    /// A refusal as JSON (RFC 6749 §5.2).
    #[must_use]
    pub fn refusal(refusal: &Refusal) -> Self {
        let (status, error) = refusal.on_the_wire();
        // On this channel a denial by policy is a bad request like any other (§5.2 knows no 403).
        let status = if status == 403 { 400 } else { status };
        let answer = Self::json(
            status,
            &serde_json::json!({ "error": error, "error_description": refusal.description() }),
        );
        match refusal {
            Refusal::WrongMethod { allow } => answer.with("allow", *allow),
            Refusal::ClientAuthenticationFailed { basic: true }
            | Refusal::ClientAuthenticationMethod { basic: true } => answer.with(
                "www-authenticate",
                "Basic realm=\"OAuth\", charset=\"UTF-8\"",
            ),
            Refusal::TooManyRequests(seconds) => answer.with("retry-after", seconds.to_string()),
            Refusal::DpopNonceRequired(nonce) => answer.with("dpop-nonce", nonce.clone()),
            refusal if refusal.on_the_wire().0 == 503 => answer.with("retry-after", "1"),
            _ => answer,
        }
    }
}
