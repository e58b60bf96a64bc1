//! Which value of the inventory a command line is about to name.

use clap::{Arg, Command};

/// What is asked for: values that begin so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// ASNs, as they are written so far.
    Asn(String),
    /// Sessions.
    Session(String),
}

/// What the last of `words` begins, the first of which is the program; `None` if that is nothing in the inventory.
pub(super) fn wanted(program: &Command, words: &[String]) -> Option<Wanted> {
    let (current, before) = words.split_last()?;
    let (mut command, mut path) = (program, Vec::new());
    let mut pending: Option<&Arg> = None;
    let mut positional = 0;
    let mut are_options = true;
    for word in before.iter().skip(1) {
        // Bash has `--asn=AS1` in three words.
        if word == "=" && pending.is_some() {
            continue;
        }
        if pending.take().is_some() {
        } else if are_options && word == "--" {
            are_options = false;
        } else if are_options && word.starts_with('-') && word.len() > 1 {
            pending = option(program, command, word);
        } else if let Some(inner) = command.find_subcommand(word).filter(|_| positional == 0) {
            (command, positional) = (inner, 0);
            path.push(inner.get_name());
        } else {
            positional += 1;
        }
    }
    let current = match current.as_str() {
        "=" if pending.is_some() => "",
        current => current,
    };
    let is_option = are_options && current.starts_with('-') && pending.is_none();
    let argument = match pending {
        Some(argument) => argument,
        None if is_option => return None,
        None => {
            let last = command.get_positionals().count().checked_sub(1)?;
            command.get_positionals().nth(positional.min(last))?
        }
    };
    of_argument(argument, &path, current)
}

/// The option that a word is, if its value is in the next one.
fn option<'c>(program: &'c Command, command: &'c Command, word: &str) -> Option<&'c Arg> {
    let is_it = |argument: &&Arg| match word.strip_prefix("--") {
        Some(name) => {
            let aliases = argument.get_all_aliases().unwrap_or_default();
            argument.get_long() == Some(name) || aliases.contains(&name)
        }
        None => word.chars().nth(1) == argument.get_short() && word.chars().count() == 2,
    };
    let mut arguments = command.get_arguments().chain(program.get_arguments());
    let argument = arguments.find(is_it)?;
    argument.get_action().takes_values().then_some(argument)
}

fn of_argument(argument: &Arg, path: &[&str], current: &str) -> Option<Wanted> {
    let name = argument.get_value_names()?.first()?.as_str();
    let begins_an_asn = || {
        let start = current.get(..2).unwrap_or_default();
        start.eq_ignore_ascii_case("as")
    };
    match (name, path) {
        ("ASN", _) => Some(Wanted::Asn(current.to_owned())),
        ("IP|AS|PREFIX", _) if begins_an_asn() => Some(Wanted::Asn(current.to_owned())),
        ("ID", ["session", "show"]) => Some(Wanted::Session(current.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::command_line::Arguments;

    #[test]
    fn a_line_asks_for_what_its_last_word_begins() {
        let program = Arguments::command();
        let asn = |text: &str| Some(Wanted::Asn(text.to_owned()));
        let session = |text: &str| Some(Wanted::Session(text.to_owned()));
        for (line, expected) in [
            ("asn show AS151", asn("AS151")),
            ("asn show ", asn("")),
            ("--db a.db asn show -n 5 15169 9", asn("9")),
            ("asn --db a.db prefixes AS1", asn("AS1")),
            ("ip list --asn AS1", asn("AS1")),
            ("ip list --asn = AS1", asn("AS1")),
            ("ip list --asn =", asn("")),
            ("ip list --country NL --asn ", asn("")),
            ("report --asn 1", asn("1")),
            ("lookup 8.8.8.8 as1", asn("as1")),
            ("lookup 8.8", None),
            ("session show 4f", session("4f")),
            ("session show 4f --format json 5", session("5")),
            ("session show --", None),
            ("session list --ip 4f", None),
            ("ip show 1", None),
            ("asn", None),
            ("asn show -- -1", asn("-1")),
            ("--db ", None),
            ("no such thing", None),
            ("", None),
        ] {
            let line = format!("ipcascade {line}");
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(wanted(&program, &words), expected, "{line}");
        }
        assert_eq!(wanted(&program, &[]), None);
    }
}
