//! Starts and stops the real binary.

use super::host::{self, CACHE, Host};
use super::http;
use super::mailbox;
use super::random;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_doorward");

/// A first start compiles the components; on a busy machine that takes a while.
const START: Duration = Duration::from_mins(3);

/// How long a line of the log may take to get here.
const LINE: Duration = Duration::from_secs(20);

/// The configuration that most tests share.
pub(crate) const CONFIG: &str = include_str!("doorward.toml");

static SHARED: LazyLock<Server> = LazyLock::new(|| Server::start_for_all(CONFIG));

/// One server for all tests that leave it as they found it.
pub(crate) fn shared() -> &'static Server {
    &SHARED
}

/// Statics are not dropped, so a shell that reads our end of a pipe stops the server when we are gone, however we went.
fn end_with_this_process(pid: u32) {
    let signal = match host::host() {
        // Its runtime is a process of its own, which it ends.
        Host::Workers => "TERM",
        _ => "KILL",
    };
    let script = format!("read -r _; kill -{signal} {pid}");
    let mut watch = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell");
    std::mem::forget(watch.stdin.take());
    std::thread::spawn(move || watch.wait());
}

/// A running `doorward`.
pub(crate) struct Server {
    pub(crate) issuer: String,
    pub(crate) child: Child,
    pub(crate) log: Log,
    pub(crate) place: Place,
}

/// Everything that the server printed.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        self.0.lock().expect("no panic while it is held").clone()
    }

    /// The first line in which all of these are, once there is one.
    #[track_caller]
    pub(crate) fn line(&self, words: &[&str]) -> String {
        let deadline = Instant::now() + LINE;
        loop {
            let text = self.text();
            let mut lines = text.lines();
            if let Some(line) = lines.find(|line| words.iter().all(|word| line.contains(word))) {
                return line.to_owned();
            }
            assert!(
                Instant::now() < deadline,
                "no line of the log has {words:?}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn drain(&self, from: impl Read + Send + 'static) {
        let text = Arc::clone(&self.0);
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                let mut text = text.lock().expect("no panic while it is held");
                text.push_str(&line);
                text.push('\n');
            }
        });
    }
}

/// Its directory, its configuration, its address: what outlives one process.
pub(crate) struct Place {
    directory: TempDir,
    port: u16,
    /// `--issuer` of `doorward dev`, which takes none from the configuration.
    issuer: Option<String>,
}

impl Place {
    /// An empty data directory and a free port.
    pub(crate) fn new(config: &str) -> Self {
        let directory = TempDir::with_prefix("doorward-test-").expect("a temporary directory");
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let place = Self {
            directory,
            port,
            issuer: None,
        };
        place.configure(config);
        place
    }

    /// With a path in its issuer.
    pub(crate) fn with_issuer_path(self, path: &str) -> Self {
        let issuer = format!("{}{path}", self.origin());
        self.with_issuer(&issuer)
    }

    /// With an issuer of its own.
    pub(crate) fn with_issuer(self, issuer: &str) -> Self {
        Self {
            issuer: Some(issuer.to_owned()),
            ..self
        }
    }

