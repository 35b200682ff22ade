//! The pages that people see, as data. The component renders them; nothing here knows HTML.

use crate::provider;
use crate::redirect_uri::RegisteredRedirectUri;
use crate::time::UnixTime;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// Choose how to sign in.
    Choose(Choose),
    /// The answer to an application, in a form that posts itself.
    FormPost(FormPost),
    /// Go on as whoever is signed in?
    SelectAccount(SelectAccount),
    /// A page of a provider.
    Provider(ProviderPage),
    /// May this application have this?
    Consent(Consent),
    /// Which code does the device show? (RFC 8628 §3.3)
    EnterUserCode(EnterUserCode),
    /// The device was let in, or not.
    DeviceAnswered(DeviceAnswered),
    /// Sign out? (OpenID Connect RP-Initiated Logout §2)
    ConfirmSignOut(ConfirmSignOut),
    /// You are signed out.
    SignedOut(SignedOut),
    /// You are signed in; there is no application to go back to.
    SignedIn(SignedIn),
    /// What a person gave, and where they are signed in.
    Account(Account),
    /// Something went wrong.
    Error(ErrorPage),
}

/// The application that started this, as far as it is known. Everything in it is untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientCard {
    /// `client_name`, or the `client_id`.
    pub name: String,
    /// Where its answer will go: host and port, `this device` for loopback, or the private-use scheme.
    pub redirect_host: String,
    /// The redirect leads to a program on this device, which anyone may have written.
    pub loopback: bool,
    /// Nobody vouched for its name.
    pub unverified: bool,
    /// The host at which it says who it is, if its id is the URL of a document: that much is certain.
    pub published_at: Option<String>,
    /// Its home page, an https URL; shown as text.
    pub client_uri: Option<String>,
    /// An https URL.
    pub policy_uri: Option<String>,
    /// An https URL.
    pub tos_uri: Option<String>,
}

/// Choose how to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choose {
    /// Which application asked, if any.
    pub client: Option<ClientCard>,
    /// They are known already, and choose by what to confirm it.
    pub confirms: bool,
    /// In the operator's order.
    pub providers: Vec<Choice>,
}

/// Go on as whoever is signed in? (`prompt=select_account`, OpenID Connect Core §3.1.2.1)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectAccount {
    /// Which application asked.
    pub client: Option<ClientCard>,
    /// Who is signed in: the e-mail address, name or subject.
    pub account: String,
    /// The path that the form posts to. The button is `decision` = `continue`.
    pub action: String,
    /// Hidden field `transaction`.
    pub transaction: String,
    /// Hidden field `csrf`.
    pub csrf: String,
    /// Where "use another account" leads.
    pub another: String,
}

/// The answer to an application, in a form that posts itself (OAuth 2.0 Form Post Response Mode). Without scripts it has a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormPost {
    /// Where it goes: what only the client's registration can name.
    pub action: RegisteredRedirectUri,
    /// What it says.
    pub fields: Vec<(String, String)>,
}

/// One way to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The provider's id, for text overrides.
    pub provider_id: String,
    /// What the link says after "Continue with".
    pub label: provider::Text,
    /// An SVG.
    pub icon: Option<String>,
    /// Path and query on this origin.
    pub href: String,
}

/// A page of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPage {
    /// Which provider.
    pub provider_id: String,
    /// Which application asked, if any.
    pub client: Option<ClientCard>,
    /// What the provider wants shown.
    pub page: provider::Page,
    /// Prefix of its paths on this origin, with a trailing slash: `/password/`.
    pub base_path: String,
    /// Goes into every form as `transaction`, and into the query of every link.
    pub transaction: String,
    /// Goes into every form as `csrf`.
    pub csrf: String,
    /// Where "another way to sign in" leads, if there is another.
    pub other_ways: Option<String>,
}

/// May this application have this?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Which application.
    pub client: ClientCard,
    /// As whom: the e-mail address, name or subject.
    pub account: String,
    /// What it asks for.
    pub scopes: Vec<ScopeLine>,
    /// Single claims that it asks for by name, and that none of the scopes holds (OpenID Connect Core §5.5).
    pub claims: Vec<String>,
    /// What it asks for in so many words (RFC 9396).
    pub details: Vec<DetailLine>,
    /// Where it wants to use it: names and URIs of the resources.
    pub resources: Vec<ResourceLine>,
    /// The code that the person's device must show, if it is a device that asks (RFC 8628 §3.3.1).
    pub user_code: Option<String>,
    /// The path that the form posts to. Buttons are `decision` = `allow` | `deny`.
    pub action: String,
    /// Hidden field `transaction`.
    pub transaction: String,
    /// Hidden field `csrf`.
    pub csrf: String,
    /// Where "use another account" leads.
    pub switch_account: String,
}

/// Which code does the device show?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnterUserCode {
    /// The path that the form posts to, its field being `user_code`.
    pub action: String,
    /// Hidden field `csrf`.
    pub csrf: String,
    /// What the link to the page brought along, to be looked at and sent on.
    pub user_code: Option<String>,
    /// What was sent is no code that waits for anyone.
    pub unknown: bool,
}

/// The device was let in, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAnswered {
    /// Which application.
    pub client: ClientCard,
    /// They allowed it.
    pub allowed: bool,
}

/// One scope on the consent page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeLine {
    /// The scope token.
    pub name: String,
    /// The operator's words, if there are any.
    pub description: Option<String>,
}

/// One object of `authorization_details` on the consent page. The members are untrusted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailLine {
    /// The operator's words for its type, or the type.
    pub title: String,
    /// Names of its members, and their values.
    pub members: Vec<(String, Vec<String>)>,
}

