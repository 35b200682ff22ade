//! The configuration as the core sees it: the JSON of `doorward:host/settings`.
//!
//! The host owns the file's syntax; these are the documents it makes of it. Every member that has a default may be left out. One file for
//! each feature, on what [`Server`] holds of it.

mod arriving;
mod assertions;
mod grants;
mod lifetimes;
mod people;
mod requests;
mod resource;
mod sender;
mod theme;

pub use arriving::{
    ClientIdMetadata, InitialAccessToken, Registration, RegistrationMode, StatementIssuer,
};
pub use assertions::{AssertionIssuer, AssertionProfile, ClientAssertions};
pub use grants::{Device, TokenExchange};
pub use lifetimes::Lifetimes;
pub use people::{Account, AuthenticationContext, Confirmation, Pairwise, Userinfo};
pub use requests::{
    AuthorizationDetailsType, MemberKind, PushedAuthorizationRequests, RequestObjects,
};
pub use resource::{AccessTokenFormat, Resource, ResourceRule};
pub use sender::{Dpop, MutualTls, NonceRule};
pub use theme::{FootLink, Image, Theme, ThemeName, VARIABLES, check_value};

use crate::client::SigningAlg;
use crate::language::Language;
use crate::ports::Settings;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Section `server`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The issuer (RFC 8414 §2): `https`, or `http` on loopback; no query, no fragment, no trailing slash. May have a path.
    pub issuer: String,
    /// What people see as the name of the service. Default `Doorward`.
    #[serde(default = "default_service_name")]
    pub service_name: String,
    /// The languages of pages and mails, at least one; the first for those who ask for none of them. Default all, English first.
    #[serde(default = "default_languages")]
    pub languages: Vec<Language>,
    /// What the host has signing keys for: 1 to 4, ES256 among them. Default ES256 and RS256.
    #[serde(default = "default_signing_algs")]
    pub signing_algs: Vec<SigningAlg>,
    /// Lifetimes of what is issued.
    #[serde(default)]
    pub lifetimes: Lifetimes,
    /// Which `resource` (RFC 8707) may be asked for: `declared` (default), or `any` absolute URI.
    #[serde(default)]
    pub resources: ResourceRule,
    /// Scopes beside those of OpenID Connect and of the resources, with their description for the consent page.
    #[serde(default)]
    pub scopes: BTreeMap<String, String>,
    /// Default of `refresh_reuse_window_s` of a client: 30.
    #[serde(default = "default_reuse_window")]
    pub refresh_reuse_window_s: u32,
    /// RFC 8628.
    #[serde(default)]
    pub device: Device,
    /// RFC 9126.
    #[serde(default)]
    pub pushed_authorization_requests: PushedAuthorizationRequests,
    /// RFC 7523 §2.2.
    #[serde(default)]
    pub client_assertions: ClientAssertions,
    /// RFC 9101.
    #[serde(default)]
    pub request_objects: RequestObjects,
    /// RFC 9449.
    #[serde(default)]
    pub dpop: Dpop,
    /// RFC 8705.
    #[serde(default)]
    pub mutual_tls: MutualTls,
    /// RFC 8693.
    #[serde(default)]
    pub token_exchange: TokenExchange,
    /// RFC 7523: whose assertions are taken for grants. None: the grant type is off.
    #[serde(default)]
    pub assertion_issuers: Vec<AssertionIssuer>,
    /// RFC 7591, RFC 7592.
    #[serde(default)]
    pub registration: Registration,
    /// Client ID Metadata Documents.
    #[serde(default)]
    pub client_id_metadata: ClientIdMetadata,
    /// Scopes that only clients which the operator registered may have.
    #[serde(default)]
    pub preregistered_scopes: Vec<String>,
    /// What the values of `acr` mean here, weakest first.
    #[serde(default)]
    pub authentication_contexts: Vec<AuthenticationContext>,
    /// Features whose specification is not finished, with the version that is meant: see [`crate::experimental`]. Default none.
    #[serde(default)]
    pub experimental: BTreeMap<String, String>,
    /// Second steps after a sign-in. Default none.
    #[serde(default)]
    pub confirmations: Vec<Confirmation>,
    /// RFC 9396: the types that exist here, by name.
    #[serde(default)]
    pub authorization_details: BTreeMap<String, AuthorizationDetailsType>,
    /// OpenID Connect Core §8.1.
    #[serde(default)]
    pub pairwise: Pairwise,
    /// The page on which people see and end what they gave.
    #[serde(default)]
    pub account: Account,
    /// OpenID Connect Core §5.3, RFC 9470.
    #[serde(default)]
    pub userinfo: Userinfo,
    /// Which other servers may be reached beside those of the public Internet.
    #[serde(default)]
    pub outbound: Outbound,
    /// Names that lead to this machine instead, for development: `{"app.example": "http://127.0.0.1:9000"}`. Only `doorward dev`
    /// sets it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resolve: BTreeMap<String, String>,
}

/// The section `server`.
///
/// # Errors
/// [`Refusal::SettingsMissing`], [`Refusal::Misconfigured`]
pub fn server(settings: &(impl Settings + ?Sized)) -> Result<Server, Refusal> {
    let json = settings.section("server").ok_or(Refusal::SettingsMissing)?;
    serde_json::from_str(&json).map_err(|error| Refusal::Misconfigured(error.to_string()))
}

fn default_service_name() -> String {
    "Doorward".to_owned()
}

fn default_languages() -> Vec<Language> {
    Language::ALL.to_vec()
}

fn default_signing_algs() -> Vec<SigningAlg> {
    vec![SigningAlg::Es256, SigningAlg::Rs256]
}

impl Server {
    /// Refuses what would have to be signed by an algorithm that there are no keys for. `member`: where it was asked for.
    ///
    /// # Errors
    /// A sentence with the cure, for the operator.
    pub fn signs_by(&self, alg: SigningAlg, member: &str) -> Result<(), String> {
        if self.signing_algs.contains(&alg) {
            return Ok(());
        }
        let offered: Vec<&str> = self.signing_algs.iter().map(|alg| alg.name()).collect();
        Err(format!(
            "{member}: there are no signing keys for {}, only for {}; choose one of these, or add it to `algorithms` of [keys]",
            alg.name(),
            offered.join(", ")
        ))
    }
}

const fn default_reuse_window() -> u32 {
    30
}

/// `outbound`: see [`crate::egress`].
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// Host names, exact, with a port if it is not 443, that may be reached although they are not public:
    /// `["idp.corp.internal"]`. Still https.
    pub allow: Vec<String>,
}

/// Section `index`.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Index {
    /// `client_id` of every declared client.
    pub clients: Vec<String>,
    /// URI of every declared resource.
    pub resources: Vec<String>,
}
