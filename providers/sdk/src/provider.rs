//! The trait that a plugin implements, and what it answers.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Description, Failure, Identity, Leaver, Managed, Method, Page, Services, Step, Visit};

/// A way to sign in.
///
/// Implement [`describe`](Provider::describe), and [`get`](Provider::get) and [`post`](Provider::post) (or
/// [`handle`](Provider::handle) for both). A sign-in begins with `GET authorize`.
pub trait Provider: Sized {
    /// The operator's settings for it: JSON by the schema in the description. No settings are the default.
    type Settings: DeserializeOwned + Default;
    /// What it remembers during one sign-in; `()` if nothing. At most 16 KiB of JSON.
    type State: Serialize + DeserializeOwned + Clone;
    /// Increase it with every change of the shape of `State`: sign-ins under way during an update then start again.
    const STATE_VERSION: u16 = 1;

    /// What it is, the same at every call.
    fn describe() -> Description;

    /// Its texts in one of the languages of its description, as (id, wording). By default none.
    #[must_use]
    fn texts(language: &str) -> Vec<(String, String)> {
        let _ = language;
        Vec::new()
    }

    /// Forgets what it keeps of somebody who takes it away from their account, or whose account is removed. By default
    /// there is nothing.
    ///
    /// # Errors
    /// A [`Failure`]: it is called again.
    fn forget(
        services: &dyn Services,
        settings: &Self::Settings,
        leaver: &Leaver,
    ) -> Result<(), Failure> {
        let _ = (services, settings, leaver);
        Ok(())
    }

    /// Handles a GET. By default there is no such path.
    ///
    /// # Errors
    /// A [`Failure`]: the core shows a page for it.
    fn get(visit: &Visit<'_, Self>) -> Result<Answer<Self::State>, Failure> {
        let _ = visit;
        Err(Failure::NotFound)
    }

    /// Handles a POST, whose CSRF token the core has checked. By default there is no such path.
    ///
    /// # Errors
    /// A [`Failure`]: the core shows a page for it.
    fn post(visit: &Visit<'_, Self>) -> Result<Answer<Self::State>, Failure> {
        let _ = visit;
        Err(Failure::NotFound)
    }

    /// Handles any request. By default it asks [`get`](Provider::get) or [`post`](Provider::post).
    ///
    /// # Errors
    /// A [`Failure`]: the core shows a page for it.
    fn handle(visit: &Visit<'_, Self>) -> Result<Answer<Self::State>, Failure> {
        match visit.request().method {
            Method::Get => Self::get(visit),
            Method::Post => Self::post(visit),
        }
    }
}

/// What happens next, and what to remember until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<S> {
    /// What happens next.
    pub step: Step,
    /// Comes back as [`Visit::state`] with the next request of this sign-in; `None` forgets.
    pub state: Option<S>,
}

impl<S> Answer<S> {
    /// Shows a page.
    #[must_use]
    pub fn page(page: Page) -> Self {
        Self {
            step: Step::Page(page),
            state: None,
        }
    }

    /// Sends the browser to an absolute https URL.
    #[must_use]
    pub fn redirect(url: impl Into<String>) -> Self {
        Self {
            step: Step::Redirect(url.into()),
            state: None,
        }
    }

    /// The person is who they are.
    #[must_use]
    pub fn authenticated(identity: Identity) -> Self {
        Self {
            step: Step::Authenticated(identity),
            state: None,
        }
    }

    /// The person has set up nothing here to confirm them by.
    #[must_use]
    pub fn unenrolled() -> Self {
        Self {
            step: Step::Unenrolled,
            state: None,
        }
    }

    /// What the person wanted to manage is done. `credential_changed`: their other sessions and all grants end.
    #[must_use]
    pub fn managed(credential_changed: bool) -> Self {
        Self {
            step: Step::Managed(Managed { credential_changed }),
            state: None,
        }
    }

    /// Remembers `state` until the next request of this sign-in.
    #[must_use]
    pub fn remember(mut self, state: S) -> Self {
        self.state = Some(state);
        self
    }

    /// Remembers what there was, if there was something.
    #[must_use]
    pub fn keep(mut self, state: Option<S>) -> Self {
        self.state = state;
        self
    }
}
