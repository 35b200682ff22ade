//! The limits of Spin's pool, and a cache that is used, shared and not believed when it is damaged.

use super::{CORE_INSTANCES_PER_COMPONENT, Engine, MEMORIES_PER_COMPONENT};
use std::path::{Path, PathBuf};

/// A component with `count` instances of a core module.
fn component(module: &str, count: u32) -> Vec<u8> {
    let instances = "(core instance (instantiate $m))".repeat(count as usize);
    wat::parse_str(format!("(component (core module $m {module}) {instances})")).unwrap()
}

fn error(wasm: &[u8]) -> String {
    let engine = Engine::start(1, None).unwrap();
    format!("{:#}", engine.component(wasm).err().unwrap())
}

fn files(cache: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(cache)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

fn inode(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).unwrap().ino()
}

#[test]
fn as_many_memories_as_spin_has_and_no_more() {
    let engine = Engine::start(1, None).unwrap();
    engine
        .component(&component("(memory 1)", MEMORIES_PER_COMPONENT))
        .unwrap();
    let refused = error(&component("(memory 1)", MEMORIES_PER_COMPONENT + 1));
    assert!(
        refused.contains("33") && refused.contains("32") && refused.contains("memor"),
        "{refused}"
    );
}

#[test]
fn as_many_core_instances_as_spin_has_and_no_more() {
    let engine = Engine::start(1, None).unwrap();
    engine
        .component(&component("", CORE_INSTANCES_PER_COMPONENT))
        .unwrap();
    let refused = error(&component("", CORE_INSTANCES_PER_COMPONENT + 1));
    assert!(
        refused.contains("201") && refused.contains("200"),
        "{refused}"
    );
}

#[test]
fn the_limits_hold_for_what_another_process_compiled() {
    let cache = tempfile::tempdir().unwrap();
    let wasm = component("(memory 1)", MEMORIES_PER_COMPONENT + 1);
    let engine = Engine::start(1, Some(cache.path())).unwrap();
    assert!(engine.component(&wasm).is_err() && engine.component(&wasm).is_err());
    assert!(files(cache.path()).is_empty());
}

#[test]
fn the_cache_is_used_and_a_damaged_file_is_not() {
    let cache = tempfile::tempdir().unwrap();
    let wasm = component("(memory 1)", 1);
    let load = || {
        let engine = Engine::start(1, Some(cache.path())).unwrap();
        engine.component(&wasm).unwrap();
    };
    load();
    let [file] = files(cache.path()).try_into().unwrap();
    let (written, whole) = (inode(&file), std::fs::read(&file).unwrap());
    load();
    assert_eq!(inode(&file), written, "it was compiled again");
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damaged in [flipped, whole[..whole.len() / 2].to_vec(), Vec::new()] {
        std::fs::write(&file, damaged).unwrap();
        load();
        assert_eq!(std::fs::read(&file).unwrap(), whole);
    }
}

#[test]
fn racing_processes_leave_one_whole_file() {
    let cache = tempfile::tempdir().unwrap();
    let wasm = component("(memory 1)", 2);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                Engine::start(1, Some(cache.path()))
                    .unwrap()
                    .component(&wasm)
                    .unwrap()
            });
        }
    });
    assert_eq!(files(cache.path()).len(), 1);
}

#[test]
fn a_cache_that_others_can_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let cache = tempfile::tempdir().unwrap();
    std::fs::set_permissions(cache.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(Engine::start(1, Some(cache.path())).is_err());
}
