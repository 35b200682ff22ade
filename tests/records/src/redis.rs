//! A real Redis server for the time of a check.

use anyhow::{Context as _, ensure};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Databases of the server, one for each store.
const DATABASES: u32 = 4096;
/// How long the server may take to answer after its start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a free port of this machine, which flushes every write. It ends when this is dropped.
pub struct Server {
    directory: TempDir,
    port: u16,
    process: Mutex<Option<Child>>,
}

impl Server {
    /// Starts `redis-server` from the path.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub fn start() -> anyhow::Result<Arc<Self>> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let server = Self {
            directory: tempfile::tempdir()?,
            port,
            process: Mutex::new(None),
        };
        server.run()?;
        Ok(Arc::new(server))
    }

    /// The address of a database. Each number is a store of its own.
    #[must_use]
    pub fn address(&self, database: u32) -> String {
        format!("redis://127.0.0.1:{}/{}", self.port, database % DATABASES)
    }

    fn run(&self) -> anyhow::Result<()> {
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always"])
            .args(["--port", &self.port.to_string(), "--databases", &DATABASES.to_string()])
            .arg("--dir")
            .arg(self.directory.path())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot run `redis-server`, which these checks need: `apt-get install -y redis-server`")?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let deadline = Instant::now() + PATIENCE;
        while !self.answers() {
            ensure!(
                Instant::now() < deadline,
                "redis-server does not answer on port {}",
                self.port
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn answers(&self) -> bool {
        let ask = || -> std::io::Result<bool> {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
            let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            stream.write_all(b"PING\r\n")?;
            let mut answer = [0; 5];
            stream.read_exact(&mut answer)?;
            Ok(&answer == b"+PONG")
        };
        ask().unwrap_or(false)
    }

    fn kill(&self) {
        let process = self
            .process
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(mut process) = process {
            let _gone = process.kill();
            let _gone = process.wait();
        }
    }

    /// Kills the server; dropping the answer starts it anew on the same port and data.
    #[must_use]
    pub fn stop(self: &Arc<Self>) -> Stopped {
        self.kill();
        Stopped(Arc::clone(self))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A server that is down until this is dropped.
pub struct Stopped(Arc<Server>);

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Err(error) = self.0.run() {
            eprintln!("{error:#}");
        }
    }
}
