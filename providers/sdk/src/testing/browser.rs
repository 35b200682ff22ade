//! The core and a person, as far as one sign-in at one provider goes.

use std::marker::PhantomData;

use super::Host;
use crate::{Context, Failure, Method, Outcome, Provider, Request, handle};

/// One sign-in in one browser: keeps the provider's state from step to step, as the core does.
pub struct Browser<'a, P> {
    host: &'a Host,
    context: Context,
    provider: PhantomData<P>,
}

impl<P> Clone for Browser<'_, P> {
    /// The same sign-in once more: for two requests at the same time.
    fn clone(&self) -> Self {
        Self {
            host: self.host,
            context: self.context.clone(),
            provider: PhantomData,
        }
    }
}

impl<'a, P: Provider> Browser<'a, P> {
    /// A new sign-in, from 192.0.2.1, at a service named Example.
    #[must_use]
    pub fn new(host: &'a Host) -> Self {
        let context = Context {
            provider_id: "test".to_owned(),
            base_url: "https://id.example/test".to_owned(),
            settings: String::new(),
            state: None,
            transaction: "transaction".to_owned(),
            signed_in_subject: None,
            login_hint: None,
            language: "en".to_owned(),
            client_address: Some("192.0.2.1".to_owned()),
            service_name: "Example".to_owned(),
        };
        Self {
            host,
            context,
            provider: PhantomData,
        }
    }

    /// Under these settings (JSON).
    #[must_use]
    pub fn settings(mut self, json: &str) -> Self {
        json.clone_into(&mut self.context.settings);
        self
    }

    /// From this IP address.
    #[must_use]
    pub fn from(mut self, client_address: &str) -> Self {
        self.context.client_address = Some(client_address.to_owned());
        self
    }

    /// Signed in already as this subject.
    #[must_use]
    pub fn signed_in(mut self, subject: &str) -> Self {
        self.context.signed_in_subject = Some(subject.to_owned());
        self
    }

    /// The context, to change anything else.
    pub fn context(&mut self) -> &mut Context {
        &mut self.context
    }

    /// GET a path.
    ///
    /// # Errors
    /// What the provider answers; the sign-in then stays as it was.
    pub fn get(&mut self, path: &str) -> Result<Outcome, Failure> {
        self.ask(Method::Get, path, &[])
    }

    /// POST a form to a path.
    ///
    /// # Errors
    /// What the provider answers; the sign-in then stays as it was.
    pub fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Result<Outcome, Failure> {
        self.ask(Method::Post, path, form)
    }

    fn ask(
        &mut self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<Outcome, Failure> {
        let form = form
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let request = Request {
            method,
            path: path.to_owned(),
            query: Vec::new(),
            form,
        };
        let outcome = handle::<P>(self.host, &self.context, &request)?;
        self.context.state.clone_from(&outcome.state);
        Ok(outcome)
    }
}
