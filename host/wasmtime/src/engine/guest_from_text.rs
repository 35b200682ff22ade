//! Guests for tests: a core module as text, and a world of `wit/` that it answers, made into a component.

use crate::config::limits::Limits;
use crate::engine::sandbox::Allowance;
use crate::engine::{PoolLimits, Runtime};
use std::path::Path;
use std::time::Duration;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A component of `world` (`core`, `provider`, `policy`) from the text of its module.
pub(crate) fn component(world: &str, text: &str) -> Vec<u8> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let mut resolve = Resolve::default();
    for package in ["host", "policy", "provider"] {
        resolve.push_dir(wit.join(package)).unwrap();
    }
    let (worlds, _) = resolve.push_dir(&wit).unwrap();
    let world = resolve.select_world(&[worlds], Some(world)).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .unwrap()
        .encode()
        .unwrap()
}

/// A core that does what the second letter of the path says: `t` traps, `l` loops, `m` asks for more and more memory,
/// anything else answers 200 with the number of requests that this instance has seen.
pub(crate) fn core() -> Vec<u8> {
    component(
        "core",
        r#"(module
            (memory (export "memory") 1)
            (global $heap (mut i32) (i32.const 4096))
            (global $seen (mut i32) (i32.const 0))
            (func (export "cabi_realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                (global.set $heap (i32.add (local.get $at) (local.get $size)))
                (local.get $at))
            (func (export "doorward:host/http-handler@0.1.0#handle")
                (param i32 i32) (param $target i32) (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
                (local $letter i32)
                (local.set $letter (i32.load8_u offset=1 (local.get $target)))
                (if (i32.eq (local.get $letter) (i32.const 116)) (then unreachable))
                (if (i32.eq (local.get $letter) (i32.const 108)) (then (loop $for_ever (br $for_ever))))
                (if (i32.eq (local.get $letter) (i32.const 109)) (then
                    (loop $more
                        (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
                    unreachable))
                (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
                (i32.store8 (i32.const 64) (i32.add (i32.const 48) (global.get $seen)))
                (i32.store16 (i32.const 16) (i32.const 200))
                (i32.store (i32.const 28) (i32.const 64))
                (i32.store (i32.const 32) (i32.const 1))
                (i32.const 16))
            (func (export "doorward:host/administration@0.1.0#run") (param i32 i32) (result i32) unreachable))"#,
    )
}

/// A policy that answers `err` with the number of decisions of this instance; if `grant-type` (its second letter) says
/// so, it traps (`t`) or loops (`l`).
pub(crate) fn policy() -> Vec<u8> {
    component(
        "policy",
        r#"(module
            (memory (export "memory") 1)
            (global $heap (mut i32) (i32.const 4096))
            (global $seen (mut i32) (i32.const 0))
            (func (export "cabi_realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                (global.set $heap (i32.add (local.get $at) (local.get $size)))
                (local.get $at))
            (func (export "doorward:policy/engine@0.1.0#decide") (param $input i32) (result i32)
                (local $stage i32)
                (local.set $stage (i32.load8_u (i32.load (local.get $input))))
                (if (i32.eq (local.get $stage) (i32.const 116)) (then unreachable))
                (if (i32.eq (local.get $stage) (i32.const 108)) (then (loop $for_ever (br $for_ever))))
                (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
                (i32.store8 (i32.const 64) (i32.add (i32.const 48) (global.get $seen)))
                (i32.store8 (i32.const 16) (i32.const 1))
                (i32.store (i32.const 20) (i32.const 64))
                (i32.store (i32.const 24) (i32.const 1))
                (i32.const 16)))"#,
    )
}

/// A provider for `sign-in` that describes itself, and whose `handle` is `body`.
pub(crate) fn provider(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 512) "Test")
            (global $heap (mut i32) (i32.const 4096))
            (func (export "cabi_realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                (global.set $heap (i32.add (local.get $at) (local.get $size)))
                (local.get $at))
            (func (export "doorward:provider/login-provider@0.1.0#describe") (result i32)
                (i32.store (i32.const 24) (i32.const 512))
                (i32.store (i32.const 28) (i32.const 4))
                (i32.store (i32.const 40) (i32.const 520))
                (i32.store (i32.const 44) (i32.const 1))
                (i32.const 16))
            (func (export "doorward:provider/login-provider@0.1.0#texts") (param i32 i32) (result i32) (i32.const 256))
            (func (export "doorward:provider/login-provider@0.1.0#forget") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
                (i32.const 256))
            (func (export "doorward:provider/login-provider@0.1.0#handle") (param i32) (result i32) {body}))"#
    );
    component("provider", &text)
}

/// Small limits, so that tests are over soon.
pub(crate) fn allowance() -> Allowance {
    Allowance {
        memory_bytes: 4 << 20,
        time: Duration::from_millis(200),
    }
}

/// An engine for a few guests, without a cache.
pub(crate) fn runtime() -> Runtime {
    Runtime::start(
        PoolLimits {
            guests: 8,
            ..Limits::default().pool(0)
        },
        None,
    )
    .unwrap()
}
