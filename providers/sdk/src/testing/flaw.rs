//! What can be wrong with an OpenID provider's answers, and a walk through all of it.

use serde_json::{Map, Value, json};

use super::{Browser, OpenIdServer};
use crate::{Failure, Outcome, Provider};

/// One thing that is wrong with what an OpenID provider answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the names say it; `words` says what the operator reads"
)]
pub enum Flaw {
    WrongIss,
    WrongAud,
    NoAud,
    SeveralAudWithoutAzp,
    WrongAzp,
    WrongNonce,
    NoNonce,
    AlgNone,
    AlgHs256,
    AlgNotAdvertised,
    UnknownKid,
    WrongSignature,
    Expired,
    NoExp,
    NotYetValid,
    IssuedInFuture,
    NoIat,
    WrongAtHash,
    EmptySub,
    LongSub,
    NumberAsSub,
    TypOfAnotherToken,
    Crit,
    NoIdToken,
    MemberTwice,
    ErrorWithStatus200,
    TokenTypeUnknown,
    TokenIsHtml,
    TokenRedirects,
    TokenUnreachable,
    TokenTooLarge,
    TokenLong,
    KeysUnreachable,
    DiscoveryIsHtml,
    DiscoveryOfAnother,
    PlainHttp,
    UserInfoOfAnother,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 37] = [
        Self::WrongIss,
        Self::WrongAud,
        Self::NoAud,
        Self::SeveralAudWithoutAzp,
        Self::WrongAzp,
        Self::WrongNonce,
        Self::NoNonce,
        Self::AlgNone,
        Self::AlgHs256,
        Self::AlgNotAdvertised,
        Self::UnknownKid,
        Self::WrongSignature,
        Self::Expired,
        Self::NoExp,
        Self::NotYetValid,
        Self::IssuedInFuture,
        Self::NoIat,
        Self::WrongAtHash,
        Self::EmptySub,
        Self::LongSub,
        Self::NumberAsSub,
        Self::TypOfAnotherToken,
        Self::Crit,
        Self::NoIdToken,
        Self::MemberTwice,
        Self::ErrorWithStatus200,
        Self::TokenTypeUnknown,
        Self::TokenIsHtml,
        Self::TokenRedirects,
        Self::TokenUnreachable,
        Self::TokenTooLarge,
        Self::TokenLong,
        Self::KeysUnreachable,
        Self::DiscoveryIsHtml,
        Self::DiscoveryOfAnother,
        Self::PlainHttp,
        Self::UserInfoOfAnother,
    ];

    /// What the operator's log has to say about it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::WrongIss => "`iss`",
            Self::WrongAud | Self::NoAud => "`aud`",
            Self::SeveralAudWithoutAzp | Self::WrongAzp => "`azp`",
            Self::WrongNonce | Self::NoNonce => "`nonce`",
            Self::AlgNone | Self::AlgHs256 | Self::AlgNotAdvertised => "`alg`",
            Self::UnknownKid => "does not publish",
            Self::WrongSignature => "signature",
            Self::Expired => "expired",
            Self::NoExp => "`exp`",
            Self::NotYetValid => "not valid yet",
            Self::IssuedInFuture => "in the future",
            Self::NoIat => "`iat`",
            Self::WrongAtHash => "`at_hash`",
            Self::EmptySub | Self::LongSub | Self::NumberAsSub | Self::UserInfoOfAnother => "`sub`",
            Self::TypOfAnotherToken => "`typ`",
            Self::Crit => "`crit`",
            Self::NoIdToken => "ID token",
            Self::MemberTwice => "member twice",
            Self::ErrorWithStatus200 => "server_error",
            Self::TokenTypeUnknown => "`token_type`",
            Self::TokenIsHtml | Self::DiscoveryIsHtml => "text/html",
            Self::TokenRedirects => "redirects",
            Self::TokenUnreachable | Self::KeysUnreachable => "no answer",
            Self::TokenTooLarge => "too large",
            Self::TokenLong => "longer than",
            Self::DiscoveryOfAnother => "`issuer`",
            Self::PlainHttp => "https",
        }
    }

    /// Spoils an ID token before it is signed.
    pub(super) fn spoil(
        self,
        header: &mut Map<String, Value>,
        claims: &mut Map<String, Value>,
        now: u64,
    ) {
        let aud = claims.get("aud").cloned().unwrap_or_default();
        let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        match self {
            Self::WrongIss => claim("iss", json!("https://evil.example")),
            Self::WrongAud => claim("aud", json!("another-client")),
            Self::NoAud => claims.remove("aud"),
            Self::SeveralAudWithoutAzp => {
                claim("aud", json!([aud, "another-client"]));
                claims.remove("azp")
            }
            Self::WrongAzp => claim("azp", json!("another-client")),
            Self::WrongNonce => claim("nonce", json!("of another sign-in")),
            Self::NoNonce => claims.remove("nonce"),
            Self::AlgNone => header.insert("alg".to_owned(), json!("none")),
            Self::AlgHs256 => header.insert("alg".to_owned(), json!("HS256")),
            Self::AlgNotAdvertised => header.insert("alg".to_owned(), json!("EdDSA")),
            Self::UnknownKid => header.insert("kid".to_owned(), json!("key-2")),
            Self::Expired => claim("exp", json!(now - 61)),
            Self::NoExp => claims.remove("exp"),
            Self::NotYetValid => claim("nbf", json!(now + 61)),
            Self::IssuedInFuture => claim("iat", json!(now + 61)),
            Self::NoIat => claims.remove("iat"),
            Self::WrongAtHash => claim("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
            Self::EmptySub => claim("sub", json!("")),
            Self::LongSub => claim("sub", json!("x".repeat(256))),
            Self::NumberAsSub => claim("sub", json!(7)),
            Self::TypOfAnotherToken => header.insert("typ".to_owned(), json!("at+jwt")),
            Self::Crit => header.insert("crit".to_owned(), json!(["b64"])),
            _ => None,
        };
    }
}

