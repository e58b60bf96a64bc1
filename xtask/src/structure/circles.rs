//! Modules that need each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::imports::{Names, names};
use super::modules::modules;
use crate::error::Result;

/// Re-exports of re-exports that are followed.
const DEEPEST: usize = 8;

/// Modules of which each needs the others, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circle(pub Vec<String>);

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// The circles of the crate whose root is the file `root`.
///
/// # Errors
///
/// If a file cannot be read or is not Rust.
pub fn circles(root: &Path) -> Result<Vec<Circle>> {
    let modules = modules(root)?;
    let paths: BTreeSet<Vec<String>> = modules.iter().map(|module| module.path.clone()).collect();
    let is_module = |path: &[String]| paths.contains(path);
    let all: AllNames = modules
        .iter()
        .map(|module| (module.path.clone(), names(module, &is_module)))
        .collect();
    let texts: BTreeMap<&Vec<String>, String> =
        all.keys().map(|path| (path, shown(path))).collect();
    let mut graph: DiGraphMap<&str, ()> = DiGraphMap::new();
    for (module, names) in &all {
        let needed = names.used.iter().filter_map(|path| home(&all, path, 0));
        for other in needed.filter(|other| *other != module) {
            graph.add_edge(texts[module].as_str(), texts[other].as_str(), ());
        }
    }
    let mut circles: Vec<Circle> = tarjan_scc(&graph)
        .into_iter()
        .filter(|circle| circle.len() > 1)
        .map(|mut circle| {
            circle.sort_unstable();
            Circle(circle.into_iter().map(str::to_owned).collect())
        })
        .collect();
    circles.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(circles)
}

type AllNames = BTreeMap<Vec<String>, Names>;

/// The module that defines what `path` names.
fn home<'a>(all: &'a AllNames, path: &[String], depth: usize) -> Option<&'a Vec<String>> {
    let length = (0..=path.len())
        .rev()
        .find(|&length| all.contains_key(&path[..length]))?;
    let (module, names) = all.get_key_value(&path[..length])?;
    let Some(name) = path.get(length) else {
        return Some(module);
    };
    if names.defined.contains(name) || depth > DEEPEST {
        return Some(module);
    }
    let behind = names.re_exports.iter().find_map(|(other, target)| {
        let target = match other.as_str() {
            "*" => [target.as_slice(), std::slice::from_ref(name)].concat(),
            other if other == name => target.clone(),
            _ => return None,
        };
        let home = home(all, &target, depth + 1)?;
        let is_there = other != "*" || all[home].defined.contains(name);
        is_there.then_some(home)
    });
    Some(behind.unwrap_or(module))
}

fn shown(path: &[String]) -> String {
    match path.is_empty() {
        true => "the root".to_owned(),
        false => path.join("::"),
    }
}
