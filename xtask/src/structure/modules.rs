//! The modules of a crate, each with its syntax.

use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, Item, Lit, Meta};

use crate::error::{Error, Result};

/// A module that is a file.
pub(super) struct Module {
    /// Its path in the crate; empty: the root.
    pub(super) path: Vec<String>,
    pub(super) syntax: syn::File,
}

/// The modules of the crate whose root is the file `root`.
pub(super) fn modules(root: &Path) -> Result<Vec<Module>> {
    let folder = root.parent().unwrap_or(root).to_owned();
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), root.to_owned(), folder)];
    while let Some((path, file, folder)) = open.pop() {
        let text = fs::read_to_string(&file).map_err(Error::file(&file))?;
        let syntax = syn::parse_file(&text)
            .map_err(|error| Error::Request(format!("{}: {error}", file.display())))?;
        for item in &syntax.items {
            if let Item::Mod(item) = item
                && item.content.is_none()
                && !is_test(&item.attrs)
            {
                let name = item.ident.to_string();
                let (file, folder) = file_of(&name, &item.attrs, &folder);
                let mut path = path.clone();
                path.push(name);
                open.push((path, file, folder));
            }
        }
        found.push(Module { path, syntax });
    }
    Ok(found)
}

/// The file of the module `name`, and the folder of its own modules.
fn file_of(name: &str, attributes: &[Attribute], folder: &Path) -> (PathBuf, PathBuf) {
    let inside = folder.join(name);
    if let Some(path) = named(attributes) {
        return (folder.join(path), inside);
    }
    let flat = folder.join(format!("{name}.rs"));
    match flat.is_file() {
        true => (flat, inside),
        false => (inside.join("mod.rs"), inside),
    }
}

/// The value of `#[path = "…"]`.
fn named(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(value) = &meta.value else {
            return None;
        };
        match &value.lit {
            Lit::Str(text) if meta.path.is_ident("path") => Some(text.value()),
            _ => None,
        }
    })
}

/// Whether an item is compiled for tests alone.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_cfg = attribute.path().is_ident("cfg");
        let of = attribute.parse_args::<syn::Path>();
        is_cfg && of.is_ok_and(|path| path.is_ident("test"))
    })
}
