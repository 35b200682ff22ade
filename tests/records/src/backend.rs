//! What the harness gives a component: a directory, a database, a Redis server, variables.

use crate::component::{Compiled, described};
use crate::redis::Server;
use crate::store::{Clock, Deployment, Outage, Store, Subject};
use anyhow::Context as _;
use doorward_spin_host::outbound::AllowedHosts;
use doorward_spin_host::sqlite::{DEFAULT_LABEL, Sqlite};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// What the component may reach.
pub struct Grants {
    /// Holds the directory `data` and the database `records.db`.
    pub place: PathBuf,
    /// What `doorward:portable/variables` answers.
    pub variables: BTreeMap<String, String>,
    pub(crate) outbound: Arc<AllowedHosts>,
    broken: AtomicBool,
}

impl Grants {
    /// Everything in `place`, which is created if it is not there, and those variables.
    ///
    /// # Errors
    /// The directory cannot be created.
    pub fn new(place: &Path, variables: BTreeMap<String, String>) -> anyhow::Result<Self> {
        let data = place.join("data");
        std::fs::create_dir_all(&data)
            .with_context(|| format!("cannot create {}", data.display()))?;
        Ok(Self {
            place: place.to_owned(),
            variables,
            outbound: Arc::new(AllowedHosts::parse(&["redis://*:*".to_owned()])?),
            broken: AtomicBool::new(false),
        })
    }

    fn database(&self) -> PathBuf {
        self.place.join("records.db")
    }

    pub(crate) fn sqlite(&self) -> Sqlite {
        Sqlite::new([DEFAULT_LABEL.to_owned()], self.database())
    }

    /// Gives `/data`; during an outage, nothing.
    pub(crate) fn preopen(&self, wasi: &mut WasiCtxBuilder) -> anyhow::Result<()> {
        if !self.broken.load(Ordering::SeqCst) {
            wasi.preopened_dir(self.place.join("data"), "/data", FsPerms::ReadWrite)
                .map_err(described)?;
        }
        Ok(())
    }

    fn break_database(&self, broken: bool) {
        let (database, aside) = (self.database(), self.place.join("aside.db"));
        // None of it is there if the component is not one for databases; then garbage is no outage of anything.
        if broken {
            let _absent = std::fs::rename(&database, &aside);
            let _unwritable =
                std::fs::write(&database, b"no database, whatever its name says".repeat(99));
        } else {
            let _absent = std::fs::remove_file(&database);
            let _absent = std::fs::rename(&aside, &database);
        }
    }
}

/// A component as a subject.
pub struct ComponentSubject {
    file: PathBuf,
    compiled: Compiled,
    metered: Arc<OnceLock<(Compiled, u64)>>,
    variables: BTreeMap<String, String>,
    redis: Option<Arc<Server>>,
    places: TempDir,
    count: AtomicU32,
}

impl ComponentSubject {
    /// Compiles the component. With a server, the variable `redis_address` names an empty database of it for each store.
    ///
    /// # Errors
    /// The file is no component that can be linked.
    pub fn new(
        file: &Path,
        variables: BTreeMap<String, String>,
        redis: Option<Arc<Server>>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            file: file.to_owned(),
            compiled: Compiled::load(file, false)?,
            metered: Arc::default(),
            variables,
            redis,
            places: tempfile::tempdir()?,
            count: AtomicU32::new(0),
        })
    }

    /// The grants of a new, empty store.
    ///
    /// # Errors
    /// No place can be made for it.
    pub fn grants(&self) -> anyhow::Result<Grants> {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let mut variables = self.variables.clone();
        if let Some(redis) = &self.redis {
            variables.insert("redis_address".into(), redis.address(number));
        }
        Grants::new(&self.places.path().join(number.to_string()), variables)
    }

    /// The compiled component as a file, for other processes.
    pub(crate) fn precompiled(&self) -> anyhow::Result<PathBuf> {
        let file = self.places.path().join("compiled");
        if !file.exists() {
            self.compiled.save(&file)?;
        }
        Ok(file)
    }

    /// The component compiled so that it can die, and the fuel of one write.
    fn metered(&self) -> anyhow::Result<()> {
        if self.metered.get().is_none() {
            let compiled = Compiled::load(&self.file, true)?;
            let store = compiled.store(Arc::new(self.grants()?), None, u64::MAX);
            let fuel = std::thread::scope(|scope| {
                // Of its own: this may be called from a thread that serves tasks.
                scope
                    .spawn(|| {
                        tokio::runtime::Builder::new_current_thread()
                            .enable_all()
                            .build()?
                            .block_on(store.measure())
                    })
                    .join()
            });
            let fuel =
                fuel.map_err(|_panic| anyhow::anyhow!("measuring the component panicked"))??;
            let _earlier = self.metered.set((compiled, fuel));
        }
        Ok(())
    }
}

impl Subject for ComponentSubject {
    fn deploy(&self, clock: &Clock) -> anyhow::Result<Box<dyn Deployment>> {
        self.metered()?;
        Ok(Box::new(Deployed {
            compiled: self.compiled.clone(),
            metered: Arc::clone(&self.metered),
            grants: Arc::new(self.grants()?),
            clock: clock.clone(),
            redis: self.redis.clone(),
        }))
    }
}

struct Deployed {
    compiled: Compiled,
    metered: Arc<OnceLock<(Compiled, u64)>>,
    grants: Arc<Grants>,
    clock: Clock,
    redis: Option<Arc<Server>>,
}

impl Deployment for Deployed {
    fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        let store = self
            .compiled
            .store(Arc::clone(&self.grants), Some(self.clock.clone()), 0);
        Ok(Arc::new(store))
    }

    fn outage(&self) -> Option<Outage> {
        let grants = Arc::clone(&self.grants);
        grants.broken.store(true, Ordering::SeqCst);
        grants.break_database(true);
        let stopped = self.redis.as_ref().map(Server::stop);
        Some(Outage::until(move || {
            grants.broken.store(false, Ordering::SeqCst);
            grants.break_database(false);
            drop(stopped);
        }))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a fraction of some million"
    )]
    fn dying(&self, fraction: f64) -> Option<anyhow::Result<Arc<dyn Store>>> {
        let (compiled, whole) = self.metered.get()?;
        let fuel = (*whole as f64 * fraction) as u64;
        let store = compiled.store(Arc::clone(&self.grants), Some(self.clock.clone()), fuel);
        Some(Ok(Arc::new(store)))
    }
}
