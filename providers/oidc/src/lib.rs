//! Sign in at any OpenID provider, found by discovery; with presets for servers that have their own ways.
//!
//! All of the protocol is [`doorward_provider::upstream`]; here is what operators may choose, and what Apple and Microsoft do otherwise.

mod preset;
mod settings;
#[cfg(test)]
mod tests;

use doorward_provider::catalogues::Catalogues;
use doorward_provider::upstream::{
    ClientAuth, EmailTrust, Issuer, Mapping, OpenId, Parameter, Pending, Person, Required,
    SignedSecret, TEXTS, UserInfo,
};
use doorward_provider::{
    Answer, Description, Failure, Method, Provider, Visit, catalogues, export_provider,
};
use preset::{Auth, Email, Preset};
use serde::Deserialize;
pub use settings::{
    Acr, AlgorithmName, AskUserInfo, EmailVerified, PresetName, Require, ResponseMode, Settings,
};

/// The provider.
#[derive(Debug)]
pub struct Oidc;

/// What its button says.
static LABEL: Catalogues = catalogues!("../texts": "de", "fr", "es", "zh", "ja", "ar");

export_provider!(Oidc, upstream);

/// Where Microsoft's tenants are.
const MICROSOFT: &str = "https://login.microsoftonline.com";
/// The tenant of personal accounts (learn.microsoft.com/entra/identity-platform, "ID token claims reference", `tid`).
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
/// Longest `user` that Apple may post, bytes, and longest name in it.
const MAX_APPLE_USER: usize = 2048;

impl Provider for Oidc {
    type Settings = Settings;
    type State = Pending;

    fn describe() -> Description {
        Description::new(LABEL.text("label"))
            .texts_of(&TEXTS)
            .settings_schema(doorward_provider::settings::schema::<Settings>())
            // The issuer is the operator's choice, and so is what they grant.
            .outbound_host("*")
    }

    fn texts(language: &str) -> Vec<(String, String)> {
        [LABEL.of(language), TEXTS.of(language)].concat()
    }

    fn handle(visit: &Visit<'_, Self>) -> Result<Answer<Pending>, Failure> {
        let settings = visit.settings();
        let preset = preset::of(settings.preset);
        let upstream = upstream(settings, &preset)?;
        upstream.handle(visit, |person| {
            let person = match settings.preset {
                PresetName::Apple => with_apple_name(person, visit),
                _ => person.clone(),
            };
            Ok(person.identity(&mapping(settings, &preset)))
        })
    }
}

fn upstream(settings: &Settings, preset: &Preset) -> Result<OpenId, Failure> {
    let issuer = issuer(settings, preset)?;
    let mut upstream = OpenId::new(
        &name(settings, preset, &issuer),
        &issuer.name,
        &settings.client_id,
    )
    .auth(auth(settings, preset, &issuer))
    .issuer(issuer)
    .form_post(match settings.response_mode {
        ResponseMode::Default => preset.form_post,
        ResponseMode::Query => false,
        ResponseMode::FormPost => true,
    });
    let asks = match settings.userinfo {
        AskUserInfo::Default => preset.userinfo,
        AskUserInfo::Never => false,
        AskUserInfo::Always => true,
    };
    if asks {
        upstream = upstream.userinfo(UserInfo::Always);
    }
    upstream = if settings.scopes.is_empty() {
        upstream.scopes(preset.scopes)
    } else {
        upstream.scopes(&settings.scopes)
    };
    if !settings.algorithms.is_empty() {
        upstream = upstream.algorithms(settings.algorithms.iter().map(|one| (*one).into()));
    }
    for Parameter { name, value } in &settings.parameters {
        upstream = upstream.parameter(name, value);
    }
    for (name, value) in preset.parameters {
        upstream = upstream.parameter(name, value);
    }
    Ok(upstream)
}

fn issuer(settings: &Settings, preset: &Preset) -> Result<Issuer, Failure> {
    if settings.preset == PresetName::Microsoft {
        return microsoft(&settings.tenant);
    }
    match (settings.issuer.as_str(), preset.issuer) {
        ("", "") => Err(Failure::Unavailable(
            "settings: `issuer` is missing".to_owned(),
        )),
        ("", known) => Ok(Issuer {
            aliases: [preset.alias]
                .iter()
                .filter(|alias| !alias.is_empty())
                .map(|alias| (*alias).to_owned())
                .collect(),
            ..Issuer::new(known)
        }),
        (given, _) => Ok(Issuer::new(given)),
    }
}