    /// Its address and port.
    pub(crate) fn listen(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What answers 200 as soon as the server can work. Hosts other than the native one have no page for it: there it is
    /// the keys, which a first request makes.
    fn ready(&self) -> String {
        if host::host() == Host::Native {
            return format!("{}/readyz", self.origin());
        }
        let issuer = self.issuer_to_be();
        let path = issuer.strip_prefix(&self.origin()).unwrap_or_default();
        format!("{}{path}/.well-known/jwks.json", self.origin())
    }

    /// Starts `doorward serve` here and waits until it is ready.
    pub(crate) fn serve(self) -> Server {
        let arguments = [
            "serve".to_owned(),
            "--config".to_owned(),
            self.config().to_str().expect("UTF-8").to_owned(),
        ];
        self.spawn(Command::new(BINARY), &arguments)
    }

    /// Writes the configuration.
    pub(crate) fn configure(&self, config: &str) {
        std::fs::write(self.config(), config).expect("a file");
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.directory.path().join("doorward.toml")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Where `doorward compose` writes what runs here, on hosts other than the native one.
    pub(crate) fn composed(&self) -> PathBuf {
        self.directory.path().join("composed")
    }

    /// What `configure` wrote.
    pub(crate) fn configuration(&self) -> String {
        std::fs::read_to_string(self.config()).expect("a file")
    }

    /// The issuer of the server that starts here.
    pub(crate) fn issuer_to_be(&self) -> String {
        self.issuer.clone().unwrap_or_else(|| self.origin())
    }

    /// The arguments of `doorward dev` here.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        let (config, data) = (path(&self.config()), path(&self.data()));
        let listen = format!("127.0.0.1:{}", self.port);
        let mut arguments = vec![
            "dev", "--listen", &listen, "--data", &data, "--cache", CACHE, "--config", &config,
        ];
        if let Some(issuer) = &self.issuer {
            arguments.extend(["--issuer", issuer]);
        }
        arguments.into_iter().map(str::to_owned).collect()
    }

    /// Starts a server here, on the host that this run is about, and waits until it is ready: natively `doorward dev`.
    pub(crate) fn start(self) -> Server {
        if host::host() == Host::Native {
            return self.start_by(Command::new(BINARY));
        }
        let command = host::command(&self);
        self.spawn(command, &[])
    }

    /// Starts it under another program, e.g. one that pins it to a processor.
    pub(crate) fn start_by(self, command: Command) -> Server {
        let arguments = self.arguments();
        self.spawn(command, &arguments)
    }

    fn spawn(self, mut command: Command, arguments: &[String]) -> Server {
        let spawned = command
            .args(arguments)
            // Programs of several processes end when this ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = spawned.expect("the binary starts");
        let log = Log::default();
        log.drain(child.stdout.take().expect("a pipe"));
        log.drain(child.stderr.take().expect("a pipe"));
        let mut server = Server {
            issuer: String::new(),
            child,
            log,
            place: self,
        };
        server.wait_until_ready();
        server
    }
}

impl Server {
    /// Starts `doorward dev` with this configuration on an empty data directory.
    pub(crate) fn start(config: &str) -> Self {
        Place::new(config).start()
    }

    /// The same, for a static: it ends with the process of the tests.
    pub(crate) fn start_for_all(config: &str) -> Self {
        let server = Self::start(config);
        end_with_this_process(server.child.id());
        server
    }

