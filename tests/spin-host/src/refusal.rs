//! Components that stand before a dependency in place of what it does not inherit: they have the exports of the real thing,
//! and refuse.

use crate::manifest::Inherited;
use anyhow::Context as _;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A way to refuse one interface.
pub(crate) struct Refusal {
    /// A word for it, for the name of the instance.
    pub(crate) name: &'static str,
    /// What a dependency must inherit to have the real thing.
    pub(crate) inherited: Inherited,
    /// The name of the interface without its version.
    interface: &'static str,
    wit: &'static str,
    world: &'static str,
    /// The module's functions, as text. `$realloc` and the memory are there already.
    functions: &'static str,
}

const SPIN: &str = include_str!("../wit/spin.wit");

const REFUSALS: [Refusal; 5] = [
    Refusal {
        name: "environment",
        inherited: Inherited::Environment,
        interface: "wasi:cli/environment",
        wit: include_str!("../wit/wasi/cli.wit"),
        world: "refusal",
        functions: include_str!("refusal/environment.wat"),
    },
    Refusal {
        name: "outbound-http",
        inherited: Inherited::AllowedOutboundHosts,
        interface: "wasi:http/outgoing-handler",
        wit: include_str!("../wit/wasi/http.wit"),
        world: "refusal",
        functions: include_str!("refusal/outgoing-handler.wat"),
    },
    Refusal {
        name: "redis",
        inherited: Inherited::AllowedOutboundHosts,
        interface: "fermyon:spin/redis",
        wit: SPIN,
        world: "no-redis",
        functions: include_str!("refusal/redis.wat"),
    },
    Refusal {
        name: "sqlite",
        inherited: Inherited::SqliteDatabases,
        interface: "fermyon:spin/sqlite",
        wit: SPIN,
        world: "no-sqlite",
        functions: include_str!("refusal/sqlite.wat"),
    },
    Refusal {
        name: "variables",
        inherited: Inherited::Variables,
        interface: "fermyon:spin/variables",
        wit: SPIN,
        world: "no-variables",
        functions: include_str!("refusal/variables.wat"),
    },
];

/// The refusal of the interface that `import` names; `None` if nobody is refused it. Files need no refusal: there are
/// none; nor do sockets: nobody has them.
pub(crate) fn of(import: &str) -> Option<&'static Refusal> {
    let (interface, _version) = import.split_once('@')?;
    REFUSALS
        .iter()
        .find(|refusal| refusal.interface == interface)
}

impl Refusal {
    /// The component. It exports `import`, in whose version the texts here are read.
    pub(crate) fn component(&self, import: &str) -> anyhow::Result<Vec<u8>> {
        let version = import
            .split_once('@')
            .context("the import has no version")?
            .1;
        let wit = match self.wit {
            SPIN => self.wit.to_owned(),
            wasi => wasi.replacen("@0.2.0;", &format!("@{version};"), 1),
        };
        let functions = self.functions.replace("@0.2.0", &format!("@{version}"));
        encode(&wit, self.world, &functions).with_context(|| format!("the refusal of {import}"))
    }
}

fn encode(wit: &str, world: &str, functions: &str) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("refusal.wit", wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let text = format!(
        "(module {}\n{functions})",
        include_str!("refusal/memory.wat")
    );
    let mut module = wat::parse_str(text)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .encode()
}

#[cfg(test)]
mod tests {
    use super::REFUSALS;

    #[test]
    fn every_refusal_is_a_component() {
        for refusal in &REFUSALS {
            let version = if refusal.interface.starts_with("wasi:") {
                "0.2.12"
            } else {
                "2.0.0"
            };
            refusal
                .component(&format!("{}@{version}", refusal.interface))
                .unwrap();
        }
    }
}
