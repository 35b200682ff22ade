//! [`Logins`] over `doorward:provider/logins`.

use crate::bindings::doorward::provider::{logins, types};
use crate::host::WitHost;
use crate::provider_page;
use doorward_protocol::ports::{LoginFailure, Logins};
use doorward_protocol::provider::{
    Account, Context, Description, Failure, Identity, Leaver, Listing, Method, Outcome, Purpose,
    Request, Step,
};

impl Logins for WitHost {
    fn providers(&self) -> Vec<Listing> {
        logins::list().into_iter().map(listing).collect()
    }

    fn describe(&self, provider_id: &str) -> Option<Description> {
        logins::describe(provider_id).map(description)
    }

    fn texts(&self, provider_id: &str, language: &str) -> Vec<(String, String)> {
        logins::texts(provider_id, language)
    }

    fn forget(&self, leaver: &Leaver) -> Result<(), LoginFailure> {
        let theirs = types::Leaver {
            provider_id: leaver.provider_id.clone(),
            // The host puts the operator's settings here; it ignores ours.
            settings: String::new(),
            account_id: leaver.account_id.clone(),
            subject: leaver.subject.clone(),
        };
        logins::forget(&leaver.provider_id, &theirs).map_err(login_failure)
    }

    fn handle(
        &self,
        provider_id: &str,
        context: &Context,
        request: &Request,
    ) -> Result<Outcome, LoginFailure> {
        logins::handle(provider_id, &to_context(context), &to_request(request))
            .map(outcome)
            .map_err(login_failure)
    }
}

fn listing(provider: logins::Provider) -> Listing {
    Listing {
        id: provider.id,
        label: provider_page::text(provider.label),
        purposes: provider.purposes.into_iter().map(purpose).collect(),
        manage_label: provider.manage_label.map(provider_page::text),
    }
}

fn description(description: types::Description) -> Description {
    Description {
        label: provider_page::text(description.label),
        purposes: description.purposes.into_iter().map(purpose).collect(),
        icon: description.icon,
        languages: description.languages,
        outbound_hosts: description.outbound_hosts,
    }
}

fn purpose(purpose: types::Purpose) -> Purpose {
    match purpose {
        types::Purpose::SignIn => Purpose::SignIn,
        types::Purpose::Confirm => Purpose::Confirm,
        types::Purpose::Link => Purpose::Link,
        types::Purpose::Manage => Purpose::Manage,
    }
}

fn to_purpose(purpose: Purpose) -> types::Purpose {
    match purpose {
        Purpose::SignIn => types::Purpose::SignIn,
        Purpose::Confirm => types::Purpose::Confirm,
        Purpose::Link => types::Purpose::Link,
        Purpose::Manage => types::Purpose::Manage,
    }
}

fn to_account(account: &Account) -> types::Account {
    types::Account {
        id: account.id.clone(),
        label: account.label.clone(),
        subject: account.subject.clone(),
    }
}

fn to_context(context: &Context) -> types::Context {
    types::Context {
        provider_id: context.provider_id.clone(),
        base_url: context.base_url.clone(),
        // The host puts the operator's settings here; it ignores ours.
        settings: String::new(),
        state: context.state.clone(),
        transaction: context.transaction.clone(),
        purpose: to_purpose(context.purpose),
        account: context.account.as_ref().map(to_account),
        login_hint: context.login_hint.clone(),
        language: context.language.clone(),
        client_address: context.client_address.clone(),
        service_name: context.service_name.clone(),
    }
}

fn to_request(request: &Request) -> types::Request {
    types::Request {
        method: match request.method {
            Method::Get => types::Method::Get,
            Method::Post => types::Method::Post,
        },
        path: request.path.clone(),
        query: request.query.clone(),
        form: request.form.clone(),
    }
}

fn outcome(outcome: types::Outcome) -> Outcome {
    let step = match outcome.step {
        types::Step::Redirect(url) => Step::Redirect(url),
        types::Step::Page(page) => Step::Page(provider_page::page(page)),
        types::Step::Authenticated(identity) => Step::Authenticated(to_identity(identity)),
        types::Step::Unenrolled => Step::Unenrolled,
        types::Step::Managed(managed) => Step::Managed {
            credential_changed: managed.credential_changed,
        },
    };
    Outcome {
        step,
        state: outcome.state,
    }
}

fn to_identity(identity: types::Identity) -> Identity {
    Identity {
        subject: identity.subject,
        email: identity.email,
        email_verified: identity.email_verified,
        claims: identity.claims,
        amr: identity.amr,
        credential_changed: identity.credential_changed,
    }
}

fn login_failure(error: logins::Error) -> LoginFailure {
    match error {
        logins::Error::UnknownProvider => LoginFailure::UnknownProvider,
        logins::Error::Failed(failure) => LoginFailure::Failed(to_failure(failure)),
        logins::Error::Crashed(why) => LoginFailure::Crashed(why),
    }
}

fn to_failure(failure: types::Failure) -> Failure {
    match failure {
        types::Failure::NotFound => Failure::NotFound,
        types::Failure::BadRequest(why) => Failure::BadRequest(why),
        types::Failure::Unavailable(why) => Failure::Unavailable(why),
        types::Failure::TooManyRequests(seconds) => Failure::TooManyRequests(seconds),
    }
}
