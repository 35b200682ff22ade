//! The store without a component around it, on the file system of the machine.

use crate::Directory;
use doorward_portable_records::{Failure, Store as _};
use std::path::PathBuf;
use tempfile::TempDir;

const NOW: u64 = 1_800_000_000;

fn store() -> (TempDir, Directory) {
    let directory = tempfile::tempdir().unwrap();
    let store = Directory::new(directory.path());
    (directory, store)
}

fn files(directory: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_record_leaves_nothing_behind() {
    let (directory, store) = store();
    let version = store.insert(NOW, "a/b", b"one", None).unwrap();
    let version = store.replace(NOW, "a/b", version, b"two", None).unwrap();
    assert_eq!(store.get(NOW, "a/b").unwrap().unwrap().value, b"two");
    assert_eq!(files(&directory.path().join("values")).len(), 1);
    store.remove(NOW, "a/b", Some(version)).unwrap();
    assert_eq!(store.get(NOW, "a/b"), Ok(None));
    assert_eq!(files(directory.path()), [directory.path().join("format")]);
    store.increment(NOW, "c", 1, NOW + 1).unwrap();
    store
        .insert(NOW + 1, "c", b"over the counter", None)
        .unwrap();
    assert_eq!(store.list(NOW, "", None, 10).unwrap().len(), 1);
}

#[test]
fn damage_and_loss_are_outages() {
    let (directory, store) = store();
    let version = store.insert(NOW, "k", b"value", None).unwrap();
    let path = store.value_path(version);
    let whole = std::fs::read(&path).unwrap();
    let other = store.insert(NOW, "other", b"value", None).unwrap();
    let broken = [
        whole[..whole.len() - 1].to_vec(),
        Vec::new(),
        std::fs::read(store.value_path(other)).unwrap(),
    ];
    for contents in broken {
        std::fs::write(&path, contents).unwrap();
        assert!(matches!(store.get(NOW, "k"), Err(Failure::Unavailable(_))));
        assert!(matches!(
            store.list(NOW, "k", None, 1),
            Err(Failure::Unavailable(_))
        ));
        assert_eq!(store.insert(NOW, "k", b"x", None), Err(Failure::Conflict));
    }
    std::fs::remove_file(&path).unwrap();
    let gone = store.get(NOW, "k").unwrap_err();
    assert!(
        matches!(&gone, Failure::Unavailable(why) if why.contains("is gone")),
        "{gone:?}"
    );
    std::fs::rename(
        directory.path().join("keys"),
        directory.path().join("elsewhere"),
    )
    .unwrap();
    assert!(matches!(store.get(NOW, "k"), Err(Failure::Unavailable(why)) if why.contains("lost")));
    assert!(matches!(
        store.insert(NOW, "k", b"", None),
        Err(Failure::Unavailable(_))
    ));
    let nowhere = Directory::new(directory.path().join("nowhere"));
    assert!(
        matches!(nowhere.get(NOW, "k"), Err(Failure::Unavailable(why)) if why.contains("data_directory"))
    );
}

#[test]
fn the_sweeper_takes_what_is_over_and_nothing_else() {
    let (directory, store) = store();
    for n in 0..40 {
        store
            .insert(NOW, &format!("e/{n}"), b"x", Some(NOW + 1))
            .unwrap();
        store.increment(NOW, &format!("c/{n}"), 1, NOW + 1).unwrap();
    }
    store
        .insert(NOW, &format!("e/{}", "K".repeat(400)), b"x", Some(NOW + 1))
        .unwrap();
    store.insert(NOW, "e/live", b"x", None).unwrap();
    // Leftovers of crashes: a value without a head, a staged directory.
    store.drop_value(&crate::head::Head {
        version: 1,
        expires_at: 0,
        counter: None,
    });
    let orphan = store.value_path(1);
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, crate::value::encode("e/live", 1, NOW, b"lost")).unwrap();
    let staged = directory
        .path()
        .join("tmp")
        .join(format!("{NOW:016x}-{:016x}", 5));
    std::fs::create_dir(&staged).unwrap();
    std::fs::write(staged.join("r-x"), b"").unwrap();
    let before = files(directory.path()).len();
    for _ in 0..200 {
        store.sweep(NOW + 60).unwrap();
    }
    assert_eq!(
        files(directory.path()).len(),
        before,
        "all of it may still be in use"
    );
    let mut sweeps = 0;
    while files(directory.path()).len() > 3 {
        sweeps += 1;
        assert!(sweeps < 20_000, "{:?}", files(directory.path()));
        store.sweep(NOW + 3601).unwrap();
    }
    assert!(!staged.exists() && !orphan.exists());
    assert_eq!(store.get(NOW, "e/live").unwrap().unwrap().value, b"x");
    assert_eq!(store.list(NOW, "", None, 1000).unwrap().len(), 1);
}

#[test]
fn a_writer_that_slept_is_refused_whatever_happened_meanwhile() {
    let (_directory, store) = store();
    let version = store
        .insert(NOW, "k", b"read by the sleeper", None)
        .unwrap();
    let (cell, old) = (store.cell("k"), store.head("k").unwrap().unwrap());
    let new = crate::head::Head { version: 7, ..old };
    store.remove(NOW, "k", Some(version)).unwrap();
    assert_eq!(cell.change(&old, &new), Ok(false));
    store.insert(NOW, "k", b"another", None).unwrap();
    assert_eq!(
        (cell.change(&old, &new), cell.delete(&old)),
        (Ok(false), Ok(false))
    );
    assert_eq!(store.get(NOW, "k").unwrap().unwrap().value, b"another");
}
