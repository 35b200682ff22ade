//! The engine, with the pooling allocator's limits per component that Spin has: a component that exceeds them does not
//! load. Code is compiled once for all processes that share a cache.

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use wasmtime::component::Component;
use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Linear memories in one component, its dependencies included.
pub const MEMORIES_PER_COMPONENT: u32 = 32;
/// Core instances in one component, its dependencies included.
pub const CORE_INSTANCES_PER_COMPONENT: u32 = 200;
/// How often a running guest is looked at.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Bytes of the digest before the code in a file of the cache.
const DIGEST_BYTES: usize = 32;

/// The engine and its cache.
pub struct Engine {
    pub(crate) wasmtime: wasmtime::Engine,
    cache: Option<PathBuf>,
}

impl Engine {
    /// Starts an engine in which `instances` requests can be answered at once (Spin's default is 1000; each reserves
    /// address space). With a `cache`, compiled components are kept in that directory, which is created.
    ///
    /// # Errors
    /// If there is not as much address space, or if others than this user can write to the directory.
    pub fn start(instances: u32, cache: Option<&Path>) -> anyhow::Result<Self> {
        let wasmtime = wasmtime::Engine::new(&config(instances)).map_err(described)?;
        start_clock(&wasmtime)?;
        if let Some(cache) = cache {
            private(cache).with_context(|| format!("--cache {}", cache.display()))?;
        }
        Ok(Self {
            wasmtime,
            cache: cache.map(Path::to_owned),
        })
    }

    /// The component, from the cache or compiled.
    ///
    /// # Errors
    /// If it is no component, or exceeds the limits.
    pub fn component(&self, wasm: &[u8]) -> anyhow::Result<Component> {
        let Some(cache) = &self.cache else {
            return Component::new(&self.wasmtime, wasm).map_err(described);
        };
        let path = cache.join(format!("{}.component", self.key(wasm)));
        if let Some(component) = self.load(&path) {
            return Ok(component);
        }
        let component = Component::new(&self.wasmtime, wasm).map_err(described)?;
        let code = component.serialize().map_err(described)?;
        store(&path, &code).with_context(|| path.display().to_string())?;
        Ok(component)
    }

    fn key(&self, wasm: &[u8]) -> String {
        let mut compatibility = DefaultHasher::new();
        self.wasmtime
            .precompile_compatibility_hash()
            .hash(&mut compatibility);
        let mut digest = Sha256::new();
        digest.update(compatibility.finish().to_be_bytes());
        digest.update(wasm);
        digest
            .finalize()
            .iter()
            .fold(String::new(), |mut name, byte| {
                let _infallible = write!(name, "{byte:02x}");
                name
            })
    }

    /// What the file has, if it is whole: the digest of the code goes before the code.
    #[expect(unsafe_code, reason = "code that this program wrote: see SAFETY")]
    fn load(&self, path: &Path) -> Option<Component> {
        let file = std::fs::read(path).ok()?;
        let (digest, code) = file.split_at_checked(DIGEST_BYTES)?;
        if Sha256::digest(code).as_slice() != digest {
            return None;
        }
        // SAFETY: `deserialize` asks for what `Component::serialize` wrote. Only this user can write to the directory
        // (`private`), its files come there whole by `rename`, and the digest says that this one is what was written.
        unsafe { Component::deserialize(&self.wasmtime, code) }.ok()
    }
}

/// Creates the directory, and sees to it that nobody else can put code there.
fn private(cache: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(cache)?;
    let metadata = std::fs::metadata(cache)?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    ensure!(ours, "the directory belongs to another user");
    let others = metadata.mode() & 0o022;
    ensure!(
        others == 0,
        "others can write to the directory; `chmod go-w` it"
    );
    Ok(())
}

/// The error of wasmtime as one of ours, with its causes and where a guest was.
pub(crate) fn described(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into())
}

/// Puts the file in its place at once: who reads it meanwhile sees the old one or the new one.
fn store(path: &Path, code: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{number}", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(&Sha256::digest(code))?;
    file.write_all(code)?;
    std::fs::rename(&temporary, path)
}

fn config(instances: u32) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_memories(instances.max(MEMORIES_PER_COMPONENT))
        .total_tables(instances.max(MEMORIES_PER_COMPONENT).saturating_mul(2))
        .total_stacks(instances)
        .total_core_instances(
            instances
                .saturating_mul(4)
                .max(CORE_INSTANCES_PER_COMPONENT),
        )
        .table_elements(100_000)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_tables_per_component(64)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_tables_per_module(2)
        .max_memories_per_module(2)
        .max_memory_size(4 << 30);
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Advances the epoch for as long as the engine is there.
fn start_clock(engine: &wasmtime::Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    let clock = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    std::thread::Builder::new()
        .name(String::from("epoch"))
        .spawn(clock)?;
    Ok(())
}

#[cfg(test)]
mod tests;
