//! What the summaries of commands have in JSON, for `schema`: enrich, refresh, backfill, verify and others.

mod all;
mod parts;
mod shape;

pub(crate) use all::{
    BACKFILL, COPY, DATABASE, ENRICH, INDEX, MIGRATE, PROVIDER, REFRESH, STATS, VERIFY,
};
pub(crate) use shape::Summary;
