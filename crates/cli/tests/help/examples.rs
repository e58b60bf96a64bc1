//! Every command has examples, and every example is a command line that the program accepts.

use clap::Command;
use ipcascade::reference::commands;

/// Calls `visit` with each visible command and its name, groups included.
pub(crate) fn each_command(visit: &mut impl FnMut(&str, &Command)) {
    fn walk(name: &str, command: &Command, visit: &mut impl FnMut(&str, &Command)) {
        visit(name, command);
        let visible = command
            .get_subcommands()
            .filter(|it| !it.is_hide_set() && it.get_name() != "help");
        for subcommand in visible {
            walk(
                &format!("{name} {}", subcommand.get_name()),
                subcommand,
                visit,
            );
        }
    }
    for program in commands() {
        walk(program.get_name(), &program, visit);
    }
}

/// The lines under `Examples:` of a help text.
fn examples(command: &Command) -> Vec<String> {
    let after = command.get_after_long_help();
    let after = after.or_else(|| command.get_after_help());
    let after = after.map(ToString::to_string).unwrap_or_default();
    let lines = after.lines().skip_while(|line| *line != "Examples:");
    let lines = lines.skip(1).take_while(|line| line.starts_with("  "));
    // A line that is further in goes on with what the example before it does.
    let is_example = |line: &&str| !line.starts_with("    ");
    lines
        .filter(is_example)
        .map(|line| line[2..].to_owned())
        .collect()
}

/// The command lines of our programs in an example: without what it does, and what is not ours.
pub(crate) fn ours(example: &str) -> Vec<Vec<String>> {
    let line = example.split("  ").next().unwrap_or_default();
    let words = shlex::split(line).unwrap_or_else(|| panic!("cannot be split: {line}"));
    let calls = words.split(|word| ["|", "&&", ";"].contains(&word.as_str()));
    let calls = calls.map(|call| {
        let call = call.iter().take_while(|word| !word.starts_with(['<', '>']));
        let is_ours = |word: &String| ["ipcascade", "cowrie-enrich-asn"].contains(&word.as_str());
        // Before its name there may be variables; anything else is another program with our name as an argument.
        let is_before = |word: &&String| word.contains('=') || *word == "sudo";
        let call: Vec<String> = call.skip_while(is_before).cloned().collect();
        match call.first().is_some_and(is_ours) {
            true => call,
            false => Vec::new(),
        }
    });
    calls
        .filter(|call: &Vec<String>| !call.is_empty())
        .collect()
}

/// What the program understands of a command line of its own.
pub(crate) fn accepted(call: Vec<String>) -> Result<clap::ArgMatches, clap::Error> {
    let mut programs = commands().into_iter();
    let program = programs.find(|program| program.get_name() == call[0]);
    let json = |word: String| match word.as_str() {
        "--json" => "--format=json".to_owned(),
        _ => word,
    };
    program
        .unwrap()
        .try_get_matches_from(call.into_iter().map(json))
}

#[test]
fn every_command_has_examples() {
    let mut lacking = Vec::new();
    each_command(&mut |name, command| {
        if examples(command).is_empty() {
            lacking.push(name.to_owned());
        }
    });
    assert!(lacking.is_empty(), "no examples in the help of {lacking:?}");
}

#[test]
fn every_example_is_accepted_and_of_its_command() {
    each_command(&mut |name, command| {
        let mut is_shown = false;
        for example in examples(command) {
            let calls = ours(&example);
            assert!(!calls.is_empty(), "{name}: nothing of ours in {example:?}");
            for call in calls {
                let matches = accepted(call);
                let matches = matches.unwrap_or_else(|error| panic!("{name}: {example}\n{error}"));
                let mut called = name.split(' ').next().unwrap().to_owned();
                let mut deeper = Some(&matches);
                while let Some((next, matches)) = deeper.and_then(clap::ArgMatches::subcommand) {
                    called = format!("{called} {next}");
                    deeper = Some(matches);
                }
                is_shown |= called.starts_with(name);
            }
        }
        assert!(is_shown, "no example of {name} is one");
    });
}
