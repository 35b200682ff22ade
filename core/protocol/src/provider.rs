//! The shapes of `wit/provider`: what is said between the core and a login provider.

use serde::{Deserialize, Serialize};

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

/// What a call of a provider is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Find out who this is.
    SignIn,
    /// Prove that it is the person known already, once more.
    Confirm,
    /// One more way into the account of the person signed in.
    Link,
    /// The person signed in looks after what the provider keeps of theirs.
    Manage,
}

/// A configured provider, as lists of ways to sign in need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The operator's id for it; the first segment of its paths.
    pub id: String,
    /// What the button says.
    pub label: Text,
    /// What it can be asked for.
    pub purposes: Vec<Purpose>,
    /// What the account page calls what can be managed there.
    pub manage_label: Option<Text>,
}

impl Listing {
    /// Whether it can be asked for this.
    #[must_use]
    pub fn is_for(&self, purpose: Purpose) -> bool {
        self.purposes.contains(&purpose)
    }
}

/// What one provider says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What the button says.
    pub label: Text,
    /// What it can be asked for.
    pub purposes: Vec<Purpose>,
    /// An SVG.
    pub icon: Option<String>,
    /// Languages beside English, BCP 47.
    pub languages: Vec<String>,
    /// Hosts to which it may send the browser.
    pub outbound_hosts: Vec<String>,
}

/// A person whom we know, as one provider may know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Stable; another at every provider.
    pub id: String,
    /// What to call them.
    pub label: String,
    /// Their subject at this provider.
    pub subject: Option<String>,
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
    /// What the call is for.
    pub purpose: Purpose,
    /// Who is known.
    pub account: Option<Account>,
    /// `login_hint` (OpenID Connect Core §3.1.2.1).
    pub login_hint: Option<String>,
    /// BCP 47.
    pub language: String,
    /// IP address of the browser.
    pub client_address: Option<String>,
    /// For the texts of mails.
    pub service_name: String,
}

/// Somebody whom a provider shall forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaver {
    /// The operator's id for the provider.
    pub provider_id: String,
    /// As in [`Account`].
    pub account_id: String,
    /// Their subject at this provider.
    pub subject: Option<String>,
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

/// What the browser does with an authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyKind {
    /// Makes a credential.
    Create,
    /// Uses one.
    Get,
    /// Uses one that autofill offers.
    GetConditional,
}

/// Web Authentication before the form is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    /// What is done.
    pub kind: CeremonyKind,
    /// JSON.
    pub options: String,
}

/// A form that posts to a path of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Below `/<provider-id>/`.
    pub path: String,
    /// What comes before it is posted.
    pub ceremony: Option<Ceremony>,
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

/// Something to look at, to scan or to write down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure {
    /// A QR code.
    QrCode {
        /// What is in it.
        content: String,
        /// What it is.
        description: Text,
    },
    /// Codes to write down.
    Codes {
        /// What they are.
        title: Text,
        /// In order.
        codes: Vec<String>,
    },
}

/// A page of a provider, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Heading.
    pub title: Text,
    /// Above the forms.
    pub messages: Vec<Message>,
    /// Below the messages.
    pub figures: Vec<Figure>,
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
    /// There is nothing here to confirm them by.
    Unenrolled,
    /// What they wanted to manage is done.
    Managed {
        /// End every other session and grant of theirs.
        credential_changed: bool,
    },
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
