//! Plugins for tests, as text: well-behaved and otherwise.

use std::path::Path;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Empty interfaces of others that a plugin may want.
const OTHERS: &str = "
package test:plugin;
world plugin { IMPORTS export doorward:provider/login-provider@0.1.0; }
package wasi:cli@0.2.3 {
    interface environment { get-environment: func() -> list<tuple<string, string>>; }
}
package wasi:filesystem@0.2.3 { interface preopens { look: func(); } }
package wasi:sockets@0.2.3 { interface tcp { look: func(); } }
package wasi:http@0.2.3 { interface outgoing-handler { look: func(); } }
package fermyon:spin@2.0.0 { interface sqlite { look: func(); } }
";

/// A plugin that imports `imports` (module and function of each, without parameters but where `handle` says more) and
/// answers `handle` with `body`.
pub(crate) fn plugin(imports: &[&str], functions: &str, body: &str) -> Vec<u8> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let mut resolve = Resolve::default();
    resolve.push_dir(wit.join("host")).unwrap();
    resolve.push_dir(wit.join("provider")).unwrap();
    let imports: Vec<_> = imports
        .iter()
        .map(|name| format!("import {name};"))
        .collect();
    let imports = imports.concat();
    let text = OTHERS.replace("IMPORTS", &imports);
    let package = resolve.push_str("test.wit", &text).unwrap();
    let world = resolve.select_world(&[package], Some("plugin")).unwrap();
    let text = format!(
        r#"(module
            {functions}
            (memory (export "memory") 1)
            (data (i32.const 512) "Test")
            (global $heap (mut i32) (i32.const 4096))
            (func (export "cabi_realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                (global.set $heap (i32.add (local.get $at) (local.get $size)))
                (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
                    (then (drop (memory.grow (i32.const 16)))))
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
    let mut module = wat::parse_str(text).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .unwrap()
        .encode()
        .unwrap()
}

/// A plugin that calls an interface which has nothing but `look`.
pub(crate) fn looking_at(interface: &str) -> Vec<u8> {
    let import = format!(r#"(import "{interface}" "look" (func $look))"#);
    plugin(&[interface], &import, "(call $look) unreachable")
}

/// A plugin that answers `not-found` if it sees any variable of an environment, and `bad-request` if it sees none.
pub(crate) fn spy() -> Vec<u8> {
    let environment = "wasi:cli/environment@0.2.3";
    plugin(
        &[environment],
        r#"(import "wasi:cli/environment@0.2.3" "get-environment" (func $environment (param i32)))"#,
        "(call $environment (i32.const 2048))
         (i32.store8 (i32.const 1024) (i32.const 1))
         (i32.store8 (i32.const 1028) (i32.eqz (i32.load (i32.const 2052))))
         (i32.store (i32.const 1032) (i32.const 512))
         (i32.store (i32.const 1036) (i32.const 4))
         (i32.const 1024)",
    )
}

/// The configuration of the plugin in the file `plugin.wasm`.
pub(crate) const CONFIGURATION: &str = r#"
issuer = "http://127.0.0.1:8787"

[[provider]]
id = "spy"
component = "plugin.wasm"

[[client]]
client_id = "demo"
redirect_uris = ["http://127.0.0.1/callback"]
token_endpoint_auth_method = "none"
scope = "openid"
"#;
