//! `authorize`: address and password.
//!
//! 1. the form is well-formed
//! 2. the limits allow a try, which is counted
//! 3. the password is verified, against a hash that nobody knows the password of if there is no
//!    account
//! 4. wrong and unknown get the same answer.

use doorward_provider::Answer;
use doorward_provider::email::EmailAddress;
use doorward_provider::services::{Level, Verdict, event};

use crate::account::Account;
use crate::texts;
use crate::{Answered, Visited, pages, rules, throttle, unchanged};

/// An Argon2id hash by the host's default parameters (m=19456, t=2, p=1). Both salt and output are random bytes: no
/// password is known for it, and verifying against it takes the work of a real account.
pub(crate) const NOBODYS_PHC: &str = "$argon2id$v=19$m=19456,t=2,p=1$r20OIYw08/rk+7vxRoO8oQ$xhvsNG7+GaO4sfzaqvgKvl3uRlUcAel9wDaubUiBQrI";

pub(crate) fn sign_in(visit: &Visited<'_>) -> Answered {
    let services = visit.services();
    let Some(address) = EmailAddress::parse(visit.form("email").unwrap_or_default()) else {
        return Ok(unchanged(
            visit,
            pages::sign_in(None, Some(("email", pages::not_an_address()))),
        ));
    };
    let password = visit.form("password").unwrap_or_default();
    if password.is_empty() {
        let missing = texts::text("password.missing");
        return Ok(unchanged(
            visit,
            pages::sign_in(Some(&address), Some(("password", missing))),
        ));
    }
    let counted = throttle::count(visit, &address)?;
    let account = Account::read(services, &address)?;
    // No account has a password over the bounds. The host would refuse to look at it, so a shorter one is tried in its
    // place, which is wrong by the next line whatever comes of it.
    let bounded = if rules::is_too_long(password) {
        ""
    } else {
        password
    };
    let phc = account
        .as_ref()
        .map_or(NOBODYS_PHC, |account| account.value.phc.as_str());
    let verdict = services
        .verify(bounded.as_bytes(), phc)
        .inspect_err(|_| counted.was_not_verified(services))?;
    let (Some(account), Verdict::Right | Verdict::RightRehash, false) =
        (account, verdict, bounded.is_empty())
    else {
        event(
            services,
            Level::Warning,
            "password.refused",
            &[("reason", "wrong")],
        );
        let mismatch = texts::text("password.mismatch");
        return Ok(unchanged(
            visit,
            pages::sign_in(Some(&address), Some(("password", mismatch))),
        ));
    };
    counted.was_right(services);
    if verdict == Verdict::RightRehash
        && Account::strengthen(services, &account, password.as_bytes()).is_err()
    {
        // The next sign-in tries again; this one was right.
        event(services, Level::Warning, "password.rehash_failed", &[]);
    }
    Ok(Answer::authenticated(account.value.identity().amr(["pwd"])))
}
