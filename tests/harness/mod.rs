//! Drives a real `doorward` from outside, the way applications, browsers and resource servers do.

pub(crate) mod browser;
pub(crate) mod certificates;
pub(crate) mod client;
pub(crate) mod cookies;
pub(crate) mod device;
pub(crate) mod dpop;
pub(crate) mod flow;
pub(crate) mod host;
pub(crate) mod http;
pub(crate) mod jwt;
pub(crate) mod mailbox;
pub(crate) mod markup;
pub(crate) mod random;
pub(crate) mod registration;
pub(crate) mod server;
pub(crate) mod signer;
pub(crate) mod web;
