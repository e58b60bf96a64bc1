//! `--no-store`: a stream filter. Records come out in the order in which they went in, with the results for their
//! addresses.

mod block_groups;
mod chosen_fields;
mod columns;
mod formats;
mod json_table;
mod look_ups;
mod members;
mod ordered_writer;
mod parsed_records;
mod pieces;
mod record_lines;
mod render;
mod rendered_block;
mod run;
mod style;
mod table_form;
mod template;
mod totals;

pub(in crate::commands::enrich) use run::run;
