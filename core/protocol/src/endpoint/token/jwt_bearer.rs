//! RFC 7523 §2.1: an assertion of an issuer that the operator trusts becomes an access token. Which one may is decided in
//! [`crate::grant::jwt_bearer`].

use super::TokenRequest;
use super::issuance::{Issuance, TokenResponse};
use super::of_grant;
use crate::client::GrantType;
use crate::grant::jwt_bearer::{self, Assertion};
use crate::grant::{Code, Grant};
use crate::granted;
use crate::jwks::Source;
use crate::one_time::{self, Kind};
use crate::ports::{Host, Level};
use crate::refusal::Refusal;
use crate::resource;
use crate::secret::{SecretHash, random_id, random_secret};
use crate::settings::AssertionIssuer;
use crate::time::UnixTime;
use crate::token::foreign;
use crate::user::{self, User};

pub(super) fn issue(request: &TokenRequest<'_>) -> Result<TokenResponse, Refusal> {
    let (call, params) = (request.call, request.params);
    if call.server.assertion_issuers.is_empty() {
        return Err(Refusal::UnsupportedGrantType);
    }
    let client = request.client.using(GrantType::JwtBearer)?;
    let token = foreign::parse(params.require("assertion")?).map_err(Refusal::AssertionInvalid)?;
    let issuer = jwt_bearer::issuer(&token, client, call.server)?;
    let audience = [call.server.issuer.as_str()];
    let expected = jwt_bearer::expected(issuer, &audience);
    let token = token
        .verify(&expected, keys_of(issuer)?, call.now, call.host)
        .map_err(|fault| fault.refusal(Refusal::AssertionInvalid))?;
    let shown = request.sender.confirmation();
    let assertion = jwt_bearer::check(token, issuer, client, shown)?;
    let (user, provider) = person(&assertion, call.host)?;

    let known =
        |uris: &[&str]| resource::from_request(uris.iter().copied(), call.server, call.host);
    let asked = resource::from_request(params.all("resource"), call.server, call.host)?;
    let named = known(&assertion.resources()?)?;
    let bound: Vec<&str> = issuer.resources.iter().map(String::as_str).collect();
    let bound = bound
        .chunks(resource::MAX_RESOURCES)
        .map(known)
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    let target = Assertion::target(asked, &named, &bound)?;
    let scope = assertion.scope(params.get("scope"), client)?;
    let scope = resource::scope_at(&scope, &target, &named, call.host);

    let grant = Grant {
        client_id: client.client_id.clone(),
        sub: user.sub.clone(),
        generation: user.generation,
        session_generation: None,
        sid: String::new(),
        scope: scope.clone(),
        resources: target.clone(),
        // Nobody knows how long ago it was: too long for whoever asks.
        auth_time: assertion.auth_time(call.now).unwrap_or(UnixTime(0)),
        amr: Vec::new(),
        provider,
        acr: None,
        authorization_details: Vec::new(),
        claims: None,
        confirmation: None,
        act: None,
        created_at: call.now,
        device: None,
        listed_until: call.now,
        code: no_code(call.now, call.host),
        refresh: None,
    };
    let permit = of_grant::permit(
        request,
        (&grant, &user),
        ("exchange", GrantType::JwtBearer),
        &scope,
        &target,
    )?;
    let id = random_id(call.host);
    let bound_s = issuer.access_token_lifetime_s;
    let response = Issuance {
        user: Some(&user),
        grant: Some((&id, &grant)),
        id_token: false,
        expires_by: bound_s.map(|seconds| call.now.plus(u64::from(seconds))),
        ..Issuance::new(client, &target, &permit)
    }
    .issue(request)?;

    let (jti, dies) = assertion
        .jti()
        .ok_or(Refusal::AssertionInvalid("it has no jti"))?;
    if !one_time::consume(Kind::Grant, &issuer.issuer, jti, dies, call.host)? {
        return Err(Refusal::AssertionInvalid("it was used before"));
    }
    let kept_until = grant.kept_until(call.now, response.expires_in);
    granted::insert(&id, grant, kept_until, client, call.server, call.host)?;
    let fields = [
        ("client_id", client.client_id.as_str()),
        ("sub", &user.sub),
        ("issuer", &issuer.issuer),
    ];
    call.host.emit(Level::Info, "assertion.redeemed", &fields);
    Ok(response)
}

fn keys_of(issuer: &AssertionIssuer) -> Result<Source<'_>, Refusal> {
    match (&issuer.jwks, &issuer.jwks_uri) {
        (Some(set), _) => Ok(Source::Inline(set)),
        (None, Some(uri)) => Ok(Source::Uri(uri)),
        (None, None) => Err(Refusal::Misconfigured(format!(
            "assertion_issuers: `{}` has no keys",
            issuer.issuer
        ))),
    }
}

/// The person whom an assertion names, and the provider by which they are known, if it is by one. Nobody is created here: who never
/// came before, and was not invited, has agreed to nothing.
fn person(assertion: &Assertion<'_>, host: &dyn Host) -> Result<(User, String), Refusal> {
    let mut found = None;
    if let Some((provider, subject)) = assertion.identity() {
        found = user::find_by_identity(provider, subject, host)?
            .map(|user| (user.value, provider.to_owned()));
    }
    if let (None, Some(email)) = (&found, assertion.email()) {
        found = user::find_by_email(email, host)?
            .filter(|user| user.value.email_verified)
            .map(|user| (user.value, String::new()));
    }
    match found {
        None => Err(Refusal::AssertionInvalid("its subject is nobody here")),
        Some((user, _)) if user.disabled => {
            Err(Refusal::AssertionInvalid("its subject is disabled"))
        }
        Some(found) => Ok(found),
    }
}

/// The code of a grant that came without one: nobody has it, and it is spent.
fn no_code(now: UnixTime, host: &dyn Host) -> Code {
    Code {
        sha256: SecretHash::of(&random_secret(host)),
        expires_at: now,
        redeemed_at: Some(now),
        redirect_uri: String::new(),
        redirect_uri_sent: false,
        challenge: None,
        nonce: None,
        dpop_jkt: None,
    }
}
