//! What the specifications demand, checked from outside on the real server: one module per specification, one test per
//! clause. `docs/checks.md` maps the hardening checklist to these tests.

#[cfg(test)]
#[path = "../harness/mod.rs"]
#[expect(
    dead_code,
    reason = "shared by several targets, none of which uses all of it"
)]
mod harness;

#[cfg(test)]
mod account;
#[cfg(test)]
mod advisories;
#[cfg(test)]
mod client_id_metadata;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod convex;
#[cfg(test)]
mod id_jag;
#[cfg(test)]
mod languages;
#[cfg(test)]
mod native_only_guests;
#[cfg(test)]
mod oauth_form_post;
#[cfg(test)]
mod opaque_tokens;
#[cfg(test)]
mod openauth;
#[cfg(test)]
mod openid_backchannel_logout;
#[cfg(test)]
mod openid_core;
#[cfg(test)]
mod openid_discovery;
#[cfg(test)]
mod openid_offline_access;
#[cfg(test)]
mod openid_registration;
#[cfg(test)]
mod openid_rp_initiated_logout;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod outbound;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod pairwise;
#[cfg(test)]
mod password;
#[cfg(test)]
mod pin;
#[cfg(test)]
mod refresh_rotation;
#[cfg(test)]
mod rfc6749;
#[cfg(test)]
mod rfc6750;
#[cfg(test)]
mod rfc7009;
#[cfg(test)]
mod rfc7515;
#[cfg(test)]
mod rfc7523;
#[cfg(test)]
mod rfc7591;
#[cfg(test)]
mod rfc7592;
#[cfg(test)]
mod rfc7636;
#[cfg(test)]
mod rfc7662;
#[cfg(test)]
mod rfc8252;
#[cfg(test)]
mod rfc8414;
#[cfg(test)]
mod rfc8628;
#[cfg(test)]
mod rfc8693;
#[cfg(test)]
mod rfc8705;
#[cfg(test)]
mod rfc8707;
#[cfg(test)]
mod rfc9068;
#[cfg(test)]
mod rfc9101;
#[cfg(test)]
mod rfc9126;
#[cfg(test)]
mod rfc9207;
#[cfg(test)]
mod rfc9396;
#[cfg(test)]
mod rfc9449;
#[cfg(test)]
mod rfc9470;
#[cfg(test)]
mod rfc9700;
#[cfg(test)]
mod rfc9701;
#[cfg(test)]
mod rfc9728;
#[cfg(test)]
mod second_step;
#[cfg(test)]
mod third_party;
#[cfg(test)]
mod upstream;
