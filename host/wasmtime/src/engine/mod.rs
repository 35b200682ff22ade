//! The WebAssembly runtime: one wasmtime engine for the core, the plugins and the policy.
//!
//! Every guest lives in a store of its own ([`sandbox`]) with limits on memory, tables, instances and time. Code is
//! compiled once and kept in a cache of our own ([`compiled`]).

pub(crate) mod bindings;
pub(crate) mod compiled;
pub(crate) mod core;
pub(crate) mod core_ports;
pub(crate) mod fault;
pub(crate) mod sandbox;
mod ticker;
pub(crate) mod wasi;

#[cfg(test)]
pub(crate) mod guest_from_text;
#[cfg(test)]
pub(crate) mod tests;

use compiled::CompiledCache;
use std::path::Path;
use std::time::Duration;
use wasmtime::component::Component;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
};

/// How often a running guest is asked whether its time is up, and yields its thread.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Stack of WebAssembly code inside one guest: 512 KiB.
const WASM_STACK_BYTES: usize = 512 << 10;
/// Stack on which a guest and the host functions it calls run: 2 MiB.
const FIBER_STACK_BYTES: usize = 2 << 20;
/// Core modules inside one component: what `wasm-component-ld` makes of a Rust crate has three or four, and composed
/// components a few times that.
const CORE_INSTANCES_PER_COMPONENT: u32 = 40;
/// Memory of an instance that is kept mapped between two uses: 512 KiB. Where the kernel can say which pages were
/// touched (Linux 6.7), only those are reset; what is beyond goes back to the system and is faulted in again.
const KEEP_RESIDENT_BYTES: usize = 512 << 10;

/// What the pooling allocator sets aside. All of it is address space; memory is used when a guest touches it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolLimits {
    /// Guests that may be alive at once: requests, plugin calls and warm policies together.
    pub(crate) guests: u32,
    /// The largest linear memory that any guest may have, in bytes.
    pub(crate) memory_bytes: usize,
}

/// The engine, with its clock and its cache of compiled code.
pub(crate) struct Runtime {
    engine: Engine,
    cache: CompiledCache,
}

impl Runtime {
    /// Starts the engine. `cache_directory` is created if it is not there; with `None`, or with a directory that cannot
    /// be trusted, everything is compiled at each start.
    ///
    /// # Errors
    /// If the limits ask for more address space than the system gives.
    pub(crate) fn start(
        limits: PoolLimits,
        cache_directory: Option<&Path>,
    ) -> wasmtime::Result<Self> {
        let engine = Engine::new(&engine_config(limits))?;
        ticker::start(&engine)?;
        let cache = CompiledCache::open(cache_directory, &engine);
        Ok(Self { engine, cache })
    }

    /// The engine.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Loads a component from the cache, or compiles it and puts it there.
    ///
    /// # Errors
    /// If `wasm` is no component.
    pub(crate) fn component(&self, name: &str, wasm: &[u8]) -> wasmtime::Result<Component> {
        self.cache.component(&self.engine, name, wasm)
    }
}

fn engine_config(limits: PoolLimits) -> Config {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .memory_init_cow(true)
        .wasm_backtrace_max_frames(None)
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_memory64(false)
        .wasm_relaxed_simd(false)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
    config
}

fn pool(limits: PoolLimits) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(limits.guests)
        .total_core_instances(limits.guests.saturating_mul(8))
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .total_memories(limits.guests.saturating_mul(2))
        .max_memories_per_component(16)
        .max_memory_size(limits.memory_bytes)
        .total_tables(limits.guests.saturating_mul(4))
        .max_tables_per_component(32)
        .table_elements(20_000)
        .total_stacks(limits.guests)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    pool
}
