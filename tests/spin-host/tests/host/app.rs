//! An application in a directory of its own, and the program that serves it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// A directory with `front.wasm`, the probes that were asked for, and `spin.toml`.
pub(crate) struct App {
    directory: TempDir,
}

impl App {
    /// `component` is what stands in `[component.front]`, `dependency` what stands in the entry of the probe.
    pub(crate) fn new(probe: &str, component: &str, dependency: &str) -> Self {
        let app = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        app.write("front.wasm", &crate::guests::front());
        app.write("probe.wasm", &crate::guests::probe(probe));
        let manifest = format!(
            "spin_manifest_version = 2\n\
             [application]\nname = \"test\"\n\
             [variables]\nsecret = {{ default = \"hunter2\", secret = true }}\nrequired = {{ required = true }}\n\
             [[trigger.http]]\nroute = \"/...\"\ncomponent = \"front\"\n\
             [component.front]\nsource = \"front.wasm\"\n{component}\n\
             [component.front.dependencies]\n\
             \"doorward:probe/probe@0.1.0\" = {{ path = \"probe.wasm\" {dependency} }}\n"
        );
        app.write("spin.toml", manifest.as_bytes());
        app
    }

    pub(crate) fn write(&self, name: &str, contents: &[u8]) {
        std::fs::write(self.path(name), contents).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The command that serves it, without values for its variables.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorward-spin-host"));
        command
            .args([
                "up",
                "--listen",
                "127.0.0.1:0",
                "--instances",
                "8",
                "--from",
            ])
            .arg(self.path("spin.toml"))
            .arg("--state-dir")
            .arg(self.path("state"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Serves it.
    pub(crate) fn up(&self) -> Server {
        Server::start(self.command().args(["--variable", "required=given"]))
    }

    /// Tries to serve it, and expects the program to end.
    pub(crate) fn refused(&self) -> String {
        refusal(self.command().args(["--variable", "required=given"]))
    }
}

/// What a command says that must fail.
pub(crate) fn refusal(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "it started: {said}");
    said
}

/// A running host; it ends with this value.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let Some(address) = line.trim().strip_prefix("Serving http://") else {
            let mut said = String::new();
            process
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            panic!("it did not start: {said}");
        };
        Self {
            address: address.to_owned(),
            process,
        }
    }

    /// Status and body of `GET path`.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.request(&format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        ))
    }

    /// As [`request`].
    pub(crate) fn request(&self, text: &str) -> (u16, String) {
        request(&self.address, text)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Ends the host, and gives what it and its guests wrote to standard error.
    pub(crate) fn end(mut self) -> String {
        self.process.kill().unwrap();
        let mut said = String::new();
        self.process
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

/// Sends `text` and reads what comes until the connection is closed; status 0 if nothing comes.
pub(crate) fn request(address: &str, text: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return (0, answer);
    };
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let chunked = head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked");
    (
        status,
        if chunked {
            unchunked(body)
        } else {
            body.to_owned()
        },
    )
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&rest[..size]);
        body = &rest[size + 2..];
        if size == 0 {
            break;
        }
    }
    whole
}

/// The file of the database of an application.
pub(crate) fn database(app: &App) -> PathBuf {
    Path::new(&app.path("state")).join("sqlite_db.db")
}
