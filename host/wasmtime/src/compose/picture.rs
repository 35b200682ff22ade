//! What is wired to what.
//!
//! ```text
//! core ← records: store · keys, sealing, signatures, settings, events: services · logins: link₁ → link₂ → … → end · engine: policy
//! link ← its provider · settings: services · meter: the provider's fence · logins: the next link
//! provider ← records, sealing, events, mail, outgoing HTTP: its fence · signatures: services · passwords: hashing
//! fence ← records: store · sealing, events, mail: services
//! services ← records: store · variables
//! ```
//!
//! Where the host around the composition answers some of these itself, they are left open.

use super::Target;
use super::offers::{Role, Surroundings};
use super::part::{Part, required_export};
use super::wiring::{Instance, Wiring};
use crate::embedded;
use serde_json::json;
use std::collections::BTreeMap;

const RECORDS: &str = "doorward:host/records@0.1.0";
const KEYS: &str = "doorward:host/keys@0.1.0";
const SEALING: &str = "doorward:host/sealing@0.1.0";
const SIGNATURES: &str = "doorward:host/signatures@0.1.0";
const SETTINGS: &str = "doorward:host/settings@0.1.0";
const EVENTS: &str = "doorward:host/events@0.1.0";
const MAIL: &str = "doorward:host/mail@0.1.0";
const PASSWORDS: &str = "doorward:host/passwords@0.1.0";
const VARIABLES: &str = "doorward:portable/variables@0.1.0";
const METER: &str = "doorward:portable/meter@0.1.0";
const LOGIN_PROVIDER: &str = "doorward:provider/login-provider@0.1.0";
const LOGINS: &str = "doorward:provider/logins@0.1.0";
const ENGINE: &str = "doorward:policy/engine@0.1.0";
const HTTP_HANDLER: &str = "doorward:host/http-handler@0.1.0";
const ADMINISTRATION: &str = "doorward:host/administration@0.1.0";
const OUTGOING_HANDLER: &str = "wasi:http/outgoing-handler@0.2.0";
const INCOMING_HANDLER: &str = "wasi:http/incoming-handler@";

/// The components that a composition is made of, beside the providers.
pub(crate) struct Pieces {
    /// The authorization server.
    pub(crate) core: Part,
    /// Who gets which scope.
    pub(crate) policy: Part,
    /// Keys, settings, mail, events.
    pub(crate) services: Part,
    /// Password hashing.
    pub(crate) hashing: Part,
    /// Puts a provider in front of the next.
    pub(crate) link: Part,
    /// No provider.
    pub(crate) end: Part,
    /// Stands between a provider and the host.
    pub(crate) fence: Part,
    /// A source of variables in the environment.
    pub(crate) variables_environment: Part,
    /// A source of variables in Spin.
    pub(crate) variables_spin: Part,
    /// A store in a directory.
    pub(crate) records_directory: Part,
    /// A store in Spin's SQLite.
    pub(crate) records_spin_sqlite: Part,
    /// A store in Spin's Redis.
    pub(crate) records_spin_redis: Part,
}

impl Pieces {
    /// Those that are shipped inside this program.
    pub(crate) fn embedded() -> Self {
        use embedded::portable;
        Self {
            core: Part::own("core", embedded::CORE),
            policy: Part::own("policy baseline", embedded::BASELINE_POLICY),
            services: Part::own("services", portable::SERVICES),
            hashing: Part::own("hashing", portable::HASHING),
            link: Part::own("link", portable::LINK),
            end: Part::own("end", portable::END),
            fence: Part::own("fence", portable::FENCE),
            variables_environment: Part::own(
                "variables-environment",
                portable::VARIABLES_ENVIRONMENT,
            ),
            variables_spin: Part::own("variables-spin", portable::VARIABLES_SPIN),
            records_directory: Part::own("records-directory", portable::RECORDS_DIRECTORY),
            records_spin_sqlite: Part::own("records-spin-sqlite", portable::RECORDS_SPIN_SQLITE),
            records_spin_redis: Part::own("records-spin-redis", portable::RECORDS_SPIN_REDIS),
        }
    }
}

/// A provider as the operator configured it.
pub(crate) struct Provider {
    /// The id under which it is reached.
    pub(crate) id: String,
    /// The plugin.
    pub(crate) part: Part,
    /// Hosts that it may reach, and send browsers to.
    pub(crate) outbound_hosts: Vec<String>,
    /// Authorities on this machine that some of them lead to, in development alone.
    pub(crate) resolve: BTreeMap<String, String>,
}

/// Answers the core's questions while it is wired.
struct Around {
    /// A store, unless the host has one.
    records: Option<Instance>,
    /// Keys, settings, mail and events, unless the host has them.
    services: Option<Instance>,
    hashing: Instance,
}

impl Around {
    /// What of these interfaces is answered inside the composition.
    fn answers(&self, interfaces: &[&'static str]) -> Vec<(&'static str, Instance)> {
        let answering = |name: &&'static str| {
            let instance = match *name {
                RECORDS => self.records,
                PASSWORDS => Some(self.hashing),
                _ => self.services,
            };
            instance.map(|instance| (*name, instance))
        };
        interfaces.iter().filter_map(answering).collect()
    }
}

