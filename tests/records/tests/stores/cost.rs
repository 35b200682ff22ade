//! What one call costs, printed; `--nocapture` shows it.

use doorward_records_conformance::backend::ComponentSubject;
use doorward_records_conformance::{Clock, NOW, Store, Subject as _};
use std::time::Instant;

const ROUNDS: u32 = 100;

/// Prints the mean time of each call, instantiation included.
pub(crate) async fn print(subject: &ComponentSubject) {
    let deployment = subject.deploy(&Clock::at(NOW)).unwrap();
    let store = deployment.open().unwrap();
    let store: &dyn Store = &*store;
    let mut versions = Vec::new();
    let value = vec![7; 600];
    let begun = Instant::now();
    for round in 0..ROUNDS {
        versions.push(
            store
                .insert(&format!("grant/{round}"), value.clone(), Some(NOW + 60))
                .await
                .unwrap(),
        );
    }
    report("insert", begun);
    let begun = Instant::now();
    for round in 0..ROUNDS {
        store.get(&format!("grant/{round}")).await.unwrap().unwrap();
    }
    report("get", begun);
    let begun = Instant::now();
    for round in 0..ROUNDS {
        assert_eq!(store.get(&format!("none/{round}")).await, Ok(None));
    }
    report("get of nothing", begun);
    let begun = Instant::now();
    for (round, version) in versions.iter_mut().enumerate() {
        *version = store
            .replace(&format!("grant/{round}"), *version, value.clone(), None)
            .await
            .unwrap();
    }
    report("replace", begun);
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        store.increment("c", 1, NOW + 60).await.unwrap();
    }
    report("increment", begun);
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        assert_eq!(
            store.list("grant/", None, 1000).await.unwrap().len(),
            versions.len()
        );
    }
    report("list of 100", begun);
    let begun = Instant::now();
    for (round, version) in versions.iter().enumerate() {
        store
            .remove(&format!("grant/{round}"), Some(*version))
            .await
            .unwrap();
    }
    report("remove", begun);
}

fn report(call: &str, begun: Instant) {
    println!(
        "{call:15} {:8.0} µs",
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
    );
}
