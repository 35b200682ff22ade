//! Records over Spin's Redis, at the address that the variable `redis_address` names. For several Spin nodes on one store.
//!
//! # In Redis
//! A record is a hash `{doorward}:record:<key>` with the fields `n` (version), `e` (expiry, absent for none), and `v`
//! (value) or `c` (counter). Two sorted sets go with it: `{doorward}:keys` for listing in byte order, `{doorward}:expiry` for
//! tidying. Every call is one script, which Redis runs as a whole: that makes it atomic and linearizable.
//!
//! # What the server must be
//! - Persistent with `appendonly yes` and `appendfsync always`: otherwise an acknowledged write can be lost, and a spent code
//!   can come back.
//! - `maxmemory-policy noeviction`: eviction is silent removal. No record gets a time to live of Redis, so that the
//!   `volatile-*` policies have nothing to evict either; the scripts remove what has expired.
//! - One primary. Replicas for failover receive writes after they were acknowledged; a failover can lose the last ones.
//!
//! On a Redis Cluster it works, but does not spread: the tag `{doorward}` puts everything into one slot, because a script can
//! only touch one slot and a record must change together with its place in the listing.

mod scripts;
mod server;
mod store;

pub use store::Redis;

#[cfg(target_family = "wasm")]
mod exports {
    type Component = doorward_portable_records::Exported<crate::Redis>;
    doorward_portable_records::bindings::export!(Component with_types_in doorward_portable_records::bindings);
}
