//! `[limits]`: every bound of the server with its number.

use crate::engine::PoolLimits;
use crate::engine::sandbox::Allowance;
use crate::policy::PolicyLimits;
use serde::Deserialize;
use std::time::Duration;

const MIB: usize = 1 << 20;

/// `[limits]`. Bytes, milliseconds (`_ms`), seconds (`_s`) and counts.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Body of a request; a larger one is refused with 413. Default 65536.
    pub(crate) body_bytes: usize,
    /// Path and query of a request; a longer one is refused with 414. Default 16384, at most 16384.
    pub(crate) target_bytes: usize,
    /// Header section of a request; a larger one is refused with 431. Default 32768.
    pub(crate) header_bytes: usize,
    /// Header fields of a request; more are refused with 431. Default 64.
    pub(crate) headers: usize,
    /// For a request's header to arrive, and for a connection to stay open without one. Default 10000.
    pub(crate) header_time_ms: u64,
    /// For a request's body to arrive; a slower one is refused with 408. Default 10000.
    pub(crate) body_time_ms: u64,
    /// For the core to answer a request; longer is a 503. Default 10000.
    pub(crate) request_time_ms: u64,
    /// Memory of the core during a request. Default 67108864 (64 MiB).
    pub(crate) request_memory_bytes: usize,
    /// Requests at once; more are refused with 503. Default 256, at most 2048.
    pub(crate) concurrent_requests: u32,
    /// Connections at once; more wait to be accepted. Default 1024.
    pub(crate) connections: usize,
    /// Streams at once on one HTTP/2 connection. Default 64.
    pub(crate) streams: u32,
    /// Memory of one call of a provider. Default 67108864 (64 MiB).
    pub(crate) provider_memory_bytes: usize,
    /// Time of one call of a provider. Default 5000.
    pub(crate) provider_time_ms: u64,
    /// Memory of one instance of the policy. Default 16777216 (16 MiB).
    pub(crate) policy_memory_bytes: usize,
    /// Time of one decision. Default 500.
    pub(crate) policy_time_ms: u64,
    /// Decisions of one instance of the policy, before a fresh one takes its place. Default 1000.
    pub(crate) policy_calls_per_instance: u32,
    /// From the signal to stop until requests in flight are cut off. Default 30.
    pub(crate) shutdown_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 << 10,
            target_bytes: 16 << 10,
            header_bytes: 32 << 10,
            headers: 64,
            header_time_ms: 10_000,
            body_time_ms: 10_000,
            request_time_ms: 10_000,
            request_memory_bytes: 64 * MIB,
            concurrent_requests: 256,
            connections: 1024,
            streams: 64,
            provider_memory_bytes: 64 * MIB,
            provider_time_ms: 5_000,
            policy_memory_bytes: 16 * MIB,
            policy_time_ms: 500,
            policy_calls_per_instance: 1000,
            shutdown_s: 30,
        }
    }
}

/// Idle instances of the policy that are kept.
const IDLE_POLICIES: u32 = 8;
/// Commands of the operator that may run beside the requests.
const COMMANDS: u32 = 4;

impl Limits {
    /// The first number that makes no sense, with why.
    pub(crate) fn check(&self) -> Result<(), String> {
        let ranges: [(&str, u64, u64, u64); 12] = [
            ("body_bytes", self.body_bytes as u64, 1024, 8 << 20),
            ("target_bytes", self.target_bytes as u64, 1024, 16 << 10),
            ("header_bytes", self.header_bytes as u64, 8 << 10, 1 << 20),
            ("headers", self.headers as u64, 16, 1000),
            ("header_time_ms", self.header_time_ms, 10, 600_000),
            ("body_time_ms", self.body_time_ms, 10, 600_000),
            ("request_time_ms", self.request_time_ms, 50, 600_000),
            (
                "request_memory_bytes",
                self.request_memory_bytes as u64,
                2 << 20,
                1 << 30,
            ),
            (
                "concurrent_requests",
                u64::from(self.concurrent_requests),
                1,
                2048,
            ),
            ("connections", self.connections as u64, 1, 1 << 20),
            (
                "policy_calls_per_instance",
                u64::from(self.policy_calls_per_instance),
                1,
                u64::from(u32::MAX),
            ),
            ("shutdown_s", self.shutdown_s, 0, 3600),
        ];
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(format!(
                    "limits.{name} is {value}, but must be between {least} and {most}"
                ));
            }
        }
        Ok(())
    }

    /// What the pooling allocator sets aside. A request runs the core and at most one other guest at a time.
    pub(crate) fn pool(&self, largest_plugin: usize) -> PoolLimits {
        let guests = self.concurrent_requests * 2 + IDLE_POLICIES + COMMANDS;
        let memory = self
            .request_memory_bytes
            .max(self.policy_memory_bytes)
            .max(largest_plugin);
        PoolLimits {
            guests,
            memory_bytes: memory.next_multiple_of(64 << 10),
        }
    }

    /// One request in the core.
    pub(crate) fn core(&self) -> Allowance {
        Allowance {
            memory_bytes: self.request_memory_bytes,
            time: Duration::from_millis(self.request_time_ms),
        }
    }

    /// One call of a provider, unless its own configuration says otherwise.
    pub(crate) fn provider(&self) -> Allowance {
        Allowance {
            memory_bytes: self.provider_memory_bytes,
            time: Duration::from_millis(self.provider_time_ms),
        }
    }

    /// The policy.
    pub(crate) fn policy(&self) -> PolicyLimits {
        PolicyLimits {
            allowance: Allowance {
                memory_bytes: self.policy_memory_bytes,
                time: Duration::from_millis(self.policy_time_ms),
            },
            calls_per_instance: self.policy_calls_per_instance,
            idle: IDLE_POLICIES as usize,
        }
    }
}