/// One tenant has an issuer of its own; several share a document, whose issuer holds the place of the tenant's id.
fn microsoft(tenant: &str) -> Result<Issuer, Failure> {
    let named = |tenant: &str| Ok(Issuer::new(&format!("{MICROSOFT}/{tenant}/v2.0")));
    match tenant {
        "consumers" => named(CONSUMERS),
        "common" | "organizations" => Ok(Issuer {
            name: format!("{MICROSOFT}/{{tenantid}}/v2.0"),
            aliases: Vec::new(),
            discovery: Some(format!("{MICROSOFT}/{tenant}/v2.0/.well-known/openid-configuration")),
        }),
        id if id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') => named(id),
        _ => Err(Failure::Unavailable(
            "settings: `tenant` must be a tenant's id (a UUID), `organizations`, `consumers` or `common`".to_owned(),
        )),
    }
}

fn name(settings: &Settings, preset: &Preset, issuer: &Issuer) -> String {
    let host = || {
        issuer
            .name
            .trim_start_matches("https://")
            .split('/')
            .next()
            .unwrap_or_default()
    };
    [settings.name.as_str(), preset.name, host()]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default()
        .to_owned()
}

fn auth(settings: &Settings, preset: &Preset, issuer: &Issuer) -> ClientAuth {
    let secret = || settings.client_secret.clone();
    let usual = match preset.auth {
        Auth::Basic => ClientAuth::Basic(secret()),
        Auth::Post => ClientAuth::Post(secret()),
        Auth::Signed => ClientAuth::Signed(SignedSecret {
            team_id: settings.team_id.clone(),
            key_id: settings.key_id.clone(),
            private_key: settings.private_key.clone(),
            audience: issuer.name.clone(),
        }),
    };
    settings.client_auth.with(&settings.client_secret, usual)
}

fn mapping(settings: &Settings, preset: &Preset) -> Mapping {
    let mut mapping = Mapping {
        email: match (settings.email_verified, preset.email) {
            (EmailVerified::Never, _) => EmailTrust::Never,
            (_, Email::Verified) => EmailTrust::Verified,
            (_, Email::VerifiedOrText) => EmailTrust::VerifiedOrText,
            (_, Email::DomainOwnerVerified) => EmailTrust::Claim("xms_edov".to_owned()),
        },
        required: settings
            .require
            .iter()
            .map(|one| Required {
                claim: one.claim.clone(),
                values: one.values.clone(),
            })
            .collect(),
        amr: settings.amr.clone(),
        acr: settings
            .acr
            .iter()
            .map(|one| (one.acr.clone(), one.amr.clone()))
            .collect(),
        ..Mapping::default()
    };
    if !settings.claims.is_empty() {
        mapping.claims.clone_from(&settings.claims);
    }
    mapping
}

/// What Apple posts beside the code, the first time and never again.
#[derive(Deserialize)]
struct AppleUser {
    name: AppleName,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppleName {
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
}

/// The name is all that is taken of it: nothing signs it, so that whoever sits at the browser may have written it. So may people at Apple.
fn with_apple_name(person: &Person, visit: &Visit<'_, Oidc>) -> Person {
    let posted = match visit.request().method {
        Method::Post => visit.form("user"),
        Method::Get => visit.query("user"),
    };
    let user = posted
        .filter(|user| user.len() <= MAX_APPLE_USER)
        .and_then(|user| serde_json::from_str::<AppleUser>(user).ok());
    let Some(AppleUser { name }) = user else {
        return person.clone();
    };
    let AppleName {
        first_name,
        last_name,
    } = name;
    let full = format!("{first_name} {last_name}");
    let mut person = person.clone();
    for (claim, value) in [
        ("given_name", first_name.as_str()),
        ("family_name", last_name.as_str()),
        ("name", full.trim()),
    ] {
        if !value.is_empty() && person.claims().get(claim).is_none() {
            person = person.with(claim, value);
        }
    }
    person
}
