//! Doorward's own stores for other hosts keep what `doorward:host/records` promises, in one process and in several.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is the report"
)]

mod build;
mod cost;
mod operator;

use doorward_records_conformance::backend::ComponentSubject;
use doorward_records_conformance::process::ProcessSubject;
use doorward_records_conformance::redis::Server;
use doorward_records_conformance::{Check, Report, Subject, run};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

fn component(package: &str, redis: bool) -> ComponentSubject {
    let server = redis.then(|| Server::start().unwrap());
    ComponentSubject::new(&build::component(package), BTreeMap::new(), server).unwrap()
}

fn processes(package: &str, redis: bool) -> ProcessSubject {
    let program = Path::new(env!("CARGO_BIN_EXE_doorward-records-conformance"));
    ProcessSubject::new(program, component(package, redis))
}

async fn checked(subject: Arc<dyn Subject>, wanted: impl Fn(&Check) -> bool) -> Report {
    let mut begun = std::time::Instant::now();
    let report = run(subject, wanted, |check, verdict| {
        println!(
            "{:6} ms {}: {verdict:?}",
            begun.elapsed().as_millis(),
            check.name
        );
        begun = std::time::Instant::now();
    })
    .await;
    assert!(
        report.broken().is_empty(),
        "broken promises:\n{}",
        report.broken().join("\n")
    );
    assert!(
        report.not_run().is_empty(),
        "not run: {:?}",
        report.not_run()
    );
    report
}

async fn all(package: &str, redis: bool) {
    let report = checked(Arc::new(component(package, redis)), |_| true).await;
    assert_eq!(report.0.len(), doorward_records_conformance::CHECKS.len());
}

async fn across_processes(package: &str, redis: bool) {
    let report = checked(Arc::new(processes(package, redis)), |check| {
        check.concurrent
    })
    .await;
    assert_eq!(report.0.len(), 10);
}

macro_rules! stores {
    ($($store:ident, $package:literal, $redis:literal;)*) => {$(
        mod $store {
            #[tokio::test(flavor = "multi_thread")]
            async fn keeps_every_promise() {
                super::all($package, $redis).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn keeps_them_across_processes() {
                super::across_processes($package, $redis).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn cost_of_each_operation() {
                super::cost::print(&super::component($package, $redis)).await;
            }
        }
    )*};
}

stores! {
    directory, "doorward-portable-records-directory", false;
    spin_sqlite, "doorward-portable-records-spin-sqlite", false;
    spin_redis, "doorward-portable-records-spin-redis", true;
}
