//! The ways into an account: one more, one less, and what their providers keep.
//!
//! Unlike the rest of the page these add rights or change what proves who somebody is, so that a browser left alone is not enough:
//! whoever signed in too long ago does so once more ([`provider::is_fresh`]).

use super::super::{Call, provider};
use super::Viewer;
use crate::http::Answer;
use crate::login::{self, Errand, Goal};
use crate::page::{AccountChange, ErrandLine, WayIn};
use crate::ports::Level;
use crate::provider::{Leaver, Listing, Purpose};
use crate::refusal::Refusal;
use crate::session::ActiveSession;
use crate::user::{self, LinkedIdentity, User};

/// What a form calls a way in.
fn name(identity: &LinkedIdentity) -> String {
    user::name_of_way(&identity.provider, &identity.subject)
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
        let providers = self.call.host.providers();
        let listing = providers.iter().find(|one| one.id == provider_id);
        let purpose = listing.and_then(|one| errand(one, &self.session.user));
        let errand = Errand {
            provider: provider_id.to_owned(),
            sub: self.session.user.sub.clone(),
            way: None,
        };
        match (action, purpose) {
            ("link", Some(Purpose::Link)) => self.begin(&Goal::Link(errand)),
            ("manage", Some(Purpose::Manage)) => self.begin(&Goal::Manage(errand)),
            _ => Err(Refusal::ProviderNotFound),
        }
    }

    /// Takes a way in away.
    pub(super) fn unlink(&self, id: &str) -> Result<Answer, Refusal> {
        let user = &self.session.user;
        let Some(identity) = user.identities.iter().find(|one| name(one) == id) else {
            return Ok(self.back(AccountChange::Unlinked));
        };
        self.begin(&Goal::Unlink(Errand {
            provider: identity.provider.clone(),
            sub: user.sub.clone(),
            way: Some(id.to_owned()),
        }))
    }

    /// Begins an errand: whoever signed in too long ago does so first.
    fn begin(&self, goal: &Goal) -> Result<Answer, Refusal> {
        let call = self.call;
        let mut transaction = login::begin_for(call, self.browser, goal.clone())?;
        if provider::is_fresh(self.session, call) {
            return provider::run(call, self.session, goal, &mut transaction);
        }
        Ok(Answer::see_other(format!(
            "{}/login?transaction={}",
            call.base(),
            transaction.id
        )))
    }
}

/// Takes a way in away from whoever is signed in, who has just confirmed it. Whoever signed in by it stays signed in.
///
/// # Errors
/// [`Refusal::LastWayIn`]; [`Refusal::ProviderUnavailable`] if its provider does not forget them: it is closed, and can be taken away
/// again; store failures.
pub(in crate::endpoint) fn unlink(
    call: &Call<'_>,
    session: &ActiveSession,
    errand: &Errand,
) -> Result<Answer, Refusal> {
    let browser = call.browser();
    let done = || super::back(call, &browser, session, AccountChange::Unlinked);
    let user = &session.user;
    let mut ways = user.identities.iter();
    let Some(identity) = ways.find(|one| Some(name(one)) == errand.way) else {
        return Ok(done());
    };
    let (provider, subject) = (identity.provider.as_str(), identity.subject.as_str());
    let providers = call.host.providers();
    let counts = |one: &LinkedIdentity| is_way_in(one, &providers);
    let was_theirs = user::unlink(&user.sub, provider, subject, counts, call.host)?;
    let fields = [("sub", user.sub.as_str()), ("provider", provider)];
    call.host.emit(Level::Info, "user.unlinked", &fields);
    if was_theirs && providers.iter().any(|one| one.id == provider) {
        forget(user, provider, Some(subject), call)?;
    }
    user::forgotten(&user.sub, provider, subject, call.host)?;
    Ok(done())
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
