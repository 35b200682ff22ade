//! [`Logins`] over `doorward:provider/logins`.

use crate::bindings::doorward::provider::{logins, types};
use crate::host::WitHost;
use crate::provider_page;
use doorward_protocol::ports::{LoginFailure, Logins};
use doorward_protocol::provider::{
    Context, Failure, Identity, Listing, Method, Outcome, Request, Step,
};

impl Logins for WitHost {
    fn providers(&self) -> Vec<Listing> {
        logins::list().into_iter().map(listing).collect()
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
        label: provider_page::text(provider.description.label),
        icon: provider.description.icon,
        outbound_hosts: provider.description.outbound_hosts,
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
        signed_in_subject: context.signed_in_subject.clone(),
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
