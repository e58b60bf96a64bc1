//! The paths to values in records, walked all at once.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use maxminddb::PathElement;

use crate::record_value::RecordValue;

/// The path to a value in a record: keys of maps and indices of lists.
pub(crate) type Path = Vec<String>;

/// The index of a path.
pub(crate) type PathId = usize;

/// Distinct paths, by index.
#[derive(Debug, Default)]
pub(crate) struct PathTable {
    paths: Vec<Path>,
    root: PathStep,
}

/// The continuations of some paths after their first steps.
#[derive(Debug, Default)]
struct PathStep {
    /// The path that ends here.
    end: Option<PathId>,
    by_key: HashMap<Box<str>, Self, FixedState>,
    /// Keys that are an index too.
    by_index: Vec<(usize, Box<str>)>,
}

impl PathTable {
    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.paths.len()
    }

    /// The index of `path`, which is added if it is new.
    pub(crate) fn add(&mut self, path: Path) -> PathId {
        let mut step = &mut self.root;
        for key in &path {
            if !step.by_key.contains_key(key.as_str())
                && let Ok(index) = key.parse()
            {
                step.by_index.push((index, key.as_str().into()));
            }
            step = step.by_key.entry(key.as_str().into()).or_default();
        }
        if let Some(known) = step.end {
            return known;
        }
        let id = self.paths.len();
        step.end = Some(id);
        self.paths.push(path);
        id
    }

    /// The values at the ends of paths. If a path occurs twice, the last value counts.
    pub(crate) fn find<'t, 'a>(
        &self,
        tree: &'t RecordValue<'a>,
    ) -> Vec<(PathId, &'t RecordValue<'a>)> {
        let mut found = Vec::with_capacity(16);
        self.root.walk(tree, &mut found);
        found
    }

    /// The same, but each path is read separately.
    pub(crate) fn find_each<'a>(
        &self,
        ask: impl for<'p> Fn(&[PathElement<'p>]) -> Option<RecordValue<'a>>,
    ) -> Vec<(PathId, RecordValue<'a>)> {
        let ask = |(id, path): (PathId, &Path)| {
            let steps: Vec<PathElement<'_>> = path.iter().map(|step| element(step)).collect();
            Some((id, ask(&steps)?))
        };
        self.paths.iter().enumerate().filter_map(ask).collect()
    }
}

fn element(step: &str) -> PathElement<'_> {
    step.parse()
        .map_or_else(|_| PathElement::Key(step), PathElement::Index)
}

impl PathStep {
    fn walk<'t, 'a>(
        &self,
        tree: &'t RecordValue<'a>,
        found: &mut Vec<(PathId, &'t RecordValue<'a>)>,
    ) {
        if let Some(id) = self.end {
            found.push((id, tree));
        }
        match tree {
            RecordValue::Map(entries) => {
                for (key, value) in entries {
                    if let Some(step) = self.by_key.get(key.as_ref()) {
                        step.walk(value, found);
                    }
                }
            }
            RecordValue::List(items) => {
                for (index, key) in &self.by_index {
                    if let (Some(item), Some(step)) = (items.get(*index), self.by_key.get(key)) {
                        step.walk(item, found);
                    }
                }
            }
            _ => {}
        }
    }
}
