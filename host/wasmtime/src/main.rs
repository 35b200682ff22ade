//! `doorward`: the native Doorward server and command line.
//!
//! One executable: the HTTP server ([`server`]), the WebAssembly runtime with its sandbox ([`engine`]), the login
//! plugins ([`plugins`]), the scope policy ([`policy`]), the configuration ([`config`]) and the commands ([`command`]).
//! The components that decide everything about the protocol are embedded ([`embedded`]).

mod application;
mod command;
mod compose;
mod config;
mod declared;
mod dev;
mod embedded;
mod engine;
mod events;
mod keys;
mod mail;
mod outbound;
mod passwords;
mod plugins;
mod policy;
mod records;
mod sections;
mod server;
mod telemetry;
mod unopened;

fn main() -> std::process::ExitCode {
    command::main()
}
