//! The core component: one fresh instance for every request and every command.

use super::Runtime;
use super::bindings::core::exports::doorward::host::{administration, http_handler};
use super::bindings::core::{Core as CoreInstance, CorePre};
use super::core_ports::CorePorts;
use super::fault::Fault;
use super::sandbox::{Allowance, Guest, within};
use super::wasi;
use crate::outbound::Reach;
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{HasSelf, Linker};

pub(crate) use administration::Failure as AdministrationFailure;
pub(crate) use http_handler::{ClientCertificate, Request, Response};

/// The core, linked and ready to be instantiated.
pub(crate) struct Core {
    pre: CorePre<Guest<Arc<CorePorts>>>,
    allowance: Allowance,
}

impl Core {
    /// Loads the core.
    ///
    /// # Errors
    /// If `wasm` is no component of world `core`.
    pub(crate) fn load(
        runtime: &Runtime,
        wasm: &[u8],
        allowance: Allowance,
    ) -> wasmtime::Result<Self> {
        let component = runtime.component("core", wasm)?;
        let mut linker = Linker::new(runtime.engine());
        wasi::link_everything(&mut linker)?;
        CoreInstance::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
        let pre = CorePre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self { pre, allowance })
    }

    fn store(&self, ports: &Arc<CorePorts>) -> Store<Guest<Arc<CorePorts>>> {
        let mut store = Guest::store(self.pre.engine(), Arc::clone(ports), self.allowance);
        let reach = Reach::Everywhere(Arc::clone(&ports.outbound));
        store.data_mut().let_out(reach);
        store
    }

    /// Answers one HTTP request.
    ///
    /// # Errors
    /// [`Fault`]: the instance is gone, nothing of it remains.
    pub(crate) async fn handle(
        &self,
        ports: &Arc<CorePorts>,
        request: Request,
    ) -> Result<Response, Fault> {
        within(self.allowance.time, async {
            let mut store = self.store(ports);
            let core = self.pre.instantiate_async(&mut store).await?;
            core.doorward_host_http_handler()
                .call_handle(&mut store, &request)
                .await
        })
        .await
    }

    /// Runs one command of `doorward:host/administration`: JSON in, JSON out.
    ///
    /// # Errors
    /// [`Fault`] if the core did not answer; the inner error is its refusal.
    pub(crate) async fn administer(
        &self,
        ports: &Arc<CorePorts>,
        command: &str,
    ) -> Result<Result<String, AdministrationFailure>, Fault> {
        within(self.allowance.time, async {
            let mut store = self.store(ports);
            let core = self.pre.instantiate_async(&mut store).await?;
            core.doorward_host_administration()
                .call_run(&mut store, command)
                .await
        })
        .await
    }
}
