//! The configuration as the core sees it: the JSON of `doorward:host/settings`.
//!
//! The host owns the file's syntax; these are the documents it makes of it. Every member that has a default may be left out.

use crate::client::profile::Profile;
use crate::client::{AccessTokenTyp, GrantType, SigningAlg};
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
    /// RFC 9396: the types that exist here, by name.
    #[serde(default)]
    pub authorization_details: BTreeMap<String, AuthorizationDetailsType>,
    /// OpenID Connect Core §8.1.
    #[serde(default)]
    pub pairwise: Pairwise,
    /// The page on which people see and end what they gave.
    #[serde(default)]
    pub account: Account,
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

/// `device`: RFC 8628.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Device {
    /// Default true: a client must be registered for the grant type all the same.
    pub enabled: bool,
    /// How long people have to enter the code and answer, seconds: 600, 60 to 1800.
    pub lifetime_s: u32,
    /// How long a device waits between two polls, seconds: 5, 1 to 60.
    pub interval_s: u32,
}

impl Default for Device {
    fn default() -> Self {
        Self {
            enabled: true,
            lifetime_s: 600,
            interval_s: 5,
        }
    }
}

/// `pushed_authorization_requests`: RFC 9126.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushedAuthorizationRequests {
    /// Default true.
    pub enabled: bool,
    /// For every client (§5 `require_pushed_authorization_requests`). Default false.
    pub required: bool,
    /// How long a client has to send the person with its `request_uri`, seconds: 60, 5 to 600.
    pub lifetime_s: u32,
}

impl Default for PushedAuthorizationRequests {
    fn default() -> Self {
        Self {
            enabled: true,
            required: false,
            lifetime_s: 60,
        }
    }
}

/// `client_assertions`: RFC 7523 §2.2.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientAssertions {
    /// How far away `exp` may be, seconds: 300, 30 to 3600.
    pub max_lifetime_s: u32,
    /// Clients may register `client_secret_jwt`, for which their secrets are kept readable, sealed. Default false.
    pub client_secret_jwt: bool,
}

impl Default for ClientAssertions {
    fn default() -> Self {
        Self {
            max_lifetime_s: 300,
            client_secret_jwt: false,
        }
    }
}

/// `request_objects`: RFC 9101.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestObjects {
    /// Default true: a client can sign requests only with keys that it registered.
    pub enabled: bool,
}

impl Default for RequestObjects {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// `dpop`: RFC 9449.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dpop {
    /// Default true.
    pub enabled: bool,
    /// Default `off`: proofs are dated by their `iat`.
    pub nonce: NonceRule,
}

/// Whether proofs carry a nonce of ours (RFC 9449 §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum NonceRule {
    /// None is given out. One that comes all the same is checked.
    #[default]
    Off,
    /// Answers carry one; a proof may go without.
    Offered,
    /// No proof without.
    Required,
}

impl Default for Dpop {
    fn default() -> Self {
        Self {
            enabled: true,
            nonce: NonceRule::Off,
        }
    }
}

/// `mutual_tls`: RFC 8705.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct MutualTls {
    /// The host sees client certificates: it ends TLS, or trusts a proxy that tells them. Default false.
    pub enabled: bool,
    /// An origin at which certificates are asked for, if not at the issuer's (§5): `https://mtls.id.example`. Browsers that hold
    /// certificates then never ask people which one to show.
    pub alias_origin: Option<String>,
}

/// `token_exchange`: RFC 8693.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenExchange {
    /// Default true: a client must be registered for the grant type all the same.
    pub enabled: bool,
}

impl Default for TokenExchange {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// An issuer whose assertions are grants: RFC 7523 §2.1, ID-JAG.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssertionIssuer {
    /// Its `iss`.
    pub issuer: String,
    /// Its keys: the https URL of a JWK Set. Either this or `jwks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Its keys by value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// What its assertions must be. Default `id_jag`.
    #[serde(default)]
    pub profile: AssertionProfile,
    /// The clients that may present them, by `client_id`; at least one.
    pub clients: Vec<String>,
    /// The provider whose subjects its `sub` names: a person who signed in by it before is known again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// It is believed about verified addresses at these domains, in lower case: `email` with `email_verified` names the person
    /// who has that address verified here. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_domains: Vec<String>,
    /// The most scope that it can give. Default: what the client may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<crate::scope::Scope>,
    /// The only resources that it can give access to. Default: all that are known here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// How far away `exp` of an assertion may be, seconds: 300, 30 to 3600; for `id_jag` at most 300.
    #[serde(default = "default_assertion_lifetime")]
    pub max_lifetime_s: u32,
    /// Upper bound on the lifetime of access tokens, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime_s: Option<u32>,
}

