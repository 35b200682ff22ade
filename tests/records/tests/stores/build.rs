//! Builds the components, once for all tests, where the native server's build script leaves its own.
//! `DOORWARD_COMPONENTS=<directory>` uses the files of that directory instead, as it does there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "wasm32-wasip2";
const PACKAGES: [&str; 3] = [
    "doorward-portable-records-directory",
    "doorward-portable-records-spin-sqlite",
    "doorward-portable-records-spin-redis",
];

/// The file of a package.
pub(crate) fn component(package: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let directory = BUILT.get_or_init(build);
    directory.join(format!("{}.wasm", package.replace('-', "_")))
}

fn build() -> PathBuf {
    if let Some(built) = std::env::var_os("DOORWARD_COMPONENTS") {
        return built.into();
    }
    // Of cargo's target directory, whatever it is.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("components");
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .args([
            "build",
            "--locked",
            "--profile",
            "component",
            "--target",
            TARGET,
            "--target-dir",
        ])
        .arg(&target);
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    for inherited in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_DIR",
    ] {
        command.env_remove(inherited);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "the components do not build (do they have their target? `rustup target add {TARGET}`):\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    target.join(TARGET).join("component")
}
