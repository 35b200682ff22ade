//! Delivery to a mail server that is written here: a thread on loopback that speaks as much SMTP as it takes.

use super::super::Mailer;
use super::*;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

/// What the server received: the commands in front of the mail, and the mail.
#[derive(Debug)]
struct Received {
    commands: Vec<String>,
    mail: String,
}

/// Starts a server that answers `RCPT` of the first connections by these replies, and later ones by 250.
fn server(replies: Vec<&'static str>) -> (u16, Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut replies = replies.into_iter();
        for stream in listener.incoming() {
            let reply = replies.next().unwrap_or("250 fine");
            // A client that hangs up early is part of the tests.
            let _ = converse(&stream.unwrap(), reply, &sender);
        }
    });
    (port, receiver)
}

fn converse(stream: &TcpStream, rcpt: &str, received: &Sender<Received>) -> std::io::Result<()> {
    let say = |text: &str| (&mut &*stream).write_all(format!("{text}\r\n").as_bytes());
    let mut lines = BufReader::new(stream).lines();
    let mut commands = Vec::new();
    say("220 test ESMTP")?;
    while let Some(line) = lines.next().transpose()? {
        let verb = line
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_uppercase();
        commands.push(line);
        match verb.as_str() {
            "EHLO" => say("250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME")?,
            "AUTH" => say("235 welcome")?,
            "RCPT" => say(rcpt)?,
            "DATA" => {
                say("354 go on")?;
                let mut mail = String::new();
                for line in lines.by_ref() {
                    match line?.as_str() {
                        "." => break,
                        line => mail.extend([line, "\n"]),
                    }
                }
                say("250 kept")?;
                let _ = received.send(Received {
                    commands: std::mem::take(&mut commands),
                    mail,
                });
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 fine")?,
        }
    }
    Ok(())
}

fn options(port: u16) -> SmtpOptions {
    SmtpOptions {
        port: Some(port),
        first_retry: Duration::from_millis(1),
        ..SmtpOptions::new(
            "127.0.0.1",
            Encryption::None,
            "Example <no-reply@example.com>",
        )
    }
}

fn mailer(options: &SmtpOptions) -> Mailer {
    Mailer::Smtp(Arc::new(Smtp::new(options).unwrap()))
}

fn message() -> Message {
    Message {
        channel: "email".into(),
        to: "ann@example.org".into(),
        subject: "Your code – now".into(),
        text: "Your code is 123456.\n.\nBye".into(),
        code: Some("123456".into()),
    }
}

async fn drained(mailer: &Mailer) -> usize {
    mailer.drain(Duration::from_secs(30)).await
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let (port, received) = server(vec![]);
    let mailer = mailer(&options(port));
    mailer.deliver(message()).await.unwrap();
    assert_eq!(drained(&mailer).await, 0);
    let received = received.try_recv().unwrap();
    let said = |command: &str| {
        received
            .commands
            .iter()
            .any(|line| line.starts_with(command))
    };
    assert!(
        said("MAIL FROM:<no-reply@example.com>") && said("RCPT TO:<ann@example.org>"),
        "{received:?}"
    );
    for part in [
        "From: Example <no-reply@example.com>\n",
        "To: ann@example.org\n",
        "Auto-Submitted: auto-generated\n",
        "Message-ID: <",
        "Date: ",
        "\nYour code is 123456.\n..\nBye",
    ] {
        assert!(
            received.mail.contains(part),
            "{part:?} is not in {}",
            received.mail
        );
    }
    assert!(matches!(
        mailer.deliver(message()).await,
        Err(Failure::Unavailable(_))
    ));
}

#[tokio::test]
async fn credentials_are_given_when_there_are_some() {
    let (port, received) = server(vec![]);
    let mailer = mailer(&SmtpOptions {
        credentials: Some(("user".into(), Zeroizing::new("pass".into()))),
        ..options(port)
    });
    mailer.deliver(message()).await.unwrap();
    assert_eq!(drained(&mailer).await, 0);
    // RFC 4616: \0user\0pass.
    assert!(
        received
            .try_recv()
            .unwrap()
            .commands
            .contains(&"AUTH PLAIN AHVzZXIAcGFzcw==".to_owned())
    );
}

#[tokio::test]
async fn a_passing_problem_is_tried_again() {
    let (port, received) = server(vec!["451 later", "450 later", "421 later", "452 later"]);
    let mailer = mailer(&options(port));
    mailer.deliver(message()).await.unwrap();
    assert_eq!(drained(&mailer).await, 0);
    assert!(received.try_recv().unwrap().mail.contains("123456"));
}

#[tokio::test]
async fn after_five_tries_a_mail_is_given_up() {
    let (port, received) = server(vec!["451 later"; 5]);
    let mailer = mailer(&options(port));
    mailer.deliver(message()).await.unwrap();
    assert_eq!(drained(&mailer).await, 0);
    assert!(received.try_recv().is_err());
}

#[tokio::test]
async fn a_refusal_for_good_is_not_tried_again() {
    let (port, received) = server(vec!["550 nobody here"]);
    let mailer = mailer(&options(port));
    mailer.deliver(message()).await.unwrap();
    assert_eq!(drained(&mailer).await, 0);
    // A second try would have been accepted.
    assert!(received.try_recv().is_err());
}

#[tokio::test]
async fn accepting_does_not_wait_for_the_server_and_is_bounded() {
    // It never answers: nobody accepts the connections.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mailer = mailer(&SmtpOptions {
        queue: 3,
        ..options(silent.local_addr().unwrap().port())
    });
    for _ in 0..3 {
        mailer.deliver(message()).await.unwrap();
    }
    assert!(
        matches!(mailer.deliver(message()).await, Err(Failure::Unavailable(why)) if why.contains("too many"))
    );
    assert_eq!(mailer.drain(Duration::from_millis(20)).await, 3);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_passing_problem() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mailer = mailer(&options(port));
    mailer.deliver(message()).await.unwrap();
    assert_eq!(drained(&mailer).await, 0);
}

#[test]
fn unprotected_mail_stays_on_this_machine() {
    for host in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] {
        assert!(
            Smtp::new(&SmtpOptions::new(host, Encryption::None, "a@example.com")).is_ok(),
            "{host}"
        );
    }
    for host in [
        "10.0.0.1",
        "mail.example.com",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "",
    ] {
        assert!(
            Smtp::new(&SmtpOptions::new(host, Encryption::None, "a@example.com")).is_err(),
            "{host}"
        );
    }
    assert!(Smtp::new(&SmtpOptions::new("localhost", Encryption::None, "nobody")).is_err());
}

#[tokio::test]
async fn this_way_delivers_no_text_messages() {
    let mailer = mailer(&options(1));
    let refused = mailer
        .deliver(Message {
            channel: "sms".into(),
            to: "+4915112345678".into(),
            ..message()
        })
        .await;
    assert!(matches!(refused, Err(Failure::Unsupported(_))));
}
