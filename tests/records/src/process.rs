//! A component in processes of its own: the same checks, with nothing shared but the backend.
//!
//! Each handle is a child process of this program (`worker`), which runs the component as [`crate::component`] does and is
//! asked over its standard input, one JSON document per line. Dying is real here: `SIGKILL` in the middle of a call.

use crate::backend::{ComponentSubject, Grants};
use crate::store::{Answer, Clock, Deployment, Entry, Failure, Listed, Store, Subject};
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot};

/// A call as it goes to a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Call {
    Get {
        key: String,
    },
    Insert {
        key: String,
        value: Vec<u8>,
        expires_at: Option<u64>,
    },
    Replace {
        key: String,
        version: u64,
        value: Vec<u8>,
        expires_at: Option<u64>,
    },
    Remove {
        key: String,
        version: Option<u64>,
    },
    Increment {
        key: String,
        by: u64,
        expires_at: u64,
    },
    List {
        prefix: String,
        after: Option<String>,
        limit: u32,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Question {
    id: u64,
    now: u64,
    call: Call,
}

/// What came of a call.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Entry(Option<Entry>),
    Number(u64),
    Done,
    Listed(Vec<Listed>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Reply {
    id: u64,
    outcome: Result<Outcome, Failure>,
}

/// What a worker is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The component, compiled by this very program.
    pub compiled: PathBuf,
    /// See [`Grants::place`].
    pub place: PathBuf,
    /// See [`Grants::variables`].
    pub variables: BTreeMap<String, String>,
}

/// Answers questions until the standard input ends.
///
/// # Errors
/// The component cannot be run, or the other side does not keep to the protocol.
pub async fn work(order: Order) -> anyhow::Result<()> {
    let grants = Grants::new(&order.place, order.variables)?;
    let clock = Clock::at(0);
    let compiled = crate::component::Compiled::trusted(&order.compiled)?;
    let store = Arc::new(compiled.store(Arc::new(grants), Some(clock.clone()), 0));
    let (replies, mut written) = mpsc::unbounded_channel::<Reply>();
    let writer = tokio::spawn(async move {
        let mut output = tokio::io::stdout();
        while let Some(reply) = written.recv().await {
            let mut line = serde_json::to_vec(&reply)?;
            line.push(b'\n');
            output.write_all(&line).await?;
            output.flush().await?;
        }
        anyhow::Ok(())
    });
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let Question { id, now, call } = serde_json::from_str(&line)?;
        clock.set(now);
        let (store, replies) = (Arc::clone(&store), replies.clone());
        tokio::spawn(async move {
            let outcome = answer(&*store, call).await;
            // Whoever asked may have gone.
            let _gone = replies.send(Reply { id, outcome });
        });
    }
    drop(replies);
    writer.await?
}

async fn answer(store: &dyn Store, call: Call) -> Result<Outcome, Failure> {
    Ok(match call {
        Call::Get { key } => Outcome::Entry(store.get(&key).await?),
        Call::Insert {
            key,
            value,
            expires_at,
        } => Outcome::Number(store.insert(&key, value, expires_at).await?),
        Call::Replace {
            key,
            version,
            value,
            expires_at,
        } => Outcome::Number(store.replace(&key, version, value, expires_at).await?),
        Call::Remove { key, version } => {
            store.remove(&key, version).await?;
            Outcome::Done
        }
        Call::Increment {
            key,
            by,
            expires_at,
        } => Outcome::Number(store.increment(&key, by, expires_at).await?),
        Call::List {
            prefix,
            after,
            limit,
        } => Outcome::Listed(store.list(&prefix, after.as_deref(), limit).await?),
    })
}

type Waiting = Arc<Mutex<Option<HashMap<u64, oneshot::Sender<Result<Outcome, Failure>>>>>>;

/// A handle in another process.
struct Remote {
    /// Killed when dropped.
    child: Arc<Mutex<Child>>,
    input: tokio::sync::Mutex<ChildStdin>,
    waiting: Waiting,
    next: AtomicU64,
    clock: Clock,
    /// When the process is killed: after this part of the time that a call takes.
    death: Option<f64>,
}

fn dead() -> Failure {
    Failure::Unavailable("the process is dead".into())
}

