//! The server: one script at a time.

use bindings::fermyon::spin::redis::{Connection, Error, RedisParameter};
use doorward_portable_records::{Answer, Failure, unavailable};
use std::cell::Cell;

#[expect(
    clippy::pedantic,
    reason = "generated from the WIT, where the documentation is"
)]
mod bindings {
    wit_bindgen::generate!({ world: "fermyon:spin/client", path: "wit" });
}
pub(crate) use bindings::fermyon::spin::redis::RedisResult;

/// Before the key of every record.
const RECORD: &str = "{doorward}:record:";
/// The sorted set of all keys.
const KEYS: &str = "{doorward}:keys";
/// The sorted set of the keys that expire.
const EXPIRY: &str = "{doorward}:expiry";

thread_local! {
    /// The connection of this instance, which serves one request. One that an error came over is not used again.
    static CONNECTION: Cell<Option<Connection>> = const { Cell::new(None) };
}

/// Where the server is.
#[derive(Debug)]
pub(crate) struct Server {
    address: String,
}

impl Server {
    pub(crate) fn new(address: String) -> Self {
        Self { address }
    }

    /// Runs a script that only reads: once more if the connection was lost.
    pub(crate) fn read(
        &self,
        script: &str,
        key: &str,
        arguments: &[&[u8]],
    ) -> Answer<Vec<RedisResult>> {
        self.run(script, key, arguments)
            .or_else(|_lost| self.run(script, key, arguments))
            .map_err(|error| self.explained(&error))
    }

    /// Runs a script that writes. Never twice: what it did before the connection was lost nobody knows.
    pub(crate) fn write(
        &self,
        script: &str,
        key: &str,
        arguments: &[&[u8]],
    ) -> Answer<Vec<RedisResult>> {
        self.run(script, key, arguments)
            .map_err(|error| self.explained(&error))
    }

    fn run(&self, script: &str, key: &str, arguments: &[&[u8]]) -> Result<Vec<RedisResult>, Error> {
        let record = format!("{RECORD}{key}");
        let fixed = [
            script.as_bytes(),
            b"3",
            record.as_bytes(),
            KEYS.as_bytes(),
            EXPIRY.as_bytes(),
        ];
        let parameters: Vec<RedisParameter> = fixed
            .iter()
            .chain(arguments)
            .map(|bytes| RedisParameter::Binary(bytes.to_vec()))
            .collect();
        let open = CONNECTION.take();
        let connection = open.map_or_else(|| Connection::open(&self.address), Ok)?;
        let results = connection.execute("EVAL", &parameters)?;
        CONNECTION.set(Some(connection));
        Ok(results)
    }

    /// The address may hold a password, so it is in no text.
    fn explained(&self, error: &Error) -> Failure {
        match error {
            Error::InvalidAddress => unavailable(
                "Spin refuses the address in the variable `redis_address`: it must be redis://HOST:PORT, and be listed in `allowed_outbound_hosts` in spin.toml",
            ),
            Error::TooManyConnections => unavailable("Spin has too many connections to Redis open"),
            Error::TypeError => unavailable("Redis holds something else under Doorward's names"),
            Error::Other(text) => unavailable(format_args!(
                "Redis: {}",
                text.replace(&self.address, "(address)")
            )),
        }
    }
}
