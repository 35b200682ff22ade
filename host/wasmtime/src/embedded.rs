//! The components that come inside the executable, so that `doorward` is one file.

/// The authorization server: exports `doorward:host/http-handler` and `doorward:host/administration`.
pub(crate) const CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/doorward_core.wasm"));

/// The policy that grants what was asked and the client may have.
pub(crate) const BASELINE_POLICY: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/doorward_policy_baseline.wasm"));

/// The components of `host/portable`, of which `doorward compose` makes a server for hosts that are not ours.
pub(crate) mod portable {
    macro_rules! component {
        ($name:literal) => {
            include_bytes!(concat!(
                env!("OUT_DIR"),
                "/doorward_portable_",
                $name,
                ".wasm"
            ))
        };
    }

    /// Keys in software, settings, mail over HTTP and events.
    pub(crate) const SERVICES: &[u8] = component!("services");
    /// Password hashing in software.
    pub(crate) const HASHING: &[u8] = component!("hashing");
    /// One provider put in front of the next.
    pub(crate) const LINK: &[u8] = component!("link");
    /// The end of the chain of providers.
    pub(crate) const END: &[u8] = component!("end");
    /// What stands between one provider and the host.
    pub(crate) const FENCE: &[u8] = component!("fence");
    /// Variables from Spin.
    pub(crate) const VARIABLES_SPIN: &[u8] = component!("variables_spin");
    /// Variables from the environment.
    pub(crate) const VARIABLES_ENVIRONMENT: &[u8] = component!("variables_environment");
    /// Records in a directory.
    pub(crate) const RECORDS_DIRECTORY: &[u8] = component!("records_directory");
    /// Records over Spin's SQLite.
    pub(crate) const RECORDS_SPIN_SQLITE: &[u8] = component!("records_spin_sqlite");
    /// Records over Spin's Redis.
    pub(crate) const RECORDS_SPIN_REDIS: &[u8] = component!("records_spin_redis");
}

/// Name and bytes of each provider: `providers.rs` is written by the build script.
const PROVIDERS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/providers.rs"));

/// A provider plugin that is shipped inside, by the name that `builtin = "…"` uses. They are loaded like any other plugin.
pub(crate) fn provider(name: &str) -> Option<&'static [u8]> {
    let mut providers = PROVIDERS.iter();
    providers
        .find(|(known, _)| *known == name)
        .map(|(_, wasm)| *wasm)
}

/// Names that [`provider`] knows.
pub(crate) fn providers() -> Vec<&'static str> {
    PROVIDERS.iter().map(|(name, _)| *name).collect()
}
