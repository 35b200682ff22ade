//! [`Fetch`] over `wasi:http/outgoing-handler`.

use crate::host::WitHost;
use doorward_protocol::ports::{Fetch, FetchFailure, Fetched, Outgoing};

impl Fetch for WitHost {
    fn fetch(&self, request: &Outgoing<'_>) -> Result<Fetched, FetchFailure> {
        Err(FetchFailure::Refused(format!(
            "{} cannot be reached from here",
            request.url
        )))
    }
}
