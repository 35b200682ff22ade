//! `serve.sh`: the command line of `wasmtime serve`, with its limits.

use super::template::blocks;
use super::{Options, SettingsSource};
use crate::config::{Config, safety};

const TEMPLATE: &str = include_str!("serve.sh");

/// Requests that are answered at once; more of them wait for their turn.
const CONCURRENT_REQUESTS: u32 = 100;
/// At most so many core modules stand behind one memory: what `wasm-component-ld` makes of a crate, and the adapters
/// between components.
const CORE_INSTANCES_PER_MEMORY: u32 = 8;

/// The script, for a composition with so many memories. `wasmtime serve` sets room aside for instances and answers 500 when
/// there is none, so the script says how much the requests that it lets in will need.
pub(super) fn serve(config: &Config, options: Options, memories: u32) -> String {
    let memories = memories * CONCURRENT_REQUESTS;
    let core_instances = memories * CORE_INSTANCES_PER_MEMORY;
    let document = &config.document;
    let included = |block: &str| match block {
        "mail" => document.mail.is_some(),
        "settings" => options.settings == SettingsSource::Variable,
        _ => false,
    };
    let listen = safety::listen_address(document).to_string();
    blocks(TEMPLATE, included)
        .replace("@LISTEN@", &listen)
        .replace("@REQUESTS@", &CONCURRENT_REQUESTS.to_string())
        .replace("@MEMORIES@", &memories.to_string())
        .replace("@CORE_INSTANCES@", &core_instances.to_string())
}