/// The server as one component for `target`. `settings` is the document of the world `services`.
///
/// # Errors
/// A provider is no provider, or something does not fit.
pub(crate) fn server(
    pieces: &Pieces,
    providers: &[Provider],
    target: Target,
    settings: &str,
) -> anyhow::Result<Wiring> {
    let mut wiring = Wiring::new(match target {
        Target::Wasmtime => Surroundings::Bare,
        Target::Spin => Surroundings::Adapters,
        Target::Workers => Surroundings::Host,
    });
    let around = around(&mut wiring, pieces, target, settings)?;
    let policy = wiring.place(&pieces.policy, Role::Closed, false, &[])?;
    let mut logins = wiring.place(&pieces.end, Role::Closed, false, &[])?;
    for provider in providers.iter().rev() {
        logins = chain(&mut wiring, pieces, &around, provider, logins)?;
    }
    let mut answers = around.answers(&[RECORDS, KEYS, SEALING, SIGNATURES, SETTINGS, EVENTS]);
    answers.extend([(LOGINS, logins), (ENGINE, policy)]);
    let core = wiring.place(&pieces.core, Role::Core, true, &answers)?;
    if target == Target::Workers {
        wiring.export(core, HTTP_HANDLER)?;
        wiring.export(core, ADMINISTRATION)?;
    } else {
        let handler = required_export(&pieces.core, INCOMING_HANDLER, "")?;
        wiring.export(core, &handler)?;
    }
    Ok(wiring)
}

fn around(
    wiring: &mut Wiring,
    pieces: &Pieces,
    target: Target,
    settings: &str,
) -> anyhow::Result<Around> {
    let variables = match target {
        Target::Wasmtime => Some(wiring.place(
            &pieces.variables_environment,
            Role::EnvironmentVariables,
            false,
            &[],
        )?),
        Target::Spin | Target::Workers => None,
    };
    let variables: Vec<_> = variables
        .map(|from| (VARIABLES, from))
        .into_iter()
        .collect();
    let records = match target {
        Target::Wasmtime => Some(wiring.place(
            &pieces.records_directory,
            Role::DirectoryRecords,
            false,
            &variables,
        )?),
        Target::Spin | Target::Workers => None,
    };
    let services = match target {
        Target::Wasmtime | Target::Spin => {
            let mut answers = variables;
            answers.extend(records.map(|store| (RECORDS, store)));
            answers.push((super::generated::BAKED, wiring.bake("settings", settings)?));
            Some(wiring.place(&pieces.services, Role::Services, true, &answers)?)
        }
        Target::Workers => None,
    };
    let hashing = wiring.place(&pieces.hashing, Role::Plain, false, &[])?;
    Ok(Around {
        records,
        services,
        hashing,
    })
}

/// Puts a provider in front of `next`.
fn chain(
    wiring: &mut Wiring,
    pieces: &Pieces,
    around: &Around,
    provider: &Provider,
    next: Instance,
) -> anyhow::Result<Instance> {
    let Provider { id, part, .. } = provider;
    let (hosts, resolve) = (&provider.outbound_hosts, &provider.resolve);
    let cure = "Build it for the world `doorward:worlds/provider`";
    required_export(part, LOGIN_PROVIDER, cure)?;
    let document = json!({ "provider": id, "outbound_hosts": hosts, "resolve": resolve });
    let baked = wiring.bake(&part.name, &document.to_string())?;
    let baked = (super::generated::BAKED, baked);
    let mut answers = around.answers(&[RECORDS, SEALING, EVENTS, MAIL]);
    answers.push(baked);
    let fence = wiring.place(&pieces.fence, Role::Fence, true, &answers)?;
    let mut answers = around.answers(&[PASSWORDS, SIGNATURES]);
    answers.extend([RECORDS, SEALING, EVENTS, MAIL].map(|name| (name, fence)));
    answers.push((OUTGOING_HANDLER, fence));
    let instance = wiring.place(part, Role::Provider, false, &answers)?;
    let mut answers = around.answers(&[SETTINGS]);
    answers.extend([
        baked,
        (METER, fence),
        (LOGIN_PROVIDER, instance),
        (LOGINS, next),
    ]);
    wiring.place(&pieces.link, Role::Closed, true, &answers)
}

/// A store for Spin as a component of its own, with a source of variables inside if it asks for one. Tells whether it does.
///
/// # Errors
/// It is no store.
pub(crate) fn spin_records(
    store: &Part,
    role: Role,
    variables: &Part,
) -> anyhow::Result<(Wiring, bool)> {
    required_export(store, RECORDS, "")?;
    let mut wiring = Wiring::new(Surroundings::Bare);
    let asks = store
        .surface()?
        .imports
        .iter()
        .any(|import| import == VARIABLES);
    let mut answers = Vec::new();
    if asks {
        let variables = wiring.place(variables, Role::SpinVariables, false, &[])?;
        answers.push((VARIABLES, variables));
    }
    let store = wiring.place(store, role, false, &answers)?;
    wiring.export(store, RECORDS)?;
    Ok((wiring, asks))
}

/// Spin's variables as a component of its own.
///
/// # Errors
/// It is none.
pub(crate) fn spin_variables(variables: &Part) -> anyhow::Result<Wiring> {
    let mut wiring = Wiring::new(Surroundings::Bare);
    let variables = wiring.place(variables, Role::SpinVariables, false, &[])?;
    wiring.export(variables, VARIABLES)?;
    Ok(wiring)
}
