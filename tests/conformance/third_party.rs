//! Everything once more through client libraries that we did not write: the crates `openidconnect`, `oauth2` and
//! `jsonwebtoken`. They read our metadata and our keys themselves.

use crate::harness::browser::Browser;
use crate::harness::client::{self, API, BASIC, Client, ES256_ID, POST, SPA};
use crate::harness::flow;
use crate::harness::http::fresh_client;
use crate::harness::jwt;
use crate::harness::server::shared;
use jsonwebtoken::Algorithm;
use oauth2::{HttpRequest, HttpResponse};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreProviderMetadata, CoreResponseType,
    CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl,
    LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, Scope, TokenResponse as _,
};
use std::cell::RefCell;

/// What both libraries want of an HTTP client. `oauth2` takes only https URLs for revocation, so tests name them so.
pub(crate) fn exchange(mut request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let plain = request
        .uri()
        .to_string()
        .replacen("https://127.0.0.1", "http://127.0.0.1", 1);
    *request.uri_mut() = plain.parse().expect("a URL");
    let answer = fresh_client().execute(request.try_into()?)?;
    let mut response = oauth2::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    Ok(response
        .body(answer.bytes()?.to_vec())
        .expect("an answer that we just took apart"))
}

fn secret(client: &Client) -> Option<(AuthType, String)> {
    match client.authentication {
        client::Authentication::None => None,
        client::Authentication::Basic(secret) => Some((AuthType::BasicAuth, secret.to_owned())),
        client::Authentication::Post(secret) => Some((AuthType::RequestBody, secret.to_owned())),
    }
}

fn discover() -> CoreProviderMetadata {
    let issuer = IssuerUrl::new(shared().issuer.clone()).expect("a URL");
    CoreProviderMetadata::discover(&issuer, &exchange).expect("metadata that the library accepts")
}

/// Signs in through `openidconnect`, verifies the ID token by the keys it fetched, and hands everything on.
fn sign_in(client: &Client, browser: &mut Browser) -> (CoreTokenResponse, CoreIdTokenClaims) {
    let metadata = discover();
    let credentials = secret(client);
    let mut library = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(client.id.to_owned()),
        credentials
            .clone()
            .map(|(_, secret)| ClientSecret::new(secret)),
    )
    .set_redirect_uri(RedirectUrl::new(client.redirect_uri.to_owned()).expect("a URL"));
    if let Some((method, _)) = credentials {
        library = library.set_auth_type(method);
    }
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = library
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("offline_access".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let visit = browser.get(url.as_str());
    let callback = flow::finish(browser, &visit);
    assert_eq!(callback.get("state"), Some(state.secret().as_str()));
    let response = library
        .exchange_code(AuthorizationCode::new(callback.code()))
        .expect("a token endpoint")
        .set_pkce_verifier(verifier)
        .request(&exchange)
        .expect("tokens");
    let verifier = library.id_token_verifier();
    let id_token = response.id_token().expect("an ID token");
    let claims = id_token
        .claims(&verifier, &nonce)
        .expect("an ID token that verifies")
        .clone();
    if let Some(expected) = claims.access_token_hash() {
        let key = id_token.signing_key(&verifier).expect("its key");
        let actual = AccessTokenHash::from_token(
            response.access_token(),
            id_token.signing_alg().expect("its algorithm"),
            key,
        );
        assert_eq!(expected, &actual.expect("a hash"));
    }
    assert!(
        id_token.claims(&verifier, &Nonce::new_random()).is_err(),
        "any nonce will do"
    );
    (response, claims)
}

#[test]
fn openidconnect_signs_in_with_every_kind_of_client() {
    for client in [SPA, BASIC, POST, ES256_ID] {
        let (response, claims) = sign_in(&client, &mut flow::signed_in());
        assert_eq!(claims.issuer().as_str(), shared().issuer);
        assert_eq!(
            claims
                .audiences()
                .iter()
                .map(|audience| audience.as_str())
                .collect::<Vec<_>>(),
            [client.id]
        );
        let audience = &shared().issuer;
        let access = jwt::verify(
            response.access_token().secret(),
            &shared().jwks(),
            &shared().issuer,
            audience,
            Algorithm::ES256,
        );
        assert_eq!(access["sub"].as_str(), Some(claims.subject().as_str()));
    }
}

