//! Tokens: access tokens (RFC 9068, or opaque ones) and ID tokens (OpenID Connect Core §2), JWTs signed by keys of the host.

pub mod access;
pub mod foreign;
pub mod form;
pub mod id;
pub mod jws;
pub mod jwt;
pub mod opaque;
pub mod subject;
