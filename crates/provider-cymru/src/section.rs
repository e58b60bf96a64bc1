//! Answers as sections of documents.

use std::collections::HashMap;
use std::sync::Arc;

use ipcascade_core::Asn;
use serde_json::{Map, Value};

use crate::answer::Origin;

pub(crate) const ASN: &str = "asn";
pub(crate) const ASN_ORG: &str = "asn_org";
pub(crate) const COUNTRY: &str = "country";
pub(crate) const REGISTRY: &str = "registry";
pub(crate) const ALLOCATION_DATE: &str = "allocation_date";
pub(crate) const ORIGINS: &str = "origins";
pub(crate) const PEERS: &str = "peers";

/// Makes the sections of one batch; addresses with the same answer share one.
pub(crate) struct Sections {
    organisations: HashMap<Asn, Arc<str>>,
    made: HashMap<*const Origin, Arc<Map<String, Value>>>,
}

impl Sections {
    /// Sections with the names of `organisations`.
    pub(crate) fn new(organisations: HashMap<Asn, Arc<str>>) -> Self {
        Self {
            organisations,
            made: HashMap::new(),
        }
    }

    /// The section that says `origin`, and its peers if they were asked for. Every origin given must
    /// outlive the batch: it is told from others by its place in memory.
    pub(crate) fn of(
        &mut self,
        origin: &Arc<Origin>,
        peers: Option<&Arc<[Asn]>>,
    ) -> Arc<Map<String, Value>> {
        let organisations = &self.organisations;
        let made = self
            .made
            .entry(Arc::as_ptr(origin))
            .or_insert_with(|| Arc::new(section(origin, organisations)));
        let mut fields = Arc::clone(made);
        if let Some(peers) = peers {
            Arc::make_mut(&mut fields).insert(PEERS.into(), numbers(peers.iter()));
        }
        fields
    }
}

fn section(origin: &Origin, organisations: &HashMap<Asn, Arc<str>>) -> Map<String, Value> {
    let (asn, name) = match origin.asn() {
        Some((asn, name)) => (asn.into(), name.or_else(|| organisations.get(&asn))),
        None => (Value::Null, None),
    };
    let registration = &origin.registration;
    let mut section = Map::new();
    section.insert(ASN.into(), asn);
    section.insert(ASN_ORG.into(), text(name.map(AsRef::as_ref)));
    section.insert(COUNTRY.into(), text(registration.country.as_deref()));
    section.insert(REGISTRY.into(), text(registration.registry.as_deref()));
    let allocated = text(registration.allocated.as_deref());
    section.insert(ALLOCATION_DATE.into(), allocated);
    if origin.asns.len() > 1 {
        section.insert(ORIGINS.into(), numbers(origin.asns.keys()));
    }
    section
}

fn text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

fn numbers<'a>(asns: impl Iterator<Item = &'a Asn>) -> Value {
    asns.map(|asn| Value::from(*asn)).collect()
}
