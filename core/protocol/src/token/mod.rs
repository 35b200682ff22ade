//! Tokens: access tokens (RFC 9068) and ID tokens (OpenID Connect Core §2), both JWTs signed by keys of the host.

pub mod access;
pub mod foreign;
pub mod id;
pub mod jwt;
pub mod subject;
