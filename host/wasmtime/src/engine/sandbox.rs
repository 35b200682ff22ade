//! What every guest gets: a store with limits, and a WASI in which there is nothing to find.

use super::fault::{Fault, TimeIsUp};
use std::time::{Duration, Instant};
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::outbound::{Hooks, Reach};

/// Elements of one table: 20,000, as the pool has them.
const TABLE_ELEMENTS: usize = 20_000;
/// Handles (streams, polls, responses) that a guest may hold at once.
const HANDLES: usize = 256;
/// Bytes that one call across the border may copy: 8 MiB.
const BYTES_PER_HOST_CALL: usize = 8 << 20;

/// What one guest may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Linear memory, all memories together, in bytes.
    pub(crate) memory_bytes: usize,
    /// From its start to its answer, waiting included.
    pub(crate) time: Duration,
}

/// The data of one guest's store: `ports` is what it may call.
pub(crate) struct Guest<P> {
    /// What answers its imports.
    pub(crate) ports: P,
    memory: MemoryBudget,
    deadline: Instant,
    wasi: Option<Box<Wasi>>,
    /// Which other servers it reaches.
    reach: Reach,
}

/// Made only for a guest that asks for it: most requests need no more than the time and a few random bytes, but many
/// none at all.
struct Wasi {
    ctx: WasiCtx,
    table: ResourceTable,
    http: WasiHttpCtx,
    hooks: Hooks,
}

impl<P: Send + 'static> Guest<P> {
    /// A store for one guest. Its time starts now.
    pub(crate) fn store(engine: &Engine, ports: P, allowance: Allowance) -> Store<Self> {
        let memory = MemoryBudget {
            left: allowance.memory_bytes,
        };
        let guest = Self {
            ports,
            memory,
            deadline: Instant::now() + allowance.time,
            wasi: None,
            reach: Reach::Nowhere,
        };
        let mut store = Store::new(engine, guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(BYTES_PER_HOST_CALL);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            if Instant::now() >= context.data().deadline {
                return Err(TimeIsUp.into());
            }
            // Tokio's own way to yield looks at its sockets and timers before it comes back here.
            Ok(UpdateDeadline::YieldCustom(
                1,
                Box::pin(tokio::task::yield_now()),
            ))
        });
        store
    }

    /// Lets a guest send requests to other servers. To be called before it runs.
    pub(crate) fn let_out(&mut self, reach: Reach) {
        self.reach = reach;
    }

    /// Gives a guest that is kept for another call its time anew.
    pub(crate) fn restart_clock(store: &mut Store<Self>, time: Duration) {
        store.data_mut().deadline = Instant::now() + time;
        store.set_epoch_deadline(1);
    }

    fn wasi(&mut self) -> &mut Wasi {
        self.wasi.get_or_insert_with(|| {
            let mut table = ResourceTable::new();
            table.set_max_capacity(HANDLES);
            let ctx = WasiCtx::builder()
                .allow_tcp(false)
                .allow_udp(false)
                .allow_ip_name_lookup(false)
                .build();
            Box::new(Wasi {
                ctx,
                table,
                http: WasiHttpCtx::new(),
                hooks: Hooks(self.reach.clone()),
            })
        })
    }
}

/// Runs a call into a guest. The first wall is the epoch (a guest that computes), the second is this timer (a guest
/// that waits); dropping the call ends the guest.
pub(crate) async fn within<T>(
    time: Duration,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> Result<T, Fault> {
    match tokio::time::timeout(time, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Fault::from_error(&error, time)),
        Err(_elapsed) => Err(Fault::TimedOut(time)),
    }
}

/// Bytes of linear memory that a guest may still take.
struct MemoryBudget {
    left: usize,
}

impl ResourceLimiter for MemoryBudget {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        match self.left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => {
                self.left = left;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}

impl<P: Send + 'static> WasiView for Guest<P> {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi();
        WasiCtxView {
            ctx: &mut wasi.ctx,
            table: &mut wasi.table,
        }
    }
}

impl<P: Send + 'static> WasiHttpView for Guest<P> {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let wasi = self.wasi();
        WasiHttpCtxView {
            ctx: &mut wasi.http,
            table: &mut wasi.table,
            hooks: &mut wasi.hooks,
        }
    }
}
