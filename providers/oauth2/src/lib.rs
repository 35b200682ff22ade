//! Sign in at any OAuth 2.0 server that says by an API who a token is about; with presets for some.
//!
//! For servers without ID tokens. Where there is OpenID Connect, the provider `oidc` checks more.

mod preset;
mod settings;
#[cfg(test)]
mod tests;

use doorward_provider::catalogues::Catalogues;
use doorward_provider::settings::{Secret, schema};
use doorward_provider::upstream::{
    Ask, Claims, ClientAuth, EmailTrust, Mapping, OAuth, Pending, Person, Required, TEXTS, Verdict,
    refused,
};
use doorward_provider::{
    Answer, Description, Failure, Provider, Purpose, Visit, catalogues, export_provider,
};
use preset::Preset;
use serde_json::Value;
pub use settings::{PresetName, Require, Settings, TrustEmail};

/// The provider.
#[derive(Debug)]
pub struct OAuth2;

/// What its button says.
static LABEL: Catalogues = catalogues!("../texts": "de", "fr", "es", "zh", "ja", "ar");

export_provider!(OAuth2, upstream);

impl Provider for OAuth2 {
    type Settings = Settings;
    type State = Pending;

    fn describe() -> Description {
        Description::new(LABEL.text("label"))
            // Nothing in OAuth says when somebody last signed in, so that it cannot confirm anybody.
            .purposes([Purpose::SignIn, Purpose::Link])
            .texts_of(&TEXTS)
            .settings_schema(schema::<Settings>())
            // The server is the operator's choice, and so is what they grant.
            .outbound_host("*")
    }

    fn texts(language: &str) -> Vec<(String, String)> {
        [LABEL.of(language), TEXTS.of(language)].concat()
    }

    fn handle(visit: &Visit<'_, Self>) -> Result<Answer<Pending>, Failure> {
        let settings = visit.settings();
        let preset = preset::of(settings.preset);
        upstream(settings, &preset)?.handle(visit, |tokens| {
            let endpoint = either(&settings.profile_endpoint, preset.profile_endpoint);
            let profile = profile(visit, endpoint, &tokens.access_token)?;
            Ok(who(&profile, settings, &preset))
        })
    }
}

fn upstream(settings: &Settings, preset: &Preset) -> Result<OAuth, Failure> {
    let authorize = either(
        &settings.authorization_endpoint,
        preset.authorization_endpoint,
    );
    let token = either(&settings.token_endpoint, preset.token_endpoint);
    for (name, value) in [
        ("authorization_endpoint", authorize),
        ("token_endpoint", token),
        (
            "profile_endpoint",
            either(&settings.profile_endpoint, preset.profile_endpoint),
        ),
        ("subject", either(&settings.subject, preset.subject)),
    ] {
        if value.is_empty() {
            return Err(Failure::Unavailable(format!(
                "settings: `{name}` is missing"
            )));
        }
    }
    let name = match either(&settings.name, preset.name) {
        "" => authorize
            .trim_start_matches("https://")
            .split('/')
            .next()
            .unwrap_or_default(),
        name => name,
    };
    let secret = settings.client_secret.clone();
    let usual = if preset.post {
        ClientAuth::Post(secret)
    } else {
        ClientAuth::Basic(secret)
    };
    let mut upstream = OAuth::new(name, authorize, token, &settings.client_id)
        .auth(settings.client_auth.with(&settings.client_secret, usual));
    if !settings.issuer.is_empty() {
        upstream = upstream.issuer(&settings.issuer);
    }
    upstream = if settings.scopes.is_empty() {
        upstream.scopes(preset.scopes)
    } else {
        upstream.scopes(&settings.scopes)
    };
    for parameter in &settings.parameters {
        upstream = upstream.parameter(&parameter.name, &parameter.value);
    }
    Ok(upstream)
}

fn profile(visit: &Visit<'_, OAuth2>, endpoint: &str, token: &Secret) -> Result<Value, Failure> {
    let members = Ask::get("the profile endpoint", endpoint)
        .bearer(token)
        .object(visit.upstream()?)?;
    Ok(Value::Object(members))
}

/// From a profile to a person.
fn who(profile: &Value, settings: &Settings, preset: &Preset) -> Verdict {
    let Some(subject) = profile
        .pointer(either(&settings.subject, preset.subject))
        .and_then(stable)
    else {
        return refused(
            "there is no text and no whole number where `subject` points in the profile",
        );
    };
    let mut claims = Claims::default().with("sub", subject);
    for (claim, pointer) in [
        ("email", either(&settings.email, preset.email)),
        ("name", either(&settings.full_name, preset.full_name)),
        (
            "preferred_username",
            either(&settings.username, preset.username),
        ),
        ("picture", either(&settings.picture, preset.picture)),
    ] {
        if let Some(Value::String(value)) = at(profile, pointer) {
            claims = claims.with(claim, value.as_str());
        }
    }
    if let Some(verified) = at(
        profile,
        either(&settings.email_verified, preset.email_verified),
    ) {
        claims = claims.with("email_verified", verified.clone());
    }
    let mut required = Vec::new();
    for Require { pointer, values } in &settings.require {
        // A pointer begins with a slash, so that no claim has its name.
        let name = format!("/{pointer}");
        if let Some(value) = at(profile, pointer) {
            claims = claims.with(&name, value.clone());
        }
        required.push(Required {
            claim: name,
            values: values.clone(),
        });
    }
    Person::of(claims).identity(&Mapping {
        email: match settings.trust_email {
            TrustEmail::Default => EmailTrust::Verified,
            TrustEmail::Never => EmailTrust::Never,
        },
        required,
        ..Mapping::default()
    })
}

/// What a pointer points at; an empty one, which would be the whole document, at nothing.
fn at<'p>(profile: &'p Value, pointer: &str) -> Option<&'p Value> {
    if pointer.is_empty() {
        None
    } else {
        profile.pointer(pointer)
    }
}

/// A or a whole number: a fraction is nobody's id, and rounding would make two people one.
fn stable(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// What is set, or what the preset has.
fn either<'s>(set: &'s str, preset: &'s str) -> &'s str {
    if set.is_empty() { preset } else { set }
}
