//! Says how large the stack in linear memory is.

use std::env;

/// Bytes. The linker's own choice, 1 MiB, would be most of what an instance occupies; the deepest thing here is JSON nested 128
/// levels, where `serde_json` stops. Below the stack there is nothing, so that an overflow traps instead of overwriting data.
const STACK: u32 = 256 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
}
