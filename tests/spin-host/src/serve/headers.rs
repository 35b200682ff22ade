//! What Spin tells a component about a request, in headers after those of the client. One that the client sent under such
//! a name stays, and comes first.

use crate::route::Route;
use anyhow::{Context as _, ensure};
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, Uri};
use std::net::SocketAddr;

/// Takes away what is for this host alone: the names of its own services.
pub(super) fn strip<B>(request: &mut Request<B>) {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let own = host.is_some_and(|host| {
        let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
        name.split_once('.')
            .is_some_and(|(_, rest)| rest == "spin.internal")
    });
    if own {
        request.headers_mut().remove(HOST);
    }
}

/// Completes the request's URI, which must name the same host as the header `Host`, and appends Spin's headers.
///
/// # Errors
/// If there is no host or two, or if a header is not text.
pub(super) fn prepare<B>(
    request: &mut Request<B>,
    route: &Route,
    rest: &str,
    client: SocketAddr,
) -> anyhow::Result<()> {
    let authority = authority(request)?;
    let path = request
        .uri()
        .path_and_query()
        .cloned()
        .context("the request has no path")?;
    let text = |value: &HeaderValue| std::str::from_utf8(value.as_bytes()).map(|_| ());
    let mut values = request.headers().values();
    values.try_for_each(text).context("a header is not UTF-8")?;
    let host = request
        .headers()
        .get(HOST)
        .map_or("localhost", |host| host.to_str().unwrap_or_default());
    let full_url = format!("http://{host}{path}");
    let headers = request.headers_mut();
    append(headers, "spin-path-info", rest)?;
    append(headers, "spin-full-url", &full_url)?;
    append(headers, "spin-matched-route", &route.raw)?;
    append(headers, "spin-base-path", "/")?;
    append(headers, "spin-raw-component-route", &route.raw)?;
    append(
        headers,
        "spin-component-route",
        route.prefix.trim_end_matches('/'),
    )?;
    append(headers, "spin-client-addr", &client.to_string())?;
    *request.uri_mut() = Uri::builder()
        .scheme(Scheme::HTTP)
        .authority(authority)
        .path_and_query(path)
        .build()?;
    Ok(())
}

fn append(headers: &mut HeaderMap, name: &'static str, value: &str) -> anyhow::Result<()> {
    headers.append(HeaderName::from_static(name), HeaderValue::from_str(value)?);
    Ok(())
}

fn authority<B>(request: &Request<B>) -> anyhow::Result<Authority> {
    let in_header = request.headers().get(HOST);
    let in_header = in_header
        .map(|host| anyhow::Ok(host.to_str()?.parse::<Authority>()?))
        .transpose();
    let in_header = in_header.context("the header `Host` names no host")?;
    match (in_header, request.uri().authority()) {
        (None, None) => anyhow::bail!("the request has no header `Host`"),
        (Some(authority), None) => Ok(authority),
        (None, Some(authority)) => Ok(authority.clone()),
        (Some(header), Some(uri)) => {
            ensure!(
                header == *uri,
                "the header `Host` names another host than the URI"
            );
            Ok(header)
        }
    }
}
