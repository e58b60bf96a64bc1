//! Servers on loopback, in the process of the test, that answer by a script and misbehave as told.

pub mod dns;
pub mod whois;