#[test]
fn openidconnect_refreshes_and_asks_who_it_is() {
    let (mut browser, email) = flow::newcomer(shared());
    let (response, claims) = sign_in(&BASIC, &mut browser);
    let (_, credential) = secret(&BASIC).expect("a secret");
    let library = CoreClient::from_provider_metadata(
        discover(),
        ClientId::new(BASIC.id.to_owned()),
        Some(ClientSecret::new(credential)),
    );
    let refreshed = library
        .exchange_refresh_token(response.refresh_token().expect("a refresh token"))
        .expect("a token endpoint")
        .request(&exchange)
        .expect("tokens");
    assert_ne!(
        refreshed.refresh_token().map(oauth2::RefreshToken::secret),
        response.refresh_token().map(oauth2::RefreshToken::secret)
    );
    let userinfo: CoreUserInfoClaims = library
        .user_info(
            refreshed.access_token().clone(),
            Some(claims.subject().clone()),
        )
        .expect("a userinfo endpoint")
        .request(&exchange)
        .expect("claims of that subject");
    assert_eq!(
        userinfo.email().map(|address| address.as_str()),
        Some(email.as_str())
    );
    assert_eq!(userinfo.email_verified(), Some(true));
}

#[test]
fn openidconnect_signs_out() {
    let (mut browser, _) = flow::newcomer(shared());
    let (response, _) = sign_in(&SPA, &mut browser);
    let issuer = IssuerUrl::new(shared().issuer.clone()).expect("a URL");
    let metadata = ProviderMetadataWithLogout::discover(&issuer, &exchange).expect("metadata");
    let endpoint = metadata
        .additional_metadata()
        .end_session_endpoint
        .clone()
        .expect("an end_session_endpoint");
    let url = LogoutRequest::from(endpoint)
        .set_id_token_hint(response.id_token().expect("an ID token"))
        .set_client_id(ClientId::new(SPA.id.to_owned()))
        .set_post_logout_redirect_uri(
            PostLogoutRedirectUrl::new("https://spa.example/signed-out".to_owned()).expect("a URL"),
        )
        .set_state(CsrfToken::new("bye".to_owned()))
        .http_get_url();
    let mut visit = browser.get(url.as_str());
    if let Some(form) = visit.try_form("sign_out") {
        visit = browser.press(&visit, &form, "sign_out");
    }
    assert_eq!(
        visit.left_for().map(String::from).as_deref(),
        Some("https://spa.example/signed-out?state=bye")
    );
}

#[test]
fn openidconnect_metadata_is_complete() {
    let metadata = discover();
    assert_eq!(metadata.issuer().as_str(), shared().issuer);
    assert!(
        metadata
            .response_types_supported()
            .iter()
            .any(|types| types.contains(&CoreResponseType::Code))
    );
    assert!(!metadata.jwks().keys().is_empty());
}

fn url(name: &str) -> String {
    shared().endpoint(name)
}

#[test]
fn oauth2_code_flow_revocation_and_introspection() {
    use oauth2::basic::BasicClient;
    use oauth2::{
        AccessToken, AuthUrl, IntrospectionUrl, RevocationUrl, StandardRevocableToken,
        TokenIntrospectionResponse as _, TokenResponse as _, TokenUrl,
    };
    let application = BasicClient::new(oauth2::ClientId::new(SPA.id.to_owned()))
        .set_auth_uri(AuthUrl::new(url("authorization_endpoint")).expect("a URL"))
        .set_token_uri(TokenUrl::new(url("token_endpoint")).expect("a URL"))
        .set_revocation_url(
            RevocationUrl::new(url("revocation_endpoint").replacen("http:", "https:", 1))
                .expect("a URL"),
        )
        .set_redirect_uri(oauth2::RedirectUrl::new(SPA.redirect_uri.to_owned()).expect("a URL"));
    let (challenge, verifier) = oauth2::PkceCodeChallenge::new_random_sha256();
    let (address, state) = application
        .authorize_url(oauth2::CsrfToken::new_random)
        .add_scope(oauth2::Scope::new("api:read".to_owned()))
        .add_scope(oauth2::Scope::new("offline_access".to_owned()))
        .add_extra_param("resource", "https://api.example/")
        .set_pkce_challenge(challenge)
        .url();
    let mut browser = flow::signed_in();
    let visit = browser.get(address.as_str());
    let callback = flow::finish(&mut browser, &visit);
    assert_eq!(callback.get("state"), Some(state.secret().as_str()));
    let tokens = application
        .exchange_code(oauth2::AuthorizationCode::new(callback.code()))
        .set_pkce_verifier(verifier)
        .add_extra_param("resource", "https://api.example/")
        .request(&exchange)
        .expect("tokens");
    let tokens = application
        .exchange_refresh_token(tokens.refresh_token().expect("a refresh token"))
        .request(&exchange)
        .expect("tokens");
    let claims = jwt::verify(
        tokens.access_token().secret(),
        &shared().jwks(),
        &shared().issuer,
        "https://api.example/",
        Algorithm::ES256,
    );
    assert_eq!(claims["client_id"].as_str(), Some(SPA.id));

    let (_, credential) = secret(&API).expect("a secret");
    let resource_server = BasicClient::new(oauth2::ClientId::new(API.id.to_owned()))
        .set_client_secret(oauth2::ClientSecret::new(credential))
        .set_introspection_url(
            IntrospectionUrl::new(url("introspection_endpoint")).expect("a URL"),
        );
    let active = |token: &AccessToken| {
        resource_server
            .introspect(token)
            .request(&exchange)
            .expect("an answer")
            .active()
    };
    assert!(active(tokens.access_token()));
    let revoked = StandardRevocableToken::from(tokens.refresh_token().expect("a refresh token"));
    application
        .revoke_token(revoked)
        .expect("a revocation endpoint")
        .request(&exchange)
        .expect("revoked");
    assert!(!active(tokens.access_token()));
    assert!(
        application
            .exchange_refresh_token(tokens.refresh_token().expect("a refresh token"))
            .request(&exchange)
            .is_err()
    );
}

