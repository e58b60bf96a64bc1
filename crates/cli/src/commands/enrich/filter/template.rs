//! What is written of addresses for which the same was found, worked out once for all of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;
use ipcascade_core::{
    CACHED_AT, Document, Field, Fields, PREFIX, Policy, ProviderName, Resolution, Section,
    SpecialPurpose, VERSION,
};
use ipnet::IpNet;
use serde_json::Value;

use super::render;

/// How many templates are kept.
const MOST: usize = 16_384;

/// The merged view of an address, with a hole where the prefix goes, in which alone addresses of one record differ.
#[derive(Debug)]
pub(super) struct Template {
    fields: Vec<(Field, Slot, ProviderName)>,
    pub(super) special: Option<&'static SpecialPurpose>,
    /// Whose prefix goes into the hole.
    hole: Option<ProviderName>,
    members: OnceLock<Pieces>,
    cells: OnceLock<(u8, Pieces)>,
}

/// A value of a template.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    Value(Value),
    /// The prefix of the address.
    Prefix,
}

impl Template {
    /// The fields, in order, with the provider that each comes from.
    pub(super) fn fields(&self) -> &[(Field, Slot, ProviderName)] {
        &self.fields
    }

    /// The value of `field`.
    pub(super) fn get(&self, field: Field) -> Option<&Slot> {
        let mut fields = self.fields.iter();
        fields
            .find(|(name, ..)| *name == field)
            .map(|(_, slot, _)| slot)
    }

    /// The view as members of a JSON object.
    pub(super) fn members(&self) -> &Pieces {
        self.members.get_or_init(|| render::members(self))
    }

    /// The cells of a CSV record, if they have been worked out for this delimiter.
    pub(super) fn cells(&self, delimiter: u8, make: impl Fn() -> Pieces) -> Option<&Pieces> {
        let (of, cells) = self.cells.get_or_init(|| (delimiter, make()));
        (*of == delimiter).then_some(cells)
    }

    fn new(resolution: &Resolution, policy: &Policy) -> Self {
        let address = resolution.update.address;
        let view = policy.merged_view(address, &resolution.document);
        let section = |source| made_section(&resolution.document, source);
        let has_prefix = |source| section(source).is_some_and(|s| s.own_prefix().is_some());
        let mut hole = None;
        let mut slot = |field, source, value: Cow<'_, Value>| {
            let is_prefix = key(policy, field, source) == Some(PREFIX) && has_prefix(source);
            if is_prefix && *hole.get_or_insert(source) == source {
                Slot::Prefix
            } else {
                Slot::Value(value.into_owned())
            }
        };
        Self {
            fields: view
                .into_iter()
                .map(|(field, merged)| {
                    (
                        field,
                        slot(field, merged.source, merged.value),
                        merged.source,
                    )
                })
                .collect(),
            special: resolution.update.special_purpose,
            hole,
            members: OnceLock::new(),
            cells: OnceLock::new(),
        }
    }

    /// Whether other addresses can have the same: nothing in it is of its own prefix.
    fn can_be_shared(&self, policy: &Policy) -> bool {
        let is_own = |(field, slot, source): &(Field, Slot, ProviderName)| {
            let key = key(policy, *field, *source);
            let varies = matches!(key, Some(PREFIX | CACHED_AT | VERSION));
            varies && matches!(slot, Slot::Value(_))
        };
        !self.fields.iter().any(is_own)
    }

    #[cfg(test)]
    pub(super) fn of(fields: Vec<(Field, Slot, ProviderName)>) -> Self {
        Self {
            fields,
            special: None,
            hole: None,
            members: OnceLock::new(),
            cells: OnceLock::new(),
        }
    }
}

fn key(policy: &Policy, field: Field, source: ProviderName) -> Option<&'static str> {
    let mut candidates = policy.candidates(field);
    candidates
        .find(|(name, _)| *name == source)
        .map(|(_, key)| key)
}

/// A text with holes for a prefix.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    text: String,
    /// Where the holes are in the text.
    holes: Vec<usize>,
}

impl Pieces {
    /// The text so far, to be written on.
    pub(super) const fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Leaves a hole.
    pub(super) fn leave_hole(&mut self) {
        self.holes.push(self.text.len());
    }

    /// Whether there is nothing in it.
    pub(super) const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Appends the text to `out`, with what `fill` appends in the holes.
    pub(super) fn write(&self, out: &mut String, fill: impl Fn(&mut String)) {
        let mut done = 0;
        for &hole in &self.holes {
            out.push_str(self.text.get(done..hole).unwrap_or_default());
            fill(out);
            done = hole;
        }
        out.push_str(self.text.get(done..).unwrap_or_default());
    }
}

/// The templates of one worker, found again by what they are made of.
#[derive(Debug, Default)]
pub(super) struct Templates {
    by_origin: HashMap<Box<[usize]>, Made, RandomState>,
    origin: Vec<usize>,
}

/// A template with the fields that it is made of: as long as they are held, no others have their identity.
#[derive(Debug)]
struct Made {
    template: Arc<Template>,
    _fields: Vec<Fields>,
}

impl Templates {
    /// The template of what was found of an address, and what its holes are filled with.
    pub(super) fn of(
        &mut self,
        resolution: &Resolution,
        policy: &Policy,
    ) -> (Arc<Template>, Option<IpNet>) {
        let prefix_in = |template: &Template| {
            let section = made_section(&resolution.document, template.hole?)?;
            section.own_prefix()
        };
        let is_known = self.note_origin(resolution, policy);
        if is_known && let Some(made) = self.by_origin.get(self.origin.as_slice()) {
            return (Arc::clone(&made.template), prefix_in(&made.template));
        }
        let template = Arc::new(Template::new(resolution, policy));
        if is_known && template.can_be_shared(policy) {
            if self.by_origin.len() >= MOST {
                self.by_origin.clear();
            }
            let sections = policy.sources().iter();
            let sections = sections.filter_map(|s| made_section(&resolution.document, s.name));
            let made = Made {
                template: Arc::clone(&template),
                _fields: sections.map(|section| section.fields().clone()).collect(),
            };
            self.by_origin.insert(self.origin.as_slice().into(), made);
        }
        let prefix = prefix_in(&template);
        (template, prefix)
    }

    /// Notes what decides the merged view, but for the prefix. Returns whether that is all that decides it: sections
    /// that were read from a document are not told apart.
    fn note_origin(&mut self, resolution: &Resolution, policy: &Policy) -> bool {
        let address = resolution.update.address;
        let special = resolution.update.special_purpose;
        self.origin.clear();
        self.origin
            .push(special.map_or(0, |special| std::ptr::from_ref(special).addr()));
        for source in policy.sources() {
            let view = resolution.document.section(source.name.as_str());
            self.origin.push(match view {
                Some(view) if view.concerns(address) => {
                    let Some(section) = view.made() else {
                        return false;
                    };
                    // Where fields are is an even number.
                    section.fields().identity() | usize::from(section.own_prefix().is_some())
                }
                _ => 0,
            });
        }
        true
    }
}

fn made_section(document: &Document, source: ProviderName) -> Option<&Section> {
    document.section(source.as_str())?.made()
}
