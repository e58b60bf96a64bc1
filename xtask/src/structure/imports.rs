//! The paths that a module names.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Item, ItemMod, ItemUse, UseTree, Visibility};

use super::modules::{Module, is_test};

/// What a module defines, hands on and names.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The names of its items.
    pub(super) defined: BTreeSet<String>,
    /// Its re-exports: the name (`*`: all names) and the absolute path behind it.
    pub(super) re_exports: Vec<(String, Vec<String>)>,
    /// The absolute paths that its code names.
    pub(super) used: Vec<Vec<String>>,
}

/// The names of `module`; `is_module` knows the paths of modules.
pub(super) fn names(module: &Module, is_module: &dyn Fn(&[String]) -> bool) -> Names {
    let mut names = Names {
        defined: module.syntax.items.iter().filter_map(name_of).collect(),
        ..Names::default()
    };
    let mut visitor = Visitor {
        module: &module.path,
        is_module,
        names: &mut names,
    };
    visitor.visit_file(&module.syntax);
    names
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

struct Visitor<'a> {
    module: &'a [String],
    is_module: &'a dyn Fn(&[String]) -> bool,
    names: &'a mut Names,
}

impl Visitor<'_> {
    /// `path` from the root of the crate, if it leads into the crate.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([self.module, rest].concat()),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                let base = self.module.len().checked_sub(ups)?;
                Some([&self.module[..base], &path[ups..]].concat())
            }
            _ => {
                let child = [self.module, &path[..1]].concat();
                (self.is_module)(&child).then(|| [self.module, path].concat())
            }
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    /// What is in an inline module has other paths.
    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut leaves = Vec::new();
        flatten(&item.tree, Vec::new(), &mut leaves);
        let is_public = !matches!(item.vis, Visibility::Inherited);
        for (name, path) in leaves {
            let Some(path) = self.absolute(&path) else {
                continue;
            };
            match is_public {
                true => self.names.re_exports.push((name, path)),
                false => self.names.used.push(path),
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        if parts.len() > 1
            && let Some(path) = self.absolute(&parts)
        {
            self.names.used.push(path);
        }
        visit::visit_path(self, path);
    }
}

/// The leaves of an import: under which name, and the path.
fn flatten(tree: &UseTree, mut path: Vec<String>, leaves: &mut Vec<(String, Vec<String>)>) {
    match tree {
        UseTree::Path(part) => {
            path.push(part.ident.to_string());
            flatten(&part.tree, path, leaves);
        }
        UseTree::Name(name) if name.ident == "self" => {
            leaves.push((path.last().cloned().unwrap_or_default(), path));
        }
        UseTree::Name(name) => {
            path.push(name.ident.to_string());
            leaves.push((name.ident.to_string(), path));
        }
        UseTree::Rename(name) => {
            path.push(name.ident.to_string());
            leaves.push((name.rename.to_string(), path));
        }
        UseTree::Glob(_) => leaves.push(("*".to_owned(), path)),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, path.clone(), leaves);
            }
        }
    }
}
