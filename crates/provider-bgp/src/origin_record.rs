//! The facts about a prefix, as the fields of a section.

use std::cmp::Reverse;
use std::sync::OnceLock;

use ipcascade_core::clock::rfc3339;
use ipcascade_core::fields::Fields;
use serde_json::{Map, Value};

use crate::prefix_origins::OriginAs;
use crate::rov::Validity;

/// An origin, and the result of origin validation, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Judged {
    pub(crate) origin: OriginAs,
    pub(crate) rpki: Option<Validity>,
}

/// Puts the origin that most peers see first; of several, the lowest number.
pub(crate) fn sort(origins: &mut [Judged]) {
    origins.sort_unstable_by_key(|judged| (Reverse(judged.origin.peers), judged.origin.asn));
}

/// The origins of a prefix, the best first. Prefixes with the same origins share a record, which is made into fields
/// when it is first needed.
pub(crate) struct OriginRecord {
    origins: Box<[Judged]>,
    fields: OnceLock<Fields>,
}

impl OriginRecord {
    pub(crate) const fn new(origins: Box<[Judged]>) -> Self {
        Self {
            origins,
            fields: OnceLock::new(),
        }
    }

    pub(crate) const fn origins(&self) -> &[Judged] {
        &self.origins
    }

    /// Returns the section's fields; `None` without any origin.
    pub(crate) fn fields(&self) -> Option<Fields> {
        let best = self.origins.first()?;
        let make = || section(best, &self.origins);
        Some(self.fields.get_or_init(make).clone())
    }
}

fn section(best: &Judged, all: &[Judged]) -> Fields {
    let are_several = all.len() > 1;
    let numbers = || all.iter().map(|one| Value::from(one.origin.asn)).collect();
    let details = || all.iter().map(|one| Value::Object(details(one))).collect();
    let is_invalid = |one: &&Judged| one.rpki.is_some_and(|rpki| rpki.state() == "invalid");
    let invalid: Vec<Value> = all
        .iter()
        .filter(is_invalid)
        .map(|one| one.origin.asn.into())
        .collect();
    let several = [
        ("origins", are_several.then(numbers)),
        ("origin_details", are_several.then(details)),
        (
            "rpki_invalid",
            (!invalid.is_empty()).then(|| invalid.into()),
        ),
    ];
    let said = facts(best).into_iter().chain(several);
    said.filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn details(origin: &Judged) -> Map<String, Value> {
    let said = facts(origin).into_iter();
    said.filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

fn facts(judged: &Judged) -> [(&'static str, Option<Value>); 5] {
    let Judged { origin, rpki } = judged;
    let seen_at = origin.seen_at.map(|at| Value::from(rfc3339(at)));
    let reason = rpki.and_then(Validity::reason);
    [
        ("asn", Some(origin.asn.into())),
        ("peers", (origin.peers > 0).then(|| origin.peers.into())),
        ("rpki", rpki.map(|validity| validity.state().into())),
        ("rpki_reason", reason.map(Value::from)),
        ("seen_at", seen_at),
    ]
}
