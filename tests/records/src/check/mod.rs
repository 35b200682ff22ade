//! The checks, by name. Each one gets a store of its own and says what was broken.

mod bounds;
mod counters;
mod crash;
mod expiry;
mod listing;
mod races;
mod writing;

use crate::store::{Clock, Deployment, Store, Subject};
use anyhow::Context as _;
use std::pin::Pin;
use std::sync::Arc;

/// The second at which every check begins.
pub const NOW: u64 = 1_800_000_000;

/// What came of one check.
#[derive(Debug)]
pub enum Verdict {
    /// The promise was kept.
    Kept,
    /// It was not, and how that showed.
    Broken(String),
    /// The subject has no way to do what the check needs.
    NotRun(&'static str),
}

/// What a check gets: one new store, two handles to it, and the clock that it goes by.
pub(crate) struct Stage {
    pub(crate) clock: Clock,
    pub(crate) one: Arc<dyn Store>,
    pub(crate) two: Arc<dyn Store>,
    pub(crate) deployment: Box<dyn Deployment>,
}

type Running = Pin<Box<dyn Future<Output = anyhow::Result<Verdict>> + Send>>;

/// One promise of the contract.
pub struct Check {
    /// What is promised.
    pub name: &'static str,
    /// Whether it is about several processes at once, or about one that dies: worth the cost of real ones.
    pub concurrent: bool,
    run: fn(Stage) -> Running,
}

impl Check {
    /// Runs it on a new store of the subject.
    pub async fn run(&self, subject: &Arc<dyn Subject>) -> Verdict {
        match stage(&**subject) {
            Err(error) => Verdict::Broken(format!("no store to check: {error:#}")),
            // A task of its own: a subject that panics is one that broke its promise.
            Ok(stage) => match tokio::spawn((self.run)(stage)).await {
                Ok(Ok(verdict)) => verdict,
                Ok(Err(broken)) => Verdict::Broken(format!("{broken:#}")),
                Err(panic) => Verdict::Broken(panic.to_string()),
            },
        }
    }
}

fn stage(subject: &dyn Subject) -> anyhow::Result<Stage> {
    let clock = Clock::at(NOW);
    let deployment = subject.deploy(&clock)?;
    Ok(Stage {
        one: deployment.open()?,
        two: deployment.open()?,
        deployment,
        clock,
    })
}

macro_rules! checks {
    ($($module:ident::$name:ident $(($concurrent:ident))?,)*) => {
        /// Everything that a store must do.
        pub const CHECKS: &[Check] = &[$(Check {
            name: stringify!($name),
            concurrent: false $(|| stringify!($concurrent).len() > 0)?,
            run: |stage| Box::pin(async move { Ok($module::$name(stage).await?.into()) }),
        }),*];
    };
}

checks! {
    writing::reads_what_was_written,
    writing::insert_is_exclusive,
    writing::replace_needs_the_version,
    writing::remove_needs_the_version,
    writing::versions_are_never_used_twice,
    bounds::keys_have_bounds,
    bounds::values_have_bounds,
    bounds::listings_have_bounds,
    expiry::expired_records_cannot_be_read,
    expiry::expired_records_do_not_stop_an_insert,
    expiry::expired_records_cannot_be_replaced,
    expiry::expired_records_cannot_be_removed_by_version,
    expiry::expired_records_are_not_listed,
    expiry::expired_counters_begin_anew,
    expiry::replace_sets_the_expiry_anew,
    counters::counters_are_fixed_windows,
    counters::counters_and_records_are_kept_apart,
    counters::counters_end_at_63_bits,
    listing::listings_are_in_byte_order,
    listing::listings_keep_to_their_prefix,
    listing::listings_continue_after_a_key,
    listing::listings_show_what_a_read_shows,
    races::racing_inserts_have_one_winner (concurrent),
    races::racing_inserts_over_an_expired_record_have_one_winner (concurrent),
    races::racing_replaces_have_one_winner (concurrent),
    races::racing_removes_have_one_winner (concurrent),
    races::replace_and_remove_exclude_each_other (concurrent),
    races::racing_increments_lose_nothing (concurrent),
    races::records_that_stay_are_in_every_listing (concurrent),
    races::reads_never_miss_a_record_that_is_being_replaced (concurrent),
    crash::acknowledged_writes_survive_reopening (concurrent),
    crash::a_death_in_the_middle_leaves_a_whole_record (concurrent),
    crash::an_outage_is_never_absence,
}

impl From<()> for Verdict {
    fn from((): ()) -> Self {
        Self::Kept
    }
}

/// What came of all checks.
#[derive(Debug)]
pub struct Report(pub Vec<(&'static str, Verdict)>);

impl Report {
    /// The promises that were broken, one line each.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        self.0
            .iter()
            .filter_map(|(name, verdict)| match verdict {
                Verdict::Broken(how) => Some(format!("{name}: {how}")),
                Verdict::Kept | Verdict::NotRun(_) => None,
            })
            .collect()
    }

    /// The checks that the subject had no way to run.
    #[must_use]
    pub fn not_run(&self) -> Vec<&'static str> {
        self.0
            .iter()
            .filter_map(|(name, verdict)| matches!(verdict, Verdict::NotRun(_)).then_some(*name))
            .collect()
    }
}

/// Runs every check that `wanted` wants, one after the other, and tells `seen` of each.
pub async fn run(
    subject: Arc<dyn Subject>,
    wanted: impl Fn(&Check) -> bool,
    mut seen: impl FnMut(&Check, &Verdict),
) -> Report {
    let mut verdicts = Vec::new();
    for check in CHECKS.iter().filter(|check| wanted(check)) {
        let verdict = check.run(&subject).await;
        seen(check, &verdict);
        verdicts.push((check.name, verdict));
    }
    Report(verdicts)
}

/// Runs every check and fails with all that was broken.
///
/// # Errors
/// The promises that were broken.
pub async fn everything(subject: Arc<dyn Subject>) -> anyhow::Result<Report> {
    let report = run(subject, |_| true, |_, _| {}).await;
    let broken = report.broken();
    anyhow::ensure!(broken.is_empty(), "broken promises:\n{}", broken.join("\n"));
    Ok(report)
}

/// What is at a key, which must be there.
pub(crate) async fn read(store: &dyn Store, key: &str) -> anyhow::Result<crate::Entry> {
    store
        .get(key)
        .await
        .with_context(|| format!("get {key:?}"))?
        .with_context(|| format!("{key:?} is absent"))
}

/// Fails unless both are the same; `what` says what it is about.
#[expect(
    clippy::needless_pass_by_value,
    reason = "answers come straight from the call"
)]
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(
    what: impl std::fmt::Display,
    got: T,
    expected: T,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        got == expected,
        "{what}: got {got:?}, expected {expected:?}"
    );
    Ok(())
}
