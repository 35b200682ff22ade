//! The token endpoint: OAuth 2.1 §3.2.
//!
//! In order: 1. POST; 2. form encoding, no parameter twice; 3. client authentication; 4. the client's grant type; 5. the code or refresh
//! token, its owner, its state; 6. resource and scope; 7. the user; 8. the policy; 9. signatures; 10. one conditional write; 11. the answer.
//! Nothing has changed before the tenth, so that a refused request leaves code and token usable.

use super::Call;
use crate::client::authenticate::{AuthenticatedClient, authenticate};
use crate::client::{Client, GrantType, registration};
use crate::grant::authorization_code::{Redemption, redeem};
use crate::grant::refresh_token::{self, Recognised, recognise};
use crate::grant::{self, Grant, Presented, client_credentials};
use crate::http::Answer;
use crate::params::Params;
use crate::policy::{self, Permit};
use crate::ports::{Level, StoreFailure};
use crate::refusal::Refusal;
use crate::resource;
use crate::scope::Scope;
use crate::secret::random_secret;
use crate::store::{self, MAX_TRIES};
use crate::time::UnixTime;
use crate::token::{access, id};
use crate::user::{self, User};
use serde::Serialize;

/// A successful answer (OAuth 2.1 §3.2.3).
#[derive(Debug, Serialize)]
struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: u32,
    /// Always there, so that a narrowed one never goes unnoticed.
    scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// Answers a request to `/token`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    match call.request.method {
        "POST" => {}
        "OPTIONS" => return Answer::preflight("POST, OPTIONS"),
        _ => {
            return Answer::refusal(&Refusal::WrongMethod {
                allow: "POST, OPTIONS",
            })
            .cors();
        }
    }
    let mut client_id = String::new();
    match token(call, &mut client_id) {
        Ok(response) => Answer::json(200, &response).cors(),
        Err(refusal) => {
            call.log_refusal("token.refused", &refusal, &client_id);
            Answer::refusal(&refusal).cors()
        }
    }
}

fn token(call: &Call<'_>, client_id: &mut String) -> Result<TokenResponse, Refusal> {
    let params = call.request.form()?;
    let client = authenticate_client(call, &params)?;
    client.client().client_id.clone_into(client_id);
    let grant_type = params.require("grant_type")?;
    let response = match grant_type {
        "authorization_code" => authorization_code(call, &params, &client),
        "refresh_token" => refresh(call, &params, &client),
        "client_credentials" => for_itself(call, &params, &client),
        // One arm for each module of `crate::grant`.
        _ => Err(Refusal::UnsupportedGrantType),
    }?;
    registration::used(client.client(), call.server, call.now, call.host);
    let fields = [
        ("client_id", client_id.as_str()),
        ("grant_type", grant_type),
        ("scope", &response.scope.to_string()),
    ];
    call.host.emit(Level::Info, "token.issued", &fields);
    Ok(response)
}

/// Authenticates the client; an `Authorization` header that comes twice or is not text counts as wrong.
pub(super) fn authenticate_client(
    call: &Call<'_>,
    params: &Params,
) -> Result<AuthenticatedClient, Refusal> {
    let header = call.request.header("authorization");
    if header.is_none() && call.request.has_header("authorization") {
        return Err(Refusal::ClientAuthenticationFailed { basic: true });
    }
    authenticate(header, params, call.now, call.host)
}

