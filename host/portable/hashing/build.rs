//! Says how large the stack in linear memory is.

use std::env;

/// Bytes. The linker's own choice is 1 MiB; Argon2's memory is on the heap. Below the stack there is nothing, so that an overflow
/// traps instead of overwriting data.
const STACK: u32 = 128 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
}
