//! Sign in with Google: an OpenID provider with two spellings of its issuer, and with domains of organisations (`hd`).

#[cfg(test)]
mod tests;

use doorward_provider::settings::{Secret, schema};
use doorward_provider::upstream::{
    ClientAuth, Issuer, Mapping, OpenId, Pending, Person, Required, TEXTS,
};
use doorward_provider::{
    Answer, Description, Failure, Provider, Purpose, Visit, export_provider, text,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// The provider.
#[derive(Debug)]
pub struct Google;

export_provider!(Google, upstream);

/// As its discovery document says it. Its documentation ("Validating an ID token") names a second spelling for tokens.
const ISSUER: &str = "https://accounts.google.com";
const ISSUER_IN_OLD_TOKENS: &str = "accounts.google.com";

/// What an operator may set.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The client id of the "Web application" in Google Cloud, e.g. `1234-abc.apps.googleusercontent.com`.
    #[schemars(length(min = 1, max = 200))]
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// Domains of the organisations whose accounts may come in. None: every Google account.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub hosted_domains: Vec<String>,
}

impl Provider for Google {
    type Settings = Settings;
    type State = Pending;

    fn describe() -> Description {
        Description::new(text("label", "Google"))
            // Google does not say when somebody last signed in there, so that it cannot confirm anybody.
            .purposes([Purpose::SignIn, Purpose::Link])
            .texts_of(&TEXTS)
            .settings_schema(schema::<Settings>())
            .outbound_host("accounts.google.com")
            .outbound_host("oauth2.googleapis.com")
            .outbound_host("www.googleapis.com")
    }

    fn texts(language: &str) -> Vec<(String, String)> {
        TEXTS.of(language)
    }

    fn handle(visit: &Visit<'_, Self>) -> Result<Answer<Pending>, Failure> {
        let settings = visit.settings();
        upstream(settings).handle(visit, |person| {
            let mapping = Mapping {
                required: domains(settings),
                ..Mapping::default()
            };
            let verified = is_authoritative(person);
            Ok(person
                .clone()
                .with("email_verified", verified)
                .identity(&mapping))
        })
    }
}

fn upstream(settings: &Settings) -> OpenId {
    let issuer = Issuer {
        aliases: vec![ISSUER_IN_OLD_TOKENS.to_owned()],
        ..Issuer::new(ISSUER)
    };
    let upstream = OpenId::new("Google", ISSUER, &settings.client_id)
        .issuer(issuer)
        .auth(ClientAuth::Post(settings.client_secret.clone()));
    // It spares people the choice of an account that would be refused; what counts is `hd` in the token.
    match settings.hosted_domains.as_slice() {
        [] => upstream,
        [one] => upstream.parameter("hd", one),
        _ => upstream.parameter("hd", "*"),
    }
}

fn domains(settings: &Settings) -> Vec<Required> {
    if settings.hosted_domains.is_empty() {
        return Vec::new();
    }
    vec![Required {
        claim: "hd".to_owned(),
        values: settings
            .hosted_domains
            .iter()
            .map(|domain| domain.to_ascii_lowercase())
            .collect(),
    }]
}

/// Whether Google knows that they control the address today (its documentation, "Google account authority"): it runs the
/// mailbox, or the domain is that of their organisation. Other addresses it verified once, which is not enough to merge accounts by.
fn is_authoritative(person: &Person) -> bool {
    let claims = person.claims();
    let email = claims
        .text("email")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let runs_it =
        email.ends_with("@gmail.com") || claims.text("hd").is_some_and(|hd| !hd.is_empty());
    runs_it
        && claims
            .get("email_verified")
            .and_then(serde_json::Value::as_bool)
            == Some(true)
}