/// OAuth 2.1 §4.1.3
fn authorization_code(
    call: &Call<'_>,
    params: &Params,
    client: &AuthenticatedClient,
) -> Result<TokenResponse, Refusal> {
    client.using(GrantType::AuthorizationCode)?;
    let presented = grant::parse_code(params.require("code")?).ok_or(Refusal::CodeUnknown)?;
    let redemption = Redemption {
        client,
        presented,
        redirect_uri: params.get("redirect_uri"),
        code_verifier: params.get("code_verifier"),
    };
    let asked = resource::from_request(params.all("resource"), call.server, call.host)?;
    for _ in 0..MAX_TRIES {
        let stored = grant::find(presented.grant_id, call.host)?.ok_or(Refusal::CodeUnknown)?;
        let redeemable = redeem(&redemption, &stored.value, call.now).inspect_err(|refusal| {
            revoke_on_replay(call, refusal, &presented, client.client());
        })?;
        let (issuance, permit) = prepare(
            call,
            client.client(),
            &presented,
            stored.value,
            &asked,
            None,
            "issue",
        )?;
        let nonce = issuance.grant.code.nonce.clone();
        let (mut issuance, refresh_token) = with_first_refresh_token(call, issuance, &permit);
        let response = issuance.sign(call, &permit, nonce.as_deref(), refresh_token)?;
        issuance.grant = redeemable.spend(issuance.grant, call.now);
        match issuance.write(call, stored.version, response.expires_in) {
            Ok(()) => return Ok(response),
            Err(StoreFailure::Conflict) => {} // Someone was faster: read again, and see a replay or a revocation.
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}

/// OAuth 2.1 §4.3
fn refresh(
    call: &Call<'_>,
    params: &Params,
    client: &AuthenticatedClient,
) -> Result<TokenResponse, Refusal> {
    client.using(GrantType::RefreshToken)?;
    let presented = grant::parse_refresh_token(params.require("refresh_token")?)
        .ok_or(Refusal::RefreshTokenUnknown)?;
    let asked = resource::from_request(params.all("resource"), call.server, call.host)?;
    let window = refresh_token::reuse_window_s(client.client(), call.server);
    for _ in 0..MAX_TRIES {
        let stored =
            grant::find(presented.grant_id, call.host)?.ok_or(Refusal::RefreshTokenUnknown)?;
        let recognised = recognise(&presented, client, &stored.value, window, call.now)
            .inspect_err(|refusal| {
                revoke_on_replay(call, refusal, &presented, client.client());
            })?;
        let (mut issuance, permit) = prepare(
            call,
            client.client(),
            &presented,
            stored.value,
            &asked,
            params.get("scope"),
            "refresh",
        )?;
        let secret = match &recognised {
            Recognised::JustRotated(secret) => secret.clone(),
            Recognised::Newest => {
                let lifetimes = refresh_token::lifetimes(
                    client.client(),
                    call.server,
                    &issuance.grant.scope,
                    permit.refresh_token_lifetime_s,
                );
                let (rotated, secret) = refresh_token::rotate(
                    issuance.grant,
                    presented.secret,
                    random_secret(call.host),
                    lifetimes,
                    call.now,
                );
                issuance.grant = rotated;
                secret
            }
        };
        let token = grant::refresh_token(presented.grant_id, presented.family, &secret);
        let response = issuance.sign(call, &permit, None, Some(token))?;
        let written = match recognised {
            // The same answer once more; nothing to write.
            Recognised::JustRotated(_) => Ok(()),
            Recognised::Newest => issuance.write(call, stored.version, response.expires_in),
        };
        match written {
            Ok(()) => return Ok(response),
            Err(StoreFailure::Conflict) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}

/// OAuth 2.1 §4.2
fn for_itself(
    call: &Call<'_>,
    params: &Params,
    client: &AuthenticatedClient,
) -> Result<TokenResponse, Refusal> {
    client.confidential()?;
    let client = client.using(GrantType::ClientCredentials)?;
    let scope = client_credentials::scope(client, params.get("scope"))?;
    let resources = resource::from_request(params.all("resource"), call.server, call.host)?;
    let permit = policy::permit(
        &policy::Input {
            stage: "issue".to_owned(),
            now: call.now.0,
            client: client.facts(),
            grant_type: GrantType::ClientCredentials.name().to_owned(),
            scopes: scope.tokens().to_vec(),
            resources: resources.clone(),
            ..policy::Input::default()
        },
        call.host,
    )
    .map_err(|refusal| match refusal {
        Refusal::PolicyDenied { reason } => Refusal::PolicyRefusesClient { reason },
        other => other,
    })?;
    if permit.scope.is_empty() && !scope.is_empty() {
        return Err(Refusal::NoScopeLeft);
    }
    let lifetime_s = access::lifetime_s(
        client,
        &resources,
        permit.access_token_lifetime_s,
        call.server,
        call.host,
    );
    let contents = access::Contents {
        client,
        sub: &client.client_id,
        scope: &permit.scope,
        resources: &resources,
        lifetime_s,
        grant: None,
        confirmation: None,
        act: None,
        extra: &permit.claims,
    };
    let access_token = access::issue(&contents, call.server, call.now, call.host)?;
    Ok(TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: lifetime_s,
        scope: permit.scope,
        refresh_token: None,
        id_token: None,
    })
}

/// Tokens about to be issued from a grant.
struct Issuance<'a> {
    client: &'a Client,
    grant_id: &'a str,
    grant: Grant,
    user: User,
    resources: Vec<String>,
}

/// Checks all that is left to check once the code or refresh token is known to be good.
fn prepare<'a>(
    call: &Call<'_>,
    client: &'a Client,
    presented: &Presented<'a>,
    grant: Grant,
    asked: &[String],
    scope: Option<&str>,
    stage: &str,
) -> Result<(Issuance<'a>, Permit), Refusal> {
    let resources = resource::within_grant(asked.to_vec(), &grant.resources)?;
    // What the operator took from the configuration since is no longer granted.
    resource::from_request(resources.iter().map(String::as_str), call.server, call.host)?;
    let granted = grant.scope.within(&client.scope);
    let granted = resource::scope_at(&granted, &resources, &grant.resources, call.host);
    let scope = match scope {
        None => granted,
        Some(asked) => narrowed(&Scope::parse(asked)?, &granted)?,
    };
    if scope.is_empty() && !grant.scope.is_empty() {
        return Err(Refusal::NoScopeLeft);
    }
    let user = user::find(&grant.sub, call.host)?.map(|stored| stored.value);
    grant.stands(user.as_ref())?;
    let user = user.ok_or(Refusal::GrantEnded)?;
    let input = policy::Input {
        stage: stage.to_owned(),
        now: call.now.0,
        client: client.facts(),
        user: Some(user.facts()),
        session: Some(policy::SessionFacts {
            acr: None,
            amr: grant.amr.clone(),
            auth_time: grant.auth_time.0,
            provider: grant.provider.clone(),
            client_address: call.request.client_address.map(str::to_owned),
        }),
        grant_type: if stage == "refresh" {
            "refresh_token"
        } else {
            "authorization_code"
        }
        .to_owned(),
        scopes: scope.tokens().to_vec(),
        resources: resources.clone(),
    };
    // To the client a grant that the policy takes back is a dead one, like any other (RFC 6749 §5.2).
    let permit = policy::permit(&input, call.host).map_err(|refusal| match refusal {
        Refusal::PolicyDenied { reason } => Refusal::PolicyEndsGrant { reason },
        other => other,
    })?;
    if permit
        .require_provider
        .as_ref()
        .is_some_and(|provider| *provider != grant.provider)
    {
        return Err(Refusal::PolicyEndsGrant {
            reason: "provider".to_owned(),
        });
    }
    if permit.scope.is_empty() && !scope.is_empty() {
        return Err(Refusal::NoScopeLeft);
    }
    Ok((
        Issuance {
            client,
            grant_id: presented.grant_id,
            grant,
            user,
            resources,
        },
        permit,
    ))
}

/// The scope of a refresh request: no wider than what was granted (OAuth 2.1 §4.3.1).
fn narrowed(asked: &Scope, granted: &Scope) -> Result<Scope, Refusal> {
    if asked.is_within(granted) {
        Ok(asked.clone())
    } else {
        Err(Refusal::ScopeExceedsGrant)
    }
}

/// Gives the grant its first refresh token, if the client uses them.
fn with_first_refresh_token<'a>(
    call: &Call<'_>,
    mut issuance: Issuance<'a>,
    permit: &Permit,
) -> (Issuance<'a>, Option<String>) {
    if !issuance.client.may(GrantType::RefreshToken) {
        return (issuance, None);
    }
    let lifetimes = refresh_token::lifetimes(
        issuance.client,
        call.server,
        &issuance.grant.scope,
        permit.refresh_token_lifetime_s,
    );
    let (family, secret) = (random_secret(call.host), random_secret(call.host));
    issuance.grant.refresh = Some(refresh_token::begin(
        &family,
        &secret,
        issuance.grant.created_at,
        lifetimes,
        call.now,
    ));
    let token = grant::refresh_token(issuance.grant_id, &family, &secret);
    (issuance, Some(token))
}

