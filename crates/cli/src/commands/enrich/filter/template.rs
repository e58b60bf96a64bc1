//! The rendered results of addresses with the same findings, computed once for all of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};
use std::{iter, mem, ptr};

use foldhash::fast::RandomState;
use ipcascade_core::address::Address;
use ipcascade_core::cascade::{Disposition, Resolved, StepResults};
use ipcascade_core::clock::Timestamp;
use ipcascade_core::document::Document;
use ipcascade_core::fields::Fields;
use ipcascade_core::policy::{Policy, Winner};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::section::{Section, SectionValue, Stamp};
use ipcascade_core::special_purpose::SpecialPurpose;
use ipnet::IpNet;
use smallvec::SmallVec;

use crate::commands::enrich::filter::pieces::Pieces;

/// For sections that are only read.
static NO_STAMP: LazyLock<Stamp> = LazyLock::new(|| Stamp::new(None, Timestamp::UNIX_EPOCH));

/// How many templates of several findings are kept in each of two generations.
const MOST: usize = 20_000;

/// The results for one address.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) address: Address,
    found: TemplateMatch,
    /// The value for the gap of the template.
    pub(super) prefix: Option<IpNet>,
}

#[derive(Clone, Debug)]
enum TemplateMatch {
    /// Only these fields, with which the template is kept.
    Fields(Fields),
    Other(Arc<Template>),
}

impl View {
    /// Its rendered text.
    pub(super) fn template(&self) -> &Template {
        static NOTHING: Template = Template::empty();
        match &self.found {
            TemplateMatch::Fields(fields) => fields.derived(Template::empty).unwrap_or(&NOTHING),
            TemplateMatch::Other(template) => template,
        }
    }

    /// An address that has the same merged view except for the gap, and what is known about it.
    pub(super) fn example(&self) -> (Address, Cow<'_, Document>) {
        let template = self.template();
        let (TemplateMatch::Fields(fields), Some(provider)) = (&self.found, template.hole) else {
            let address = template.address.unwrap_or(self.address);
            return (address, Cow::Borrowed(&template.document));
        };
        let section = Section::stamped(fields, self.prefix, &NO_STAMP);
        let mut document = Document::new();
        document.put(provider.as_str(), &section);
        (self.address, Cow::Owned(document))
    }

    /// The view of an address in `prefix`, with the template of an example whose gap is for what `hole` says.
    #[cfg(test)]
    pub(super) fn like(
        example: (Address, Document),
        hole: ProviderName,
        address: Address,
        prefix: IpNet,
    ) -> Self {
        let template = Template {
            address: Some(example.0),
            document: example.1,
            hole: Some(hole),
            ..Template::empty()
        };
        Self {
            address,
            found: TemplateMatch::Other(Arc::new(template)),
            prefix: Some(prefix),
        }
    }
}

/// The rendered results of addresses that differ only in the prefix, with a gap for that.
#[derive(Debug)]
pub(super) struct Template {
    /// One of the addresses, and what is known about it; nothing in a template that is kept with the fields that it
    /// would hold.
    address: Option<Address>,
    document: Document,
    pub(super) special: Option<&'static SpecialPurpose>,
    /// The provider whose prefix goes into the gap.
    hole: Option<ProviderName>,
    /// Whether it applies to all addresses with the same fields.
    is_of_all: bool,
    members: OnceLock<Pieces>,
    cells: OnceLock<(u8, Pieces)>,
}

impl Template {
    /// Whether this value goes into the gap.
    pub(super) fn is_hole(&self, winner: &Winner<'_>) -> bool {
        matches!(winner.said, SectionValue::Prefix(_)) && self.hole == Some(winner.source)
    }

    /// The view as members of a JSON object, built by `make` on first use.
    pub(super) fn members(&self, make: impl FnOnce() -> Pieces) -> &Pieces {
        self.members.get_or_init(make)
    }

    /// The cells of a CSV record, if they were built for this delimiter.
    pub(super) fn cells(&self, delimiter: u8, make: impl Fn() -> Pieces) -> Option<&Pieces> {
        let (of, cells) = self.cells.get_or_init(|| (delimiter, make()));
        (*of == delimiter).then_some(cells)
    }

    fn new(resolved: &Resolved, row: usize, policy: &Policy) -> Self {
        let document = resolved.document(row).into_owned();
        let (mut hole, mut is_of_all) = (None, resolved.known(row).is_empty());
        for winner in policy.winners(resolved.address(row), &document) {
            is_of_all &= match winner.said {
                SectionValue::Value(_) => true,
                SectionValue::Prefix(_) => *hole.get_or_insert(winner.source) == winner.source,
                SectionValue::Version(_) | SectionValue::CachedAt(_) => false,
            };
        }
        Self {
            address: Some(resolved.address(row)),
            document,
            special: resolved.special_purpose(row),
            hole,
            is_of_all,
            ..Self::empty()
        }
    }

