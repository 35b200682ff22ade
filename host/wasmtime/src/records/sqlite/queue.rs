//! The way to the writer: a queue that is bounded in writes and in bytes, and refuses rather than grows.

use super::operation::{Operation, Outcome};
use crate::records::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;
use tokio::sync::oneshot;

/// Most bytes of writes that may wait.
const WAITING_BYTES: usize = 64 * 1024 * 1024;

/// A write and where its outcome goes.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) operation: Operation,
    pub(super) reply: oneshot::Sender<Outcome>,
}

/// What the writer can be told.
#[derive(Debug)]
pub(super) enum Command {
    Write(Job),
    /// Nothing comes after this: finish what came before it and say so.
    Close(oneshot::Sender<()>),
}

/// The bytes that wait in the queue, counted by both of its ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn claim(&self, weight: usize) -> bool {
        let before = self.0.fetch_add(weight, Ordering::Relaxed);
        if before.saturating_add(weight) > WAITING_BYTES {
            self.release(weight);
            return false;
        }
        true
    }

    /// Gives back what a claimed write weighed.
    pub(super) fn release(&self, weight: usize) {
        self.0.fetch_sub(weight, Ordering::Relaxed);
    }
}

/// The sending end. Clones lead to the same writer.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    commands: SyncSender<Command>,
    waiting: Waiting,
    closed: Arc<AtomicBool>,
}

impl Queue {
    /// A queue for at most `capacity` writes; what the writer needs of it.
    pub(super) fn new(capacity: usize) -> (Self, Receiver<Command>, Waiting) {
        let (commands, receiver) = sync_channel(capacity.max(1));
        let waiting = Waiting::default();
        let queue = Self {
            commands,
            waiting: waiting.clone(),
            closed: Arc::default(),
        };
        (queue, receiver, waiting)
    }

    /// Whether [`Queue::close`] was called.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Queues a write without waiting.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: too much waits already, or the store is closed. Nothing was written.
    pub(super) fn submit(
        &self,
        operation: Operation,
    ) -> Result<oneshot::Receiver<Outcome>, Failure> {
        if self.is_closed() {
            return Err(closed());
        }
        let weight = operation.weight();
        if !self.waiting.claim(weight) {
            return Err(full());
        }
        let (reply, outcome) = oneshot::channel();
        self.commands
            .try_send(Command::Write(Job { operation, reply }))
            .map_err(|error| {
                self.waiting.release(weight);
                match error {
                    TrySendError::Full(_) => full(),
                    TrySendError::Disconnected(_) => closed(),
                }
            })?;
        Ok(outcome)
    }

    /// Queues a write and waits for what it came to.
    ///
    /// # Errors
    /// As [`Queue::submit`], and whatever the write came to.
    pub(super) async fn write(&self, operation: Operation) -> Outcome {
        // An outcome that never comes: the writer closed with the write still in its queue, and did not run it.
        self.submit(operation)?
            .await
            .unwrap_or_else(|_| Err(closed()))
    }

    /// Refuses new writes and lets the writer end after those that wait, without waiting for it.
    pub(super) fn abandon(&self) {
        self.closed.store(true, Ordering::Release);
        // Full: the housekeeper sees the flag and lets go of the queue, which ends the writer as well.
        let _ = self.commands.try_send(Command::Close(oneshot::channel().0));
    }

    /// Refuses new writes, waits until those that wait are done and the writer has ended.
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let (done, ended) = oneshot::channel();
        let mut command = Command::Close(done);
        while let Err(TrySendError::Full(refused)) = self.commands.try_send(command) {
            command = refused;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // An error: it has ended already.
        let _ = ended.await;
    }
}

fn full() -> Failure {
    Failure::Unavailable("too many writes are waiting for the disk".into())
}

fn closed() -> Failure {
    Failure::Unavailable("the record store is closed".into())
}
