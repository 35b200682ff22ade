//! HTTP: connections in, requests checked and bounded, handed to the core, answers out.

pub(crate) mod accept;
pub(crate) mod address_block;
pub(crate) mod body;
pub(crate) mod client_address;
pub(crate) mod client_certificate;
mod connection;
pub(crate) mod health;
pub(crate) mod refusal;
pub(crate) mod reload;
pub(crate) mod run;
pub(crate) mod service;
pub(crate) mod shutdown;
pub(crate) mod tls;

#[cfg(test)]
mod tests;

use http_body_util::Full;
use hyper::body::Bytes;

/// An answer: its body is always whole.
pub(crate) type Answer = hyper::Response<Full<Bytes>>;
