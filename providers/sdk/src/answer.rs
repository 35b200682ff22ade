//! Builders of descriptions and identities, and what tests read from an outcome.

use crate::{Answer, Description, Identity, Outcome, Page, Purpose, Step, Text};

impl Description {
    /// A provider without icon, settings and outbound hosts, by which people sign in, confirm and link. `label` is what its
    /// button says after "Continue with".
    #[must_use]
    pub fn new(label: Text) -> Self {
        let settings_schema = r#"{"type":"object","additionalProperties":false}"#.to_owned();
        Self {
            label,
            purposes: vec![Purpose::SignIn, Purpose::Confirm, Purpose::Link],
            manage_label: None,
            languages: Vec::new(),
            icon: None,
            settings_schema,
            outbound_hosts: Vec::new(),
        }
    }

    /// What it can be asked for.
    #[must_use]
    pub fn purposes(mut self, purposes: impl IntoIterator<Item = Purpose>) -> Self {
        self.purposes = purposes.into_iter().collect();
        self
    }

    /// It can be asked for `manage` too, and the account page calls that so: "Change your password".
    #[must_use]
    pub fn manage(mut self, label: Text) -> Self {
        if !self.purposes.contains(&Purpose::Manage) {
            self.purposes.push(Purpose::Manage);
        }
        self.manage_label = Some(label);
        self
    }

    /// Languages beside English for which it has texts (BCP 47).
    #[must_use]
    pub fn languages<'a>(mut self, languages: impl IntoIterator<Item = &'a str>) -> Self {
        self.languages = languages.into_iter().map(str::to_owned).collect();
        self
    }

    /// An SVG of at most 8 KiB.
    #[must_use]
    pub fn icon(mut self, svg: impl Into<String>) -> Self {
        self.icon = Some(svg.into());
        self
    }

    /// A JSON Schema (draft 2020-12) of the settings.
    #[must_use]
    pub fn settings_schema(mut self, schema: impl Into<String>) -> Self {
        self.settings_schema = schema.into();
        self
    }

    /// A host that it wants to reach over HTTPS.
    #[must_use]
    pub fn outbound_host(mut self, host: impl Into<String>) -> Self {
        self.outbound_hosts.push(host.into());
        self
    }
}

impl Identity {
    /// A person with no more than a subject: stable, unique at this provider, never given to someone else, at most
    /// 255 bytes.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            email: None,
            email_verified: false,
            claims: Vec::new(),
            amr: Vec::new(),
            credential_changed: false,
        }
    }

    /// An address that this provider knows them to control.
    #[must_use]
    pub fn verified_email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self.email_verified = true;
        self
    }

    /// An address that they, or an upstream, merely claim.
    #[must_use]
    pub fn unverified_email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self.email_verified = false;
        self
    }

    /// An OpenID Connect standard claim (Core §5.1) with a JSON value, e.g. `("name", "\"Ada\"")`.
    #[must_use]
    pub fn claim(mut self, name: &str, json: impl Into<String>) -> Self {
        self.claims.push((name.to_owned(), json.into()));
        self
    }

    /// How they signed in (RFC 8176).
    #[must_use]
    pub fn amr<'a>(mut self, methods: impl IntoIterator<Item = &'a str>) -> Self {
        self.amr = methods.into_iter().map(str::to_owned).collect();
        self
    }

    /// They have just replaced what proves who they are: their other sessions and all grants end.
    #[must_use]
    pub fn credential_changed(mut self) -> Self {
        self.credential_changed = true;
        self
    }
}

impl Outcome {
    /// Whether it shows a page.
    #[must_use]
    pub fn is_page(&self) -> bool {
        matches!(self.step, Step::Page(_))
    }

    /// Its page, if it shows one.
    #[must_use]
    pub fn into_page(self) -> Option<Page> {
        match self.step {
            Step::Page(page) => Some(page),
            _ => None,
        }
    }

    /// Where it sends the browser, if it does.
    #[must_use]
    pub fn into_redirect(self) -> Option<String> {
        match self.step {
            Step::Redirect(url) => Some(url),
            _ => None,
        }
    }

    /// Who signed in, if someone did.
    #[must_use]
    pub fn into_identity(self) -> Option<Identity> {
        match self.step {
            Step::Authenticated(identity) => Some(identity),
            _ => None,
        }
    }
}

impl<S> From<Page> for Answer<S> {
    fn from(page: Page) -> Self {
        Self::page(page)
    }
}
