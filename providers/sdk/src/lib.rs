//! Write a login provider for Doorward: one trait, one macro, nothing else to depend on.
//!
//! A provider is a WebAssembly component that Doorward calls while somebody signs in. It answers each request of the
//! browser with a page (data, never HTML), a redirect, or the identity of the person. Write its logic as a
//! [`Provider`], name the type in [`export_provider!`], build with
//! `cargo build --target wasm32-wasip2 --release` as `crate-type = ["cdylib", "rlib"]`.
//!
//! ```
//! use doorward_provider::{text, Answer, Button, Description, Failure, Field, Form, Identity, Page, Provider, Visit};
//!
//! /// Lets in whoever knows the word on the door.
//! struct Door;
//!
//! #[derive(serde::Deserialize, Default)]
//! struct Settings {
//!     word: String,
//! }
//!
//! impl Provider for Door {
//!     type Settings = Settings;
//!     type State = ();
//!
//!     fn describe() -> Description {
//!         Description::new(text("label", "the word on the door"))
//!             .settings_schema(r#"{"type":"object","properties":{"word":{"type":"string","minLength":8}}}"#)
//!     }
//!
//!     fn get(_visit: &Visit<'_, Self>) -> Result<Answer<()>, Failure> {
//!         let form = Form::new("authorize")
//!             .field(Field::password("word", text("word.label", "Word")).autocomplete("current-password"))
//!             .button(Button::primary("press", "enter", text("enter", "Come in")));
//!         Ok(Answer::page(Page::new(text("title", "Say the word")).form(form)))
//!     }
//!
//!     fn post(visit: &Visit<'_, Self>) -> Result<Answer<()>, Failure> {
//!         let right = &visit.settings().word;
//!         let given = visit.form("word").unwrap_or_default();
//!         if right.is_empty() || !doorward_provider::secret::equal(given.as_bytes(), right.as_bytes()) {
//!             return Self::get(visit);
//!         }
//!         Ok(Answer::authenticated(Identity::new("guest").amr(["kba"])))
//!     }
//! }
//!
//! doorward_provider::export_provider!(Door);
//!
//! // The same logic runs natively, so that a plugin is tested without a host:
//! use doorward_provider::testing::{Browser, Host};
//! let host = Host::seeded(1);
//! let mut browser = Browser::<Door>::new(&host).settings(r#"{"word":"mellon in elvish"}"#);
//! assert!(browser.get("authorize").unwrap().is_page());
//! let identity = browser.post("authorize", &[("word", "mellon in elvish")]).unwrap().into_identity().unwrap();
//! assert_eq!(identity.subject, "guest");
//! ```
//!
//! What a plugin may rely on: [`Visit`] (the request, its settings and state), [`Services`] (records, passwords, signatures,
//! mail, other servers, events, clock, randomness) and, built on them, [`codes`] (one-time codes by mail), [`email`], [`limit`] and
//! [`document`]. Times are seconds since the Unix epoch, durations seconds.

mod answer;
#[expect(
    missing_docs,
    clippy::pedantic,
    reason = "generated from the WIT, where the documentation is"
)]
pub mod bindings;
pub mod catalogues;
pub mod codes;
pub mod document;
pub mod email;
mod export;
pub mod familiar;
pub mod host;
pub mod limit;
pub mod network;
mod page;
mod provider;
pub mod random;
pub mod secret;
pub mod services;
pub mod settings;
mod state;
pub mod testing;
pub mod upstream;
mod visit;

pub use bindings::doorward::provider::types::{
    Account, Button, Ceremony, CeremonyKind, Context, Description, Emphasis, Failure, Field,
    FieldKind, Figure, Form, Identity, Leaver, Link, Managed, Message, Method, Outcome, Page,
    Purpose, QrCode, Request, Severity, Step, Text,
};
pub use export::{describe, forget, handle, texts};
pub use page::text;
pub use provider::{Answer, Provider};
pub use schemars;
pub use services::Services;
pub use visit::Visit;
