//! Which host the tests run on: `DOORWARD_TEST_HOST` is `native` (default), `spin`, `wasmtime` or `workers`.
//!
//! Everything but the native server runs what `doorward compose` made of the same configuration. Tests of what only one
//! host has are in modules called `native_only`, which say why, and which the runs on other hosts leave out by name.

use super::server::{BINARY, Place};
use super::{jwt, mailbox};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

/// A host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    Native,
    Spin,
    Wasmtime,
    Workers,
}

static HOST: LazyLock<Host> = LazyLock::new(|| {
    let name = std::env::var("DOORWARD_TEST_HOST").unwrap_or_default();
    match name.as_str() {
        "" | "native" => Host::Native,
        "spin" => Host::Spin,
        "wasmtime" => Host::Wasmtime,
        "workers" => Host::Workers,
        other => panic!("DOORWARD_TEST_HOST={other} is no host: native, spin, wasmtime, workers"),
    }
});

/// The key that seals private keys in these tests, and nowhere else.
const SEALING_KEY: &str = "dGVzdCBrZXkgb2YgRG9vcndhcmQsIG5vdCBhIHNlY3I=";

/// What the mail service of these tests takes for a token.
const MAIL_TOKEN: &str = "test-mail-token";

/// Compiled components, shared by all servers that tests start.
pub(crate) const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/components");

/// The host that this run is about.
pub(crate) fn host() -> Host {
    *HOST
}

/// The configuration that `compose` takes for a place: the test's own, and what a deployment must say but `doorward dev`
/// says by itself.
fn configuration(place: &Place) -> String {
    let (issuer, own) = (place.issuer_to_be(), place.configuration());
    let mut text = format!(
        "issuer = {issuer:?}\nallow_literal_secrets = true\ncache = {CACHE:?}\n{own}\n\
         [mail]\napi = \"resend\"\napi_url = {:?}\nfrom = \"Doorward <id@example.test>\"\n",
        mailbox::url(),
    );
    if !own.contains("[[provider]]") {
        text.push_str("[[provider]]\nid = \"pin\"\nbuiltin = \"pin\"\n");
    }
    if issuer.starts_with("https:") {
        text.push_str("[server]\nbehind_proxy = true\n");
    }
    text
}

/// Composes what runs at this place, or says why not.
pub(crate) fn compose(place: &Place) -> Output {
    let target = match host() {
        Host::Native => panic!("the native host composes nothing"),
        Host::Spin => "spin",
        Host::Wasmtime => "wasmtime",
        Host::Workers => "workers",
    };
    let config = place.config().with_file_name("composed.toml");
    std::fs::write(&config, configuration(place)).expect("a file");
    let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&config, owner_only).expect("its owner may");
    let mut command = Command::new(BINARY);
    command.args(["compose", "--for", target, "--config"]);
    command.arg(config).arg("--out").arg(place.composed());
    if place.configuration().contains("[dev") {
        command.arg("--development");
    }
    if host() != Host::Workers {
        // One artefact for all configurations is compiled once.
        command.args(["--settings", "variable"]);
    }
    command
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts")
}

/// The command that serves what was composed at this place.
pub(crate) fn command(place: &Place) -> Command {
    let composed = compose(place);
    assert!(
        composed.status.success(),
        "compose: {}",
        String::from_utf8_lossy(&composed.stderr)
    );
    std::fs::create_dir_all(place.data()).expect("a directory");
    match host() {
        Host::Native => panic!("the native host is started by its own command"),
        Host::Spin => spin(place),
        Host::Wasmtime => wasmtime(place),
        Host::Workers => workers(place),
    }
}

fn settings(place: &Place) -> PathBuf {
    place.composed().join("settings.json")
}

fn spin(place: &Place) -> Command {
    let mut command = Command::new(beside_the_binary("doorward-spin-host"));
    command.arg("up").arg("--from");
    command.arg(place.composed().join("spin.toml"));
    // Fifty at once, from several tests, are more than the default pool has room for (docs/hosts.md).
    command.args(["--listen", &place.listen(), "--instances", "4000"]);
    command.args(["--cache", CACHE, "--state-dir"]);
    command.arg(place.data());
    for (name, value) in [
        ("sealing_key", SEALING_KEY.to_owned()),
        ("mail_token", MAIL_TOKEN.to_owned()),
        ("settings", format!("@{}", settings(place).display())),
    ] {
        command.args(["--variable", &format!("{name}={value}")]);
    }
    command
}

fn wasmtime(place: &Place) -> Command {
    let mut command = Command::new("sh");
    command.arg(place.composed().join("serve.sh"));
    command
        .env("DOORWARD_LISTEN", place.listen())
        .env("DOORWARD_DATA", place.data())
        .env("DOORWARD_SEALING_KEY", SEALING_KEY)
        .env("DOORWARD_MAIL_TOKEN", MAIL_TOKEN)
        .env(
            "DOORWARD_SETTINGS",
            std::fs::read_to_string(settings(place)).expect("settings.json"),
        );
    if let Some(wasmtime) = std::env::var_os("WASMTIME") {
        command.env("WASMTIME", wasmtime);
    }
    command
}

fn workers(place: &Place) -> Command {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../workers");
    let bundle = bundle(&project, &place.composed());
    let mut command = Command::new(node());
    command.arg(project.join("serve.mjs"));
    command.arg("--bundle").arg(bundle);
    command.arg("--settings").arg(settings(place));
    command.args(["--listen", &place.listen(), "--state"]);
    command.arg(place.data());
    command.args(["--secret", &format!("SEALING_KEY={SEALING_KEY}")]);
    command.args(["--secret", &format!("MAIL_TOKEN={MAIL_TOKEN}")]);
    command
}

/// The Worker made of a composition. The settings are no part of it, so that one serves all tests with the same providers.
fn bundle(project: &Path, composed: &Path) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let component = std::fs::read(composed.join("doorward.wasm")).expect("what compose wrote");
    let digest = Sha256::digest(component);
    let name = format!("worker-{}", jwt::encode(&digest));
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    built
        .entry(name.clone())
        .or_insert_with(|| {
            let bundle = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            let output = Command::new(node())
                .arg(project.join("tools/build.mjs"))
                .arg(composed)
                .arg("--out")
                .arg(&bundle)
                .stdin(Stdio::null())
                .output()
                .expect("node starts");
            assert!(
                output.status.success(),
                "the Worker does not build:\n{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            bundle
        })
        .clone()
}

/// Node 22 or newer: `NODE`, or the first in `PATH`.
fn node() -> std::ffi::OsString {
    std::env::var_os("NODE").unwrap_or_else(|| "node".into())
}

/// A program of this workspace that is built into the directory of `doorward`.
fn beside_the_binary(name: &str) -> PathBuf {
    let path = Path::new(BINARY).with_file_name(name);
    assert!(
        path.is_file(),
        "{} is not built: cargo build -p {name}",
        path.display()
    );
    path
}
