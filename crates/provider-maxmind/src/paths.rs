//! The ways to values in records, walked all at once.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::FixedState;
use maxminddb::PathElement;

use crate::tree::Tree;

/// The way to a value in a record: keys of maps and indices of lists.
pub(crate) type Path = Vec<String>;

/// The number of a path.
pub(crate) type PathId = usize;

/// Distinct paths, by number.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    paths: Vec<Path>,
    root: Step,
}

/// What lies beyond the first steps of some paths.
#[derive(Debug, Default)]
struct Step {
    /// The path that ends here.
    end: Option<PathId>,
    by_key: HashMap<Box<str>, Self, FixedState>,
    /// Those of the keys that are an index too.
    by_index: Vec<(usize, Box<str>)>,
}

impl Paths {
    /// The number of `path`, which is added if it is new.
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

    /// What is at the end of each path.
    pub(crate) fn find<'t, 'a>(&self, tree: &'t Tree<'a>) -> Vec<Option<Cow<'t, Tree<'a>>>> {
        let mut found = vec![None; self.paths.len()];
        self.root.walk(tree, &mut found);
        found
    }

    /// The same where each path is asked for by itself.
    pub(crate) fn find_each<'t, 'a>(
        &self,
        ask: impl for<'p> Fn(&[PathElement<'p>]) -> Option<Tree<'a>>,
    ) -> Vec<Option<Cow<'t, Tree<'a>>>> {
        let ask = |path: &Path| {
            let steps: Vec<PathElement<'_>> = path.iter().map(|step| element(step)).collect();
            ask(&steps).map(Cow::Owned)
        };
        self.paths.iter().map(ask).collect()
    }
}

fn element(step: &str) -> PathElement<'_> {
    step.parse()
        .map_or_else(|_| PathElement::Key(step), PathElement::Index)
}

impl Step {
    fn walk<'t, 'a>(&self, tree: &'t Tree<'a>, found: &mut [Option<Cow<'t, Tree<'a>>>]) {
        if let Some(slot) = self.end.and_then(|id| found.get_mut(id)) {
            *slot = Some(Cow::Borrowed(tree));
        }
        match tree {
            Tree::Map(entries) => {
                for (key, value) in entries {
                    if let Some(step) = self.by_key.get(key.as_ref()) {
                        step.walk(value, found);
                    }
                }
            }
            Tree::List(items) => {
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
