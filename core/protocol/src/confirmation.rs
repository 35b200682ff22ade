//! Second steps: whoever proved who they are by one provider confirms it by another (NIST SP 800-63B §4.2, RFC 9470).
//!
//! What is under way lies in the sign-in ([`crate::login::Login::confirmation`]), never in a session: until the last step is
//! done, nobody is signed in. Providers are asked in the operator's order. One that has nothing of this person says so, and the
//! next is asked; only when none has anything do they go on without, or set one up if they must. So a stolen password alone
//! sets up nothing for somebody who has something set up already.

use crate::session::ActiveSession;
use crate::settings::{Confirmation, Server};
use crate::time::UnixTime;
use crate::user::User;
use serde::{Deserialize, Serialize};

/// Who is known so far, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Who.
    pub sub: String,
    /// [`User::generation`] then: whoever changes a password meanwhile ends this too.
    pub generation: u32,
    /// [`User::session_generation`] then: so does whoever signs out everywhere.
    pub session_generation: u32,
    /// The session that says so, if it was not this sign-in: it ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// By which provider.
    pub provider: String,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// When they proved it.
    pub auth_time: UnixTime,
    /// The credential was replaced on the way.
    #[serde(default)]
    pub credential_changed: bool,
}

impl Known {
    /// Whoever is signed in to a session.
    #[must_use]
    pub fn of(session: &ActiveSession) -> Self {
        Self {
            sub: session.user.sub.clone(),
            generation: session.user.generation,
            session_generation: session.user.session_generation,
            sid: Some(session.id.clone()),
            provider: session.session.provider.clone(),
            amr: session.session.amr.clone(),
            auth_time: session.session.auth_time,
            credential_changed: false,
        }
    }

    /// Whether it still is this person: not disabled, and nothing of theirs was ended since.
    #[must_use]
    pub fn is(&self, user: &User) -> bool {
        self.sub == user.sub
            && self.generation == user.generation
            && self.session_generation == user.session_generation
            && !user.disabled
    }

    /// The methods of both steps together.
    #[must_use]
    pub fn with(&self, amr: &[String]) -> Vec<String> {
        let mut all = self.amr.clone();
        for method in amr {
            if !all.contains(method) {
                all.push(method.clone());
            }
        }
        all
    }
}

/// A confirmation under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Of whom.
    pub known: Known,
    /// By one of these, the preferred first.
    pub by: Vec<String>,
    /// Without any of them there is no sign-in.
    pub required: bool,
    /// Those that have nothing of this person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unenrolled: Vec<String>,
}

/// What comes next in a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next<'a> {
    /// This provider is asked.
    Ask(&'a str),
    /// One of these is set up.
    Enroll(&'a [String]),
    /// Nothing is set up, and nothing need be.
    GoOn,
}

impl Pending {
    /// A confirmation by one of `by`.
    #[must_use]
    pub const fn new(known: Known, by: Vec<String>, required: bool) -> Self {
        Self {
            known,
            by,
            required,
            unenrolled: Vec::new(),
        }
    }

    /// What comes next.
    #[must_use]
    pub fn next(&self) -> Next<'_> {
        match self.left().next() {
            Some(provider) => Next::Ask(provider),
            None if self.required => Next::Enroll(&self.by),
            None => Next::GoOn,
        }
    }

    /// The providers that may have something of this person.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.by
            .iter()
            .filter(|provider| !self.unenrolled.contains(provider))
            .map(String::as_str)
    }

    /// The providers among which this person may choose now.
    #[must_use]
    pub fn choices(&self) -> Vec<&str> {
        match self.next() {
            Next::Ask(_) => self.left().collect(),
            Next::Enroll(by) => by.iter().map(String::as_str).collect(),
            Next::GoOn => Vec::new(),
        }
    }

    /// Whether a provider may be asked now: to confirm, or to set something up.
    #[must_use]
    pub fn may_ask(&self, provider: &str) -> bool {
        self.choices().contains(&provider)
    }

    /// Whether this person may set something up now.
    #[must_use]
    pub fn is_enrolling(&self) -> bool {
        matches!(self.next(), Next::Enroll(_))
    }
}

/// All providers that confirm people here, the preferred first: who adds or takes away a way in, or manages a credential, confirms
/// it by what they have of these. Otherwise whoever has the first factor alone could replace the second.
#[must_use]
pub fn all(server: &Server) -> Vec<String> {
    let rules = server.confirmations.iter().flat_map(|rule| &rule.by);
    let contexts = server.authentication_contexts.iter();
    let mut all: Vec<String> = Vec::new();
    for id in rules.chain(contexts.flat_map(|context| &context.confirm_by)) {
        if !all.contains(id) {
            all.push(id.clone());
        }
    }
    all
}

/// What the operator asks for after a sign-in by `provider`: the first rule that fits.
#[must_use]
pub fn after<'a>(provider: &str, rules: &'a [Confirmation]) -> Option<&'a Confirmation> {
    rules.iter().find(|rule| {
        let fits = rule.after.is_empty() || rule.after.iter().any(|one| one == provider);
        // A way to sign in does not confirm itself.
        fits && rule.by.iter().any(|one| one != provider)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(by: &[&str], required: bool, unenrolled: &[&str]) -> Pending {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Pending {
            known: Known {
                sub: "u".to_owned(),
                generation: 0,
                session_generation: 0,
                sid: None,
                provider: "password".to_owned(),
                amr: vec!["pwd".to_owned()],
                auth_time: UnixTime(0),
                credential_changed: false,
            },
            by: owned(by),
            required,
            unenrolled: owned(unenrolled),
        }
    }

    #[test]
    fn providers_are_asked_in_order_until_one_has_something() {
        let all = ["passkey", "totp"];
        assert_eq!(pending(&all, true, &[]).next(), Next::Ask("passkey"));
        assert_eq!(pending(&all, true, &["passkey"]).next(), Next::Ask("totp"));
        assert_eq!(pending(&all, false, &all).next(), Next::GoOn);
        assert!(pending(&all, true, &all).is_enrolling());
    }

    #[test]
    fn nothing_is_set_up_for_somebody_who_has_something() {
        let one_left = pending(&["passkey", "totp"], true, &["passkey"]);
        assert!(!one_left.is_enrolling());
        assert!(!one_left.may_ask("passkey") && one_left.may_ask("totp"));
        assert!(!pending(&["totp"], false, &["totp"]).may_ask("totp"));
        assert!(pending(&["totp"], true, &["totp"]).may_ask("totp"));
        assert!(!pending(&["totp"], true, &[]).may_ask("github"));
    }

    #[test]
    fn the_first_rule_that_fits_counts_and_nobody_confirms_themselves() {
        let rule = |after: &[&str], by: &[&str]| Confirmation {
            after: after.iter().map(|&name| name.to_owned()).collect(),
            by: by.iter().map(|&name| name.to_owned()).collect(),
            required: false,
        };
        let rules = [rule(&["password"], &["totp"]), rule(&[], &["passkey"])];
        assert_eq!(after("password", &rules), rules.first());
        assert_eq!(after("github", &rules), rules.get(1));
        assert_eq!(after("passkey", &rules), None);
        assert_eq!(after("password", &[]), None);
    }

    #[test]
    fn methods_of_both_steps_count_once_each() {
        let known = pending(&[], false, &[]).known;
        assert_eq!(
            known.with(&["otp".to_owned(), "pwd".to_owned()]),
            ["pwd", "otp"]
        );
    }
}
