//! What nobody gets below: hyper alone, and hyper with one signature made or verified, which is what they cost.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    ParsedPublicKey, RSA_PKCS1_SHA256,
};
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
const SIGNED: [u8; 400] = [b'x'; 400];

struct Signer {
    pair: EcdsaKeyPair,
    public: ParsedPublicKey,
    /// By the pair, of the bytes that are always signed.
    signature: Vec<u8>,
    rsa: RsaKeyPair,
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
    let signature = pair.sign(&random, &SIGNED).expect("a signature");
    let public = pair.public_key().as_ref();
    Signer {
        public: ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public).expect("a key"),
        signature: signature.as_ref().to_vec(),
        rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"),
        pair,
        random,
    }
}

fn answer(signer: &Signer, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let body = match request.uri().path() {
        "/es256" => {
            let signature = signer.pair.sign(&signer.random, &SIGNED);
            Bytes::copy_from_slice(signature.expect("a signature").as_ref())
        }
        "/rs256" => {
            let mut signature = vec![0; signer.rsa.public_modulus_len()];
            signer
                .rsa
                .sign(&RSA_PKCS1_SHA256, &signer.random, &SIGNED, &mut signature)
                .expect("a signature");
            Bytes::from(signature)
        }
        "/verify" => {
            let verified = signer.public.verify_sig(&SIGNED, &signer.signature);
            verified.expect("its own");
            Bytes::from_static(&[b'x'; 64])
        }
        _ => Bytes::from_static(&[b'x'; 64]),
    };
    Response::new(Full::new(body))
}

/// The address that the floor printed.
pub(crate) fn address(output: impl Read) -> String {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("a line");
    line.trim().to_owned()
}
