//! What a misbehaving core can do: nothing to the next request.

use super::core::{Core, Request};
use super::core_ports::CorePorts;
use super::fault::Fault;
use super::guest_from_text as guest;
use crate::outbound::Outbound;
use crate::plugins::Plugins;
use crate::policy::Policy;
use crate::sections::Sections;
use crate::unopened::Unopened;
use std::sync::Arc;

pub(crate) fn ports(runtime: &super::Runtime) -> Arc<CorePorts> {
    let limits = crate::config::limits::Limits::default().policy();
    Arc::new(CorePorts {
        records: Arc::new(Unopened),
        keys: None,
        sections: Sections::default(),
        plugins: Arc::new(Plugins::default()),
        policy: Arc::new(Policy::load(runtime, &guest::policy(), limits).unwrap()),
        outbound: Arc::new(
            Outbound::new(Vec::new(), std::collections::BTreeMap::new(), None).unwrap(),
        ),
    })
}

pub(crate) fn get(target: &str) -> Request {
    Request {
        method: String::from("GET"),
        target: target.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        client_address: None,
        client_certificate: None,
    }
}

async fn answers_one(core: &Core, ports: &Arc<CorePorts>) {
    let response = core.handle(ports, get("/ok")).await.unwrap();
    assert_eq!(
        (response.status, response.body.as_slice()),
        (200, b"1".as_slice())
    );
}

#[tokio::test]
async fn every_request_has_an_instance_that_never_saw_another() {
    let runtime = guest::runtime();
    let (core, ports) = (
        Core::load(&runtime, &guest::core(), guest::allowance()).unwrap(),
        ports(&runtime),
    );
    for _ in 0..20 {
        answers_one(&core, &ports).await;
    }
}

#[tokio::test]
async fn a_core_that_traps_loops_or_takes_memory_harms_only_its_own_request() {
    let runtime = guest::runtime();
    let (core, ports) = (
        Core::load(&runtime, &guest::core(), guest::allowance()).unwrap(),
        ports(&runtime),
    );
    let failed = async |target| core.handle(&ports, get(target)).await.unwrap_err();

    assert!(matches!(failed("/trap").await, Fault::Trapped(_)));
    answers_one(&core, &ports).await;
    assert!(matches!(failed("/memory").await, Fault::Trapped(_)));
    answers_one(&core, &ports).await;
    assert_eq!(
        failed("/loop").await,
        Fault::TimedOut(guest::allowance().time)
    );
    answers_one(&core, &ports).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_core_that_loops_leaves_its_thread_to_others() {
    let runtime = guest::runtime();
    let (core, ports) = (
        Core::load(&runtime, &guest::core(), guest::allowance()).unwrap(),
        ports(&runtime),
    );
    // One thread for both: the second can only be answered while the first one still loops.
    let looping = core.handle(&ports, get("/loop"));
    tokio::pin!(looping);
    tokio::select! {
        biased;
        _ = &mut looping => panic!("the loop ended first"),
        () = answers_one(&core, &ports) => {}
    }
    assert!(matches!(looping.await, Err(Fault::TimedOut(_))));
}

#[tokio::test]
async fn more_guests_than_the_pool_holds_are_refused_not_queued() {
    let limits = super::PoolLimits {
        guests: 1,
        memory_bytes: 64 << 20,
    };
    let runtime = super::Runtime::start(limits, None).unwrap();
    let ports = ports(&runtime);
    let core = Core::load(&runtime, &guest::core(), guest::allowance()).unwrap();
    let looping = core.handle(&ports, get("/loop"));
    tokio::pin!(looping);
    tokio::select! {
        biased;
        _ = &mut looping => panic!("the loop ended first"),
        second = core.handle(&ports, get("/ok")) => assert_eq!(second.unwrap_err(), Fault::Exhausted),
    }
}
