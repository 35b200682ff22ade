//! `/dev/callback`: the demo client's redirect URI. Exchanges the code at the real token endpoint, in this process, and
//! shows what came.

use super::html::{decode, encode, escape, page};
use super::{DEMO_CLIENT, Dev};
use crate::engine::core::Request;
use crate::server::Answer;
use crate::server::service::Service;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http_body_util::BodyExt as _;
use hyper::StatusCode;
use serde_json::Value;
use std::net::IpAddr;

/// Requests that do not come over a connection have no number.
const IN_PROCESS: u64 = 0;

pub(super) async fn answer(dev: &Dev, service: &Service, client: IpAddr, query: &str) -> Answer {
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| decode(value))
    };
    if let Some(error) = parameter("error") {
        let description = parameter("error_description").unwrap_or_default();
        return problem("No tokens this time", &format!("{error}: {description}"));
    }
    let Some(code) =
        parameter("code").filter(|_| parameter("state").as_deref() == Some(&dev.pkce.state))
    else {
        let hint = "This answer does not belong to the link that this server printed. Follow the link in the terminal.";
        return problem("Not our answer", hint);
    };
    match exchange(dev, service, client, &code).await {
        Ok((StatusCode::OK, tokens)) => shown(dev, &tokens),
        Ok((status, refusal)) => problem(
            "The token endpoint refused",
            &format!("{status}: {refusal:#}"),
        ),
        Err(reason) => problem("The token endpoint did not answer", &reason),
    }
}

async fn exchange(
    dev: &Dev,
    service: &Service,
    client: IpAddr,
    code: &str,
) -> Result<(StatusCode, Value), String> {
    let form = format!(
        "grant_type=authorization_code&client_id={DEMO_CLIENT}&code={}&redirect_uri={}&code_verifier={}",
        encode(code),
        encode(&dev.redirect_uri()),
        encode(&dev.pkce.verifier)
    );
    let path: hyper::Uri = dev
        .issuer
        .parse()
        .map_err(|_| String::from("the issuer is no URL"))?;
    let request = Request {
        method: String::from("POST"),
        target: format!("{}/token", path.path().trim_end_matches('/')),
        headers: vec![
            (
                String::from("content-type"),
                b"application/x-www-form-urlencoded".to_vec(),
            ),
            (String::from("accept"), b"application/json".to_vec()),
        ],
        body: form.into_bytes(),
        client_address: Some(client.to_string()),
        client_certificate: None,
    };
    let answer = service
        .ask_core(IN_PROCESS, request)
        .await
        .map_err(|refusal| format!("{refusal:?}"))?;
    let status = answer.status();
    let body = answer
        .into_body()
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let body = body.map_err(|error| error.to_string())?;
    serde_json::from_slice(&body)
        .map(|json| (status, json))
        .map_err(|error| format!("no JSON: {error}"))
}

fn problem(title: &str, text: &str) -> Answer {
    let body = format!(
        "<pre>{}</pre><p>Start again with the link in the terminal.</p>",
        escape(text)
    );
    page(StatusCode::BAD_REQUEST, title, &body)
}

fn shown(dev: &Dev, tokens: &Value) -> Answer {
    let token = |name| tokens.get(name).and_then(Value::as_str);
    let mut parts = vec![String::from(
        "<p>The demo client holds these tokens. An app of yours gets the same from any OAuth library.</p>",
    )];
    for name in ["id_token", "access_token"] {
        parts.extend(token(name).map(|token| decoded(name, token)));
    }
    parts.push(section("The whole answer", &format!("{tokens:#}")));
    if let Some(token) = token("access_token") {
        let userinfo = format!("{}/userinfo", dev.issuer);
        let curl = format!("curl -H 'Authorization: Bearer {token}' {userinfo}");
        parts.push(section("Try it", &curl));
    }
    let configuration = escape(&format!("{}/.well-known/openid-configuration", dev.issuer));
    parts.push(format!(
        "<p>Point your library at <a href=\"{configuration}\">{configuration}</a>.</p>"
    ));
    page(StatusCode::OK, "Signed in", &parts.concat())
}

fn section(title: &str, text: &str) -> String {
    format!("<h2>{title}</h2><pre>{}</pre>", escape(text))
}

/// Header and claims of a JWT, not verified: this page only shows them.
fn decoded(name: &str, token: &str) -> String {
    let part = |index: usize| {
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(token.split('.').nth(index)?)
            .ok()?;
        let json: Value = serde_json::from_slice(&bytes).ok()?;
        Some(format!("{json:#}"))
    };
    match (part(0), part(1)) {
        (Some(header), Some(claims)) => {
            format!(
                "<h2>{name}</h2><pre>{}</pre><pre>{}</pre>",
                escape(&header),
                escape(&claims)
            )
        }
        _ => String::new(),
    }
}