#[test]
fn oauth2_client_credentials() {
    use crate::harness::client::{MACHINE, MACHINE_POST, ODD};
    use oauth2::TokenResponse as _;
    use oauth2::basic::BasicClient;
    for client in [MACHINE, MACHINE_POST, ODD] {
        let (method, credential) = secret(&client).expect("a secret");
        let library = BasicClient::new(oauth2::ClientId::new(client.id.to_owned()))
            .set_client_secret(oauth2::ClientSecret::new(credential))
            .set_auth_type(method)
            .set_token_uri(oauth2::TokenUrl::new(url("token_endpoint")).expect("a URL"));
        let tokens = library
            .exchange_client_credentials()
            .add_scope(oauth2::Scope::new("reports:read".to_owned()))
            .request(&exchange)
            .expect("tokens");
        jwt::verify(
            tokens.access_token().secret(),
            &shared().jwks(),
            &shared().issuer,
            &shared().issuer,
            Algorithm::ES256,
        );
        assert_eq!(
            tokens.scopes().map(|scopes| scopes
                .iter()
                .map(|scope| scope.as_str())
                .collect::<Vec<_>>()),
            Some(vec!["reports:read"])
        );
        assert!(tokens.refresh_token().is_none());
    }
}

/// RFC 8628 as the library reads it: the poll that waits, the one that was too soon, and the one that gets tokens. Nobody sleeps: while the
/// library waits, the person answers.
#[test]
fn oauth2_device_flow() {
    use crate::harness::client::TV;
    use crate::harness::device::type_code;
    use oauth2::basic::BasicClient;
    use oauth2::{
        DeviceAuthorizationUrl, StandardDeviceAuthorizationResponse, TokenResponse as _, TokenUrl,
    };
    let device = BasicClient::new(oauth2::ClientId::new(TV.id.to_owned()))
        .set_device_authorization_url(
            DeviceAuthorizationUrl::new(url("device_authorization_endpoint")).expect("a URL"),
        )
        .set_token_uri(TokenUrl::new(url("token_endpoint")).expect("a URL"));
    let begin = || -> StandardDeviceAuthorizationResponse {
        device
            .exchange_device_code()
            .add_scope(oauth2::Scope::new("api:read".to_owned()))
            .add_scope(oauth2::Scope::new("offline_access".to_owned()))
            .request(&exchange)
            .expect("a code to show")
    };
    let answer = |shown: &StandardDeviceAuthorizationResponse, decision: &str| {
        let mut browser = flow::signed_in();
        let code = shown.user_code().secret();
        let question = type_code(shared(), &mut browser, code);
        browser.press(&question, &question.form(decision), decision);
    };
    let shown = begin();
    assert_eq!(shown.verification_uri().as_str(), shared().url("/device"));
    let waited = RefCell::new(Vec::new());
    let tokens = device
        .exchange_device_access_token(&shown)
        .request(
            &exchange,
            |wait| {
                waited.borrow_mut().push(wait.as_secs());
                if waited.borrow().len() == 2 {
                    answer(&shown, "allow");
                }
            },
            None,
        )
        .expect("tokens");
    assert_eq!(waited.into_inner(), [5, 10], "pending, then slow_down");
    let claims = jwt::verify(
        tokens.access_token().secret(),
        &shared().jwks(),
        &shared().issuer,
        &shared().issuer,
        Algorithm::ES256,
    );
    assert_eq!(claims["client_id"].as_str(), Some(TV.id));
    device
        .exchange_refresh_token(tokens.refresh_token().expect("a refresh token"))
        .request(&exchange)
        .expect("tokens");
    let refused = begin();
    let told = device
        .exchange_device_access_token(&refused)
        .request(&exchange, |_| answer(&refused, "deny"), None)
        .expect_err("the person said no");
    let oauth2::RequestTokenError::ServerResponse(told) = told else {
        panic!("{told:?}")
    };
    assert_eq!(told.error().to_string(), "access_denied");
}