impl Issuance<'_> {
    fn sign(
        &self,
        call: &Call<'_>,
        permit: &Permit,
        nonce: Option<&str>,
        refresh_token: Option<String>,
    ) -> Result<TokenResponse, Refusal> {
        let lifetime_s = access::lifetime_s(
            self.client,
            &self.resources,
            permit.access_token_lifetime_s,
            call.server,
            call.host,
        );
        let contents = access::Contents {
            client: self.client,
            sub: &self.user.sub,
            scope: &permit.scope,
            resources: &self.resources,
            lifetime_s,
            grant: Some((self.grant_id, &self.grant)),
            confirmation: None,
            act: self.grant.act.as_ref(),
            extra: &permit.claims,
        };
        let access_token = access::issue(&contents, call.server, call.now, call.host)?;
        let id_token = if permit.scope.has("openid") {
            let (user, grant) = (&self.user, &self.grant);
            Some(id::issue(
                self.client,
                user,
                grant,
                &permit.scope,
                nonce,
                &access_token,
                call.server,
                call.now,
                call.host,
            )?)
        } else {
            None
        };
        Ok(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: lifetime_s,
            scope: permit.scope.clone(),
            refresh_token,
            id_token,
        })
    }

    fn write(&self, call: &Call<'_>, version: u64, lifetime_s: u32) -> Result<(), StoreFailure> {
        let kept_until: UnixTime = self.grant.kept_until(call.now, lifetime_s);
        store::replace(
            call.host,
            &grant::key(self.grant_id),
            version,
            &self.grant,
            Some(kept_until),
        )
        .map(drop)
    }
}

/// A code or refresh token that came back: whoever has it, the grant is no longer safe (RFC 6749 §4.1.2, RFC 9700 §4.14.2).
fn revoke_on_replay(
    call: &Call<'_>,
    refusal: &Refusal,
    presented: &Presented<'_>,
    client: &Client,
) {
    if !matches!(
        refusal,
        Refusal::CodeReplayed | Refusal::RefreshTokenReplayed
    ) {
        return;
    }
    let outcome = match grant::revoke(presented.grant_id, call.host) {
        Ok(()) => "revoked",
        Err(_) => "the store failed; the next replay tries again",
    };
    let fields = [
        ("reason", format!("{refusal:?}")),
        ("client_id", client.client_id.clone()),
        ("grant", outcome.to_owned()),
    ];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    call.host.emit(Level::Warning, "grant.replayed", &fields);
}
