//! `fermyon:spin/redis@2.0.0` against a real server. An address that the manifest's `allowed_outbound_hosts` do not have
//! is `invalid-address`, and nothing is connected to.

use crate::bindings::fermyon::spin::redis as wit;
use crate::outbound::AllowedHosts;
use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncCommands as _, AsyncConnectionConfig, Client, RedisError, Value};
use std::sync::Arc;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

/// Connections that one guest may have open.
const CONNECTIONS: usize = 1024;
/// Bytes of one answer.
const ANSWER_BYTES: usize = 128 << 20;

/// The Redis servers of one guest.
pub struct Redis {
    allowed: Arc<AllowedHosts>,
    connections: ResourceTable,
}

/// An open connection.
pub struct Connection(MultiplexedConnection);

type Answer<T> = wasmtime::Result<Result<T, wit::Error>>;

impl Redis {
    /// Servers for one guest: those of `allowed`.
    #[must_use]
    pub fn new(allowed: Arc<AllowedHosts>) -> Self {
        let mut connections = ResourceTable::new();
        connections.set_max_capacity(CONNECTIONS);
        Self {
            allowed,
            connections,
        }
    }

    async fn open(&mut self, address: &str) -> Result<Resource<Connection>, wit::Error> {
        if !self.allowed.allow_url(address, "redis") {
            return Err(wit::Error::InvalidAddress);
        }
        // Spin waits for as long as the server takes.
        let patient = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let connection = Client::open(address)
            .map_err(|_unreadable| wit::Error::InvalidAddress)?
            .get_multiplexed_async_connection_with_config(&patient)
            .await
            .map_err(other)?;
        self.connections
            .push(Connection(connection))
            .map_err(|_full| wit::Error::TooManyConnections)
    }

    fn server(
        &mut self,
        connection: &Resource<Connection>,
    ) -> wasmtime::Result<&mut MultiplexedConnection> {
        Ok(&mut self.connections.get_mut(connection)?.0)
    }
}

/// Links the interface; `get` finds the guest's servers in the data of its store.
///
/// # Errors
/// If the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut Redis,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, Redis>(linker, get)
}

impl HasData for Redis {
    type Data<'a> = &'a mut Redis;
}

impl wit::Host for Redis {}

impl wit::HostConnection for Redis {
    async fn open(&mut self, address: String) -> Answer<Resource<Connection>> {
        Ok(self.open(&address).await)
    }

    async fn publish(
        &mut self,
        connection: Resource<Connection>,
        channel: String,
        payload: wit::Payload,
    ) -> Answer<()> {
        let published = self.server(&connection)?.publish(channel, payload).await;
        Ok(published.map_err(other))
    }

    async fn get(
        &mut self,
        connection: Resource<Connection>,
        key: String,
    ) -> Answer<Option<wit::Payload>> {
        let value: Result<Option<Vec<u8>>, _> = self.server(&connection)?.get(key).await;
        Ok(match value {
            Ok(Some(value)) if value.len() > ANSWER_BYTES => Err(too_large()),
            value => value.map_err(other),
        })
    }

    async fn set(
        &mut self,
        connection: Resource<Connection>,
        key: String,
        value: wit::Payload,
    ) -> Answer<()> {
        Ok(self
            .server(&connection)?
            .set(key, value)
            .await
            .map_err(other))
    }

    async fn incr(&mut self, connection: Resource<Connection>, key: String) -> Answer<i64> {
        Ok(self.server(&connection)?.incr(key, 1).await.map_err(other))
    }

    async fn del(&mut self, connection: Resource<Connection>, keys: Vec<String>) -> Answer<u32> {
        Ok(self.server(&connection)?.del(keys).await.map_err(other))
    }

    async fn sadd(
        &mut self,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        let added = self.server(&connection)?.sadd(key, values).await;
        Ok(added.map_err(|error| match error.kind() {
            // Spin's version of the client tells a value of another type by its conversion alone.
            ::redis::ErrorKind::UnexpectedReturnType => wit::Error::TypeError,
            _ => other(error),
        }))
    }

    async fn smembers(
        &mut self,
        connection: Resource<Connection>,
        key: String,
    ) -> Answer<Vec<String>> {
        Ok(self.server(&connection)?.smembers(key).await.map_err(other))
    }

    async fn srem(
        &mut self,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        Ok(self
            .server(&connection)?
            .srem(key, values)
            .await
            .map_err(other))
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        command: String,
        arguments: Vec<wit::RedisParameter>,
    ) -> Answer<Vec<wit::RedisResult>> {
        let mut command = ::redis::cmd(&command);
        for argument in arguments {
            match argument {
                wit::RedisParameter::Int64(integer) => command.arg(integer),
                wit::RedisParameter::Binary(bytes) => command.arg(bytes),
            };
        }
        let answer = command
            .query_async::<Value>(self.server(&connection)?)
            .await;
        Ok(answer.map_err(other).and_then(flattened))
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.connections.delete(connection)?;
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn other(error: RedisError) -> wit::Error {
    wit::Error::Other(error.to_string())
}

fn too_large() -> wit::Error {
    wit::Error::Other(format!(
        "query result exceeds limit of {ANSWER_BYTES} bytes"
    ))
}

/// The answer as the interface has it: arrays and sets one after the other, in depth; what it has no word for is an error.
fn flattened(answer: Value) -> Result<Vec<wit::RedisResult>, wit::Error> {
    let mut results = Vec::new();
    flatten(answer, &mut results)?;
    let bytes: usize = results.iter().map(size).sum();
    if bytes > ANSWER_BYTES {
        Err(too_large())
    } else {
        Ok(results)
    }
}

fn flatten(answer: Value, results: &mut Vec<wit::RedisResult>) -> Result<(), wit::Error> {
    results.push(match answer {
        Value::Nil => wit::RedisResult::Nil,
        Value::Int(integer) => wit::RedisResult::Int64(integer),
        Value::Boolean(boolean) => wit::RedisResult::Int64(boolean.into()),
        Value::BulkString(bytes) => wit::RedisResult::Binary(bytes),
        Value::Double(double) => wit::RedisResult::Binary(double.to_string().into_bytes()),
        Value::SimpleString(text) => wit::RedisResult::Status(text),
        Value::Okay => wit::RedisResult::Status(String::from("OK")),
        Value::Array(answers) | Value::Set(answers) => {
            return answers
                .into_iter()
                .try_for_each(|answer| flatten(answer, results));
        }
        Value::ServerError(error) => return Err(wit::Error::Other(error.to_string())),
        unsupported => {
            return Err(wit::Error::Other(format!(
                "this type of answer is not supported: {unsupported:?}"
            )));
        }
    });
    Ok(())
}

fn size(result: &wit::RedisResult) -> usize {
    let contents = match result {
        wit::RedisResult::Status(text) => text.len(),
        wit::RedisResult::Binary(bytes) => bytes.len(),
        wit::RedisResult::Nil | wit::RedisResult::Int64(_) => 0,
    };
    contents.saturating_add(size_of::<wit::RedisResult>())
}

#[cfg(test)]
mod tests;
