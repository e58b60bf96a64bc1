//! `commands.md`: the command lines, from clap.

use clap::{Arg, Command};

use super::markdown::{self, block, code, codes, sentence};

/// Makes the page.
pub(super) fn page() -> String {
    let mut text = markdown::head("Commands");
    text.push_str(
        "\nEvery command has `--help`. The commands of `ipcascade` take its own options as well.\n",
    );
    for mut program in ipcascade::reference::commands() {
        program.build();
        describe(&mut text, &mut program);
    }
    text
}

fn describe(text: &mut String, command: &mut Command) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    text.push_str(&format!("\n## `{name}`\n"));
    let about = command.get_long_about().or_else(|| command.get_about());
    if let Some(about) = about {
        for paragraph in about.to_string().split("\n\n") {
            text.push_str(&format!("\n{}\n", sentence(paragraph)));
        }
    }
    let usage = command.render_usage().to_string();
    text.push_str(&block("text", usage.trim_start_matches("Usage:").trim()));
    let (mut arguments, mut options) = (Vec::new(), Vec::new());
    // Global options are described with the command that has them first.
    let is_inherited = |arg: &Arg| arg.is_global_set() && name_has_parent(command);
    let is_usual = |arg: &Arg| ["help", "version"].contains(&arg.get_id().as_str());
    for arg in command.get_arguments() {
        if arg.is_hide_set() || is_usual(arg) || is_inherited(arg) {
            continue;
        }
        let row = vec![code(spelling(arg)), default(arg), meaning(arg)];
        match arg.is_positional() {
            true => arguments.push(row),
            false => options.push(row),
        }
    }
    for (header, rows) in [("argument", arguments), ("option", options)] {
        if !rows.is_empty() {
            text.push_str(&markdown::table(&[header, "default", "meaning"], &rows));
        }
    }
    let after = command
        .get_after_long_help()
        .or_else(|| command.get_after_help());
    if let Some(after) = after {
        text.push_str(&block("text", &after.to_string()));
    }
    for subcommand in command.get_subcommands_mut() {
        if !subcommand.is_hide_set() && subcommand.get_name() != "help" {
            describe(text, subcommand);
        }
    }
}

fn name_has_parent(command: &Command) -> bool {
    command
        .get_bin_name()
        .is_some_and(|name| name.contains(' '))
}

/// The flags and values of an argument: `-q, --quiet`, `--db <URL>`, `[FILE]...`.
fn spelling(arg: &Arg) -> String {
    if arg.is_positional() {
        return arg.to_string();
    }
    let long = arg.to_string();
    match arg.get_short() {
        Some(short) if arg.get_long().is_some() => format!("-{short}, {long}"),
        _ => long,
    }
}

fn default(arg: &Arg) -> String {
    if !arg.get_action().takes_values() || arg.is_hide_default_value_set() {
        return String::new();
    }
    codes(
        arg.get_default_values()
            .iter()
            .map(|it| it.to_string_lossy()),
    )
}

fn meaning(arg: &Arg) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help());
    let mut text = help.map_or_else(String::new, |help| sentence(&help.to_string()));
    if arg.get_action().takes_values() && !arg.is_hide_possible_values_set() {
        let values = arg.get_possible_values();
        let values = values.iter().filter(|value| !value.is_hide_set());
        let values: Vec<String> = values.map(possible_value).collect();
        if !values.is_empty() {
            text.push_str(&format!(" Values: {}.", values.join(", ")));
        }
    }
    if let Some(variable) = arg.get_env() {
        text.push_str(&format!(
            " Environment: {}.",
            code(variable.to_string_lossy())
        ));
    }
    text
}

fn possible_value(value: &clap::builder::PossibleValue) -> String {
    let name = code(value.get_name());
    match value.get_help() {
        Some(help) => format!("{name} ({})", help.to_string().trim_end_matches('.')),
        None => name,
    }
}
