//! [`PolicyEngine`] over `doorward:policy/engine`.

use crate::bindings::doorward::policy::{engine, types};
use crate::host::WitHost;
use doorward_protocol::policy::{ClientFacts, Decision, Denial, Input, SessionFacts, UserFacts};
use doorward_protocol::ports::PolicyEngine;

impl PolicyEngine for WitHost {
    fn decide(&self, input: &Input) -> Result<Decision, String> {
        engine::decide(&question(input)).map(decision)
    }
}

fn question(input: &Input) -> types::Input {
    types::Input {
        stage: input.stage.clone(),
        now: input.now,
        client: client(&input.client),
        user: input.user.as_ref().map(user),
        session: input.session.as_ref().map(session),
        grant_type: input.grant_type.clone(),
        scopes: input.scopes.clone(),
        resources: input.resources.clone(),
    }
}

fn client(client: &ClientFacts) -> types::Client {
    types::Client {
        id: client.id.clone(),
        kind: client.kind.clone(),
        trust: client.trust.clone(),
        name: client.name.clone(),
        scopes: client.scopes.clone(),
        redirect_uris: client.redirect_uris.clone(),
    }
}

fn user(user: &UserFacts) -> types::User {
    types::User {
        sub: user.sub.clone(),
        providers: user.providers.clone(),
        email: user.email.clone(),
        email_verified: user.email_verified,
        groups: user.groups.clone(),
        claims: user.claims.clone(),
    }
}

fn session(session: &SessionFacts) -> types::Session {
    types::Session {
        acr: session.acr.clone(),
        amr: session.amr.clone(),
        auth_time: session.auth_time,
        provider: session.provider.clone(),
        client_address: session.client_address.clone(),
    }
}

fn decision(decision: types::Decision) -> Decision {
    Decision {
        deny: decision.deny.map(|denial| Denial {
            reason: denial.reason,
            message: denial.message,
        }),
        scopes: decision.scopes,
        access_token_lifetime_s: decision.access_token_lifetime_s,
        refresh_token_lifetime_s: decision.refresh_token_lifetime_s,
        require_acr: decision.require_acr,
        require_provider: decision.require_provider,
        require_consent: decision.require_consent,
        claims: decision.claims,
        rules: decision.rules,
    }
}