const fn default_assertion_lifetime() -> u32 {
    300
}

/// What the assertions of an issuer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AssertionProfile {
    /// `draft-ietf-oauth-identity-assertion-authz-grant`: made for one confidential client.
    #[default]
    IdJag,
    /// RFC 7523 §3 and no more.
    Generic,
}

/// Whose software statements are believed: RFC 7591 §2.3.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementIssuer {
    /// Its `iss`.
    pub issuer: String,
    /// Its keys: the https URL of a JWK Set. Either this or `jwks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Its keys by value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
}

/// `registration`: RFC 7591.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    /// Default `off`.
    pub mode: RegistrationMode,
    /// What clients that register themselves may have. Default: every scope there is but `preregistered_scopes`.
    pub scopes: Option<Vec<String>>,
    /// What they may use the token endpoint for; others that they name are left out. Default: `authorization_code` and
    /// `refresh_token`.
    pub grant_types: Vec<GrantType>,
    /// What they are where they do not say otherwise: `strict`, `mcp`. Default `strict`.
    pub profile: Option<Profile>,
    /// Registrations from one network (an IPv4 address, an IPv6 /64) in an hour, where no initial access token comes with
    /// them: 100.
    pub per_network_per_hour: u32,
    /// Clients that registered themselves without an initial access token and were not used since: 10000.
    pub max_unused: u32,
    /// Days after which a client that registered itself is forgotten, since it was registered or last used: 30.
    pub unused_days: u32,
    /// Days until the secret of such a client expires; 0: with the client only. Default 0.
    pub client_secret_days: u32,
    /// Whose software statements are believed. Default: nobody's.
    pub software_statement_issuers: Vec<StatementIssuer>,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            mode: RegistrationMode::Off,
            scopes: None,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            profile: None,
            per_network_per_hour: 100,
            max_unused: 10_000,
            unused_days: 30,
            client_secret_days: 0,
            software_statement_issuers: Vec::new(),
        }
    }
}

/// Who may register clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationMode {
    /// Nobody: there is no such endpoint.
    #[default]
    Off,
    /// Who has an initial access token (RFC 7591 §3).
    Token,
    /// Anyone.
    Open,
}

/// `client_id_metadata`: Client ID Metadata Documents.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct ClientIdMetadata {
    /// Default false. It makes this server fetch URLs that strangers name: whatever it runs on must keep it from reaching
    /// addresses that are not public.
    pub enabled: bool,
    /// Hosts that documents are taken from, with the port if it is not 443. Default, an empty list: all.
    pub allowed_hosts: Vec<String>,
    /// URLs of documents that the operator vouches for: without the mark "unverified". Whole URLs, because one host can
    /// have clients of many kinds.
    pub trusted: Vec<String>,
    /// As in [`Registration::scopes`].
    pub scopes: Option<Vec<String>>,
    /// Documents by value, for when they cannot be fetched; each goes before one of ours for the same URL.
    pub pinned: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// What one value of `acr` means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthenticationContext {
    /// The value.
    pub acr: String,
    /// A sign-in reaches it if its `amr` holds all of one of these lists.
    #[serde(default)]
    pub amr: Vec<Vec<String>>,
    /// The providers by which it can be reached: whoever must reach it is led to them. None: perhaps any.
    #[serde(default)]
    pub providers: Vec<String>,
}

/// A type of `authorization_details`: RFC 9396 §2.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct AuthorizationDetailsType {
    /// What people are told. Default: the name.
    pub description: Option<String>,
    /// The values that `actions` may hold (§2.2). None: there is no such member.
    pub actions: Vec<String>,
    /// Likewise `locations`.
    pub locations: Vec<String>,
    /// Likewise `datatypes`.
    pub datatypes: Vec<String>,
    /// Likewise `privileges`.
    pub privileges: Vec<String>,
    /// Further members, and of what kind they are.
    pub members: BTreeMap<String, MemberKind>,
    /// Those that must be there.
    pub required: Vec<String>,
}

/// The kind of a member of `authorization_details`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// At most 1024 bytes, without control characters.
    String,
    /// A JSON number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An array of strings.
    Strings,
    /// Any object or array.
    Object,
}

/// `pairwise`: OpenID Connect Core §8.1.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Pairwise {
    /// Default false.
    pub enabled: bool,
}

