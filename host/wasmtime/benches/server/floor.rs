//! What nobody gets below: hyper alone, and hyper with one ES256 signature.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Runs this program as the floor.
pub(crate) const ARGUMENT: &str = "--floor";

/// As long as the signed part of an access token of ours.
const SIGNED_BYTES: usize = 400;

struct Signer {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

/// Serves until it is killed; prints its address first.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("its address"));
        let signer = Arc::new(signer());
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let signer = Arc::clone(&signer);
            stream.set_nodelay(true).expect("a socket option");
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let answered = answer(&signer, &request);
                    async move { Ok::<_, Infallible>(answered) }
                });
                // The load generator closes connections as it likes.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
}

fn signer() -> Signer {
    let random = SystemRandom::new();
    let document =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref())
        .expect("a key");
    Signer { pair, random }
}

fn answer(signer: &Signer, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let body = if request.uri().path() == "/signed" {
        let signature = signer
            .pair
            .sign(&signer.random, &[b'x'; SIGNED_BYTES])
            .expect("a signature");
        Bytes::copy_from_slice(signature.as_ref())
    } else {
        Bytes::from_static(&[b'x'; 64])
    };
    Response::new(Full::new(body))
}

/// The address that the floor printed.
pub(crate) fn address(output: impl Read) -> String {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("a line");
    line.trim().to_owned()
}