    const fn empty() -> Self {
        Self {
            address: None,
            document: Document::new(),
            special: None,
            hole: None,
            is_of_all: false,
            members: OnceLock::new(),
            cells: OnceLock::new(),
        }
    }

    /// The value for the gap of a row.
    fn prefix(&self, resolved: &Resolved, row: usize) -> Option<IpNet> {
        let hole = self.hole?;
        let mut columns = resolved.columns().iter().rev();
        columns
            .find_map(|column| column.finding(row).filter(|_| column.provider() == hole))?
            .prefix
    }
}

/// Templates of several findings, and of addresses without any; the template of a single finding is kept with its
/// fields.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// The template of addresses about which nothing was known or found.
    nothing: Option<Arc<Template>>,
    /// The older generation is dropped when there are too many.
    young: HashMap<ViewKey, Kept, RandomState>,
    old: HashMap<ViewKey, Kept, RandomState>,
}

/// A template, with its fields: as long as they are held, no others have their identity.
#[derive(Debug)]
struct Kept {
    template: Arc<Template>,
    _fields: Vec<Fields>,
}

/// What decides the merged view of an address about which nothing was known, except the prefix: why it is not global,
/// and for each step the fields that were found.
type ViewKey = SmallVec<[usize; 6]>;

impl Templates {
    /// The results for the address of a row.
    pub(super) fn view(&mut self, resolved: &Resolved, row: usize, policy: &Policy) -> View {
        if let Some((column, fields, prefix)) = only_finding(resolved, row) {
            // What is kept with the fields does not hold them.
            let template = fields.derived(|| Template {
                address: None,
                document: Document::new(),
                ..Template::new(resolved, row, policy)
            });
            let is_of_it = |t: &Template| t.is_of_all && t.hole == Some(column.provider());
            if template.is_some_and(is_of_it) {
                return View {
                    address: resolved.address(row),
                    found: TemplateMatch::Fields(fields.clone()),
                    prefix: Some(prefix),
                };
            }
        }
        let template = self.template(resolved, row, policy);
        View {
            address: resolved.address(row),
            prefix: template.prefix(resolved, row),
            found: TemplateMatch::Other(template),
        }
    }

    fn template(&mut self, resolved: &Resolved, row: usize, policy: &Policy) -> Arc<Template> {
        if is_nothing(resolved, row) {
            let make = || Arc::new(Template::new(resolved, row, policy));
            return Arc::clone(self.nothing.get_or_insert_with(make));
        }
        let origin = origin(resolved, row);
        let known = self.young.get(&origin).or_else(|| self.old.get(&origin));
        if let Some(kept) = known {
            return Arc::clone(&kept.template);
        }
        let template = Arc::new(Template::new(resolved, row, policy));
        if template.is_of_all {
            if self.young.len() >= MOST {
                self.old = mem::take(&mut self.young);
            }
            let found = resolved.columns().iter();
            let found = found.filter_map(|column| Some(column.finding(row)?.fields.clone()));
            let kept = Kept {
                template: Arc::clone(&template),
                _fields: found.collect(),
            };
            self.young.insert(origin, kept);
        }
        template
    }
}

/// The finding of one step for a row, if no other has found anything and nothing was known before.
fn only_finding(resolved: &Resolved, row: usize) -> Option<(&StepResults, &Fields, IpNet)> {
    let mut columns = resolved.columns().iter();
    let (column, finding) = columns.find_map(|column| Some((column, column.finding(row)?)))?;
    let is_other =
        |other: &StepResults| other.provider() != column.provider() && other.finding(row).is_none();
    let prefix = finding.prefix?;
    // A record may be shared by private and other addresses.
    let is_of_global = resolved.special_purpose(row).is_none();
    (is_of_global
        && columns.all(is_other)
        && resolved.known(row).is_empty()
        && prefix.contains(&resolved.address(row).ip()))
    .then_some((column, &finding.fields, prefix))
}

/// Whether nothing was known about an address that is not special, and no step has found anything.
fn is_nothing(resolved: &Resolved, row: usize) -> bool {
    let mut columns = resolved.columns().iter();
    resolved.special_purpose(row).is_none()
        && resolved.known(row).is_empty()
        && columns.all(|column| column.finding(row).is_none())
}

fn origin(resolved: &Resolved, row: usize) -> ViewKey {
    let address = resolved.address(row).ip();
    let special = resolved.special_purpose(row);
    let special = special.map_or(0, |special| ptr::from_ref(special).addr());
    let found = resolved.columns().iter().map(|column| {
        match column.finding(row) {
            // Memory addresses of fields are even numbers.
            Some(finding) => match finding.prefix {
                None => finding.fields.identity(),
                Some(prefix) if prefix.contains(&address) => finding.fields.identity() | 1,
                Some(_) => 1,
            },
            // It replaces what an earlier step with the same provider found.
            None => usize::from(matches!(column.disposition(row), Disposition::NotFound)),
        }
    });
    iter::once(special).chain(found).collect()
}
