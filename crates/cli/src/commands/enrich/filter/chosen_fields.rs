//! The fields that records get.

use std::sync::atomic::{AtomicBool, Ordering};

use ipcascade_core::address::Address;
use ipcascade_core::cascade::Cascade;
use ipcascade_core::document::Document;
use ipcascade_core::field::Field;
use ipcascade_core::near_miss::nearest;
use ipcascade_core::policy::{Merged, Policy};

/// Whether an address is not global: records have that whatever is chosen.
pub(super) const IS_BOGON: &str = "is_bogon";
/// The reason.
pub(super) const BOGON_REASON: &str = "bogon_reason";

/// A chosen field, or an available one.
#[derive(Debug)]
pub(super) enum ChosenField {
    /// A field that is merged.
    Merged(Field),
    /// The value of the first source under this name.
    Stated(UnmergedField),
    /// Why an address is not global.
    BogonReason,
}

/// A field that is not merged.
#[derive(Debug)]
pub(super) struct UnmergedField {
    name: String,
    /// Whether any address has had it.
    is_found: AtomicBool,
}

impl UnmergedField {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            is_found: AtomicBool::new(false),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The value of the first source.
    pub(super) fn of<'d>(
        &self,
        policy: &Policy,
        address: Address,
        document: &'d Document,
    ) -> Option<Merged<'d>> {
        let stated = policy.stated(&self.name, address, document);
        if stated.is_some() {
            self.is_found.store(true, Ordering::Relaxed);
        }
        stated
    }
}

impl ChosenField {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Merged(field) => field.name(),
            Self::Stated(stated) => stated.name(),
            Self::BogonReason => BOGON_REASON,
        }
    }
}

/// The fields that records get: those with these names, or all that the providers of `cascade` can have.
pub(super) fn chosen(cascade: &Cascade, names: &[String]) -> Vec<ChosenField> {
    let fields = all_fields(cascade);
    if names.is_empty() {
        return fields.into_iter().map(ChosenField::Merged).collect();
    }
    let mut chosen: Vec<ChosenField> = Vec::new();
    for name in names {
        let is_of = |known: &&Field| known.name().eq_ignore_ascii_case(name);
        let next = match fields.iter().find(is_of) {
            Some(&field) => ChosenField::Merged(field),
            None if name == BOGON_REASON => ChosenField::BogonReason,
            None => ChosenField::Stated(UnmergedField::new(name)),
        };
        let is_there = chosen.iter().any(|known| known.name() == next.name());
        if next.name() != IS_BOGON && !is_there {
            chosen.push(next);
        }
    }
    chosen
}

/// Reports which of the chosen fields no address had; `None` if there is no such field.
pub(super) fn never_found(chosen: &[ChosenField], cascade: &Cascade) -> Option<String> {
    let never = chosen.iter().filter_map(|chosen| match chosen {
        ChosenField::Stated(stated) if !stated.is_found.load(Ordering::Relaxed) => {
            Some(stated.name())
        }
        _ => None,
    });
    let fields: Vec<&str> = all_fields(cascade)
        .iter()
        .map(|field| field.name())
        .collect();
    let never = never.map(
        |name| match nearest(&name.to_lowercase(), fields.iter().copied()) {
            Some(near) => format!("`{name}` (did you mean `{near}`?)"),
            None => format!("`{name}`"),
        },
    );
    let never: Vec<String> = never.collect();
    if never.is_empty() {
        return None;
    }
    Some(format!(
        "--fields: no address has {}; the providers have {}, and what else `lookup` shows",
        never.join(", "),
        fields.join(", ")
    ))
}

/// All fields that the providers of `cascade` can have, in order.
fn all_fields(cascade: &Cascade) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for step in cascade.steps() {
        for &field in &step.provider.capabilities().fields {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
    }
    fields
}
