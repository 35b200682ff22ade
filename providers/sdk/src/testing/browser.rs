//! The core and a person, as far as one sign-in at one provider goes.

use std::marker::PhantomData;

use super::Host;
use crate::{Account, Context, Failure, Method, Outcome, Provider, Purpose, Request, handle};

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
            purpose: Purpose::SignIn,
            account: None,
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

    /// In this language (BCP 47) instead of English.
    #[must_use]
    pub fn language(mut self, language: &str) -> Self {
        language.clone_into(&mut self.context.language);
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
    pub fn signed_in(self, subject: &str) -> Self {
        let purpose = self.context.purpose;
        self.asked_for(purpose, "account", Some(subject))
    }

    /// Asked for `purpose` about the account with this id, which has this subject here.
    #[must_use]
    pub fn asked_for(mut self, purpose: Purpose, account: &str, subject: Option<&str>) -> Self {
        self.context.purpose = purpose;
        self.context.account = Some(Account {
            id: account.to_owned(),
            label: "ada@example.com".to_owned(),
            subject: subject.map(str::to_owned),
        });
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
        self.ask(Method::Get, path, &[], &[])
    }

    /// POST a form to a path.
    ///
    /// # Errors
    /// What the provider answers; the sign-in then stays as it was.
    pub fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Result<Outcome, Failure> {
        self.ask(Method::Post, path, &[], form)
    }

    /// GET a path with query parameters: how an upstream server sends the browser back.
    ///
    /// # Errors
    /// What the provider answers; the sign-in then stays as it was.
    pub fn get_with(&mut self, path: &str, query: &[(&str, &str)]) -> Result<Outcome, Failure> {
        self.ask(Method::Get, path, query, &[])
    }

    /// The browser comes back to `callback` from an upstream server, which put this into the query.
    ///
    /// # Errors
    /// What the provider answers; the sign-in then stays as it was.
    pub fn callback(&mut self, query: &[(String, String)]) -> Result<Outcome, Failure> {
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.get_with("callback", &query)
    }

    fn ask(
        &mut self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Result<Outcome, Failure> {
        let request = Request {
            method,
            path: path.to_owned(),
            query: owned(query),
            form: owned(form),
        };
        let outcome = handle::<P>(self.host, Some(self.host), &self.context, &request)?;
        self.context.state.clone_from(&outcome.state);
        Ok(outcome)
    }
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