    fn wait_until_ready(&mut self) {
        let ready = self.place.ready();
        let deadline = Instant::now() + START;
        while !http::get(&ready)
            .try_send()
            .is_ok_and(|answer| answer.status == 200)
        {
            let ended = self.child.try_wait().expect("a status");
            assert!(
                ended.is_none(),
                "doorward ended with {ended:?}:\n{}",
                self.log.text()
            );
            assert!(
                Instant::now() < deadline,
                "doorward did not become ready:\n{}",
                self.log.text()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        self.issuer = if host::host() == Host::Native {
            self.printed_issuer(deadline)
        } else {
            self.place.issuer_to_be()
        };
    }

    /// Its issuer, once it has printed it.
    fn printed_issuer(&self, deadline: Instant) -> String {
        let issuer = self.place.issuer_to_be();
        while !self.log.text().contains(&issuer) {
            assert!(
                Instant::now() < deadline,
                "doorward did not print {issuer}:\n{}",
                self.log.text()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        issuer
    }

    /// A path below the issuer.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// RFC 8414 metadata, at the address that its §3.1 builds from the issuer.
    pub(crate) fn metadata(&self) -> Value {
        let origin = self.place.origin();
        let path = self
            .issuer
            .strip_prefix(&origin)
            .expect("an issuer on its origin");
        let url = format!("{origin}/.well-known/oauth-authorization-server{path}");
        http::get(&url).send().assert_ok().json()
    }

    /// Where the metadata says that an endpoint is.
    #[track_caller]
    pub(crate) fn endpoint(&self, name: &str) -> String {
        let metadata = self.metadata();
        metadata[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {metadata}"))
            .to_owned()
    }

    pub(crate) fn jwks(&self) -> Value {
        http::get(&self.endpoint("jwks_uri"))
            .send()
            .assert_ok()
            .json()
    }

    /// Mails to one address, newest first.
    pub(crate) fn mails(&self, to: &str) -> Vec<Value> {
        if host::host() != Host::Native {
            return mailbox::to(to);
        }
        let outbox = http::get(&format!("{}/dev/outbox", self.place.origin()))
            .header("accept", "application/json")
            .send();
        let mails = outbox.assert_ok().json();
        let mails = mails.as_array().expect("a list of mails").iter();
        mails
            .filter(|mail| mail["to"].as_str().is_some_and(|address| address == to))
            .cloned()
            .collect()
    }

    /// The code of the newest mail to an address, once there are `nth` of them.
    #[track_caller]
    pub(crate) fn mailed_code(&self, to: &str, nth: usize) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let mails = self.mails(to);
            if mails.len() >= nth {
                return mails[0]["code"]
                    .as_str()
                    .unwrap_or_else(|| panic!("no code in {mails:?}"))
                    .to_owned();
            }
            assert!(
                Instant::now() < deadline,
                "{} of {nth} mails to {to}:\n{}",
                mails.len(),
                self.log.text()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it at once, as a power cut would, and keeps its directory.
    pub(crate) fn kill(mut self) -> Place {
        self.child.kill().expect("a signal");
        self.child.wait().expect("its end");
        self.take_place()
    }

    /// Asks it to end, waits for that, and keeps its directory.
    pub(crate) fn stop(self) -> Place {
        self.terminate();
        self.wait()
    }

    /// Waits for the end that it was asked for, and keeps its directory.
    pub(crate) fn wait(mut self) -> Place {
        self.child.wait().expect("its end");
        self.take_place()
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        let signal = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(signal.expect("kill").success());
    }

    fn take_place(&mut self) -> Place {
        let nowhere = Place::new("");
        std::mem::replace(&mut self.place, nowhere)
    }

    /// Runs a command of `doorward` on this server's configuration and data.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        run(&self.place, arguments)
    }
}

/// Runs `doorward` on the data of a place to its end.
pub(crate) fn run(place: &Place, arguments: &[&str]) -> Output {
    let command = Command::new(BINARY)
        .args(arguments)
        .arg("--data")
        .arg(place.data())
        .stdin(Stdio::null())
        .output();
    command.expect("the binary starts")
}

/// Runs `doorward` to its end.
pub(crate) fn run_alone(arguments: &[&str]) -> Output {
    Command::new(BINARY)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts")
}

/// What `doorward dev`, or on another host `doorward compose`, printed as it refused a configuration; panics if it takes it.
#[track_caller]
pub(crate) fn refused(config: &str) -> String {
    try_start(config)
        .unwrap_or_else(|| panic!("it started with a configuration that it must refuse:\n{config}"))
}

/// Asserts that `doorward dev` refuses each of these, and names all that it does not.
#[track_caller]
pub(crate) fn assert_all_refused(configs: impl IntoIterator<Item = (String, String)>) {
    let accepted = configs
        .into_iter()
        .filter(|(_, config)| try_start(config).is_none());
    let accepted = accepted.map(|(name, _)| name).collect::<Vec<_>>();
    assert!(
        accepted.is_empty(),
        "it started with what it must refuse: {accepted:#?}"
    );
}

/// What `doorward dev` printed if it refused a configuration; none if it became ready, after which it is ended.
fn try_start(config: &str) -> Option<String> {
    let place = Place::new(config);
    if host::host() != Host::Native {
        let composed = host::compose(&place);
        let refusal = String::from_utf8_lossy(&composed.stderr).into_owned();
        return (!composed.status.success()).then_some(refusal);
    }
    let mut child = Command::new(BINARY)
        .args(place.arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let (ready, deadline) = (format!("{}/readyz", place.origin()), Instant::now() + START);
    let started = loop {
        if child.try_wait().expect("a status").is_some() {
            break false;
        }
        if http::get(&ready)
            .try_send()
            .is_ok_and(|answer| answer.status == 200)
            || Instant::now() > deadline
        {
            break true;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    if started {
        child.kill().expect("a signal");
    }
    let output = child.wait_with_output().expect("its end");
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(
        started || !output.status.success(),
        "it ended well without having served:\n{printed}"
    );
    (!started).then_some(printed)
}

impl Drop for Server {
    fn drop(&mut self) {
        if host::host() == Host::Workers {
            // The runtime is a process of its own, which ends with our end of this pipe.
            drop(self.child.stdin.take());
        } else {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        if std::thread::panicking() {
            let (seed, log) = (random::seed(), self.log.text());
            eprintln!(
                "--- log of {} (DOORWARD_TEST_SEED={seed})\n{log}",
                self.issuer
            );
        }
    }
}