/// Walks a provider whose state is a sign-in at an OpenID provider through every flaw, and through callbacks that are not its
/// own. Answers what it fell for, or did not say plainly: nothing, if all is well. `server` makes the upstream anew each time.
#[must_use]
pub fn fell_for<P: Provider>(settings: &str, server: impl Fn() -> OpenIdServer) -> Vec<String> {
    let mut found = Vec::new();
    let good = server();
    if !matches!(sign_in::<P>(settings, &good, |back| back), Ok(outcome) if outcome.clone().into_identity().is_some())
    {
        found.push("nobody comes in even if nothing is wrong".to_owned());
    }
    let asks_userinfo = good
        .requests()
        .iter()
        .any(|request| request.url.ends_with("/userinfo"));
    for flaw in Flaw::ALL {
        if flaw == Flaw::UserInfoOfAnother && !asks_userinfo {
            continue;
        }
        let result = sign_in::<P>(settings, &server().flawed(flaw), |back| back);
        note(&mut found, &format!("{flaw:?}"), result, flaw.words());
    }
    let set = |name: &'static str, value: &'static str| {
        move |mut back: Vec<(String, String)>| {
            back.retain(|(known, _)| known != name);
            back.extend((!value.is_empty()).then(|| (name.to_owned(), value.to_owned())));
            back
        }
    };
    for (name, value, words) in [
        ("state", "of-another-sign-in", "`state`"),
        ("state", "", "`state`"),
        ("iss", "https://evil.example", "`iss`"),
        ("code", "", "`code`"),
        ("code", "of-another-sign-in", "did not take the code"),
        ("error", "server_error", "server_error"),
    ] {
        let result = sign_in::<P>(settings, &server(), set(name, value));
        note(
            &mut found,
            &format!("a callback with {name}={value}"),
            result,
            words,
        );
    }
    let again = replay::<P>(settings, &server());
    note(&mut found, "a callback that came twice", again, "");
    found
}

/// What a refusal has to be: a failure whose text, for the operator, has these words.
fn note(found: &mut Vec<String>, what: &str, result: Result<Outcome, Failure>, words: &str) {
    match result {
        Err(Failure::BadRequest(text) | Failure::Unavailable(text)) if text.contains(words) => {}
        Err(other) => found.push(format!(
            "{what}: the log has nothing of {words:?}: {other:?}"
        )),
        Ok(_) => found.push(format!("{what}: it went on")),
    }
}

fn sign_in<P: Provider>(
    settings: &str,
    server: &OpenIdServer,
    change: impl Fn(Vec<(String, String)>) -> Vec<(String, String)>,
) -> Result<Outcome, Failure> {
    let host = server.host();
    let mut browser = Browser::<P>::new(&host).settings(settings);
    let url = browser
        .get("authorize")?
        .into_redirect()
        .unwrap_or_default();
    browser.callback(&change(server.sign_in(&url)))
}

fn replay<P: Provider>(settings: &str, server: &OpenIdServer) -> Result<Outcome, Failure> {
    let host = server.host();
    let mut browser = Browser::<P>::new(&host).settings(settings);
    let url = browser
        .get("authorize")?
        .into_redirect()
        .unwrap_or_default();
    let back = server.sign_in(&url);
    let mut meanwhile = browser.clone();
    browser.callback(&back)?;
    meanwhile.callback(&back)
}
