//! The provider against servers in this process.

mod common;
mod community;
mod conformance;
mod multi;
mod plans;
mod psychic;
mod settings;
