//! The scope policy: a component without imports, kept warm.
//!
//! A policy is a function of its input, so that an instance may answer many questions; it is thrown away after
//! [`PolicyLimits::calls_per_instance`] of them, and after any that it did not answer. Whatever goes wrong denies: the
//! answer is an error, and the core grants nothing.

use crate::engine::Runtime;
use crate::engine::bindings::core::doorward::policy::types::{Decision, Input};
use crate::engine::bindings::policy::{Policy as PolicyInstance, PolicyPre};
use crate::engine::sandbox::{Allowance, Guest, within};
use crate::engine::wasi;
use std::sync::{Mutex, PoisonError};
use wasmtime::Store;
use wasmtime::component::Linker;

/// Bounds on the policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PolicyLimits {
    /// Memory of one instance and time for one decision.
    pub(crate) allowance: Allowance,
    /// Questions that one instance answers before a new one takes its place. Default 1000; 1 is a fresh one each time.
    pub(crate) calls_per_instance: u32,
    /// Idle instances that are kept. Default 8.
    pub(crate) idle: usize,
}

/// The policy and its idle instances.
pub(crate) struct Policy {
    pre: PolicyPre<Guest<()>>,
    limits: PolicyLimits,
    idle: Mutex<Vec<Warm>>,
}

/// An instance between two questions.
struct Warm {
    store: Store<Guest<()>>,
    instance: PolicyInstance,
    calls: u32,
}

impl Policy {
    /// Loads a policy.
    ///
    /// # Errors
    /// If `wasm` is no component of world `policy`, or imports a clock, files or the network.
    pub(crate) fn load(
        runtime: &Runtime,
        wasm: &[u8],
        limits: PolicyLimits,
    ) -> wasmtime::Result<Self> {
        let component = runtime.component("policy", wasm)?;
        if let Some(import) = wasi::impure_import(&component, runtime.engine()) {
            return Err(wasmtime::Error::msg(format!(
                "a policy may not import {import}: it is a function of its input"
            )));
        }
        let mut linker = Linker::new(runtime.engine());
        wasi::link_standard_library(&mut linker)?;
        let pre = PolicyPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self {
            pre,
            limits,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Decides.
    ///
    /// # Errors
    /// The policy's own, or why it gave no answer: for the operator's log.
    pub(crate) async fn decide(&self, input: &Input) -> Result<Decision, String> {
        let allowance = self.limits.allowance;
        let answered = within(allowance.time, async {
            let mut warm = self.take().await?;
            let call = warm
                .instance
                .doorward_policy_engine()
                .call_decide(&mut warm.store, input);
            let decision = call.await?;
            warm.calls += 1;
            Ok((warm, decision))
        });
        match answered.await {
            Ok((warm, decision)) => {
                self.give_back(warm);
                decision
            }
            Err(fault) => {
                tracing::error!(%fault, "the policy did not decide, which denies");
                Err(fault.to_string())
            }
        }
    }

    async fn take(&self) -> wasmtime::Result<Warm> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        if let Some(mut warm) = idle {
            Guest::restart_clock(&mut warm.store, self.limits.allowance.time);
            return Ok(warm);
        }
        let mut store = Guest::store(self.pre.engine(), (), self.limits.allowance);
        let instance = self.pre.instantiate_async(&mut store).await?;
        Ok(Warm {
            store,
            instance,
            calls: 0,
        })
    }

    fn give_back(&self, warm: Warm) {
        if warm.calls >= self.limits.calls_per_instance {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.limits.idle {
            idle.push(warm);
        }
    }
}

#[cfg(test)]
mod tests;
