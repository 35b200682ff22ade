//! The clients of `doorward.toml`, and what they send to the endpoints for clients.

use super::http::{self, Request, Response};
use super::server::Server;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How a client authenticates (RFC 7591 §2, `token_endpoint_auth_method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authentication {
    None,
    Basic(&'static str),
    Post(&'static str),
}

/// A client as its developer knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) id: &'static str,
    pub(crate) authentication: Authentication,
    pub(crate) redirect_uri: &'static str,
}

const fn public(id: &'static str, redirect_uri: &'static str) -> Client {
    Client {
        id,
        authentication: Authentication::None,
        redirect_uri,
    }
}

pub(crate) const SPA: Client = public("spa", "https://spa.example/callback");
pub(crate) const SPA_TWO: Client = public("spa-two", "https://spa-two.example/callback");
pub(crate) const NATIVE: Client = public("native", "http://127.0.0.1:49152/callback");
pub(crate) const STRICT: Client = public("strict", "https://strict.example/callback");
pub(crate) const BRIEF: Client = public("brief", "https://brief.example/callback");
pub(crate) const ES256_ID: Client = public("es256-id", "https://es256.example/callback");
pub(crate) const CONVEX: Client = public("convex", "https://convex.example/callback");
pub(crate) const FIRST_PARTY: Client = public("first-party", "https://own.example/callback");
pub(crate) const IMPOSTOR: Client = public("impostor", "https://xn--80ak6aa92e.example/callback");
pub(crate) const PAYING: Client = public("paying", "https://paying.example/callback");
pub(crate) const PUSHING: Client = public("pushing", "https://pushing.example/callback");
/// Its tokens are always bound to a key (RFC 9449).
pub(crate) const BOUND: Client = public("bound", "https://bound.example/callback");
/// On a device without a browser.
pub(crate) const TV: Client = public("tv", "");
pub(crate) const BASIC: Client = Client {
    id: "basic",
    authentication: Authentication::Basic("basic-secret-0123456789abcdef01234567"),
    redirect_uri: "https://basic.example/callback",
};
pub(crate) const ODD: Client = Client {
    id: "basic~odd",
    authentication: Authentication::Basic("p%41 +&=:ü/?#secret-0123456789abcdef01"),
    redirect_uri: "https://odd.example/callback",
};
pub(crate) const POST: Client = Client {
    id: "post",
    authentication: Authentication::Post("post-secret-0123456789abcdef012345678"),
    redirect_uri: "https://post.example/callback",
};
pub(crate) const MACHINE: Client = Client {
    id: "machine",
    authentication: Authentication::Basic("machine-secret-0123456789abcdef012345"),
    redirect_uri: "",
};
pub(crate) const MACHINE_POST: Client = Client {
    id: "machine-post",
    authentication: Authentication::Post("machine-post-secret-0123456789abcdef"),
    redirect_uri: "",
};
/// Presents assertions of `https://idp.example`.
pub(crate) const ASSERTOR: Client = Client {
    id: "assertor",
    authentication: Authentication::Basic("assertor-secret-0123456789abcdef01234"),
    redirect_uri: "",
};
/// The resource server of `https://api.example/`.
pub(crate) const API: Client = Client {
    id: "api",
    authentication: Authentication::Basic("api-secret-0123456789abcdef0123456789"),
    redirect_uri: "",
};
/// The resource server of `https://other.example/v1`.
pub(crate) const OTHER_API: Client = Client {
    id: "other-api",
    authentication: Authentication::Basic("other-api-secret-0123456789abcdef0123"),
    redirect_uri: "",
};

/// The resource server of `https://opaque.example/`.
pub(crate) const OPAQUE_API: Client = Client {
    id: "opaque-api",
    authentication: Authentication::Basic("opaque-api-secret-0123456789abcdef012"),
    redirect_uri: "",
};
/// Exchanges the tokens of [`SPA`].
pub(crate) const AGENT: Client = Client {
    id: "agent",
    authentication: Authentication::Basic("agent-secret-0123456789abcdef01234567"),
    redirect_uri: "",
};

/// Form fields of a request.
pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

/// `Authorization: Basic`, both halves form-encoded first (RFC 6749 §2.3.1).
pub(crate) fn basic(id: &str, secret: &str) -> String {
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{}", encode(id), encode(secret)))
    )
}

impl Client {
    /// A request to an endpoint, authenticated as registered.
    pub(crate) fn request(&self, url: &str, fields: Fields<'_>) -> Request {
        let mut fields = fields.to_vec();
        match self.authentication {
            Authentication::None => fields.push(("client_id", self.id)),
            Authentication::Basic(secret) => {
                return http::post(url)
                    .header("authorization", &basic(self.id, secret))
                    .form(&fields);
            }
            Authentication::Post(secret) => {
                fields.extend([("client_id", self.id), ("client_secret", secret)]);
            }
        }
        http::post(url).form(&fields)
    }

    #[track_caller]
    pub(crate) fn token(&self, server: &Server, fields: Fields<'_>) -> Response {
        self.request(&server.url("/token"), fields).send()
    }

    #[track_caller]
    pub(crate) fn client_credentials(&self, server: &Server, more: Fields<'_>) -> Response {
        self.token(
            server,
            &[&[("grant_type", "client_credentials")], more].concat(),
        )
    }

    #[track_caller]
    pub(crate) fn refresh(&self, server: &Server, refresh_token: &str) -> Response {
        self.refresh_with(server, refresh_token, &[])
    }

    #[track_caller]
    pub(crate) fn refresh_with(
        &self,
        server: &Server,
        refresh_token: &str,
        more: Fields<'_>,
    ) -> Response {
        self.token(
            server,
            &[
                &[
                    ("grant_type", "refresh_token"),
                    ("refresh_token", refresh_token),
                ],
                more,
            ]
            .concat(),
        )
    }

    #[track_caller]
    pub(crate) fn revoke(&self, server: &Server, token: &str) -> Response {
        self.request(&server.url("/revoke"), &[("token", token)])
            .send()
    }

    #[track_caller]
    pub(crate) fn introspect(&self, server: &Server, token: &str) -> Response {
        self.request(&server.url("/introspect"), &[("token", token)])
            .send()
    }

    /// Whether introspection says that a token is active.
    #[track_caller]
    pub(crate) fn sees_active(&self, server: &Server, token: &str) -> bool {
        let answer = self.introspect(server, token).assert_ok().json();
        answer["active"]
            .as_bool()
            .unwrap_or_else(|| panic!("no active in {answer}"))
    }
}
