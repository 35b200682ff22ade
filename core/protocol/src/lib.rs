//! Every OAuth 2.1 and OpenID Connect rule of Doorward: pure, without WebAssembly, HTTP stack, clock, store or randomness.
//!
//! # Architecture
//!
//! Doorward's whole logic is one WASI component. A host (the native `doorward` server, Spin, `wasmtime serve`, Cloudflare
//! Workers) brings what a component cannot have by itself: records, keys, settings, mail, events. Login providers and the scope
//! policy are components too.
//!
//! ```text
//!              browser · app · service
//!                        │ HTTP
//!   ┌──── a host ────────────────────────────────────────────────────────┐
//!   │ answers: records · keys · settings · passwords · mail · events       │
//!   │   ┌── core/component ────────────────────────────────────────────┐  │
//!   │   │ HTTP in → endpoint → rule (this crate) → ports → pages, HTTP  │  │
//!   │   └──────────┬──────────────────────────────────┬────────────────┘  │
//!   │        logins (by provider id)            scope policy               │
//!   │       password   pin   …                  baseline   …               │
//!   └─────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! ## One direction
//!
//! A request comes in ([`serve`]), its endpoint reads what it needs through the [`ports`], a rule decides from its arguments
//! alone, the endpoint writes through the ports, the answer goes out. No rule calls a port. Dependencies point the same way:
//! `host/*` and the black-box `tests` never link this crate (`tests/vectors` and `tests/fuzz` do, to reach its readers), this crate never sees
//! WebAssembly; what lies between them is `wit/`.
//!
//! ## Where things are
//!
//! - [`endpoint`]: one file per endpoint; each opens with its checks, in order.
//! - [`grant`]: one file per grant type. [`client`]: registration and authentication. [`token`]: JWTs.
//! - One file per idea or RFC: [`pkce`], [`redirect_uri`], [`resource`] (RFC 8707), [`scope`], [`consent`], [`session`],
//!   [`granted`] (what a person gave), [`backchannel_logout`], [`login`] (sign-ins under way), [`user`] (identities and when they are one person), [`browser`] and [`cookie`].
//! - [`refusal`]: every way to say no, and the one map from there to the wire.
//! - [`page`]: what people see, as data; `core/component` makes HTML of it.
//! - [`administration`]: what operators do from the command line, by the same rules.
//! - [`threats`]: attack, defence in code, test.
//!
//! ## Checks are values
//!
//! A check that ran is a value that only its checker can build: [`client::authenticate::AuthenticatedClient`],
//! [`pkce::PkceVerified`], [`redirect_uri::RegisteredRedirectUri`], [`consent::ConsentGiven`],
//! [`grant::authorization_code::Redeemable`], [`token::access::LiveToken`]. The next step takes it as an argument, so that a
//! forgotten check does not compile.
//!
//! ## Records
//!
//! Every invariant lives inside one record, so that every change is one read and one conditional write, on any store:
//!
//! | key | what | ends |
//! |---|---|---|
//! | `client/<client_id>` | a client registered by command | removed |
//! | `client/dyn_<id>` | a client that registered itself | `unused_days` after its last use |
//! | `document/<hash>` | the metadata document of a client | a week after it was fetched; an hour, if nobody let that client in |
//! | `initial/<id>` | an initial access token | as the operator said, or used up |
//! | `registrations/<network>` | how many clients a network brought: registered, or named by unknown documents | an hour |
//! | `registrations-taken/…`, `registrations-given-back/…` | how many unused clients there are | two windows of `unused_days` |
//! | `fetches/<minute>…` | how often one host was asked for what strangers name, and all | a minute |
//! | `login/<transaction>` | a sign-in under way, bound to one browser | half an hour, or when it led to a code |
//! | `device/<id>`, `user-code/<code>` | what a device asks for, and the way to it (RFC 8628) | ten minutes after its end; with its end |
//! | `user-code-tries/…` | how many codes a network tried, how often one was tried, how many were wrong | ten minutes |
//! | `starts/<network>` | how many sign-ins a network began | ten minutes |
//! | `pushed/<hash>` | a pushed authorization request | a minute; once used, with the sign-in that it began |
//! | `pushes/<network>` | how many requests a network pushed | ten minutes |
//! | `session/<sid>` | who is signed in to a browser | idle, absolute, sign-out |
//! | `grant/<id>` | a code, its scopes and resources, its refresh token | with the last token issued from it |
//! | `revoked/<jti>` | an access token revoked by itself, and with it what was made of it | with the token |
//! | `consent/<sub>/<app>` | what a person agreed to | 30 days |
//! | `granted/<sub>/<app>/<grant_id>`, `signed-in/<sub>/<sid>` | indexes to `grant/…`, `session/…` | with them |
//! | `logout/<id>` | a client that is still to be told of a sign-out | told, or a day |
//! | `access/<id>` | an opaque access token | with the token, or revoked |
//! | `keys/<hash>` | keys of a client or issuer, fetched from their URL | a day after they ceased to be fresh |
//! | `jti/<kind>/<hash>` | an assertion that was used | with the assertion |
//! | `dpop/<jkt>/<hash>` | a proof that was used | when it would hold no more |
//! | `pairwise/salt` | what pairwise subjects are made with | never |
//! | `user/<sub>` | a person | removed |
//! | `identity/<provider>/<hash>`, `email/<hash>` | indexes to `user/…` | with it |
//! | `provider/<id>/…` | whatever a provider keeps | as it says |
//!
//! Codes and refresh tokens carry their grant's id, so that every request goes straight to one record. Ending all sessions
//! and grants of a person is one write: their [`user::User::generation`] goes up; ending their sessions alone is one too
//! ([`user::User::session_generation`]).

pub mod acr;
pub mod administration;
pub mod authorization;
pub mod authorization_details;
pub mod backchannel_logout;
pub mod browser;
pub mod certificate;
pub mod claims;
pub mod claims_parameter;
pub mod client;
pub mod confirmation;
pub mod consent;
pub mod cookie;
pub mod device;
pub mod dpop;
pub mod egress;
pub mod endpoint;
pub mod experimental;
mod fetches;
pub mod grant;
pub mod granted;
pub mod http;
pub mod jwk;
pub mod jwks;
pub mod language;
pub mod login;
pub mod one_time;
pub mod page;
pub mod pairwise;
pub mod params;
pub mod pkce;
pub mod policy;
pub mod ports;
pub mod provider;
pub mod pushed;
pub mod redirect_uri;
pub mod refusal;
pub mod request_object;
pub mod resource;
pub mod scope;
pub mod secret;
pub mod session;
pub mod settings;
pub mod software_statement;
pub mod store;
pub use doorward_strict_json as strict_json;
pub mod threats;
pub mod time;
pub mod token;
pub mod user;
pub mod user_agent;

pub use endpoint::{after_the_answer, serve};

#[cfg(test)]
mod memory;
#[cfg(test)]
mod tests;
