//! The ways into an account: one more, one less, and what their providers keep.
//!
//! Unlike the rest of the page these add rights or change what proves who somebody is, so that a browser left alone is not enough:
//! whoever signed in too long ago does so once more ([`provider::is_fresh`]).

use super::super::{Call, login as login_page, provider};
use super::Viewer;
use crate::http::Answer;
use crate::login::{self, Errand, Goal};
use crate::page::{AccountChange, ErrandLine, WayIn};
use crate::ports::Level;
use crate::provider::{Leaver, Listing, Purpose};
use crate::refusal::Refusal;
use crate::secret::{base64url, sha256_of};
use crate::user::{self, LinkedIdentity, User};

/// What a form calls a way in: 22 characters of base64url.
fn name(identity: &LinkedIdentity) -> String {
    let digest = sha256_of(&[identity.provider.as_bytes(), identity.subject.as_bytes()]);
    base64url(digest.first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// What somebody can do at a provider from here.
fn errand(provider: &Listing, user: &User) -> Option<Purpose> {
    let linked = user.subject_at(&provider.id).is_some();
    if provider.is_for(Purpose::Manage) && (linked || !provider.is_for(Purpose::SignIn)) {
        Some(Purpose::Manage)
    } else if provider.is_for(Purpose::Link) && !linked {
        Some(Purpose::Link)
    } else {
        None
    }
}

impl Viewer<'_> {
    /// The ways in; each but the last can be taken away.
    pub(super) fn ways(&self) -> Vec<WayIn> {
        let user = &self.session.user;
        let providers = self.call.host.providers();
        let way = |identity: &LinkedIdentity| {
            let id = name(identity);
            let others = user
                .identities
                .iter()
                .any(|one| one != identity && !one.leaving && is_way_in(one, &providers));
            WayIn {
                identity: self.identity(&identity.provider, identity.linked_at),
                csrf: others.then(|| self.csrf("unlink", &id)),
                id,
            }
        };
        user.identities.iter().map(way).collect()
    }

    /// What can be added or managed.
    pub(super) fn errands(&self) -> Vec<ErrandLine> {
        let user = &self.session.user;
        let providers = self.call.host.providers();
        let line = |provider: Listing| {
            let purpose = errand(&provider, user)?;
            let (action, label) = match purpose {
                Purpose::Manage => ("manage", provider.manage_label),
                _ => ("link", None),
            };
            Some(ErrandLine {
                csrf: self.csrf(action, &provider.id),
                provider_id: provider.id,
                provider: provider.label,
                action,
                label,
            })
        };
        providers.into_iter().filter_map(line).collect()
    }

    /// Goes to a provider to link it, or to look after what it keeps.
    pub(super) fn run_errand(&self, action: &str, provider_id: &str) -> Result<Answer, Refusal> {
        let call = self.call;
        let providers = call.host.providers();
        let listing = providers.iter().find(|one| one.id == provider_id);
        let purpose = listing.and_then(|one| errand(one, &self.session.user));
        let errand = Errand {
            provider: provider_id.to_owned(),
            sub: self.session.user.sub.clone(),
        };
        let (goal, path) = match (action, purpose) {
            ("link", Some(Purpose::Link)) => (Goal::Link(errand), "authorize"),
            ("manage", Some(Purpose::Manage)) => (Goal::Manage(errand), "manage"),
            _ => return Err(Refusal::ProviderNotFound),
        };
        let transaction = login::begin_for(call, self.browser, goal)?;
        let to = if provider::is_fresh(self.session, call) {
            format!("{provider_id}/{path}")
        } else {
            "login".to_owned()
        };
        Ok(Answer::see_other(format!(
            "{}/{to}?transaction={}",
            call.base(),
            transaction.id
        )))
    }

    /// Takes a way in away. Whoever signed in by it stays signed in.
    pub(super) fn unlink(&self, id: &str) -> Result<Answer, Refusal> {
        let call = self.call;
        let user = &self.session.user;
        let Some(identity) = user.identities.iter().find(|one| name(one) == id) else {
            return Ok(self.back(AccountChange::Unlinked));
        };
        if !provider::is_fresh(self.session, call) {
            let transaction = login::begin_for(call, self.browser, Goal::Account)?;
            return login_page::choose(call, &transaction, &[]);
        }
        let (provider, subject) = (identity.provider.as_str(), identity.subject.as_str());
        let providers = call.host.providers();
        let counts = |one: &LinkedIdentity| is_way_in(one, &providers);
        user::unlink(&user.sub, provider, subject, counts, call.host)?;
        let fields = [("sub", user.sub.as_str()), ("provider", provider)];
        call.host.emit(Level::Info, "user.unlinked", &fields);
        if providers.iter().any(|one| one.id == provider) {
            forget(user, provider, Some(subject), call)?;
        }
        user::forgotten(&user.sub, provider, subject, call.host)?;
        Ok(self.back(AccountChange::Unlinked))
    }
}

/// Whether somebody can come in by it: its provider is there, and for signing in.
fn is_way_in(identity: &LinkedIdentity, providers: &[Listing]) -> bool {
    providers
        .iter()
        .any(|one| one.id == identity.provider && one.is_for(Purpose::SignIn))
}

/// Has a provider forget somebody.
fn forget(
    user: &User,
    provider: &str,
    subject: Option<&str>,
    call: &Call<'_>,
) -> Result<(), Refusal> {
    let leaver = Leaver {
        provider_id: provider.to_owned(),
        account_id: user.account_at(provider).id,
        subject: subject.map(str::to_owned),
    };
    call.host
        .forget(&leaver)
        .map_err(|failure| Refusal::ProviderUnavailable(format!("{provider}: {failure:?}")))
}
