//! The commands of a block.

use crate::blocks::Block;

/// A command, and what the page shows of its output.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// The number of its first line, from 1.
    pub(crate) line: usize,
    /// Its text, of one line or more.
    pub(crate) text: String,
    /// The lines of its output; `None` where the page shows none.
    pub(crate) output: Option<Vec<String>>,
}

/// The commands of a block; empty if it is not for a shell.
pub(crate) fn commands(block: &Block) -> Vec<Command> {
    let lines = (block.line..).zip(block.lines.iter().map(String::as_str));
    match block.language.as_str() {
        "sh" => of_script(lines),
        "console" => of_session(lines),
        "crontab" => of_crontab(lines),
        _ => Vec::new(),
    }
}

fn of_script<'a>(mut lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<Command> {
    let mut commands = Vec::new();
    while let Some((line, first)) = lines.next() {
        if first.trim().is_empty() || first.starts_with('#') {
            continue;
        }
        let text = whole(first, &mut lines);
        commands.push(Command {
            line,
            text,
            output: None,
        });
    }
    commands
}

fn of_session<'a>(mut lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    while let Some((line, shown)) = lines.next() {
        if let Some(first) = shown.strip_prefix("$ ") {
            let text = whole(first, &mut lines);
            commands.push(Command {
                line,
                text,
                output: Some(Vec::new()),
            });
        } else if let Some(output) = commands.last_mut().and_then(|it| it.output.as_mut()) {
            output.push(shown.to_owned());
        }
    }
    for command in &mut commands {
        let output = command.output.as_mut().unwrap();
        while output.last().is_some_and(String::is_empty) {
            output.pop();
        }
    }
    commands
}

/// The command from its first line to its last: a line may end with a backslash, and a quotation or a document
/// (`<<'END'`) may go on.
fn whole<'a>(first: &str, lines: &mut impl Iterator<Item = (usize, &'a str)>) -> String {
    let mut text = first.to_owned();
    let end = first
        .split_once("<<'")
        .and_then(|(_, rest)| rest.split_once('\''));
    let is_whole = |text: &str| match end {
        Some((end, _)) => text.lines().last() == Some(end),
        None => !text.ends_with('\\') && is_quoted_to_the_end(text),
    };
    while !is_whole(&text) {
        let Some((_, next)) = lines.next() else { break };
        text.push('\n');
        text.push_str(next);
    }
    text
}

fn is_quoted_to_the_end(text: &str) -> bool {
    let (mut quote, mut before) = (None, ' ');
    for c in text.chars() {
        match quote {
            // What follows is for the reader.
            None if c == '#' && before == ' ' => break,
            None if "'\"".contains(c) && before != '\\' => quote = Some(c),
            Some(open) if c == open && (before != '\\' || open == '\'') => quote = None,
            _ => {}
        }
        before = c;
    }
    quote.is_none()
}

/// The commands of a crontab, without their times and without the user (a word before two spaces) of `/etc/cron.d`.
fn of_crontab<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<Command> {
    let is_entry = |line: &str| line.starts_with(|c: char| c.is_ascii_digit() || c == '*');
    let entries = lines.filter(|(_, line)| is_entry(line));
    let command = |(line, entry): (usize, &str)| {
        let mut rest = entry;
        for _ in 0..5 {
            let (_, after) = rest.split_once(' ').unwrap();
            rest = after.trim_start();
        }
        let user = rest
            .split_once("  ")
            .filter(|(user, _)| !user.contains(' '));
        let text = user.map_or(rest, |(_, command)| command).to_owned();
        Command {
            line,
            text,
            output: None,
        }
    };
    entries.map(command).collect()
}
