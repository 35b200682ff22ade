//! The data of a guest's store, and the linker: all that a guest can import.

use crate::application::Granted;
use crate::outbound::http::OutboundHttp;
use crate::redis::{self, Redis};
use crate::sqlite::{self, Sqlite};
use crate::variables::{self, Variables};
use std::path::Path;
use std::sync::Arc;
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// One guest: it lives for one request.
pub(crate) struct Guest {
    sqlite: Sqlite,
    redis: Redis,
    variables: Variables,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: OutboundHttp,
    table: ResourceTable,
}

impl Guest {
    /// A guest with what its component is granted; `state` is the directory of the database.
    pub(crate) fn new(granted: &Granted, state: &Path) -> Self {
        let wasi = WasiCtx::builder()
            .envs(&granted.environment)
            .inherit_stdout()
            .inherit_stderr()
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Self {
            sqlite: Sqlite::new(
                granted.sqlite_databases.iter().cloned(),
                state.join(sqlite::FILE_NAME),
            ),
            redis: Redis::new(Arc::clone(&granted.allowed_hosts)),
            variables: Variables::new(Arc::clone(&granted.variables)),
            wasi,
            http: WasiHttpCtx::new(),
            outbound: OutboundHttp(Arc::clone(&granted.allowed_hosts)),
            table: ResourceTable::new(),
        }
    }
}

/// Links everything that there is. An import that is not among it does not load.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    sqlite::add_to_linker(&mut linker, |guest: &mut Guest| &mut guest.sqlite)?;
    redis::add_to_linker(&mut linker, |guest: &mut Guest| &mut guest.redis)?;
    variables::add_to_linker(&mut linker, |guest: &mut Guest| &mut guest.variables)?;
    Ok(linker)
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.outbound,
        }
    }
}
