//! `--no-store`: a stream filter. Records come out in the order in which they went in, with the results for their
//! addresses.

mod chosen;
mod columns;
mod members;
mod parsed;
mod pieces;
mod render;
mod run;
mod template;
mod views;

pub(in crate::commands::enrich) use run::run;
