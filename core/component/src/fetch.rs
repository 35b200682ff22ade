//! [`Fetch`] over `wasi:http/outgoing-handler`, for every URL by the rules of [`doorward_protocol::egress`].

use crate::host::WitHost;
use doorward_fetch::{Failure, Request, send};
use doorward_protocol::egress::Rules;
use doorward_protocol::ports::{Fetch, FetchFailure, Fetched, Outgoing, Settings as _};

impl Fetch for WitHost {
    fn fetch(&self, request: &Outgoing<'_>) -> Result<Fetched, FetchFailure> {
        let rules = Rules::of_section(self.section("server").as_deref());
        let route = rules
            .route(request.url)
            .map_err(|why| FetchFailure::Refused(why.to_owned()))?;
        let response = send(&Request {
            method: request.method,
            plain: route.plain,
            authority: &route.authority,
            path_with_query: &route.path_with_query,
            headers: request.headers,
            body: request.body,
            max_bytes: request.max_bytes,
            timeout_s: request.timeout_s,
        })
        .map_err(|why| failure(&why))?;
        Ok(Fetched {
            status: response.status,
            headers: response.headers,
            body: response.body,
        })
    }
}

fn failure(failure: &Failure) -> FetchFailure {
    match failure {
        Failure::Refused(why) => FetchFailure::Refused((*why).to_owned()),
        Failure::TooLarge => FetchFailure::TooLarge,
        Failure::Unreachable(why) => FetchFailure::Unreachable((*why).to_owned()),
    }
}
