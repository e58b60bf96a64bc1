//! The provider against servers in this process.

mod conformance;
mod dns;
mod dns_answers;
mod dns_faults;
mod dns_load;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod ways;
mod whois;
