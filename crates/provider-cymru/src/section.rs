//! Turns answers into sections of documents.

use std::collections::HashMap;
use std::sync::Arc;

use ipcascade_core::asn::Asn;
use ipcascade_core::fields::Fields;
use serde_json::Value;

use crate::answer::AnnouncedPrefix;

pub(crate) const ASN: &str = "asn";
pub(crate) const ASN_ORG: &str = "asn_org";
pub(crate) const COUNTRY: &str = "country";
pub(crate) const REGISTRY: &str = "registry";
pub(crate) const ALLOCATION_DATE: &str = "allocation_date";
pub(crate) const ORIGINS: &str = "origins";
pub(crate) const PEERS: &str = "peers";

/// Builds the sections of one batch; addresses with the same answer share one.
pub(crate) struct SectionBuilder {
    organisations: HashMap<Asn, Arc<str>>,
    made: HashMap<*const AnnouncedPrefix, Fields>,
}

impl SectionBuilder {
    /// Starts with the names of `organisations`.
    pub(crate) fn new(organisations: HashMap<Asn, Arc<str>>) -> Self {
        Self {
            organisations,
            made: HashMap::new(),
        }
    }

    /// Returns the section for `origin`, with its peers if they were requested. Every origin passed must outlive the
    /// batch: it is identified by its memory address.
    pub(crate) fn of(
        &mut self,
        origin: &Arc<AnnouncedPrefix>,
        peers: Option<&Arc<[Asn]>>,
    ) -> Fields {
        let organisations = &self.organisations;
        let made = self
            .made
            .entry(Arc::as_ptr(origin))
            .or_insert_with(|| section(origin, organisations));
        let Some(peers) = peers else {
            return made.clone();
        };
        let peers = (PEERS.to_owned(), numbers(peers.iter()));
        made.to_map().into_iter().chain([peers]).collect()
    }
}

fn section(origin: &AnnouncedPrefix, organisations: &HashMap<Asn, Arc<str>>) -> Fields {
    let (asn, name) = match origin.asn() {
        Some((asn, name)) => (asn.into(), name.or_else(|| organisations.get(&asn))),
        None => (Value::Null, None),
    };
    let registration = &origin.registration;
    let several = (origin.asns.len() > 1).then(|| (ORIGINS, numbers(origin.asns.keys())));
    let said = [
        (ASN, asn),
        (ASN_ORG, text(name.map(AsRef::as_ref))),
        (COUNTRY, text(registration.country.as_deref())),
        (REGISTRY, text(registration.registry.as_deref())),
        (ALLOCATION_DATE, text(registration.allocated.as_deref())),
    ];
    said.into_iter().chain(several).collect()
}

fn text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

fn numbers<'a>(asns: impl Iterator<Item = &'a Asn>) -> Value {
    asns.map(|asn| Value::from(*asn)).collect()
}
