//! A mail service with an API over HTTP, as far as the hosts without SMTP use one: it takes messages and keeps them.

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Newest last.
static MESSAGES: Mutex<Vec<Value>> = Mutex::new(Vec::new());

static PORT: LazyLock<u16> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || answer(stream));
        }
    });
    port
});

/// Where messages are posted to.
pub(crate) fn url() -> String {
    format!("http://127.0.0.1:{}/emails", *PORT)
}

/// Messages to one address, newest first, as the outbox of `doorward dev` shows them.
pub(crate) fn to(address: &str) -> Vec<Value> {
    let messages = MESSAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let to = messages.iter().rev();
    to.filter(|message| message["to"] == address)
        .cloned()
        .collect()
}

/// Answers the requests of one connection.
fn answer(stream: TcpStream) {
    let mut reader = BufReader::new(stream);
    while let Some(body) = read(&mut reader) {
        let accepted = serde_json::from_slice(&body)
            .ok()
            .and_then(|message| keep(&message));
        let (status, body) = match accepted {
            Some(()) => ("200 OK", "{\"id\":\"1\"}"),
            None => ("422 Unprocessable Content", "{}"),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The body of the next request; none at the end of the connection.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        chunked |= line == "transfer-encoding: chunked";
    }
    if chunked {
        return read_chunks(reader);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

/// RFC 9112 §7.1.
pub(super) fn read_chunks(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let size = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        body.extend_from_slice(chunk.get(..size)?);
        if size == 0 {
            return Some(body);
        }
    }
}

/// Keeps a message in the form of Resend's API.
fn keep(message: &Value) -> Option<()> {
    let to = match &message["to"] {
        Value::Array(to) => to.first()?.as_str()?,
        to => to.as_str()?,
    };
    let text = message["text"].as_str()?;
    let code = text
        .split(|letter: char| !letter.is_ascii_digit())
        .find(|digits| digits.len() == 6);
    let kept =
        json!({ "to": to, "subject": message["subject"].as_str()?, "text": text, "code": code });
    MESSAGES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(kept);
    Some(())
}
