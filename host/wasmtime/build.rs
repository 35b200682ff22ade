//! Builds the components for `wasm32-wasip2` and leaves them in `OUT_DIR`, where `src/embedded.rs` takes them in.
//!
//! `DOORWARD_COMPONENTS=<directory>` uses the `.wasm` files of that directory instead: for packagers who build the
//! components once and the server for many platforms.

use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// Package, and the name of the file that `embedded.rs` includes.
const COMPONENTS: [(&str, &str); 12] = [
    ("doorward-core", "doorward_core.wasm"),
    ("doorward-policy-baseline", "doorward_policy_baseline.wasm"),
    (
        "doorward-portable-services",
        "doorward_portable_services.wasm",
    ),
    (
        "doorward-portable-hashing",
        "doorward_portable_hashing.wasm",
    ),
    ("doorward-portable-link", "doorward_portable_link.wasm"),
    ("doorward-portable-end", "doorward_portable_end.wasm"),
    ("doorward-portable-fence", "doorward_portable_fence.wasm"),
    (
        "doorward-portable-variables-spin",
        "doorward_portable_variables_spin.wasm",
    ),
    (
        "doorward-portable-variables-environment",
        "doorward_portable_variables_environment.wasm",
    ),
    (
        "doorward-portable-records-directory",
        "doorward_portable_records_directory.wasm",
    ),
    (
        "doorward-portable-records-spin-sqlite",
        "doorward_portable_records_spin_sqlite.wasm",
    ),
    (
        "doorward-portable-records-spin-redis",
        "doorward_portable_records_spin_redis.wasm",
    ),
];

/// The providers that come inside: `doorward-provider-<name>`.
const PROVIDERS: [&str; 9] = [
    "github",
    "google",
    "magic-link",
    "oauth2",
    "oidc",
    "passkey",
    "password",
    "pin",
    "totp",
];

/// What the components are made from. Anything else may change without rebuilding them.
const SOURCES: [&str; 11] = [
    "wit",
    "core",
    "providers",
    "policies",
    "host/portable",
    "host/verification",
    // Rules that the native server and a component share.
    "host/wasmtime/src/keys/schedule.rs",
    "host/wasmtime/src/passwords/stored.rs",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
];

fn main() {
    if let Err(message) = run() {
        println!("cargo::error={message}");
    }
}

fn run() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../..");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DOORWARD_COMPONENTS");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let built = if let Some(directory) = std::env::var_os("DOORWARD_COMPONENTS") {
        println!(
            "cargo::rerun-if-changed={}",
            Path::new(&directory).display()
        );
        PathBuf::from(directory)
    } else {
        require_target()?;
        build(&root, &components_directory(&out))?
    };
    let files = COMPONENTS.iter().map(|(_, file)| (*file).to_owned());
    for file in files.chain(PROVIDERS.map(provider_file)) {
        let from = built.join(&file);
        std::fs::copy(&from, out.join(&file))
            .map_err(|error| format!("cannot copy {}: {error}", from.display()))?;
    }
    std::fs::write(out.join("providers.rs"), providers())
        .map_err(|error| format!("cannot write providers.rs: {error}"))
}

fn provider_file(name: &str) -> String {
    format!("doorward_provider_{}.wasm", name.replace('-', "_"))
}

/// The table of `src/embedded.rs`: name and bytes of each provider.
fn providers() -> String {
    let entries = PROVIDERS.map(|name| {
        let file = provider_file(name);
        format!("({name:?}, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")) as &[u8]),")
    });
    format!("&[{}]", entries.concat())
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|error| format!("{name}: {error}"))
}

/// Fails with the one command that cures it if the standard library for the components is not there.
fn require_target() -> Result<(), String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| format!("cannot run rustc: {error}"))?;
    let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && directory.is_dir() {
        return Ok(());
    }
    Err(format!(
        "Doorward's components need Rust's {TARGET} target: run `rustup target add {TARGET}`."
    ))
}

/// A target directory of its own, shared by all profiles: the cargo that runs this script holds the lock of its own.
fn components_directory(out: &Path) -> PathBuf {
    let target = std::env::var("TARGET").unwrap_or_default();
    let profile = out
        .ancestors()
        .find(|path| path.ends_with("build"))
        .and_then(Path::parent);
    let directory = match profile.and_then(Path::parent) {
        Some(parent) if parent.ends_with(&target) => parent.parent(),
        parent => parent,
    };
    directory.unwrap_or(out).join("components")
}

fn build(root: &Path, directory: &Path) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args([
        "build",
        "--profile",
        "component",
        "--target",
        TARGET,
        "--target-dir",
    ]);
    command.arg(directory);
    if root.join("Cargo.lock").is_file() {
        command.arg("--locked");
    }
    for (package, _) in COMPONENTS {
        command.args(["--package", package]);
    }
    for name in PROVIDERS {
        command
            .arg("--package")
            .arg(format!("doorward-provider-{name}"));
    }
    // What the outer build wants for itself (coverage, sanitizers, clippy) is not for the components, and would
    // rebuild them whenever it changes.
    for inherited in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTC_WORKSPACE_WRAPPER",
        "CLIPPY_ARGS",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET_DIR",
    ] {
        command.env_remove(inherited);
    }
    let output = command
        .output()
        .map_err(|error| format!("cannot run cargo for the components: {error}"))?;
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        return Err(String::from(
            "the components do not build; see cargo's own messages in this script's stderr",
        ));
    }
    Ok(directory.join(TARGET).join("component"))
}
