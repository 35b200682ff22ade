//! Sign-in at other servers: OAuth 2.0 and OpenID Connect as a client.
//!
//! A provider for one OpenID issuer says who it is there, and what of a person it believes:
//!
//! ```
//! use doorward_provider::schemars::{self, JsonSchema};
//! use doorward_provider::settings::{Secret, schema};
//! use doorward_provider::upstream::{Mapping, OpenId, Pending, TEXTS};
//! use doorward_provider::{Answer, Description, Failure, Provider, Visit, text};
//!
//! struct Acme;
//!
//! #[derive(Default, serde::Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Settings {
//!     client_id: String,
//!     client_secret: Secret,
//! }
//!
//! impl Acme {
//!     fn upstream(settings: &Settings) -> OpenId {
//!         OpenId::new("Acme", "https://login.acme.example", &settings.client_id).secret(&settings.client_secret)
//!     }
//! }
//!
//! impl Provider for Acme {
//!     type Settings = Settings;
//!     type State = Pending;
//!
//!     fn describe() -> Description {
//!         Description::new(text("label", "Acme"))
//!             .texts_of(&TEXTS)
//!             .settings_schema(schema::<Settings>())
//!             .outbound_host("login.acme.example")
//!     }
//!
//!     fn texts(language: &str) -> Vec<(String, String)> {
//!         TEXTS.of(language)
//!     }
//!
//!     fn handle(visit: &Visit<'_, Self>) -> Result<Answer<Pending>, Failure> {
//!         Self::upstream(visit.settings()).handle(visit, |person| Ok(person.identity(&Mapping::default())))
//!     }
//! }
//!
//! doorward_provider::export_provider!(Acme, upstream);
//!
//! // Its upstream is played by the tests: see `doorward_provider::testing::OpenIdServer`.
//! use doorward_provider::testing::{Browser, OpenIdServer};
//! let server = OpenIdServer::new("https://login.acme.example", "door");
//! let host = server.host();
//! let mut browser = Browser::<Acme>::new(&host).settings(r#"{"client_id":"door","client_secret":"s"}"#);
//! let url = browser.get("authorize").unwrap().into_redirect().unwrap();
//! let callback = server.sign_in(&url);
//! let identity = browser.callback(&callback).unwrap().into_identity().unwrap();
//! assert_eq!(identity.subject, "ada");
//! ```
//!
//! What is checked, always: `state` is the sign-in's; PKCE with S256 (RFC 7636) whether or not the upstream knows it; `iss`
//! (RFC 9207) when it is sent, and that it is sent when discovery says so; of ID tokens (OpenID Connect Core §3.1.3.7) the signature by a
//! key that the issuer publishes and an algorithm that both sides allow, `iss`, `aud`, `azp`, `exp`, `iat`, `nbf`, `nonce`, `at_hash`;
//! that `UserInfo` is about the same person (§5.3.2). Redirects are not followed, answers are bounded and read strictly.
//!
//! What goes wrong ends in a [`Failure`](crate::Failure): its text names the upstream and the check for the operator and holds nothing secret;
//! the person reads a plain sentence of the core's.

mod address;
mod ask;
mod callback;
mod choices;
mod client;
mod discovery;
mod id_token;
mod jws;
mod keys;
mod oauth;
mod openid;
mod pending;
mod person;
#[cfg(feature = "signed-client-secret")]
mod signed_secret;
mod texts;

pub use address::is_https;
pub use ask::{Answered, Ask};
pub use choices::{ClientAuthMethod, Parameter};
pub use client::{Client, ClientAuth};
pub use id_token::Algorithm;
pub use oauth::{Arrival, OAuth, Tokens};
pub use openid::{Issuer, OpenId, UserInfo};
pub use pending::Pending;
pub use person::{Claims, EmailTrust, Mapping, Person, Required, Verdict, refused};
#[cfg(feature = "signed-client-secret")]
pub use signed_secret::SignedSecret;
pub use texts::TEXTS;
