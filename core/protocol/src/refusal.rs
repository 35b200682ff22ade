//! Every way in which Doorward says no, and the one map from refusal to wire.
//!
//! The variant goes to the log; the client is told the standard code and a sentence that gives nothing away.

use crate::ports::{KeyFailure, StoreFailure};

/// Why a request was refused. Carries nothing secret: its `Debug` form is written to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    // ── the request itself ──
    /// A parameter came twice (RFC 6749 §3.1, §3.2).
    RepeatedParameter(String),
    /// A required parameter is absent or empty.
    MissingParameter(&'static str),
    /// A parameter is not what its specification says.
    MalformedParameter(&'static str),
    /// Not `application/x-www-form-urlencoded`, or several content types (RFC 6749 §3.2).
    WrongContentType,
    /// Not valid form encoding, or too many parameters.
    MalformedForm,
    /// The endpoint does not take this method.
    WrongMethod {
        /// For the `Allow` header.
        allow: &'static str,
    },
    /// There is nothing at this path.
    NotFound,

    // ── the client ──
    /// No client has this id.
    UnknownClient,
    /// Wrong secret, or none where one is needed.
    ClientAuthenticationFailed {
        /// The `Authorization` header was tried, so the answer names the scheme (RFC 6749 §5.2).
        basic: bool,
    },
    /// Not the method that this client registered (RFC 7591 §2 `token_endpoint_auth_method`).
    ClientAuthenticationMethod {
        /// As above.
        basic: bool,
    },
    /// Two methods in one request (RFC 6749 §2.3).
    SeveralClientAuthentications,
    /// This client did not register for this grant type.
    GrantTypeOfAnotherClient,
    /// A public client where only a confidential one may ask.
    PublicClient,

    // ── the authorization request ──
    /// The redirect URI is not one that the client registered. Never redirect.
    RedirectUriNotRegistered,
    /// Not `code`.
    UnsupportedResponseType,
    /// Neither `query` nor `form_post`.
    UnsupportedResponseMode,
    /// JWT-secured authorization requests are not supported (OpenID Connect Core §3.1.2.6).
    RequestNotSupported,
    /// Likewise by reference.
    RequestUriNotSupported,
    /// Likewise `registration`.
    RegistrationNotSupported,
    /// No `code_challenge` (RFC 7636 §4.4.1).
    ChallengeMissing,
    /// `code_challenge_method` is not `S256`.
    ChallengeMethod,
    /// `code_challenge` is not 43 characters of base64url.
    ChallengeMalformed,
    /// No scope is left of those asked for.
    NoScopeLeft,
    /// A scope token has a character that RFC 6749 §3.3 does not allow.
    ScopeMalformed,
    /// `resource` is not an absolute URI without fragment, or is not known (RFC 8707 §2).
    UnknownResource,
    /// `prompt=none` together with another value.
    PromptMalformed,
    /// `prompt=none`, and nobody is signed in (OpenID Connect Core §3.1.2.6).
    LoginRequired,
    /// `prompt=none`, and consent is needed.
    ConsentRequired,
    /// The person said no.
    ConsentDenied,
    /// A policy said no.
    PolicyDenied {
        /// Its reason code.
        reason: String,
    },
    /// A policy said no to tokens from a grant that was good until then.
    PolicyEndsGrant {
        /// Its reason code.
        reason: String,
    },
    /// A policy said no to a client that asks for itself.
    PolicyRefusesClient {
        /// Its reason code.
        reason: String,
    },
    /// A policy failed, or tried to widen; that denies too.
    PolicyFailed(String),
    /// The account is disabled.
    UserDisabled,
    /// Somebody proved who they are, and are not who was to prove it.
    AnotherPerson,
    /// Without this way to sign in, there would be none.
    LastWayIn,

    // ── the sign-in ──
    /// There is no such sign-in, or it is over.
    LoginUnknown,
    /// The sign-in belongs to another browser.
    LoginOfAnotherBrowser,
    /// The form's token is not the one that was given to this browser.
    CsrfMismatch,
    /// No provider has this id.
    UnknownProvider,
    /// The provider has no such path.
    ProviderNotFound,
    /// The provider could make nothing of the request.
    ProviderBadRequest(String),
    /// The provider, or something behind it, is out of order.
    ProviderUnavailable(String),
    /// The provider asks to wait, seconds.
    TooManyRequests(u32),
    /// The provider redirects to where it may not, or identifies nobody.
    ProviderOutsideContract(&'static str),

    // ── codes and tokens ──
    /// `grant_type` is not one of ours.
    UnsupportedGrantType,
    /// No such code, or it has expired and is gone.
    CodeUnknown,
    /// The code was issued to another client. Nothing changes.
    CodeOfAnotherClient,
    /// The code was redeemed before; its grant is revoked (RFC 6749 §4.1.2).
    CodeReplayed,
    /// The code has expired.
    CodeExpired,
    /// `redirect_uri` is not the one of the authorization request.
    RedirectUriMismatch,
    /// `code_verifier` is absent, malformed or wrong (RFC 7636 §4.6).
    VerifierMismatch,
    /// A verifier, but the code was asked for without a challenge (RFC 9700 §2.1.1).
    VerifierWithoutChallenge,
    /// No such refresh token.
    RefreshTokenUnknown,
    /// It was issued to another client. Nothing changes.
    RefreshTokenOfAnotherClient,
    /// It was used before; its grant is revoked (RFC 9700 §4.14.2).
    RefreshTokenReplayed,
    /// It has expired.
    RefreshTokenExpired,
    /// The user is gone, disabled, or has ended all grants.
    GrantEnded,
    /// More scope than was granted.
    ScopeExceedsGrant,
    /// Resources that take different kinds of access tokens, in one request.
    ResourcesDiffer,
    /// Another resource than was granted.
    ResourceExceedsGrant,
    /// No bearer token in the `Authorization` header.
    BearerTokenMissing,
    /// A bearer token in the query or body (RFC 9700 §4.3.2).
    BearerTokenMisplaced,
    /// Not a token of ours, expired, or revoked.
    TokenInvalid,
    /// The token lacks this scope.
    InsufficientScope(&'static str),
    /// The sign-in behind a token is too weak or too old for what is asked (RFC 9470 §3).
    InsufficientUserAuthentication,
    /// `id_token_hint` is not an ID token of ours.
    HintInvalid,
    /// `post_logout_redirect_uri` is not registered for the client.
    PostLogoutRedirectUri,

    // ── sender-constrained tokens ──
    /// A `DPoP` proof is not what RFC 9449 §4.3 asks; says what of it is not.
    DpopProofInvalid(&'static str),
    /// A `DPoP` proof without a nonce of ours, or with an old one (RFC 9449 §8). Carries one to use.
    DpopNonceRequired(String),
    /// The token is bound to another key, or to one that was not shown (RFC 9449 §5, §7.1).
    DpopKeyMismatch,
    /// This client's tokens are bound to a key, and it showed none (RFC 9449 §5.2).
    DpopProofMissing,
    /// The certificate is absent, or not the one that the token or client is bound to (RFC 8705).
    CertificateMismatch,

    // ── assertions and request objects ──
    /// A JWT by which a client authenticates is not valid; says what of it is not.
    ClientAssertionInvalid(&'static str),
    /// A request object is not valid (RFC 9101 §6); says what of it is not.
    RequestObjectInvalid(&'static str),
    /// This client must sign its authorization requests (RFC 9101 §10.5).
    RequestObjectMissing,
    /// A `request_uri` that is unknown, used, expired or another client's (RFC 9101 §6.2, RFC 9126 §4).
    RequestUriInvalid,
    /// This client must push its authorization requests (RFC 9126 §6).
    PushedRequestRequired,
    /// An assertion is no authorization grant (RFC 7523 §3.1); says what of it is not.
    AssertionInvalid(&'static str),
    /// `subject_token` or `actor_token` cannot be exchanged (RFC 8693 §2.2.2).
    SubjectTokenInvalid(&'static str),
    /// Of this type no token is issued (RFC 8693 §2.2.2), or none can be revoked (RFC 7009 §2.2.1).
    UnsupportedTokenType,
    /// `authorization_details` is malformed, of an unknown type, or not this client's (RFC 9396 §5).
    AuthorizationDetailsInvalid(&'static str),

    // ── more of the authorization request ──
    /// `prompt=none`, and the person must choose an account (OpenID Connect Core §3.1.2.6).
    AccountSelectionRequired,
    /// `prompt=none`, and something else must be asked (OpenID Connect Core §3.1.2.6).
    InteractionRequired,
    /// The demanded `acr` cannot be reached (OpenID Connect Core Error Code `unmet_authentication_requirements`).
    UnmetAuthenticationRequirements,

    // ── the device grant (RFC 8628 §3.5) ──
    /// No such device code.
    DeviceCodeUnknown,
    /// The person has not decided yet.
    AuthorizationPending,
    /// As above, and the device polls too fast.
    SlowDown,
    /// Nobody decided in time.
    DeviceCodeExpired,
    /// The person said no, or a policy did.
    DeviceDenied,

    // ── clients that arrive by themselves ──
    /// Registration needs an initial access token (RFC 7591 §3).
    RegistrationClosed,
    /// Metadata that is malformed, contradictory or not supported (RFC 7591 §3.2.2); says which member and why.
    ClientMetadataInvalid(String),
    /// A redirect URI that cannot be registered (RFC 7591 §3.2.2).
    RedirectUriUnfit(String),
    /// A software statement that is not valid (RFC 7591 §3.2.2).
    SoftwareStatementInvalid(&'static str),
    /// A software statement of someone whom nobody here trusts (RFC 7591 §3.2.2).
    SoftwareStatementUnapproved,
    /// A client's metadata document cannot be fetched now; says why, for the log.
    ClientDocumentUnreachable(String),
    /// A client's metadata document is not one; says why, for the log.
    ClientDocumentInvalid(String),
    /// Keys or other documents of a client or issuer cannot be fetched now; says why, for the log.
    Unreachable(String),

    // ── ours ──
    /// Someone else changed the record again and again.
    Contention,
    /// The store is out of order.
    Store(String),
    /// The keys are out of order.
    Keys(String),
    /// The configuration did not arrive: the host's source of it does not answer, or was given none.
    SettingsMissing,
    /// The configuration is not what it should be.
    Misconfigured(String),
    /// A record holds what this version cannot read.
    RecordUnreadable(String),
}

impl Refusal {
    /// What the client is told: HTTP status, then the `error` code. No `_` arm: a new variant does not compile until
    /// someone picks its answer.
    #[must_use]
    #[expect(
        clippy::match_same_arms,
        clippy::too_many_lines,
        reason = "one answer for each refusal, grouped by what they belong to"
    )]
    pub const fn on_the_wire(&self) -> (u16, &'static str) {
        match self {
            Self::RepeatedParameter(_)
            | Self::MissingParameter(_)
            | Self::MalformedParameter(_)
            | Self::WrongContentType
            | Self::MalformedForm
            | Self::SeveralClientAuthentications
            | Self::RedirectUriNotRegistered
            | Self::UnsupportedResponseMode
            | Self::ChallengeMissing
            | Self::ChallengeMethod
            | Self::ChallengeMalformed
            | Self::PromptMalformed
            | Self::BearerTokenMisplaced
            | Self::HintInvalid
            | Self::PostLogoutRedirectUri
            | Self::LoginUnknown
            | Self::LoginOfAnotherBrowser
            | Self::CsrfMismatch
            | Self::ProviderBadRequest(_) => (400, "invalid_request"),
            Self::DpopProofInvalid(_) | Self::DpopProofMissing => (400, "invalid_dpop_proof"),
            Self::DpopNonceRequired(_) => (400, "use_dpop_nonce"),
            Self::DpopKeyMismatch
            | Self::CertificateMismatch
            | Self::AssertionInvalid(_)
            | Self::DeviceCodeUnknown => (400, "invalid_grant"),
            Self::ClientAssertionInvalid(_) => (401, "invalid_client"),
            Self::RequestObjectInvalid(_) => (400, "invalid_request_object"),
            Self::RequestUriInvalid => (400, "invalid_request_uri"),
            Self::PushedRequestRequired
            | Self::RequestObjectMissing
            | Self::SubjectTokenInvalid(_) => (400, "invalid_request"),
            Self::UnsupportedTokenType => (400, "unsupported_token_type"),
            Self::AuthorizationDetailsInvalid(_) => (400, "invalid_authorization_details"),
            Self::AccountSelectionRequired => (400, "account_selection_required"),
            Self::InteractionRequired => (400, "interaction_required"),
            Self::UnmetAuthenticationRequirements => (400, "unmet_authentication_requirements"),
            Self::AuthorizationPending => (400, "authorization_pending"),
            Self::SlowDown => (400, "slow_down"),
            Self::DeviceCodeExpired => (400, "expired_token"),
            Self::DeviceDenied => (400, "access_denied"),
            Self::ClientMetadataInvalid(_) => (400, "invalid_client_metadata"),
            Self::RedirectUriUnfit(_) => (400, "invalid_redirect_uri"),
            Self::SoftwareStatementInvalid(_) => (400, "invalid_software_statement"),
            Self::SoftwareStatementUnapproved => (400, "unapproved_software_statement"),
            Self::ClientDocumentInvalid(_) => (400, "invalid_client"),
            Self::ClientDocumentUnreachable(_) | Self::Unreachable(_) => {
                (503, "temporarily_unavailable")
            }
            Self::WrongMethod { .. } => (405, "invalid_request"),
            Self::NotFound | Self::UnknownProvider | Self::ProviderNotFound => {
                (404, "invalid_request")
            }
            Self::UnknownClient
            | Self::ClientAuthenticationFailed { .. }
            | Self::ClientAuthenticationMethod { .. }
            | Self::PublicClient => (401, "invalid_client"),
            Self::GrantTypeOfAnotherClient | Self::PolicyRefusesClient { .. } => {
                (400, "unauthorized_client")
            }
            Self::UnsupportedResponseType => (400, "unsupported_response_type"),
            Self::RequestNotSupported => (400, "request_not_supported"),
            Self::RequestUriNotSupported => (400, "request_uri_not_supported"),
            Self::RegistrationNotSupported => (400, "registration_not_supported"),
            Self::NoScopeLeft | Self::ScopeMalformed | Self::ScopeExceedsGrant => {
                (400, "invalid_scope")
            }
            Self::UnknownResource | Self::ResourceExceedsGrant | Self::ResourcesDiffer => {
                (400, "invalid_target")
            }
            Self::LoginRequired => (400, "login_required"),
            Self::ConsentRequired => (400, "consent_required"),
            Self::ConsentDenied
            | Self::PolicyDenied { .. }
            | Self::UserDisabled
            | Self::AnotherPerson
            | Self::LastWayIn => (403, "access_denied"),
            Self::TooManyRequests(_) => (429, "temporarily_unavailable"),
            Self::UnsupportedGrantType => (400, "unsupported_grant_type"),
            Self::CodeUnknown
            | Self::CodeOfAnotherClient
            | Self::CodeReplayed
            | Self::CodeExpired
            | Self::RedirectUriMismatch
            | Self::VerifierMismatch
            | Self::VerifierWithoutChallenge
            | Self::RefreshTokenUnknown
            | Self::RefreshTokenOfAnotherClient
            | Self::RefreshTokenReplayed
            | Self::RefreshTokenExpired
            | Self::GrantEnded
            | Self::PolicyEndsGrant { .. } => (400, "invalid_grant"),
            Self::BearerTokenMissing | Self::TokenInvalid | Self::RegistrationClosed => {
                (401, "invalid_token")
            }
            Self::InsufficientScope(_) => (403, "insufficient_scope"),
            Self::InsufficientUserAuthentication => (401, "insufficient_user_authentication"),
            Self::ProviderUnavailable(_)
            | Self::PolicyFailed(_)
            | Self::Contention
            | Self::Store(_)
            | Self::Keys(_)
            | Self::SettingsMissing => (503, "temporarily_unavailable"),
            Self::ProviderOutsideContract(_)
            | Self::Misconfigured(_)
            | Self::RecordUnreadable(_) => (500, "server_error"),
        }
    }

    /// `error_description`: one sentence for the application's developer (RFC 6749 §5.2: no `"` and no `\`).
    #[must_use]
    #[expect(
        clippy::match_same_arms,
        clippy::too_many_lines,
        reason = "one sentence for each refusal, grouped by what they belong to"
    )]
    pub fn description(&self) -> String {
        let text = match self {
            Self::RepeatedParameter(_) => "a parameter is given more than once",
            Self::MissingParameter(name) => return format!("{name} is missing"),
            Self::MalformedParameter(name) => return format!("{name} is malformed"),
            Self::WrongContentType => "the body must be application/x-www-form-urlencoded",
            Self::MalformedForm => "the parameters cannot be decoded",
            Self::WrongMethod { .. } => "this endpoint does not take that method",
            Self::NotFound | Self::UnknownProvider | Self::ProviderNotFound => {
                "there is nothing here"
            }
            Self::UnknownClient
            | Self::ClientAuthenticationFailed { .. }
            | Self::ClientAuthenticationMethod { .. }
            | Self::PublicClient => "client authentication failed",
            Self::SeveralClientAuthentications => "more than one way of client authentication",
            Self::GrantTypeOfAnotherClient => "the client is not registered for this grant type",
            Self::RedirectUriNotRegistered => "redirect_uri is not registered for this client",
            Self::UnsupportedResponseType => "response_type must be code",
            Self::UnsupportedResponseMode => "response_mode must be query or form_post",
            Self::RequestNotSupported => "request objects are not supported",
            Self::RequestUriNotSupported => "request_uri is not supported",
            Self::RegistrationNotSupported => "registration is not supported here",
            Self::ChallengeMissing => "code_challenge is required (PKCE)",
            Self::ChallengeMethod => "code_challenge_method must be S256",
            Self::ChallengeMalformed => "code_challenge must be 43 characters of base64url",
            Self::NoScopeLeft => "the client may have none of these scopes",
            Self::ScopeMalformed => "scope is malformed",
            Self::ScopeExceedsGrant => "more scope than was granted",
            Self::UnknownResource => "resource is not known here",
            Self::ResourceExceedsGrant => "resource was not granted",
            Self::ResourcesDiffer => {
                "these resources take different kinds of access tokens: ask for one at a time"
            }
            Self::PromptMalformed => "prompt is contradictory",
            Self::LoginRequired => "nobody is signed in",
            Self::ConsentRequired => "consent is needed",
            Self::ConsentDenied => "the person refused",
            Self::PolicyDenied { .. }
            | Self::PolicyRefusesClient { .. }
            | Self::UserDisabled
            | Self::AnotherPerson
            | Self::LastWayIn => "not allowed",
            Self::LoginUnknown | Self::LoginOfAnotherBrowser | Self::CsrfMismatch => {
                "this sign-in is over"
            }
            Self::ProviderBadRequest(_) => "the sign-in cannot go on",
            Self::TooManyRequests(_) => "too many tries",
            Self::UnsupportedGrantType => "this grant type is not supported",
            Self::CodeUnknown
            | Self::CodeOfAnotherClient
            | Self::CodeReplayed
            | Self::CodeExpired => "the code is not valid, expired, or already used",
            Self::RedirectUriMismatch => "redirect_uri is not that of the authorization request",
            Self::VerifierMismatch | Self::VerifierWithoutChallenge => {
                "code_verifier does not match"
            }
            Self::RefreshTokenUnknown
            | Self::RefreshTokenOfAnotherClient
            | Self::RefreshTokenReplayed
            | Self::RefreshTokenExpired
            | Self::PolicyEndsGrant { .. }
            | Self::GrantEnded => "the grant or refresh token is not valid, expired, or revoked",
            Self::BearerTokenMissing => "a bearer token is needed",
            Self::BearerTokenMisplaced => "send the token in the Authorization header",
            Self::TokenInvalid => "the token is not valid, expired, or revoked",
            Self::InsufficientScope(_) => "the token lacks a scope",
            Self::InsufficientUserAuthentication => "a stronger or more recent sign-in is needed",
            Self::HintInvalid => "id_token_hint is not valid",
            Self::PostLogoutRedirectUri => {
                "post_logout_redirect_uri is not registered for this client"
            }
            Self::DpopProofInvalid(what) => return format!("the DPoP proof is not valid: {what}"),
            Self::DpopProofMissing => "a DPoP proof is needed",
            Self::DpopNonceRequired(_) => "use the nonce of the DPoP-Nonce header",
            Self::DpopKeyMismatch => "the token is bound to another key",
            Self::CertificateMismatch => "the token is bound to another certificate",
            Self::ClientAssertionInvalid(_) => "client authentication failed",
            Self::RequestObjectInvalid(what) => {
                return format!("the request object is not valid: {what}");
            }
            Self::RequestObjectMissing => "this client must sign its authorization requests",
            Self::RequestUriInvalid => "request_uri is unknown, used or expired",
            Self::PushedRequestRequired => "this client must push its authorization requests",
            Self::AssertionInvalid(_) => "the assertion is not valid, expired, or already used",
            Self::SubjectTokenInvalid(_) => "the token cannot be exchanged",
            Self::UnsupportedTokenType => "this type of token is not supported here",
            Self::AuthorizationDetailsInvalid(what) => {
                return format!("authorization_details {what}");
            }
            Self::AccountSelectionRequired => "an account must be chosen",
            Self::InteractionRequired => "the person must be asked something",
            Self::UnmetAuthenticationRequirements => "the demanded acr cannot be reached",
            Self::DeviceCodeUnknown => "the device code is not valid, or already used",
            Self::AuthorizationPending => "the person has not decided yet",
            Self::SlowDown => "poll more slowly",
            Self::DeviceCodeExpired => "the device code has expired",
            Self::DeviceDenied => "the person said no",
            Self::RegistrationClosed => "registration needs an initial access token",
            Self::ClientMetadataInvalid(what) | Self::RedirectUriUnfit(what) => {
                return what.replace(['\"', '\\'], "'");
            }
            Self::SoftwareStatementInvalid(_) => "the software statement is not valid",
            Self::SoftwareStatementUnapproved => "the software statement is not trusted here",
            Self::ClientDocumentInvalid(_) => "the client's metadata document is not valid",
            Self::ClientDocumentUnreachable(_) => {
                "the client's metadata document cannot be fetched now, try again"
            }
            Self::Unreachable(_)
            | Self::ProviderUnavailable(_)
            | Self::PolicyFailed(_)
            | Self::Contention
            | Self::Store(_)
            | Self::Keys(_)
            | Self::SettingsMissing => "the server cannot do that now, try again",
            Self::ProviderOutsideContract(_)
            | Self::Misconfigured(_)
            | Self::RecordUnreadable(_) => "the server made a mistake",
        };
        text.to_owned()
    }

    /// Whether the operator must see to it.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        self.on_the_wire().0 >= 500
    }
}

impl From<StoreFailure> for Refusal {
    fn from(failure: StoreFailure) -> Self {
        match failure {
            StoreFailure::Conflict => Self::Contention,
            StoreFailure::Invalid(text) | StoreFailure::Unavailable(text) => Self::Store(text),
        }
    }
}

impl From<KeyFailure> for Refusal {
    fn from(failure: KeyFailure) -> Self {
        match failure {
            KeyFailure::UnknownKey => Self::Keys("no such signing key".to_owned()),
            KeyFailure::Forged => Self::Keys("a sealed value was forged".to_owned()),
            KeyFailure::Unsupported(text) | KeyFailure::Unavailable(text) => Self::Keys(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_s5_2_descriptions_hold_no_forbidden_character() {
        for refusal in [
            Refusal::ChallengeMissing,
            Refusal::MissingParameter("code"),
            Refusal::CodeReplayed,
        ] {
            assert!(
                refusal
                    .description()
                    .chars()
                    .all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\')
            );
        }
    }

    #[test]
    fn dead_codes_and_refresh_tokens_are_told_apart_only_in_the_log() {
        let dead = [
            Refusal::CodeUnknown,
            Refusal::CodeOfAnotherClient,
            Refusal::CodeReplayed,
            Refusal::CodeExpired,
        ];
        for refusal in &dead {
            assert_eq!(refusal.on_the_wire(), (400, "invalid_grant"));
            assert_eq!(refusal.description(), Refusal::CodeUnknown.description());
        }
    }
}
