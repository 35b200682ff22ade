//! Sign in with GitHub, an Enterprise Server, or an enterprise on GHE.com: OAuth 2.0 with PKCE, and GitHub's API for who it is.

mod api;
mod settings;
#[cfg(test)]
mod tests;

use api::Api;
use doorward_provider::upstream::{ClientAuth, OAuth, Pending, TEXTS, Tokens, Verdict, refused};
use doorward_provider::{
    Answer, Description, Failure, Identity, Provider, Purpose, Visit, email::EmailAddress,
    export_provider, text,
};
pub use settings::Settings;

/// The provider.
#[derive(Debug)]
pub struct GitHub;

export_provider!(GitHub, upstream);

/// Longest list of organisations or teams, bytes of JSON.
const MAX_LIST: usize = 4000;

impl Provider for GitHub {
    type Settings = Settings;
    type State = Pending;

    fn describe() -> Description {
        Description::new(text("label", "GitHub"))
            // Nothing says when somebody last signed in there, so that it cannot confirm anybody.
            .purposes([Purpose::SignIn, Purpose::Link])
            .texts_of(&TEXTS)
            .settings_schema(doorward_provider::settings::schema::<Settings>())
            .outbound_host("github.com")
            .outbound_host("api.github.com")
            // An Enterprise Server is wherever `base_url` says.
            .outbound_host("*")
    }

    fn texts(language: &str) -> Vec<(String, String)> {
        TEXTS.of(language)
    }

    fn handle(visit: &Visit<'_, Self>) -> Result<Answer<Pending>, Failure> {
        upstream(visit.settings()).handle(visit, |tokens| who(visit, tokens))
    }
}

fn upstream(settings: &Settings) -> OAuth {
    let base = settings.place().base;
    OAuth::new(
        "GitHub",
        &format!("{base}/login/oauth/authorize"),
        &format!("{base}/login/oauth/access_token"),
        &settings.client_id,
    )
    .auth(ClientAuth::Post(settings.client_secret.clone()))
    // As /.well-known/oauth-authorization-server/login/oauth has it.
    .issuer(&format!("{base}/login/oauth"))
    .scopes(settings.scopes())
}

fn who(visit: &Visit<'_, GitHub>, tokens: &Tokens) -> Result<Verdict, Failure> {
    let settings = visit.settings();
    let place = settings.place();
    let api = Api {
        upstream: visit.upstream()?,
        base: &place.api,
        token: &tokens.access_token,
    };
    let user = api.user()?;
    let mut identity =
        Identity::new(user.id.to_string()).claim("preferred_username", json(&user.login));
    if settings.organizations_claim || !settings.organizations.is_empty() {
        let organizations = api.organizations()?;
        if !settings.organizations.is_empty() && !is_member(settings, &organizations) {
            return Ok(refused(format!(
                "not a member of any of {:?}",
                settings.organizations
            )));
        }
        if settings.organizations_claim {
            identity = identity.claim("organizations", listed(&organizations));
        }
    }
    if settings.teams_claim {
        identity = identity.claim("teams", listed(&api.teams()?));
    }
    if let Some(address) = api.address()?.as_deref().and_then(EmailAddress::parse) {
        identity = identity.verified_email(address.as_str());
    }
    for (claim, value) in [
        ("name", user.name),
        ("picture", user.avatar_url),
        ("profile", user.html_url),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty() && value.len() <= 1024) {
            identity = identity.claim(claim, json(&value));
        }
    }
    Ok(Verdict::Identity(identity))
}

/// Names of organisations are compared without regard to case, as GitHub does.
fn is_member(settings: &Settings, organizations: &[String]) -> bool {
    let mut allowed = settings.organizations.iter();
    allowed.any(|one| {
        organizations
            .iter()
            .any(|theirs| theirs.eq_ignore_ascii_case(one))
    })
}

/// As many of them as fit into a claim: what is missing lets nobody in anywhere.
fn listed(names: &[String]) -> String {
    let mut room = MAX_LIST;
    let fitting = names.iter().take_while(|name| {
        let needed = json(name).len() + 1;
        let fits = needed <= room;
        room = room.saturating_sub(needed);
        fits
    });
    fitting.cloned().collect::<serde_json::Value>().to_string()
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
