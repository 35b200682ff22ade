//! How often a password may be tried.
//!
//! Tries are counted before they are verified, per network and per account, and given back if they were right. Failures
//! at an account are counted apart for each network from which its owner has signed in before, so that strangers who
//! keep failing on purpose do not lock the owner out; on a new network the owner can reset the password by mail, which
//! has limits of its own and signs in as well.

use doorward_provider::Failure;
use doorward_provider::email::EmailAddress;
use doorward_provider::familiar::Share;
use doorward_provider::limit::Budget;
use doorward_provider::services::{Level, Services, event};

use crate::Visited;

/// The window of both limits: 15 minutes, in seconds.
const WINDOW_S: u64 = 15 * 60;

/// A try that was counted. Nothing is verified without one.
#[must_use = "it was counted"]
pub(crate) struct Counted {
    network: Option<Budget>,
    account: Budget,
    share: Share,
}

/// Counts a try of a password for the account of `address`, whether or not there is one.
pub(crate) fn count(visit: &Visited<'_>, address: &EmailAddress) -> Result<Counted, Failure> {
    let services = visit.services();
    let limits = visit.settings().sign_in;
    let from = visit.network();
    let refused = |reason: &'static str| {
        move |_: &Failure| {
            event(
                services,
                Level::Warning,
                "password.refused",
                &[("reason", reason)],
            );
        }
    };
    // The network first: who has used up their own share must not go on using up that of an account.
    let network = from.as_ref().map(|network| {
        let key = format!("sign-in/network/{}", network.key());
        Budget::new(services, &key, limits.failures_per_network, WINDOW_S)
    });
    if let Some(network) = &network {
        network
            .spend(services)
            .inspect_err(refused("network_limit"))?;
    }
    let share = Share::of(services, address, from.as_ref())?;
    let key = format!("sign-in/account/{}/{}", address.key(), share.segment());
    let account = Budget::new(services, &key, limits.failures_per_account, WINDOW_S);
    account
        .spend(services)
        .inspect_err(refused("account_limit"))?;
    Ok(Counted {
        network,
        account,
        share,
    })
}

impl Counted {
    /// The host could not say whether the password was right, so nothing was tried: the try is given back.
    pub(crate) fn was_not_verified(&self, services: &dyn Services) {
        self.account.give_back(services);
        if let Some(network) = &self.network {
            network.give_back(services);
        }
    }

    /// The password was right: the try is given back and the network remembered.
    pub(crate) fn was_right(&self, services: &dyn Services) {
        self.was_not_verified(services);
        // Failing to remember makes limits stricter, which is no reason to turn a right password away.
        let _ = self.share.remember(services);
    }
}
