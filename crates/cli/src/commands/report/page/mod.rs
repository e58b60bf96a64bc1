//! The report as a page that needs no network: its style, its script and its charts are in it.

mod chart;
mod document;
mod section;
mod sections;
mod table;

pub(super) use document::page;
