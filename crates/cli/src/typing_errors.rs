//! What is suggested after a mistyped command or option.

use clap::Command;
use clap::error::{ContextKind, ContextValue};
use ipcascade_core::near_miss::nearest;

/// The same error, with suggestions that are near what was typed, and commands that have a subcommand of this name:
/// `top` alone is not a command, and is one of `asn`, `ip` and `session`.
pub(crate) fn with_near_suggestions(mut error: clap::Error, program: &Command) -> clap::Error {
    let typed = typed(&error);
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg] {
        let names = match error.remove(kind) {
            Some(ContextValue::String(name)) => vec![name],
            Some(ContextValue::Strings(names)) => names,
            _ => continue,
        };
        let typed = typed.trim_start_matches('-');
        let is_near = |name: &String| {
            let name = name.trim_start_matches('-').split(' ').next();
            nearest(typed, name.into_iter()).is_some()
        };
        let near: Vec<String> = names.into_iter().filter(is_near).collect();
        if !near.is_empty() {
            error.insert(kind, ContextValue::Strings(near));
        }
    }
    let nested = nested(program, &typed);
    if error.get(ContextKind::InvalidSubcommand).is_some() && !nested.is_empty() {
        error.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(nested),
        );
    }
    error
}

/// What is not understood.
fn typed(error: &clap::Error) -> String {
    let kinds = [ContextKind::InvalidSubcommand, ContextKind::InvalidArg];
    let found = kinds.into_iter().find_map(|kind| match error.get(kind) {
        Some(ContextValue::String(typed)) => Some(typed.clone()),
        _ => None,
    });
    found.unwrap_or_default()
}

/// Commands with a subcommand of this name, as they are typed.
fn nested(program: &Command, name: &str) -> Vec<String> {
    let commands = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    let having = commands.filter(|command| command.find_subcommand(name).is_some());
    having
        .map(|command| format!("{} {name}", command.get_name()))
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::command_line::Arguments;

    fn message(line: &[&str]) -> String {
        let mut program = Arguments::command();
        let error = program.try_get_matches_from_mut(line).unwrap_err();
        with_near_suggestions(error, &program).render().to_string()
    }

    #[test]
    fn what_is_suggested_is_near() {
        for (line, expected) in [
            (&["ipcascade", "lokup"][..], Some("'lookup'")),
            (&["ipcascade", "ip", "lst"], Some("'list'")),
            (&["ipcascade", "top"], Some("'asn top', 'ip top'")),
            (&["ipcascade", "search"], None),
            (
                &["ipcascade", "enrich", "--ormat", "json", "x"],
                Some("'--format'"),
            ),
            (&["ipcascade", "enrich", "--sort", "x"], None),
        ] {
            let message = message(line);
            match expected {
                Some(expected) => assert!(message.contains(expected), "{line:?}: {message}"),
                None => assert!(!message.contains("similar"), "{line:?}: {message}"),
            }
        }
    }
}
