//! Names to addresses.

use std::net::IpAddr;
use std::pin::Pin;

/// Addresses under way.
pub(crate) type Resolving<'a> =
    Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Who resolves names; in tests someone who lies.
pub(crate) trait Resolver: Send + Sync {
    /// All addresses of a name, in the order in which to try them.
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a>;
}

/// `getaddrinfo`.
pub(crate) struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name, 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }
}
