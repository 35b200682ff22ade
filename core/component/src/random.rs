//! [`Random`] over `wasi:random/random`, the secure source of the host.

use crate::host::WitHost;
use doorward_protocol::ports::Random;

/// WASI says how many bytes come back; a host that gave fewer would leave zeros where a secret should be, so we ask until
/// every byte has come, and stop the request if none does.
impl Random for WitHost {
    fn fill(&self, bytes: &mut [u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let fresh = wasip2::random::random::get_random_bytes(rest.len() as u64);
            let count = fresh.len().min(rest.len());
            if count == 0 {
                // No secret is better than a known one: the instance ends, the host answers 500.
                std::process::abort();
            }
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(fresh.get(..count).unwrap_or_default());
            rest = later;
        }
    }
}
