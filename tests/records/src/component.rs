//! A component file that exports `doorward:host/records`, as a subject: each call runs in a fresh instance, as on the hosts
//! that it is for.

use crate::backend::Grants;
use crate::store::{Answer, Clock, Entry, Failure, Listed, Store};
use anyhow::Context as _;
use doorward_spin_host::redis::Redis;
use doorward_spin_host::sqlite::Sqlite;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{Component, HasData, InstancePre, Linker, ResourceTable};
use wasmtime::{Config, Engine};
use wasmtime_wasi::{HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

mod bindings {
    wasmtime::component::bindgen!({
        path: ["../../wit/host", "../../wit/provider", "../../wit/portable"],
        world: "doorward:portable/store",
        imports: { default: trappable },
        exports: { default: async },
    });
}
use bindings::StorePre;
use bindings::exports::doorward::host::records as wit;

/// What an instance reaches.
struct Guest {
    wasi: WasiCtx,
    resources: ResourceTable,
    grants: Arc<Grants>,
    sqlite: Sqlite,
    redis: Redis,
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.resources,
        }
    }
}

impl HasData for Guest {
    type Data<'a> = &'a mut Guest;
}

impl bindings::doorward::portable::variables::Host for Guest {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<Option<String>, String>> {
        Ok(Ok(self.grants.variables.get(&name).cloned()))
    }
}

struct Wall(Option<Clock>);

impl HostWallClock for Wall {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        match &self.0 {
            Some(clock) => Duration::from_secs(clock.now()),
            None => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default(),
        }
    }
}

/// A compiled component that is linked to everything that a store may need.
#[derive(Clone)]
pub struct Compiled {
    engine: Engine,
    linked: InstancePre<Guest>,
    metered: bool,
}

impl Compiled {
    /// Compiles the file. `metered` ones can be made to die in the middle of a call; they are slower.
    ///
    /// # Errors
    /// The file is no component, or imports what no host of stores offers.
    pub fn load(file: &Path, metered: bool) -> anyhow::Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(metered);
        let engine = Engine::new(&config).map_err(described)?;
        let bytes =
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let component = Component::new(&engine, bytes)
            .map_err(|error| anyhow::anyhow!("{} is no component: {error:#}", file.display()))?;
        Self::link(engine, &component, metered)
    }

    /// Takes what [`Compiled::save`] wrote.
    ///
    /// # Errors
    /// The file is something else.
    #[expect(
        unsafe_code,
        reason = "the file is one that this program has just compiled and keeps to itself"
    )]
    pub(crate) fn trusted(file: &Path) -> anyhow::Result<Self> {
        let engine = Engine::new(&Config::new()).map_err(described)?;
        // SAFETY: written by `save`, into a directory that only its owner can write.
        let component = unsafe { Component::deserialize_file(&engine, file) }
            .map_err(|error| anyhow::anyhow!("{}: {error:#}", file.display()))?;
        Self::link(engine, &component, false)
    }

    /// Writes the compiled code for other processes of this program.
    pub(crate) fn save(&self, file: &Path) -> anyhow::Result<()> {
        std::fs::write(
            file,
            self.linked.component().serialize().map_err(described)?,
        )?;
        Ok(())
    }

    fn link(engine: Engine, component: &Component, metered: bool) -> anyhow::Result<Self> {
        let mut linker = Linker::<Guest>::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(described)?;
        doorward_spin_host::sqlite::add_to_linker(&mut linker, |guest| &mut guest.sqlite)
            .map_err(described)?;
        doorward_spin_host::redis::add_to_linker(&mut linker, |guest| &mut guest.redis)
            .map_err(described)?;
        bindings::doorward::portable::variables::add_to_linker::<Guest, Guest>(
            &mut linker,
            |guest| guest,
        )
        .map_err(described)?;
        let instance = linker
            .instantiate_pre(component)
            .map_err(|error| anyhow::anyhow!("the component cannot be linked: {error:#}"))?;
        StorePre::new(instance.clone())
            .map_err(|error| anyhow::anyhow!("the component is no store: {error:#}"))?;
        Ok(Self {
            engine,
            linked: instance,
            metered,
        })
    }

    /// A handle to the store behind `grants`. `clock` `None`: the machine's. `fuel` is what each call may use up.
    #[must_use]
    pub fn store(&self, grants: Arc<Grants>, clock: Option<Clock>, fuel: u64) -> ComponentStore {
        ComponentStore {
            compiled: self.clone(),
            grants,
            clock,
            fuel,
        }
    }
}