/// One resource on the consent page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceLine {
    /// The operator's name for it, if it is declared.
    pub name: Option<String>,
    /// The resource indicator.
    pub uri: String,
}

/// Sign out?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmSignOut {
    /// As whom they are signed in.
    pub account: String,
    /// The path that the form posts to. Buttons are `decision` = `sign_out` | `stay`.
    pub action: String,
    /// Hidden fields: the parameters of the request, and `csrf`.
    pub fields: Vec<(String, String)>,
}

/// You are signed out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignedOut {
    /// They chose to stay signed in.
    pub stayed: bool,
}

/// You are signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// As whom.
    pub account: String,
    /// What was done, e.g. a changed password.
    pub credential_changed: bool,
    /// Where "sign out" leads.
    pub sign_out: String,
    /// Where the account page is, if there is one.
    pub account_page: Option<String>,
}

/// What a person gave, and where they are signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// As whom they are signed in.
    pub account: String,
    /// How they can sign in.
    pub ways: Vec<WayIn>,
    /// What they can add or look after.
    pub errands: Vec<ErrandLine>,
    /// Applications that may use the account.
    pub apps: Vec<AppLine>,
    /// Where more applications are shown, if there are more.
    pub more_apps: Option<String>,
    /// Where they are signed in, this browser first.
    pub sessions: Vec<SessionLine>,
    /// There are more than those.
    pub more_sessions: bool,
    /// What was just done.
    pub done: Option<AccountChange>,
    /// The path that all forms post to. Each has the hidden fields `action`, `csrf`, and what it is about.
    pub action: String,
    /// `csrf` of the form that signs out everywhere (`action` = `end_sessions`).
    pub sign_out_everywhere: String,
    /// How long an application can go on with an access token that it has, seconds.
    pub access_token_s: u32,
}

/// One way to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityLine {
    /// The provider's id, for text overrides.
    pub provider_id: String,
    /// What it is called, if it is still there.
    pub label: Option<provider::Text>,
    /// Since when.
    pub since: UnixTime,
}

/// One way into the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayIn {
    /// What it is.
    pub identity: IdentityLine,
    /// Hidden field `way`.
    pub id: String,
    /// Hidden field `csrf` of the form that takes it away (`action` = `unlink`); none: it is the last.
    pub csrf: Option<String>,
}

/// What can be added to the account, or looked after, at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrandLine {
    /// Hidden field `provider`.
    pub provider_id: String,
    /// What the provider is called.
    pub provider: provider::Text,
    /// Hidden field `action`: `link` or `manage`.
    pub action: &'static str,
    /// What the provider calls what is looked after.
    pub label: Option<provider::Text>,
    /// Hidden field `csrf`.
    pub csrf: String,
}

/// One application. Everything that names it is untrusted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppLine {
    /// `client_name`, or the `client_id`.
    pub name: String,
    /// Where its answers go: hosts, `this device`, or private-use schemes.
    pub hosts: Vec<String>,
    /// Answers go to a program on this device.
    pub loopback: bool,
    /// Nobody vouched for its name.
    pub unverified: bool,
    /// What it may do.
    pub scopes: Vec<ScopeLine>,
    /// Where.
    pub resources: Vec<ResourceLine>,
    /// Each time that it was given something that it still has.
    pub grants: Vec<GrantLine>,
    /// Until when it is not asked again; set where nothing else is left of it.
    pub remembered: bool,
    /// Hidden field `app`.
    pub app: String,
    /// Hidden field `csrf` of the form that removes it (`action` = `remove_app`).
    pub csrf: String,
}

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantLine {
    /// On which device, in words of ours.
    pub device: Option<String>,
    /// When it was given.
    pub since: UnixTime,
    /// When something was last issued from it.
    pub last_used: UnixTime,
    /// It goes on after sign-out (`offline_access`).
    pub offline: bool,
    /// Hidden field `grant`.
    pub id: String,
    /// Hidden field `csrf` of the form that removes it (`action` = `remove_grant`).
    pub csrf: String,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    /// It is the one of this browser.
    pub here: bool,
    /// On which device, in words of ours.
    pub device: Option<String>,
    /// By which provider: its id, and what it is called.
    pub provider: IdentityLine,
    /// When it was last used, give or take five minutes.
    pub last_used: UnixTime,
    /// Hidden field `session`.
    pub id: String,
    /// Hidden field `csrf` of the form that ends it (`action` = `end_session`).
    pub csrf: String,
}

/// What was done on the account page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    /// An application's access is gone.
    AppRemoved,
    /// One grant is gone.
    GrantRemoved,
    /// A session is over.
    SessionEnded,
    /// There is one more way in.
    Linked,
    /// There is one less.
    Unlinked,
    /// What a provider keeps was looked after.
    Managed,
}

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPage {
    /// What happened, to choose the words by.
    pub kind: ErrorKind,
    /// The standard error code, if there is one: shown small, for the application's developer.
    pub code: Option<String>,
    /// One plain sentence from a policy, if there is one. Untrusted only as far as the operator is.
    pub message: Option<String>,
    /// Seconds until another try may succeed.
    pub retry_after_s: Option<u32>,
    /// Also in the log, so that support can find it.
    pub reference: String,
}

/// What happened, as far as a person cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The application sent a request that makes no sense (bad client, redirect URI, parameters).
    BadRequest,
    /// This sign-in is over: expired, finished, or begun in another browser.
    SignInExpired,
    /// There is nothing here.
    NotFound,
    /// Not allowed: disabled account, policy.
    Denied,
    /// Too many tries.
    TooManyRequests,
    /// Our fault, or an upstream's; try again later.
    Unavailable,
    /// This method or body is not for this address.
    WrongMethod,
    /// The body is too large.
    TooLarge,
}
