//! The egress guard, with a resolver that lies and a server on this machine.

use super::resolver::{Resolver, Resolving};
use super::{Hooks, Outbound, Reach};
use http_body_util::{BodyExt as _, Empty};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use wasmtime_wasi_http::{Error, WasiHttpHooks as _};

/// Each name's answers, one per question; the last stays.
struct Liar {
    answers: BTreeMap<&'static str, Vec<Vec<IpAddr>>>,
    asked: Arc<AtomicUsize>,
}

impl Resolver for Liar {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(name).map(|answers| {
            let last = answers.len().saturating_sub(1);
            answers[turn.min(last)].clone()
        });
        Box::pin(async move { answer.ok_or_else(|| std::io::ErrorKind::NotFound.into()) })
    }
}

fn outbound(allow: &[&str], local: &[String], answers: &[(&'static str, &[&[&str]])]) -> Outbound {
    let parse = |turns: &&[&[&str]]| -> Vec<Vec<IpAddr>> {
        let turns = turns.iter();
        turns
            .map(|turn| turn.iter().map(|ip| ip.parse().unwrap()).collect())
            .collect()
    };
    Outbound {
        allow: allow.iter().map(|entry| (*entry).to_owned()).collect(),
        resolve: local
            .iter()
            .map(|authority| {
                (
                    format!("{}.example", authority.replace(':', "-")),
                    format!("http://{authority}"),
                )
            })
            .collect(),
        resolver: Box::new(Liar {
            answers: answers
                .iter()
                .map(|(name, turns)| (*name, parse(turns)))
                .collect(),
            asked: Arc::default(),
        }),
        authorities: Vec::new(),
        tls: OnceLock::new(),
    }
}

async fn get(outbound: Outbound, url: &str) -> Result<(u16, Vec<u8>), Error> {
    get_by(Reach::Everywhere(Arc::new(outbound)), url).await
}

async fn get_by(reach: Reach, url: &str) -> Result<(u16, Vec<u8>), Error> {
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let request = hyper::Request::get(url).body(body).unwrap();
    let sending = Hooks(reach).send_request(request, None, Box::new(std::future::ready(Ok(()))));
    let (response, connection) = Pin::from(sending).await?;
    let driver = tokio::spawn(Pin::from(connection));
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes().to_vec();
    driver.abort();
    Ok((status, body))
}

/// A listener that says what it was asked, in one answer.
async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

async fn answer_once(mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
    let mut asked = vec![0; 4096];
    let length = stream.read(&mut asked).await.unwrap();
    let answer =
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 2\r\n\r\nok";
    assert!(length > 0);
    stream.write_all(answer).await.unwrap();
    stream.shutdown().await.ok();
}

/// How a plugin that was granted `a.example` fares.
async fn get_as_plugin(resolve: &[(&str, String)], url: &str) -> Result<(u16, Vec<u8>), Error> {
    let resolve = resolve.iter();
    let outbound = Outbound {
        resolve: resolve
            .map(|(name, origin)| ((*name).to_owned(), origin.clone()))
            .collect(),
        ..outbound(&[], &[], &[])
    };
    let hosts = Arc::from([String::from("a.example")]);
    get_by(Reach::Hosts(Arc::new(outbound), hosts), url).await
}

#[tokio::test]
async fn a_plugin_reaches_what_it_was_granted_and_nothing_else() {
    let (listener, port) = listener().await;
    let origin = format!("http://127.0.0.1:{port}");
    let resolve = [("a.example", origin.clone()), ("b.example", origin.clone())];
    let local = format!("{origin}/x");
    for url in [
        "https://b.example/",
        "https://a.example.b.example/",
        "https://b.example@a.example:8443/",
        "https://a.example:8443/",
        "http://a.example/",
        "https://169.254.169.254/",
        "https://localhost/",
        local.as_str(),
    ] {
        let refused = get_as_plugin(&resolve, url).await;
        assert!(matches!(refused, Err(Error::HttpRequestDenied)), "{url}");
    }
    let here = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        answer_once(stream).await;
    });
    // A redirect is an answer.
    let (status, body) = get_as_plugin(&resolve, "https://A.example/x")
        .await
        .unwrap();
    assert_eq!((status, body.as_slice()), (302, b"ok".as_slice()));
    here.await.unwrap();
}

#[tokio::test]
async fn policies_reach_nothing() {
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let request = hyper::Request::get("https://app.example/")
        .body(body)
        .unwrap();
    let sending =
        Hooks(Reach::Nowhere).send_request(request, None, Box::new(std::future::ready(Ok(()))));
    assert!(matches!(
        Pin::from(sending).await,
        Err(Error::HttpRequestDenied)
    ));
}

