//! A directory with a configuration, in which the program is run.

use crate::guest;
use crate::harness::server::BINARY;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A configuration that `serve` takes.
pub(crate) const SAFE: &str = r#"
issuer = "https://id.example"

[server]
trusted_proxies = ["127.0.0.1/32"]

[keys]
sealing_key_file = "sealing.key"

[[provider]]
id = "pin"
builtin = "pin"

[mail]
api = "postmark"
host = "localhost"
encryption = "none"
from = "a@id.example"
"#;

pub(crate) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    /// With the configuration [`SAFE`].
    pub(crate) fn new() -> Self {
        let place = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        place.write("sealing.key", "00".repeat(32));
        place.write("doorward.toml", SAFE);
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Adds to the configuration.
    pub(crate) fn configure(&self, more: &str) {
        let text = format!("{}\n{more}", self.read("doorward.toml"));
        self.write("doorward.toml", text);
    }

    /// Runs the program here, with nobody at its terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(BINARY)
            .current_dir(self.path())
            .args(arguments)
            .env_remove("DOORWARD_CONFIG")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What it prints when it does what it was told.
    #[track_caller]
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it says when it does not, each of `says` among it.
    #[track_caller]
    pub(crate) fn refused(&self, arguments: &[&str], says: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{arguments:?} was done");
        for words in says {
            assert!(
                errors.contains(words),
                "{arguments:?}: {errors:?} should say {words:?}"
            );
        }
        errors
    }
}

/// A plugin that knows no path. `mark` makes its bytes its own.
pub(crate) fn plugin(mark: &str) -> Vec<u8> {
    let mark = format!(r#"(data (i32.const 2048) "{mark}")"#);
    guest::plugin(&[], &mark, NOT_FOUND)
}

/// `err(not-found)`.
pub(crate) const NOT_FOUND: &str = "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1028) (i32.const 0)) (i32.const 1024)";

/// A plugin with a setting `word` that asks for the host `api.example`: what stands in its memory is what it describes.
pub(crate) fn asking() -> Vec<u8> {
    let schema = r#"{\"type\":\"object\",\"properties\":{\"word\":{\"type\":\"string\",\"description\":\"What to say\"}},\"required\":[\"word\"]}"#;
    let length = |text: &str| text.replace('\\', "").len();
    let number = |number: usize| {
        let bytes = u32::try_from(number).unwrap().to_le_bytes();
        bytes.map(|byte| format!("\\{byte:02x}")).concat()
    };
    let data = format!(
        r#"(data (i32.const 96) "{}{}{}{}") (data (i32.const 3000) "{schema}") (data (i32.const 2900) "api.example")
           (data (i32.const 2920) "{}{}")"#,
        number(3000),
        number(length(schema)),
        number(2920),
        number(1),
        number(2900),
        number("api.example".len()),
    );
    guest::plugin(&[], &data, NOT_FOUND)
}
