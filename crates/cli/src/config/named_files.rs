//! The files that the configuration names.

use std::path::{Path, PathBuf};

use figment::value::Value;
use ipcascade_core::home::expand_home;

use crate::config::leaves::leaves;
use crate::config::load::Config;

impl Config {
    /// What may be the name of a file, as a path, with the key that has it. Other texts are among them.
    pub fn named_files(&self) -> Vec<(String, PathBuf)> {
        let mut named = Vec::new();
        for leaf in leaves(&self.figment) {
            collect(&leaf.key, &leaf.value, self.location().folder(), &mut named);
        }
        named
    }
}

fn collect(key: &str, value: &Value, folder: &Path, named: &mut Vec<(String, PathBuf)>) {
    match value {
        Value::String(_, text) => {
            named.push((key.to_owned(), folder.join(expand_home(Path::new(text)))));
        }
        Value::Array(_, items) => {
            for item in items {
                collect(key, item, folder, named);
            }
        }
        Value::Dict(_, members) => {
            for (name, member) in members {
                collect(&format!("{key}.{name}"), member, folder, named);
            }
        }
        _ => {}
    }
}
