//! Against `redis-server`, which must be installed.

use super::{Connection, Redis, wit};
use crate::bindings::fermyon::spin::redis::HostConnection as _;
use crate::outbound::AllowedHosts;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use wasmtime::component::Resource;
use wit::{RedisParameter as Parameter, RedisResult as Answer};

/// A server on a free port, without files; it ends with this value.
struct RedisServer {
    process: Child,
    address: String,
}

impl RedisServer {
    fn start() -> Self {
        loop {
            // Another process may take the port first: then the server ends, and there is another.
            let port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let mut process = Command::new("redis-server")
                .args([
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--port",
                    &port.to_string(),
                ])
                .stdout(Stdio::piped())
                .spawn()
                .expect("redis-server must be installed");
            let lines = BufReader::new(process.stdout.take().unwrap()).lines();
            if lines
                .map_while(Result::ok)
                .any(|line| line.contains("Ready to accept connections"))
            {
                return Self {
                    process,
                    address: format!("redis://127.0.0.1:{port}"),
                };
            }
            process.wait().unwrap();
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn guest(allowed: &str) -> Redis {
    Redis::new(Arc::new(
        AllowedHosts::parse(&[allowed.to_owned()]).unwrap(),
    ))
}

async fn execute(
    redis: &mut Redis,
    connection: &Resource<Connection>,
    command: &[&str],
) -> Result<Vec<Answer>, wit::Error> {
    let arguments = command[1..]
        .iter()
        .map(|argument| Parameter::Binary((*argument).into()));
    let borrowed = Resource::new_borrow(connection.rep());
    redis
        .execute(borrowed, command[0].into(), arguments.collect())
        .await
        .unwrap()
}

fn shown(answer: &Result<Vec<Answer>, wit::Error>) -> String {
    let Ok(results) = answer else {
        return format!("{answer:?}");
    };
    let words = results.iter().map(|result| match result {
        Answer::Nil => String::from("nil"),
        Answer::Status(status) => format!("+{status}"),
        Answer::Int64(integer) => format!(":{integer}"),
        Answer::Binary(bytes) => String::from_utf8(bytes.clone()).unwrap(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn commands_answer_as_the_server_does() {
    let server = RedisServer::start();
    let mut redis = guest(&server.address);
    let connection = redis.open(&server.address).await.unwrap();
    for (command, answer) in [
        (&["SET", "k", "v", "NX", "EX", "60"][..], "+OK"),
        (&["SET", "k", "w", "NX", "EX", "60"], "nil"),
        (&["GETDEL", "k"], "v"),
        (&["GETDEL", "k"], "nil"),
        (&["INCRBY", "n", "41"], ":41"),
        (&["MSET", "a", "1", "b", "2"], "+OK"),
        (&["MGET", "a", "gone", "b"], "1 nil 2"),
        (
            &[
                "EVAL",
                "return {1, {redis.call('GET', KEYS[1]), 'x'}, false}",
                "1",
                "a",
            ],
            ":1 1 x nil",
        ),
    ] {
        assert_eq!(
            shown(&execute(&mut redis, &connection, command).await),
            answer,
            "{command:?}"
        );
    }
    let wrong = execute(&mut redis, &connection, &["LPUSH", "a", "x"]).await;
    assert!(
        matches!(&wrong, Err(wit::Error::Other(text)) if text.contains("WRONGTYPE")),
        "{wrong:?}"
    );
    let unknown = execute(&mut redis, &connection, &["NOSUCH"]).await;
    assert!(matches!(unknown, Err(wit::Error::Other(_))));
}

#[tokio::test]
async fn the_named_functions_work() {
    let server = RedisServer::start();
    let mut redis = guest(&server.address);
    let connection = redis.open(&server.address).await.unwrap();
    let borrowed = || Resource::new_borrow(connection.rep());
    redis
        .set(borrowed(), "k".into(), b"1".to_vec())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        redis.incr(borrowed(), "k".into()).await.unwrap().unwrap(),
        2
    );
    assert_eq!(
        redis
            .get(borrowed(), "k".into())
            .await
            .unwrap()
            .unwrap()
            .unwrap(),
        b"2"
    );
    assert_eq!(
        redis
            .del(borrowed(), vec!["k".into(), "gone".into()])
            .await
            .unwrap()
            .unwrap(),
        1
    );
    assert!(
        redis
            .get(borrowed(), "k".into())
            .await
            .unwrap()
            .unwrap()
            .is_none()
    );
    let set = || String::from("set");
    assert_eq!(
        redis
            .sadd(borrowed(), set(), vec!["a".into(), "b".into()])
            .await
            .unwrap()
            .unwrap(),
        2
    );
    assert_eq!(
        redis
            .srem(borrowed(), set(), vec!["a".into()])
            .await
            .unwrap()
            .unwrap(),
        1
    );
    assert_eq!(
        redis.smembers(borrowed(), set()).await.unwrap().unwrap(),
        ["b"]
    );
    redis
        .publish(borrowed(), "channel".into(), b"x".to_vec())
        .await
        .unwrap()
        .unwrap();
    redis.drop(connection).await.unwrap();
}

#[tokio::test]
async fn an_address_that_is_not_listed_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("redis://{}", listener.local_addr().unwrap());
    for allowed in [
        "redis://127.0.0.1:1",
        "http://127.0.0.1:*",
        "redis://localhost:*",
    ] {
        let refused = guest(allowed).open(&address).await;
        assert!(
            matches!(refused, Err(wit::Error::InvalidAddress)),
            "{allowed}"
        );
    }
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_of_its_own() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("redis://{}", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(
        guest(&address).open(&address).await,
        Err(wit::Error::Other(_))
    ));
}