#[tokio::test]
async fn what_is_not_https_to_a_public_name_is_refused_without_asking_for_its_address() {
    for url in [
        "http://app.example/",
        "http://127.0.0.1:9/",
        "https://app.example:8443/",
        "https://user@app.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://db/",
        "https://metadata.google.internal/",
        "https://printer.local/",
    ] {
        let outbound = outbound(&[], &[], &[]);
        let refused = get(outbound, url).await;
        assert!(
            matches!(refused, Err(Error::HttpRequestDenied)),
            "{url}: {refused:?}"
        );
    }
}

/// checks.md row 62: a public name that resolves to an address which only this machine reaches.
#[tokio::test]
async fn ssrf_a_name_that_resolves_to_a_private_address_is_refused() {
    let (listener, _) = listener().await;
    for address in [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "fd00::1",
        "fe80::1",
    ] {
        for answer in [vec![address], vec!["93.184.215.14", address]] {
            let outbound = outbound(&[], &[], &[("rebind.example", &[&answer])]);
            let refused = get(outbound, "https://rebind.example/").await;
            assert!(
                matches!(refused, Err(Error::DestinationIpProhibited)),
                "{answer:?}: {refused:?}"
            );
        }
    }
    drop(listener);
}

/// DNS rebinding: a first answer that is judged and a second one that is connected to. There is no second question.
#[tokio::test]
async fn dns_rebinding_a_name_is_resolved_once_and_the_judged_address_is_connected_to() {
    let asked = Arc::new(AtomicUsize::new(0));
    let mut outbound = outbound(&[], &[], &[]);
    // 192.0.2.0/24 would be refused; 203.0.114.1 is global, and nobody answers there from a test's network.
    let global: Vec<IpAddr> = vec!["203.0.114.1".parse().unwrap()];
    outbound.resolver = Box::new(Liar {
        answers: BTreeMap::from([(
            "rebind.example",
            vec![global, vec!["127.0.0.1".parse().unwrap()]],
        )]),
        asked: Arc::clone(&asked),
    });
    let uri = "https://rebind.example/".parse().unwrap();
    let judged = format!("{:?}", outbound.judge(&uri).await.unwrap());
    assert!(judged.contains("203.0.114.1:443"), "{judged}");
    assert!(!judged.contains("127.0.0.1"), "{judged}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn metadata_of_clouds_is_refused_even_for_a_host_that_the_operator_allows() {
    let outbound = outbound(
        &["idp.corp.internal"],
        &[],
        &[("idp.corp.internal", &[&["169.254.169.254"]])],
    );
    let refused = get(outbound, "https://idp.corp.internal/").await;
    assert!(matches!(refused, Err(Error::DestinationIpProhibited)));
}

#[tokio::test]
async fn plain_http_goes_to_the_listed_listeners_and_redirects_are_answers() {
    let (listener, port) = listener().await;
    let origin = format!("127.0.0.1:{port}");
    let server = tokio::spawn(async move { answer_once(listener.accept().await.unwrap().0).await });
    let url = format!("http://{origin}/path");
    let (status, body) = get(outbound(&[], std::slice::from_ref(&origin), &[]), &url)
        .await
        .unwrap();
    assert_eq!((status, body.as_slice()), (302, b"ok".as_slice()));
    server.await.unwrap();
    let other = get(outbound(&[], &["127.0.0.1:1".to_owned()], &[]), &url).await;
    assert!(matches!(other, Err(Error::HttpRequestDenied)));
}

/// A TLS server with a certificate for `name`; its port and its certificate.
async fn tls_server(name: &str) -> (u16, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
    let (listener, port) = listener().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not like the certificate goes away.
            if let Ok(stream) = TlsAcceptor::from(Arc::new(config.clone()))
                .accept(stream)
                .await
            {
                answer_once(stream).await;
            }
        }
    });
    (port, cert.der().clone())
}

#[tokio::test]
async fn an_allowed_host_is_reached_by_tls_in_its_name_under_the_operators_authority() {
    let (port, certificate) = tls_server("idp.corp.internal").await;
    let (allowed, url) = (
        format!("idp.corp.internal:{port}"),
        format!("https://idp.corp.internal:{port}/keys"),
    );
    let here = |name| outbound(&[&allowed], &[], &[(name, &[&["127.0.0.1"]])]);
    let unknown = get(here("idp.corp.internal"), &url).await;
    assert!(
        matches!(
            unknown,
            Err(Error::TlsCertificateError | Error::ConfigurationError)
        ),
        "no authority vouches for it: {unknown:?}"
    );
    let mut outbound = here("idp.corp.internal");
    outbound.authorities = vec![certificate];
    assert_eq!(get(outbound, &url).await.unwrap().0, 302);
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused() {
    let (port, certificate) = tls_server("other.corp.internal").await;
    let allowed = format!("idp.corp.internal:{port}");
    let mut outbound = outbound(
        &[&allowed],
        &[],
        &[("idp.corp.internal", &[&["127.0.0.1"]])],
    );
    outbound.authorities = vec![certificate];
    let refused = get(outbound, &format!("https://idp.corp.internal:{port}/")).await;
    assert!(
        matches!(refused, Err(Error::TlsCertificateError)),
        "{refused:?}"
    );
}
