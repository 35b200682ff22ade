//! Runs the program on a configuration in a directory of its own.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A configuration that every host takes.
pub(crate) const MINIMAL: &str = r#"
issuer = "http://127.0.0.1:8787"

[mail]
api = "postmark"
from = "Example <no-reply@id.example>"

[[provider]]
id = "pin"
builtin = "pin"

[[client]]
client_id = "demo"
redirect_uris = ["http://127.0.0.1/callback"]
token_endpoint_auth_method = "none"
scope = "openid"
"#;

/// A directory with a configuration, plugins and what was composed of them.
pub(crate) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    /// With this configuration.
    pub(crate) fn with(configuration: &str) -> Self {
        let place = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        place.write("doorward.toml", configuration);
        place
    }

    /// The plugin of the provider `spy`, let in by the lockfile.
    pub(crate) fn plugin(&self, wasm: impl AsRef<[u8]>) {
        let sha256 = Sha256::digest(wasm.as_ref())
            .iter()
            .fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").expect("a string");
                text
            });
        let lock = format!(
            "version = 1\n[[provider]]\nid = \"spy\"\nsource = \"plugin.wasm\"\nsha256 = \"{sha256}\"\ncontract = \"0.1.0\"\n"
        );
        self.write("doorward.lock", lock);
        self.write("plugin.wasm", wasm);
    }

    /// A file beside the configuration.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Composes for `host`, with more arguments, into a directory named like the host.
    pub(crate) fn run(&self, host: &str, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_doorward"))
            .current_dir(self.path())
            .args(["compose", "--for", host, "--config", "doorward.toml"])
            .args(["--out", host])
            .args(more)
            .env_remove("DOORWARD_CONFIG")
            .output()
            .unwrap()
    }

    /// Composes and returns what was printed and the files.
    pub(crate) fn compose(&self, host: &str, more: &[&str]) -> (String, BTreeMap<String, Vec<u8>>) {
        let output = self.run(host, more);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{host}: {errors}");
        let files = std::fs::read_dir(self.path().join(host)).unwrap();
        let files = files.map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        });
        (String::from_utf8(output.stdout).unwrap(), files.collect())
    }

    /// What composing for `host` is refused with. Nothing may have been written.
    pub(crate) fn refused(&self, host: &str, more: &[&str]) -> String {
        let output = self.run(host, more);
        assert!(!output.status.success(), "{host} was composed");
        assert!(!self.path().join(host).exists(), "{host} was written");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// The hosts.
pub(crate) const HOSTS: [&str; 3] = ["spin", "wasmtime", "workers"];
