//! Trying a code, of the app or a recovery code.
//!
//! Tries are counted before they are compared, and given back if they were right. Recovery codes are counted apart: whoever uses up the
//! tries of one kind, with a stolen first factor, does not keep the owner from the other.

use doorward_provider::Failure;
use doorward_provider::limit::Budget;
use doorward_provider::services::{Level, event};

use crate::Visited;
use crate::enrolment::{Enrolment, Tried, segment};
use crate::otp::{self, Checked, DIGITS};
use crate::recovery;

const QUARTER_HOUR_S: u64 = 900;
const DAY_S: u64 = 86_400;

/// What a try was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    /// A code that was used already: the next one will do.
    Used,
    /// Neither kind of code. Not counted.
    Malformed,
    /// There is nothing to try it at.
    Unenrolled,
}

/// Tries what somebody gave for an account.
///
/// # Errors
/// `too-many-requests` after too many wrong ones; `unavailable` if the store did not answer or the key cannot be opened.
pub(crate) fn check(visit: &Visited<'_>, account: &str, given: &str) -> Result<Verdict, Failure> {
    let services = visit.services();
    let Some(enrolment) = Enrolment::of(services, account)? else {
        return Ok(Verdict::Unenrolled);
    };
    let (kind, tried) = if let Some(code) = six_digits(given) {
        let budget = Tries::count(visit, account, "code")?;
        let tried = of_app(visit, account, &enrolment, &code)?;
        ("code", budget.end(visit, tried))
    } else if let Some(code) = recovery::parse(given) {
        let budget = Tries::count(visit, account, "recovery")?;
        let tried = Enrolment::use_recovery(services, account, &code)?;
        ("recovery", budget.end(visit, tried))
    } else {
        return Ok(Verdict::Malformed);
    };
    Ok(match tried {
        Tried::Right => {
            if kind == "recovery" {
                event(services, Level::Warning, "totp.recovery_used", &[]);
            }
            Verdict::Right
        }
        Tried::Wrong => Verdict::Wrong,
        Tried::Used => Verdict::Used,
    })
}

fn of_app(
    visit: &Visited<'_>,
    account: &str,
    enrolment: &Enrolment,
    code: &str,
) -> Result<Tried, Failure> {
    let services = visit.services();
    let key = enrolment.key.open(services, account)?;
    let last = Some(enrolment.last_step);
    match otp::check(key.bytes(), services.now(), last, code) {
        Checked::Right(step) => Enrolment::use_step(services, account, &enrolment.key, step),
        Checked::Used => Ok(Tried::Used),
        Checked::Wrong => Ok(Tried::Wrong),
    }
}

/// The digits in `given`, if they are six and nothing else but blanks and hyphens is there.
pub(crate) fn six_digits(given: &str) -> Option<String> {
    let length = DIGITS as usize;
    let digits: String = given
        .chars()
        .filter(|character| !matches!(character, ' ' | '\t' | '-'))
        .take(length + 1)
        .collect();
    (digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// A try that was counted.
#[must_use = "it was counted"]
struct Tries {
    kind: &'static str,
    budgets: [Budget; 2],
}

impl Tries {
    fn count(visit: &Visited<'_>, account: &str, kind: &'static str) -> Result<Self, Failure> {
        let services = visit.services();
        let settings = visit.settings();
        let key = format!("{kind}/{}", segment(account));
        let budgets = [
            (settings.wrong_per_quarter_hour, QUARTER_HOUR_S),
            (settings.wrong_per_day, DAY_S),
        ]
        .map(|(limit, window)| Budget::new(services, &key, limit, window));
        for budget in &budgets {
            budget
                .spend(services)
                .inspect_err(|_| refused(visit, kind, "limit"))?;
        }
        Ok(Self { kind, budgets })
    }

    fn end(self, visit: &Visited<'_>, tried: Tried) -> Tried {
        match tried {
            Tried::Right => {
                for budget in &self.budgets {
                    budget.give_back(visit.services());
                }
            }
            Tried::Wrong => refused(visit, self.kind, "wrong"),
            Tried::Used => refused(visit, self.kind, "used"),
        }
        tried
    }
}

fn refused(visit: &Visited<'_>, kind: &str, reason: &str) {
    let fields = [("kind", kind), ("reason", reason)];
    event(visit.services(), Level::Warning, "totp.refused", &fields);
}
