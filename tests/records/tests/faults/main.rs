//! The checks notice what they are for: a store in memory that keeps every promise passes, and with one promise broken the
//! check that is about it says so.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is the report"
)]

mod memory;

use doorward_records_conformance::{Report, Verdict, everything, run};
use memory::{Fault, Memory};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_right_store_passes_every_check() {
    let report = everything(Arc::new(Memory(None))).await.unwrap();
    assert_eq!(report.not_run(), [""; 0]);
}

/// How often a fault that shows only in some interleavings is looked for.
const ROUNDS: usize = 20;

async fn caught(fault: Fault, by: &str) {
    let mut last = Report(Vec::new());
    for _ in 0..ROUNDS {
        last = run(
            Arc::new(Memory(Some(fault))),
            |check| check.name == by,
            |_, _| {},
        )
        .await;
        assert_eq!(last.0.len(), 1, "there is no check {by}");
        if matches!(last.0.first(), Some((_, Verdict::Broken(_)))) {
            return;
        }
    }
    panic!("{by} does not notice {fault:?}: {last:?}");
}

macro_rules! faults {
    ($($fault:ident is noticed by $check:ident;)*) => {$(
        #[test]
        #[expect(non_snake_case, reason = "the name is the fault and the check")]
        fn $fault() {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
            runtime.unwrap().block_on(caught(Fault::$fault, stringify!($check)));
        }
    )*

        #[test]
        fn every_fault_is_here() {
            assert_eq!([$(Fault::$fault),*], memory::FAULTS);
        }

        #[test]
        fn every_check_notices_something() {
            let noticing = [$(stringify!($check)),*];
            let idle: Vec<_> = doorward_records_conformance::CHECKS
                .iter()
                .map(|check| check.name)
                .filter(|name| !noticing.contains(name))
                .collect();
            assert!(idle.is_empty(), "no planted fault is for {idle:?}");
        }
    };
}

faults! {
    ValuesAreCutAtZeroBytes is noticed by reads_what_was_written;
    InsertOverwrites is noticed by insert_is_exclusive;
    InsertChecksFirstAndWritesLater is noticed by racing_inserts_have_one_winner;
    InsertOverExpiredChecksFirst is noticed by racing_inserts_over_an_expired_record_have_one_winner;
    ReplaceIgnoresTheVersion is noticed by replace_needs_the_version;
    ReplaceChecksFirstAndWritesLater is noticed by racing_replaces_have_one_winner;
    RemoveIgnoresTheVersion is noticed by remove_needs_the_version;
    RemoveChecksFirstAndWritesLater is noticed by racing_removes_have_one_winner;
    RemoveDoesNotExcludeReplace is noticed by replace_and_remove_exclude_each_other;
    VersionsBeginAnewAfterRemoval is noticed by versions_are_never_used_twice;
    AnyKeyIsTaken is noticed by keys_have_bounds;
    LargeValuesAreCut is noticed by values_have_bounds;
    AnyLimitIsTaken is noticed by listings_have_bounds;
    ExpiredIsSeenByGet is noticed by expired_records_cannot_be_read;
    ExpiryIsASecondLate is noticed by expired_records_cannot_be_read;
    ExpiredStopsInsert is noticed by expired_records_do_not_stop_an_insert;
    ExpiredCanBeReplaced is noticed by expired_records_cannot_be_replaced;
    ExpiredCanBeRemoved is noticed by expired_records_cannot_be_removed_by_version;
    ExpiredIsListed is noticed by expired_records_are_not_listed;
    ExpiredCountersGoOn is noticed by expired_counters_begin_anew;
    ReplaceKeepsTheExpiry is noticed by replace_sets_the_expiry_anew;
    IncrementMovesTheWindow is noticed by counters_are_fixed_windows;
    RecordsCanBeIncremented is noticed by counters_and_records_are_kept_apart;
    CountersWrap is noticed by counters_end_at_63_bits;
    IncrementLosesUpdates is noticed by racing_increments_lose_nothing;
    ListingsAreOutOfOrder is noticed by listings_are_in_byte_order;
    PrefixesAreUnbounded is noticed by listings_keep_to_their_prefix;
    PrefixesArePatterns is noticed by listings_keep_to_their_prefix;
    AfterIsInclusive is noticed by listings_continue_after_a_key;
    ListingsShowNoVersions is noticed by listings_show_what_a_read_shows;
    ReplaceRemovesFirst is noticed by reads_never_miss_a_record_that_is_being_replaced;
    ReadsAreStale is noticed by reads_never_miss_a_record_that_is_being_replaced;
    ReplaceHidesFromListings is noticed by records_that_stay_are_in_every_listing;
    NothingIsPersistent is noticed by acknowledged_writes_survive_reopening;
    DeathTearsTheValue is noticed by a_death_in_the_middle_leaves_a_whole_record;
    DeathLocksTheKey is noticed by a_death_in_the_middle_leaves_a_whole_record;
    OutageIsAbsence is noticed by an_outage_is_never_absence;
}