/// `account`: the account page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// Default true.
    pub enabled: bool,
}

impl Default for Account {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// Which resources exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ResourceRule {
    /// Only those in the configuration.
    #[default]
    Declared,
    /// Any absolute URI without fragment.
    Any,
}

/// Lifetimes, in seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lifetimes {
    /// Authorization code: 60, at most 60 (RFC 9700 §2.1.1 asks for short).
    pub authorization_code_s: u32,
    /// Access token: 600, 30 to 86400.
    pub access_token_s: u32,
    /// ID token: 600, 30 to 86400.
    pub id_token_s: u32,
    /// Refresh token, since it was last rotated: 2592000 (30 days).
    pub refresh_token_s: u32,
    /// A grant, from consent to its end however often it is refreshed: 31536000 (a year).
    pub grant_s: u32,
    /// Browser session, since it was last used: 86400 (a day).
    pub session_idle_s: u32,
    /// Browser session, since sign-in: 1209600 (14 days).
    pub session_s: u32,
    /// One sign-in from the application's request to its answer: 1800.
    pub login_s: u32,
    /// A remembered consent: 2592000 (30 days); 0 remembers none.
    pub consent_s: u32,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            authorization_code_s: 60,
            access_token_s: 600,
            id_token_s: 600,
            refresh_token_s: 30 * 86_400,
            grant_s: 365 * 86_400,
            session_idle_s: 86_400,
            session_s: 14 * 86_400,
            login_s: 1_800,
            consent_s: 30 * 86_400,
        }
    }
}

/// Section `resource/<uri>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// The resource indicator (RFC 8707 §2): absolute, no fragment.
    pub uri: String,
    /// What people see on the consent page. Default: the URI.
    #[serde(default)]
    pub name: Option<String>,
    /// Its scopes with their description.
    #[serde(default)]
    pub scopes: BTreeMap<String, String>,
    /// Clients that may introspect tokens for it (RFC 7662 §2.1): the resource server's own credentials.
    #[serde(default)]
    pub introspection_clients: Vec<String>,
    /// Upper bound on the lifetime of access tokens for it.
    #[serde(default)]
    pub access_token_lifetime_s: Option<u32>,
    /// Serve its metadata (RFC 9728) although it lives at another origin. At our own it is always served.
    #[serde(default)]
    pub metadata: bool,
    /// `jwt` (default) or `opaque`: its server must introspect, and learns of a revocation at once.
    #[serde(default)]
    pub access_token_format: AccessTokenFormat,
    /// How access tokens for it are signed. Default: what the client's record says, otherwise ES256.
    #[serde(default)]
    pub access_token_signing_alg: Option<SigningAlg>,
    /// Their `typ`. Default: what the client's record says, otherwise `at+jwt`.
    #[serde(default)]
    pub access_token_typ: Option<AccessTokenTyp>,
}

/// What access tokens are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// RFC 9068.
    #[default]
    Jwt,
    /// A reference to a record.
    Opaque,
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

/// Section `theme`: how the pages look and what they say.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Theme {
    /// The logo as an SVG or PNG data, base64, at most 64 KiB; served from the issuer's own origin.
    pub logo: Option<Image>,
    /// Logo for dark mode, if another.
    pub logo_dark: Option<Image>,
    /// Accent colour, `#rrggbb`. Default `#2456d6`.
    pub primary: Option<String>,
    /// Accent colour in dark mode. Default: derived.
    pub primary_dark: Option<String>,
    /// Page background, `#rrggbb`.
    pub background: Option<String>,
    /// Page background in dark mode, `#rrggbb`.
    pub background_dark: Option<String>,
    /// `none`, `small`, `medium` (default), `large`, `full`.
    pub radius: Option<String>,
    /// A CSS font-family list of names; letters, digits, spaces, commas, quotes and hyphens only.
    pub font: Option<String>,
    /// Texts by id: `choose.title`, `consent.title`, `password.email.label` (`<provider>.<text id>`) …
    pub texts: BTreeMap<String, String>,
    /// Links in the foot of every page: privacy policy, terms, imprint.
    pub links: Vec<FootLink>,
}

/// An image in the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// `image/svg+xml` or `image/png`.
    pub media_type: String,
    /// Base64 (RFC 4648 §4).
    pub data: String,
}

/// A link in the foot of the pages.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FootLink {
    /// What it says.
    pub label: String,
    /// `https` URL.
    pub href: String,
}
