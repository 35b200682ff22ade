//! The outbox of `doorward dev`: mails that were "sent", for the terminal and for `/dev/outbox`.

use super::Message;
use crate::records::Clock;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many messages are kept; older ones are forgotten.
const KEPT: usize = 100;

/// A message as the developer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OutboxEntry {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    /// The one-time code in the text, if there is one.
    pub(crate) code: Option<String>,
    /// When it was accepted: seconds since the Unix epoch.
    pub(crate) at: u64,
}

/// Keeps the newest messages in memory and shows each one as it comes.
pub(crate) struct Outbox {
    kept: Mutex<VecDeque<OutboxEntry>>,
    show: Box<dyn Fn(&OutboxEntry) + Send + Sync>,
    clock: Clock,
}

impl Outbox {
    /// An empty outbox that shows each message by `show`.
    pub(crate) fn new(clock: Clock, show: impl Fn(&OutboxEntry) + Send + Sync + 'static) -> Self {
        Self {
            kept: Mutex::default(),
            show: Box::new(show),
            clock,
        }
    }

    /// An empty outbox that prints each message to standard error.
    pub(crate) fn printing() -> Self {
        Self::new(Clock::system(), |entry| eprint!("{}", entry.to_terminal()))
    }

    /// The messages, newest first.
    pub(crate) fn list(&self) -> Vec<OutboxEntry> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    pub(super) fn keep(&self, message: Message) {
        let Message {
            channel: _,
            to,
            subject,
            text,
            code,
        } = message;
        let entry = OutboxEntry {
            to,
            subject,
            text,
            code,
            at: self.clock.now(),
        };
        (self.show)(&entry);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(entry);
        kept.truncate(KEPT);
    }
}

impl OutboxEntry {
    /// The message for a terminal, between two rules. Control characters were refused with the message.
    pub(crate) fn to_terminal(&self) -> String {
        let text: String = self
            .text
            .lines()
            .flat_map(|line| ["  │ ", line, "\n"])
            .collect();
        let code = self
            .code
            .as_ref()
            .map(|code| format!("  │ code: {code}\n"))
            .unwrap_or_default();
        format!(
            "  ┌─ mail to {} — {}\n{text}{code}  └─\n",
            self.to, self.subject
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Mailer, Message};
    use super::*;
    use crate::records::clock::manual::Manual;
    use std::sync::Arc;

    fn message(number: usize) -> Message {
        Message {
            channel: "email".into(),
            to: "ann@example.com".into(),
            subject: format!("mail {number}"),
            text: "Hello\nAnn".into(),
            code: Some(format!("{number:06}")),
        }
    }

    #[tokio::test]
    async fn keeps_the_newest_hundred_newest_first_and_shows_each() {
        let time = Manual::at(5);
        let shown = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&shown);
        let outbox = Arc::new(Outbox::new(time.clock(), move |entry| {
            seen.lock().unwrap().push(entry.subject.clone());
        }));
        let mailer = Mailer::Outbox(Arc::clone(&outbox));
        for number in 0..103 {
            mailer.deliver(message(number)).await.unwrap();
            time.advance(1);
        }
        let kept = outbox.list();
        assert_eq!(
            (
                kept.len(),
                kept[0].subject.as_str(),
                kept[99].subject.as_str()
            ),
            (100, "mail 102", "mail 3")
        );
        assert_eq!(shown.lock().unwrap().len(), 103);
        let json = serde_json::to_value(&kept[0]).unwrap();
        assert_eq!(
            json,
            serde_json::json!({ "to": "ann@example.com", "subject": "mail 102", "text": "Hello\nAnn", "code": "000102", "at": 107 })
        );
        assert!(
            mailer
                .deliver(Message {
                    subject: "a\nb".into(),
                    ..message(0)
                })
                .await
                .is_err()
        );
        assert_eq!(outbox.list().len(), 100);
    }

    #[test]
    fn a_terminal_shows_all_of_it() {
        let entry = OutboxEntry {
            to: "ann@example.com".into(),
            subject: "Hi".into(),
            text: "one\ntwo".into(),
            code: Some("42".into()),
            at: 0,
        };
        let shown = entry.to_terminal();
        assert!(
            ["ann@example.com", "Hi", "│ one\n", "│ two\n", "code: 42"]
                .iter()
                .all(|part| shown.contains(part)),
            "{shown}"
        );
    }
}