/// A store in a component.
pub struct ComponentStore {
    compiled: Compiled,
    grants: Arc<Grants>,
    clock: Option<Clock>,
    fuel: u64,
}

/// One instance.
struct Fresh {
    store: wasmtime::Store<Guest>,
    exports: bindings::Store,
}

/// As an error of this crate, with all that it says.
pub(crate) fn described(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into())
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn trapped(error: wasmtime::Error) -> Failure {
    Failure::Unavailable(format!("the component trapped: {error:#}"))
}

impl ComponentStore {
    /// How much of its fuel one `replace` of a small record uses up.
    ///
    /// # Errors
    /// The store does not work.
    pub async fn measure(&self) -> anyhow::Result<u64> {
        let key = "measured";
        let version = self.insert(key, b"before".to_vec(), None).await?;
        let mut fresh = self.fresh().await?;
        fresh
            .exports
            .doorward_host_records()
            .call_replace(&mut fresh.store, key, version, b"after", None)
            .await
            .map_err(trapped)?
            .map_err(failure)?;
        let left = fresh.store.get_fuel().map_err(described)?;
        self.remove(key, None).await?;
        Ok(self.fuel - left)
    }

    fn guest(&self) -> anyhow::Result<Guest> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.inherit_stderr().wall_clock(Wall(self.clock.clone()));
        self.grants.preopen(&mut wasi)?;
        Ok(Guest {
            wasi: wasi.build(),
            resources: ResourceTable::new(),
            sqlite: self.grants.sqlite(),
            redis: Redis::new(Arc::clone(&self.grants.outbound)),
            grants: Arc::clone(&self.grants),
        })
    }

    async fn fresh(&self) -> Result<Fresh, Failure> {
        let guest = self
            .guest()
            .map_err(|error| Failure::Unavailable(format!("{error:#}")))?;
        let mut store = wasmtime::Store::new(&self.compiled.engine, guest);
        if self.compiled.metered {
            store.set_fuel(self.fuel).map_err(trapped)?;
        }
        let exports = StorePre::new(self.compiled.linked.clone())
            .map_err(trapped)?
            .instantiate_async(&mut store)
            .await
            .map_err(trapped)?;
        Ok(Fresh { store, exports })
    }
}

fn failure(failure: wit::Failure) -> Failure {
    match failure {
        wit::Failure::Conflict => Failure::Conflict,
        wit::Failure::Invalid(why) => Failure::Invalid(why),
        wit::Failure::Unavailable(why) => Failure::Unavailable(why),
    }
}

macro_rules! call {
    ($self:ident, $call:ident($($argument:expr),*), $answer:expr) => {
        Box::pin(async move {
            let mut fresh = $self.fresh().await?;
            fresh
                .exports
                .doorward_host_records()
                .$call(&mut fresh.store, $($argument),*)
                .await
                .map_err(trapped)?
                .map($answer)
                .map_err(failure)
        })
    };
}

impl Store for ComponentStore {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        call!(self, call_get(key), |entry| entry.map(|entry| Entry {
            value: entry.value,
            version: entry.version
        }))
    }

    fn insert<'a>(
        &'a self,
        key: &'a str,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        call!(self, call_insert(key, &value, expires_at), |version| {
            version
        })
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        version: u64,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        call!(
            self,
            call_replace(key, version, &value, expires_at),
            |version| version
        )
    }

    fn remove<'a>(&'a self, key: &'a str, version: Option<u64>) -> Answer<'a, ()> {
        call!(self, call_remove(key, version), |()| ())
    }

    fn increment<'a>(&'a self, key: &'a str, by: u64, expires_at: u64) -> Answer<'a, u64> {
        call!(self, call_increment(key, by, expires_at), |sum| sum)
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Answer<'a, Vec<Listed>> {
        call!(self, call_list(prefix, after, limit), |listed| listed
            .into_iter()
            .map(|listed| Listed {
                key: listed.key,
                value: listed.value,
                version: listed.version
            })
            .collect())
    }
}
