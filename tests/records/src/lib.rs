#![doc = include_str!("../README.md")]

pub mod backend;
pub mod check;
pub mod component;
pub mod process;
pub mod redis;
pub mod store;

pub use check::{CHECKS, Check, NOW, Report, Verdict, everything, run};
pub use store::{Answer, Clock, Deployment, Entry, Failure, Listed, Outage, Store, Subject};