impl Remote {
    fn start(
        program: &Path,
        order: &Order,
        clock: &Clock,
        death: Option<f64>,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .arg("worker")
            .arg(serde_json::to_string(order)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let input = child.stdin.take().context("no standard input")?;
        let output = child.stdout.take().context("no standard output")?;
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let listening = Arc::clone(&waiting);
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let Ok(reply) = serde_json::from_str::<Reply>(&line) else {
                    break;
                };
                let mut waiting = listening.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(asked) = waiting
                    .as_mut()
                    .and_then(|waiting| waiting.remove(&reply.id))
                {
                    let _gone = asked.send(reply.outcome);
                }
            }
            // Nobody will be answered any more; dropping the senders says so.
            listening
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
        });
        Ok(Self {
            child: Arc::new(Mutex::new(child)),
            input: tokio::sync::Mutex::new(input),
            waiting,
            next: AtomicU64::new(0),
            clock: clock.clone(),
            death,
        })
    }

    async fn ask(&self, call: Call) -> Result<Outcome, Failure> {
        if let Some(fraction) = self.death {
            let after = self.time_of_a_write().await?.mul_f64(fraction);
            let child = Arc::clone(&self.child);
            // A thread: the timer of the runtime counts whole milliseconds, and a call may take less than one.
            std::thread::spawn(move || {
                std::thread::sleep(after);
                let _dead = child
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .start_kill();
            });
        }
        self.send(call).await
    }

    /// How long a write takes, measured in this very process once it is at work: a death is timed by it, so that it meets the
    /// call on fast machines and slow ones. Leaves nothing behind.
    async fn time_of_a_write(&self) -> Result<Duration, Failure> {
        let key = "before death";
        let inserted = self
            .send(Call::Insert {
                key: key.into(),
                value: vec![],
                expires_at: None,
            })
            .await?;
        let Outcome::Number(version) = inserted else {
            return Err(confused());
        };
        let begun = Instant::now();
        self.send(Call::Remove {
            key: key.into(),
            version: Some(version),
        })
        .await?;
        Ok(begun.elapsed())
    }

    async fn send(&self, call: Call) -> Result<Outcome, Failure> {
        let id = self.next.fetch_add(1, Ordering::SeqCst);
        let (sender, receiver) = oneshot::channel();
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
            .ok_or_else(dead)?
            .insert(id, sender);
        let question = Question {
            id,
            now: self.clock.now(),
            call,
        };
        let mut line = serde_json::to_vec(&question)
            .map_err(|error| Failure::Unavailable(error.to_string()))?;
        line.push(b'\n');
        self.input
            .lock()
            .await
            .write_all(&line)
            .await
            .map_err(|_closed| dead())?;
        receiver.await.unwrap_or_else(|_dropped| Err(dead()))
    }
}

/// The answer was to another question: a fault of the harness.
fn confused() -> Failure {
    Failure::Unavailable("the worker answered something else".into())
}

macro_rules! ask {
    ($self:ident, $call:expr, $outcome:pat => $answer:expr) => {
        Box::pin(async move {
            match $self.ask($call).await? {
                $outcome => Ok($answer),
                _ => Err(confused()),
            }
        })
    };
}

impl Store for Remote {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        ask!(self, Call::Get { key: key.into() }, Outcome::Entry(entry) => entry)
    }

    fn insert<'a>(
        &'a self,
        key: &'a str,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        ask!(self, Call::Insert { key: key.into(), value, expires_at }, Outcome::Number(version) => version)
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        version: u64,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        let call = Call::Replace {
            key: key.into(),
            version,
            value,
            expires_at,
        };
        ask!(self, call, Outcome::Number(version) => version)
    }

    fn remove<'a>(&'a self, key: &'a str, version: Option<u64>) -> Answer<'a, ()> {
        ask!(self, Call::Remove { key: key.into(), version }, Outcome::Done => ())
    }

    fn increment<'a>(&'a self, key: &'a str, by: u64, expires_at: u64) -> Answer<'a, u64> {
        ask!(self, Call::Increment { key: key.into(), by, expires_at }, Outcome::Number(sum) => sum)
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Answer<'a, Vec<Listed>> {
        let call = Call::List {
            prefix: prefix.into(),
            after: after.map(str::to_owned),
            limit,
        };
        ask!(self, call, Outcome::Listed(listed) => listed)
    }
}

/// A component in processes as a subject.
pub struct ProcessSubject {
    program: PathBuf,
    inner: ComponentSubject,
}

impl ProcessSubject {
    /// The component of `inner` in processes that run `program`, which is this crate's.
    #[must_use]
    pub fn new(program: &Path, inner: ComponentSubject) -> Self {
        Self {
            program: program.to_owned(),
            inner,
        }
    }
}

impl Subject for ProcessSubject {
    fn deploy(&self, clock: &Clock) -> anyhow::Result<Box<dyn Deployment>> {
        let grants = self.inner.grants()?;
        let order = Order {
            compiled: self.inner.precompiled()?,
            place: grants.place,
            variables: grants.variables,
        };
        Ok(Box::new(Deployed {
            program: self.program.clone(),
            order,
            clock: clock.clone(),
        }))
    }
}

struct Deployed {
    program: PathBuf,
    order: Order,
    clock: Clock,
}

impl Deployment for Deployed {
    fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        Ok(Arc::new(Remote::start(
            &self.program,
            &self.order,
            &self.clock,
            None,
        )?))
    }

    fn dying(&self, fraction: f64) -> Option<anyhow::Result<Arc<dyn Store>>> {
        let remote = Remote::start(&self.program, &self.order, &self.clock, Some(fraction));
        Some(remote.map(|remote| -> Arc<dyn Store> { Arc::new(remote) }))
    }
}
