//! What is loaded from the cache is what was put there by us, or it is compiled anew.

use super::super::guest_from_text as guest;
use super::super::{PoolLimits, Runtime};
use crate::config::limits::Limits;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

fn load(cache: &Path) {
    let limits = PoolLimits {
        guests: 2,
        ..Limits::default().pool(0)
    };
    let runtime = Runtime::start(limits, Some(cache)).unwrap();
    runtime.component("test", &guest::policy()).unwrap();
}

fn files(cache: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(cache)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn code(cache: &Path) -> PathBuf {
    files(cache)
        .into_iter()
        .find(|file| {
            file.extension()
                .is_some_and(|extension| extension == "cwasm")
        })
        .unwrap()
}

fn inode(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).unwrap().ino()
}

fn filled_cache() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("compiled");
    load(&cache);
    (directory, cache)
}

#[test]
fn code_is_for_its_owner_only_and_is_used_again() {
    let (_directory, cache) = filled_cache();
    assert_eq!(mode(&cache), 0o700);
    assert_eq!(
        files(&cache)
            .iter()
            .map(|file| mode(file))
            .collect::<Vec<_>>(),
        [0o600, 0o600]
    );
    let before = inode(&code(&cache));
    load(&cache);
    assert_eq!(
        inode(&code(&cache)),
        before,
        "it was written again, so it was compiled again"
    );
}

#[test]
fn changed_truncated_or_foreign_code_is_compiled_anew() {
    let (_directory, cache) = filled_cache();
    let file = code(&cache);
    let whole = std::fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for bad in [
        flipped,
        whole[..whole.len() / 2].to_vec(),
        b"no code".to_vec(),
        Vec::new(),
    ] {
        std::fs::write(&file, bad).unwrap();
        load(&cache);
        assert_eq!(
            std::fs::read(&file).unwrap(),
            whole,
            "the bad code is still there"
        );
    }
}

#[test]
fn code_without_its_digest_is_compiled_anew() {
    let (_directory, cache) = filled_cache();
    std::fs::remove_file(code(&cache).with_extension("sha256")).unwrap();
    let before = inode(&code(&cache));
    load(&cache);
    assert_ne!(inode(&code(&cache)), before);
}

#[test]
fn code_that_others_may_write_is_compiled_anew() {
    let (_directory, cache) = filled_cache();
    let file = code(&cache);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    load(&cache);
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn a_link_is_not_followed() {
    let (directory, cache) = filled_cache();
    let (file, elsewhere) = (code(&cache), directory.path().join("elsewhere"));
    std::fs::rename(&file, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    load(&cache);
    assert!(
        file.symlink_metadata().unwrap().is_file(),
        "the link was used"
    );
}

#[test]
fn a_directory_that_others_may_use_is_not_used() {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("compiled");
    std::fs::create_dir(&cache).unwrap();
    std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o777)).unwrap();
    load(&cache);
    assert!(files(&cache).is_empty());
}
