//! The examples that the RFCs give, against the code that reads such things here: one module per RFC, one test per section.

#[cfg(test)]
mod rfc7515;
#[cfg(test)]
mod rfc7517;
#[cfg(test)]
mod rfc7519;
#[cfg(test)]
mod rfc7636;
#[cfg(test)]
mod rfc7638;
#[cfg(test)]
mod rfc8037;
#[cfg(test)]
mod rfc9101;
#[cfg(test)]
mod rfc9449;

#[cfg(test)]
#[path = "../../../core/protocol/src/memory.rs"]
#[expect(dead_code, reason = "the core's own tests use the rest")]
mod memory;
// Which names the core's modules as its own.
#[cfg(test)]
use doorward_protocol::*;

/// The core's host in memory over each verifier, at `now`, in seconds since the Unix epoch.
#[cfg(test)]
fn hosts(issuer: &str, now: u64) -> [memory::Memory; 2] {
    doorward_vectors::VERIFIERS.map(|verifier| {
        let host = memory::Memory::new(&serde_json::json!({ "issuer": issuer }));
        host.signatures.replace(Some(Box::new(verifier)));
        host.now.set(now);
        host
    })
}
