//! The shapes of `wit/provider`: what is said between the core and a login provider.

/// A text with a stable id, its English wording and arguments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// Stable inside the provider, e.g. `email.label`.
    pub id: String,
    /// Wording when nobody overrides or translates it; `{name}` stands for an argument.
    pub english: String,
    /// Values for `{name}`.
    pub args: Vec<(String, String)>,
}

/// A configured provider and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The operator's id for it; the first segment of its paths.
    pub id: String,
    /// What the button says.
    pub label: Text,
    /// An SVG.
    pub icon: Option<String>,
    /// Hosts to which it may send the browser.
    pub outbound_hosts: Vec<String>,
}

/// What a provider is told about the sign-in. The host adds the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The operator's id for it.
    pub provider_id: String,
    /// `https://id.example/github`
    pub base_url: String,
    /// Returned at the last step of this sign-in.
    pub state: Option<Vec<u8>>,
    /// To be carried through an upstream server as `state`.
    pub transaction: String,
    /// The subject at this provider of the person signed in already.
    pub signed_in_subject: Option<String>,
    /// `login_hint` (OpenID Connect Core §3.1.2.1).
    pub login_hint: Option<String>,
    /// BCP 47.
    pub language: String,
    /// IP address of the browser.
    pub client_address: Option<String>,
    /// For the texts of mails.
    pub service_name: String,
}

/// The method of a request to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
}

/// A browser's request to a path of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// Below `/<provider-id>/`.
    pub path: String,
    /// Decoded, no name twice, the core's own removed.
    pub query: Vec<(String, String)>,
    /// Decoded, no name twice, the core's own removed.
    pub form: Vec<(String, String)>,
}

/// How loud a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Neutral.
    Info,
    /// It worked.
    Success,
    /// It did not.
    Error,
}

/// A message at the top of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How loud.
    pub severity: Severity,
    /// What it says.
    pub text: Text,
}

/// What kind of input a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Free text.
    Text,
    /// `type=email`
    Email,
    /// `type=tel`
    Tel,
    /// `type=password`
    Password,
    /// Digits of a one-time code.
    OneTimeCode,
    /// Not shown.
    Hidden,
}

/// One input of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Letters, digits, `-`, `_`.
    pub name: String,
    /// What it is.
    pub kind: FieldKind,
    /// What it is called.
    pub label: Text,
    /// HTML `autocomplete` token.
    pub autocomplete: Option<String>,
    /// What stands in it.
    pub value: Option<String>,
    /// HTML `required`.
    pub required: bool,
    /// HTML `minlength`.
    pub min_length: Option<u32>,
    /// HTML `maxlength`.
    pub max_length: Option<u32>,
    /// What is wrong with it.
    pub error: Option<Text>,
    /// What helps to fill it in.
    pub hint: Option<Text>,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emphasis {
    /// The thing to do.
    Primary,
    /// Another thing.
    Secondary,
}

/// A submit button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Field that it submits.
    pub name: String,
    /// With this value.
    pub value: String,
    /// What it says.
    pub label: Text,
    /// How it looks.
    pub emphasis: Emphasis,
}

/// A form that posts to a path of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Below `/<provider-id>/`.
    pub path: String,
    /// Its inputs.
    pub fields: Vec<Field>,
    /// At least one.
    pub buttons: Vec<Button>,
}

/// A link to a path of the provider, in the same sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it says.
    pub label: Text,
    /// Below `/<provider-id>/`.
    pub path: String,
}

/// A page of a provider, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Heading.
    pub title: Text,
    /// Above the forms.
    pub messages: Vec<Message>,
    /// In order.
    pub forms: Vec<Form>,
    /// Below the forms.
    pub links: Vec<Link>,
}

/// Who signed in, as the provider knows them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Stable at this provider.
    pub subject: String,
    /// Their address.
    pub email: Option<String>,
    /// The provider knows that they control it.
    pub email_verified: bool,
    /// Standard claims as (name, JSON).
    pub claims: Vec<(String, String)>,
    /// RFC 8176.
    pub amr: Vec<String>,
    /// End every other session and grant of theirs.
    pub credential_changed: bool,
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To an upstream server.
    Redirect(String),
    /// Show a page.
    Page(Page),
    /// They are who they are.
    Authenticated(Identity),
}

/// A provider's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What happens next.
    pub step: Step,
    /// Given back next time.
    pub state: Option<Vec<u8>>,
}

/// Why a provider gave no outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// 404
    NotFound,
    /// 400
    BadRequest(String),
    /// 503
    Unavailable(String),
    /// 429, seconds
    TooManyRequests(u32),
}
