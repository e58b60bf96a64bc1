//! The merged view as members of a JSON object.

use std::sync::Arc;

use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::provider_name::ProviderName;
use serde::Serialize;

use crate::commands::enrich::filter::chosen_fields::{
    BOGON_REASON, ChosenField, IS_BOGON, UnmergedField,
};
use crate::commands::enrich::filter::pieces::Pieces;
use crate::commands::enrich::filter::template::View;

/// What is the same in all objects: names, and sources of values.
#[derive(Debug)]
pub(super) struct ObjectMembers {
    merged: Vec<Member>,
    chosen: Arc<[ChosenField]>,
    /// Whether each value has its source.
    has_sources: bool,
}

#[derive(Debug)]
struct Member {
    field: Field,
    /// `"name":`
    name: Vec<u8>,
    /// `"name":"provider"`
    sources: Vec<(ProviderName, Vec<u8>)>,
}

impl ObjectMembers {
    /// The members that `policy` can merge, in its order, restricted to those `chosen`.
    pub(super) fn new(policy: &Policy, chosen: Arc<[ChosenField]>, has_sources: bool) -> Self {
        let member = |field: Field| {
            let name = name(field.name());
            let sources = policy.candidates(field).map(|(provider, _)| {
                let mut member = name.clone();
                push_json(&mut member, &provider);
                (provider, member)
            });
            Member {
                field,
                sources: sources.collect(),
                name,
            }
        };
        // The address that the others are about is always included, like `is_bogon`.
        let is_chosen = |field: &Field| {
            let is_it = |chosen: &ChosenField| matches!(chosen, ChosenField::Merged(known) if known == field);
            *field == Field::EMBEDDED_IPV4 || chosen.iter().any(is_it)
        };
        Self {
            merged: policy.fields().filter(is_chosen).map(member).collect(),
            chosen,
            has_sources,
        }
    }

    /// The chosen fields that are not merged.
    fn stated(&self) -> impl Iterator<Item = &UnmergedField> {
        self.chosen.iter().filter_map(|chosen| match chosen {
            ChosenField::Stated(stated) => Some(stated),
            ChosenField::Merged(_) | ChosenField::BogonReason => None,
        })
    }

    /// The merged view of an address, with the gap of its template.
    pub(super) fn of(&self, view: &View, policy: &Policy) -> Pieces {
        let (template, (address, document)) = (view.template(), view.example());
        let mut pieces = Pieces::default();
        pieces.text().reserve(768);
        let mut members = self.merged.iter();
        let mut sources: Vec<u8> = Vec::with_capacity(256);
        for winner in policy.winners(address, &document) {
            let mut rest = members.clone();
            let Some(member) = rest.find(|member| member.field == winner.field) else {
                continue;
            };
            members = rest;
            next(pieces.text()).extend_from_slice(&member.name);
            if template.is_hole(&winner) {
                pieces.text().push(b'"');
                pieces.leave_hole();
                pieces.text().push(b'"');
            } else {
                push_json(pieces.text(), winner.value().as_ref());
            }
            next(&mut sources).extend_from_slice(member.source(winner.source));
        }
        for wanted in self.stated() {
            let Some(stated) = wanted.of(policy, address, &document) else {
                continue;
            };
            next(pieces.text()).extend(name(wanted.name()));
            push_json(pieces.text(), &stated.value);
            next(&mut sources).extend(name(wanted.name()));
            push_json(&mut sources, &stated.source);
        }
        next(pieces.text()).extend(name(IS_BOGON));
        push_json(pieces.text(), &template.special.is_some());
        if let Some(special) = template.special {
            next(pieces.text()).extend(name(BOGON_REASON));
            push_json(pieces.text(), special.reason);
        }
        if self.has_sources && !sources.is_empty() {
            next(pieces.text()).extend(name("sources"));
            pieces.text().push(b'{');
            pieces.text().extend_from_slice(&sources);
            pieces.text().push(b'}');
        }
        pieces.text().shrink_to_fit();
        pieces
    }
}

impl Member {
    fn source(&self, provider: ProviderName) -> &[u8] {
        let mut sources = self.sources.iter();
        let source = sources.find(|(known, _)| *known == provider);
        source.map_or(&[], |(_, member)| member)
    }
}

fn name(name: &str) -> Vec<u8> {
    let mut text = Vec::new();
    push_json(&mut text, name);
    text.push(b':');
    text
}

/// The place of the next member.
fn next(text: &mut Vec<u8>) -> &mut Vec<u8> {
    if !text.is_empty() {
        text.push(b',');
    }
    text
}

/// Appends `value` as JSON.
pub(super) fn push_json(text: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Writing to memory does not fail, and the keys of these values are texts.
    serde_json::to_writer(text, value).unwrap_or_default();
}
