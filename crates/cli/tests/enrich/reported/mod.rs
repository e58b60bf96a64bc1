//! Inputs of the kinds in public bug reports of honeypot, log and GeoIP tools.

mod addresses;
mod case;
mod filter;
mod packing;
mod times;
