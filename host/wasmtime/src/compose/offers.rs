//! Who may import what: every import of every component is answered by another one, or is on one of these lists, or
//! nothing is composed.
//!
//! The sealing key is in the environment of `wasmtime serve`, and its store in a directory. So only the source of variables
//! is given the environment, only the store is given files, and everyone else gets an environment with nothing in it.

/// What WASI gives to a component that may do nothing but compute: the time, randomness, and its standard streams, which the
/// standard libraries of most languages import unasked.
const PLAIN: &[&str] = &[
    "wasi:cli/exit@",
    "wasi:cli/stdin@",
    "wasi:cli/stdout@",
    "wasi:cli/stderr@",
    "wasi:cli/terminal-input@",
    "wasi:cli/terminal-output@",
    "wasi:cli/terminal-stdin@",
    "wasi:cli/terminal-stdout@",
    "wasi:cli/terminal-stderr@",
    "wasi:clocks/monotonic-clock@",
    "wasi:clocks/wall-clock@",
    "wasi:io/error@",
    "wasi:io/poll@",
    "wasi:io/streams@",
    "wasi:random/insecure@",
    "wasi:random/insecure-seed@",
    "wasi:random/random@",
];
/// Interfaces that consist of types: there is nothing in them to call.
const TYPES: &[&str] = &[
    "doorward:provider/types@0.1.0",
    "doorward:policy/types@0.1.0",
];
/// In and out: the types of both are one interface.
const HTTP: &[&str] = &["wasi:http/types@", "wasi:http/outgoing-handler@"];
/// There is nothing to send by in them.
const HTTP_TYPES: &[&str] = &["wasi:http/types@"];
const FILES: &[&str] = &["wasi:filesystem/types@", "wasi:filesystem/preopens@"];
const ENVIRONMENT: &[&str] = &["wasi:cli/environment@"];
const SPIN_VARIABLES: &[&str] = &["fermyon:spin/variables@2.0.0"];
const SPIN_SQLITE: &[&str] = &["fermyon:spin/sqlite@2.0.0"];
const SPIN_REDIS: &[&str] = &["fermyon:spin/redis@2.0.0"];
/// What a store and a source of variables that lie in files of their own answer.
const ADAPTERS: &[&str] = &[
    "doorward:host/records@0.1.0",
    "doorward:portable/variables@0.1.0",
];
/// What a host that is written for us answers itself.
const HOST: &[&str] = &[
    "doorward:host/records@0.1.0",
    "doorward:host/keys@0.1.0",
    "doorward:host/sealing@0.1.0",
    "doorward:host/signatures@0.1.0",
    "doorward:host/settings@0.1.0",
    "doorward:host/events@0.1.0",
    "doorward:host/mail@0.1.0",
];

const SIGNATURES: &[&str] = &["doorward:host/signatures@0.1.0"];

/// What a component is, which decides what the host around the composition gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The authorization server: it fetches documents and keys over HTTP.
    Core,
    /// Keys, settings, mail and events: it posts mail over HTTP.
    Services,
    /// Nothing but what other components answer, and what plainly computes: hashing.
    Plain,
    /// As `Plain`, and the types of HTTP: a provider, whose requests its fence sends.
    Provider,
    /// Sends requests for a provider, and nothing else.
    Fence,
    /// Nothing at all but what other components answer: policies, links.
    Closed,
    /// A source of variables in the environment.
    EnvironmentVariables,
    /// A store in a directory.
    DirectoryRecords,
    /// A source of variables in Spin.
    SpinVariables,
    /// A store in Spin's SQLite.
    SpinSqlite,
    /// A store in Spin's Redis.
    SpinRedis,
}

/// What the host around the composition answers of our own interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surroundings {
    /// Nothing: the composition is complete.
    Bare,
    /// A store and a source of variables.
    Adapters,
    /// All of `doorward:host` but passwords.
    Host,
}

impl Surroundings {
    fn offers(self) -> &'static [&'static str] {
        match self {
            Self::Bare => &[],
            Self::Adapters => ADAPTERS,
            Self::Host => HOST,
        }
    }
}

impl Role {
    /// What of the host around the composition a component of this role is given.
    fn lists(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Core => &[TYPES, PLAIN, HTTP],
            Self::Services => &[PLAIN, HTTP],
            Self::Plain => &[TYPES, PLAIN],
            Self::Provider => &[TYPES, PLAIN, HTTP_TYPES],
            Self::Fence => &[TYPES, HTTP],
            Self::Closed => &[TYPES],
            Self::EnvironmentVariables => &[PLAIN, ENVIRONMENT],
            Self::DirectoryRecords => &[PLAIN, FILES],
            Self::SpinVariables => &[PLAIN, SPIN_VARIABLES],
            Self::SpinSqlite => &[PLAIN, SPIN_SQLITE],
            Self::SpinRedis => &[PLAIN, SPIN_REDIS],
        }
    }

    /// Whether an import of a component of this role may stay open, for the host around the composition to answer. Of our own
    /// interfaces only those that `asks` names may: a provider that could import `records` past its fence would read
    /// everyone's.
    pub(crate) fn leaves_open(self, surroundings: Surroundings, asks: bool, import: &str) -> bool {
        let own: &[&[&str]] = match (asks, surroundings, self) {
            (true, ..) => &[surroundings.offers()],
            // Verification by public keys is the same for everyone: no fence has anything to add to it.
            (false, Surroundings::Host, Self::Provider) => &[SIGNATURES],
            (false, ..) => &[],
        };
        let mut lists = self.lists().iter().chain(own);
        lists.any(|list| list.iter().any(|name| super::part::same(import, name)))
    }

    /// Names of what of WASI may be imported, for a message.
    pub(crate) fn names(self) -> Vec<String> {
        let names = self.lists().iter().flat_map(|list| list.iter());
        names
            .map(|name| (*name).trim_end_matches('@').to_owned())
            .collect()
    }
}
