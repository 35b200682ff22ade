//! One request of a browser, with everything that belongs to it.

use crate::network::Network;
use crate::services::Upstream;
use crate::{Account, Context, Failure, Provider, Purpose, Request, Services, Text, state};

/// One request of a browser to a provider: what was asked, by whom, under which settings, in which state.
pub struct Visit<'a, P: Provider> {
    services: &'a dyn Services,
    upstream: Option<&'a dyn Upstream>,
    context: &'a Context,
    request: &'a Request,
    settings: P::Settings,
    state: Option<P::State>,
}

impl<'a, P: Provider> Visit<'a, P> {
    /// Reads settings and state.
    pub(crate) fn new(
        services: &'a dyn Services,
        upstream: Option<&'a dyn Upstream>,
        context: &'a Context,
        request: &'a Request,
    ) -> Result<Self, Failure> {
        let settings = settings::<P>(&context.settings)?;
        let state = context
            .state
            .as_deref()
            .and_then(|bytes| state::read(P::STATE_VERSION, bytes));
        Ok(Self {
            services,
            upstream,
            context,
            request,
            settings,
            state,
        })
    }

    /// What the host offers.
    #[must_use]
    pub fn services(&self) -> &'a dyn Services {
        self.services
    }

    /// Other servers, and what they or people's devices sign.
    ///
    /// # Errors
    /// `unavailable` if the provider was exported without: see [`crate::export_provider!`].
    pub fn upstream(&self) -> Result<&'a dyn Upstream, Failure> {
        self.upstream
            .ok_or_else(|| Failure::Unavailable("it was exported without `upstream`".to_owned()))
    }

    /// The sign-in.
    #[must_use]
    pub fn context(&self) -> &'a Context {
        self.context
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &'a Request {
        self.request
    }

    /// The path below the provider, without leading slash.
    #[must_use]
    pub fn path(&self) -> &'a str {
        &self.request.path
    }

    /// The operator's settings.
    #[must_use]
    pub fn settings(&self) -> &P::Settings {
        &self.settings
    }

    /// What the provider remembered at the last step.
    #[must_use]
    pub fn state(&self) -> Option<&P::State> {
        self.state.as_ref()
    }

    /// The form field `name`, if it was sent.
    #[must_use]
    pub fn form(&self, name: &str) -> Option<&'a str> {
        find(&self.request.form, name)
    }

    /// The query parameter `name`, if it was sent.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&'a str> {
        find(&self.request.query, name)
    }

    /// What this call is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.context.purpose
    }

    /// The person who is known already.
    #[must_use]
    pub fn account(&self) -> Option<&'a Account> {
        self.context.account.as_ref()
    }

    /// The subject at this provider of the person who is known already.
    #[must_use]
    pub fn signed_in_subject(&self) -> Option<&'a str> {
        self.account()?.subject.as_deref()
    }

    /// Where the browser comes from, as far as the host knows.
    #[must_use]
    pub fn network(&self) -> Option<Network> {
        self.context.client_address.as_deref().map(Network::of)
    }

    /// A text about this service: `{service}` in it is the operator's name for it.
    #[must_use]
    pub fn service_text(&self, id: &str, english: &str) -> Text {
        crate::text(id, english).arg("service", self.context.service_name.as_str())
    }
}

/// The operator's settings as the provider's own type.
pub(crate) fn settings<P: Provider>(json: &str) -> Result<P::Settings, Failure> {
    match json.trim() {
        "" | "null" => Ok(P::Settings::default()),
        json => serde_json::from_str(json)
            .map_err(|error| Failure::Unavailable(format!("settings: {error}"))),
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}
