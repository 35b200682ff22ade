//! WASI 0.2 for guests: clocks and randomness for those that may have them; no files, no environment, no sockets. Outbound HTTP
//! is the core's alone ([`crate::outbound`]).

use super::sandbox::Guest;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
use wasmtime_wasi::p2::bindings::{cli, random};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView as _};

/// Links all of WASI 0.2 and `wasi:http`: for the core and for plugins.
pub(crate) fn link_everything<P: Send + 'static>(
    linker: &mut Linker<Guest<P>>,
) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)
}

/// Links what the standard library of a guest brings with it, for policies.
pub(crate) fn link_standard_library<P: Send + 'static>(
    linker: &mut Linker<Guest<P>>,
) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    random::insecure_seed::add_to_linker::<Guest<P>, WasiRandom>(linker, Guest::random)?;
    cli::environment::add_to_linker::<Guest<P>, WasiCli>(linker, Guest::cli)?;
    cli::exit::add_to_linker::<Guest<P>, WasiCli>(linker, Guest::cli)?;
    cli::terminal_input::add_to_linker::<Guest<P>, WasiCli>(linker, Guest::cli)?;
    cli::terminal_output::add_to_linker::<Guest<P>, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stdin::add_to_linker::<Guest<P>, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stdout::add_to_linker::<Guest<P>, WasiCli>(linker, Guest::cli)?;
    cli::terminal_stderr::add_to_linker::<Guest<P>, WasiCli>(linker, Guest::cli)
}

/// The first import of a component that a policy may not have: a policy is a function of its input.
pub(crate) fn impure_import(component: &Component, engine: &Engine) -> Option<String> {
    const IMPURE: [&str; 4] = [
        "wasi:clocks/",
        "wasi:http/",
        "wasi:sockets/",
        "wasi:filesystem/",
    ];
    let kind = component.component_type();
    let mut names = kind.imports(engine).map(|(name, _)| name.to_owned());
    names.find(|name| IMPURE.iter().any(|impure| name.starts_with(impure)))
}
