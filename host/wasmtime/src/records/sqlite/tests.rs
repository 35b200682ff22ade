//! What is particular to SQLite: the file, outages, the bounds of its queue, housekeeping.

mod contract;

use super::*;
use crate::records::clock::manual::Manual;
use rusqlite::Connection;
use std::path::PathBuf;
use tempfile::TempDir;

/// A database path that is not taken.
fn fresh(directory: &TempDir) -> PathBuf {
    (0..1000)
        .map(|n| directory.path().join(format!("{n}.db")))
        .find(|path| !path.exists())
        .unwrap()
}

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn quick() -> SqliteOptions {
    SqliteOptions {
        busy_timeout: Duration::from_millis(100),
        ..SqliteOptions::default()
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening() {
    let directory = directory();
    let path = fresh(&directory);
    let store = SqliteRecords::open(&path, quick()).unwrap();
    let version = store.insert("k", b"v".to_vec(), None).await.unwrap();
    store.close().await;
    assert!(matches!(
        store.insert("late", vec![], None).await,
        Err(Failure::Unavailable(_))
    ));
    drop(store);
    let store = SqliteRecords::open(&path, quick()).unwrap();
    assert_eq!(store.get("k").await.unwrap().unwrap().version, version);
    assert_eq!(store.get("late").await, Ok(None));
    assert!(store.insert("other", vec![], None).await.unwrap() > version);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_finishes_what_was_accepted() {
    let directory = directory();
    let path = fresh(&directory);
    let store = SqliteRecords::open(&path, quick()).unwrap();
    let accepted: Vec<_> = (0..300)
        .map(|n| {
            store
                .queue
                .submit(Operation::Insert {
                    key: format!("k/{n:03}"),
                    value: vec![1],
                    expires_at: None,
                })
                .unwrap()
        })
        .collect();
    store.close().await;
    for outcome in accepted {
        outcome.await.unwrap().unwrap();
    }
    assert_eq!(store.list("k/", None, 1000).await.unwrap().len(), 300);
}

#[tokio::test]
async fn a_locked_database_is_an_outage_that_passes() {
    let directory = directory();
    let path = fresh(&directory);
    let store = SqliteRecords::open(&path, quick()).unwrap();
    let version = store.insert("k", b"v".to_vec(), None).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(
        store.replace("k", version, vec![], None).await,
        Err(Failure::Unavailable(_))
    ));
    assert!(matches!(
        store.increment("c", 1, u64::MAX).await,
        Err(Failure::Unavailable(_))
    ));
    assert!(matches!(store.ready().await, Err(Failure::Unavailable(_))));
    assert_eq!(store.get("k").await.unwrap().unwrap().version, version);
    other.execute_batch("ROLLBACK").unwrap();
    store.ready().await.unwrap();
    store.replace("k", version, vec![], None).await.unwrap();
    assert_eq!(store.increment("c", 1, u64::MAX).await, Ok(1));
}

#[tokio::test]
async fn a_full_database_is_an_outage_that_passes() {
    let directory = directory();
    let store = SqliteRecords::open(
        &fresh(&directory),
        SqliteOptions {
            max_bytes: Some(512 * 1024),
            ..quick()
        },
    )
    .unwrap();
    let mut written = Vec::new();
    let failure = loop {
        let key = format!("k/{}", written.len());
        match store.insert(&key, vec![9; 20_000], None).await {
            Ok(version) => written.push((key, version)),
            Err(failure) => break failure,
        }
    };
    assert!(
        matches!(&failure, Failure::Unavailable(why) if why.contains("full")),
        "{failure:?}"
    );
    for (key, version) in &written {
        assert_eq!(store.get(key).await.unwrap().unwrap().version, *version);
    }
    let (key, version) = written.remove(0);
    store.remove(&key, Some(version)).await.unwrap();
    store.insert("k/new", vec![9; 10_000], None).await.unwrap();
}

#[tokio::test]
async fn a_broken_connection_is_replaced() {
    let directory = directory();
    let path = fresh(&directory);
    let store = SqliteRecords::open(&path, quick()).unwrap();
    store.insert("k", vec![], None).await.unwrap();
    // Whatever the reason: without its table no write and no read can work; with it they must again.
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("ALTER TABLE record RENAME TO elsewhere")
        .unwrap();
    assert!(matches!(
        store.insert("x", vec![], None).await,
        Err(Failure::Unavailable(_))
    ));
    assert!(matches!(store.get("k").await, Err(Failure::Unavailable(_))));
    assert!(matches!(
        store.list("", None, 5).await,
        Err(Failure::Unavailable(_))
    ));
    other
        .execute_batch("ALTER TABLE elsewhere RENAME TO record")
        .unwrap();
    store.insert("x", vec![], None).await.unwrap();
    assert!(store.get("k").await.unwrap().is_some());
}

#[tokio::test]
async fn one_conflict_does_not_disturb_its_batch() {
    let directory = directory();
    let path = fresh(&directory);
    let store = SqliteRecords::open(
        &path,
        SqliteOptions {
            busy_timeout: Duration::from_secs(20),
            ..quick()
        },
    )
    .unwrap();
    let version = store.insert("k", b"v".to_vec(), None).await.unwrap();
    // While somebody else holds the lock, the rest gathers into one batch.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let insert = |key: &str| Operation::Insert {
        key: key.into(),
        value: vec![],
        expires_at: None,
    };
    let stale = |version| Operation::Replace {
        key: "k".into(),
        version,
        value: b"w".to_vec(),
        expires_at: None,
    };
    let outcomes: Vec<_> = [
        insert("a"),
        insert("k"),
        stale(version),
        stale(version),
        insert("b"),
        insert("a"),
    ]
    .into_iter()
    .map(|operation| store.queue.submit(operation).unwrap())
    .collect();
    other.execute_batch("ROLLBACK").unwrap();
    let mut ok = Vec::new();
    for outcome in outcomes {
        ok.push(outcome.await.unwrap().is_ok());
    }
    assert_eq!(ok, [true, false, true, false, true, false]);
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let directory = directory();
    let path = fresh(&directory);
    let store = SqliteRecords::open(
        &path,
        SqliteOptions {
            queue: 4,
            busy_timeout: Duration::from_secs(20),
            ..quick()
        },
    )
    .unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let write = |n: usize| {
        store.queue.submit(Operation::Insert {
            key: format!("k/{n}"),
            value: vec![],
            expires_at: None,
        })
    };
    let mut accepted = Vec::new();
    // The writer may hold some already, at most as many as fit into its queue before it met the lock.
    let refusal = (0..64).find_map(|n| write(n).map(|outcome| accepted.push(outcome)).err());
    assert!(
        matches!(&refusal, Some(Failure::Unavailable(why)) if why.contains("too many")),
        "{refusal:?}"
    );
    other.execute_batch("ROLLBACK").unwrap();
    for outcome in accepted {
        outcome.await.unwrap().unwrap();
    }
    store.insert("after", vec![], None).await.unwrap();
}

#[tokio::test]
async fn waiting_writes_are_bounded_in_bytes() {
    let directory = directory();
    let path = fresh(&directory);
    let store = SqliteRecords::open(
        &path,
        SqliteOptions {
            busy_timeout: Duration::from_secs(20),
            ..quick()
        },
    )
    .unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let write = |n: usize| {
        store.queue.submit(Operation::Insert {
            key: format!("k/{n}"),
            value: vec![0; 256 * 1024],
            expires_at: None,
        })
    };
    let accepted: Vec<_> = (0..1000).map_while(|n| write(n).ok()).collect();
    // 64 MiB wait, and one batch of 8 MiB may be in the writer's hands.
    assert!((200..300).contains(&accepted.len()), "{}", accepted.len());
    other.execute_batch("ROLLBACK").unwrap();
    for outcome in accepted {
        outcome.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sweeper_deletes_what_expired_and_nothing_else() {
    let directory = directory();
    let path = fresh(&directory);
    let time = Manual::at(1000);
    let store = SqliteRecords::open(
        &path,
        SqliteOptions {
            sweep_interval: Duration::from_millis(5),
            clock: time.clock(),
            ..quick()
        },
    )
    .unwrap();
    for n in 0..300 {
        store
            .queue
            .submit(Operation::Insert {
                key: format!("e/{n}"),
                value: vec![],
                expires_at: Some(1001),
            })
            .unwrap();
    }
    store.insert("later", vec![], Some(1002)).await.unwrap();
    store.insert("for ever", vec![], None).await.unwrap();
    let rows = || {
        Connection::open(&path)
            .unwrap()
            .query_row("SELECT count(*) FROM record", [], |row| {
                row.get::<_, i64>(0)
            })
            .unwrap()
    };
    assert_eq!(rows(), 302);
    time.set(1001);
    let patience = std::time::Instant::now() + Duration::from_secs(20);
    while rows() != 2 {
        assert!(
            std::time::Instant::now() < patience,
            "{} rows are left",
            rows()
        );
        tokio::task::yield_now().await;
    }
    assert_eq!(store.list("", None, 10).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_does_not_grow_without_bound() {
    let directory = directory();
    let path = fresh(&directory);
    let store = SqliteRecords::open(
        &path,
        SqliteOptions {
            durable: false,
            ..quick()
        },
    )
    .unwrap();
    // 250 MiB from writers that never pause would all be in the log if nobody emptied it.
    let writers: Vec<_> = (0..10)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let key = format!("k/{writer}");
                let mut version = store.insert(&key, vec![], None).await.unwrap();
                for _ in 0..100 {
                    version = store
                        .replace(&key, version, vec![3; 256 * 1024], None)
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let log = path.with_extension("db-wal");
    let length = std::fs::metadata(&log).unwrap().len();
    assert!(length < 100 * 1024 * 1024, "{length} bytes");
    store.close().await;
    assert_eq!(std::fs::metadata(&log).map_or(0, |file| file.len()), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = directory();
    let path = fresh(&directory);
    let store = SqliteRecords::open(&path, quick()).unwrap();
    store.insert("k", vec![], None).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for path in [
        path.clone(),
        path.with_extension("db-wal"),
        path.with_extension("db-shm"),
    ] {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(store);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    SqliteRecords::open(&path, quick()).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(
        std::fs::read_dir(directory.path())
            .unwrap()
            .filter(|entry| entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with(".doorward"))
            .count(),
        0
    );
}

#[test]
fn parallel_first_starts_make_one_database() {
    let directory = directory();
    for _round in 0..5 {
        let path = fresh(&directory);
        std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        SqliteRecords::open(
                            &path,
                            SqliteOptions {
                                busy_timeout: Duration::from_secs(20),
                                ..quick()
                            },
                        )
                    })
                })
                .collect();
            for start in starts {
                start.join().unwrap().unwrap();
            }
        });
    }
}
