//! Makes manual pages from command lines.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::exit::Exit;

/// The manual page of a command.
pub(super) struct ManPage {
    /// The command, as it is typed: `ipcascade ip list`.
    pub(super) command: String,
    pub(super) text: Vec<u8>,
}

impl ManPage {
    pub(super) fn file_name(&self) -> String {
        format!("{}.1", self.command.replace(' ', "-"))
    }
}

/// The pages of programs and of all their commands.
///
/// # Errors
///
/// If a page cannot be made.
pub(super) fn pages(programs: &[Command]) -> io::Result<Vec<ManPage>> {
    let mut pages = Vec::new();
    for program in programs {
        let mut program = program.clone().disable_help_subcommand(true);
        program.build();
        add(&program, None, &mut pages)?;
    }
    Ok(pages)
}

fn add(command: &Command, parent: Option<&str>, pages: &mut Vec<ManPage>) -> io::Result<()> {
    let name = match parent {
        Some(parent) => format!("{parent} {}", command.get_name()),
        None => command.get_name().to_owned(),
    };
    let subcommands = || command.get_subcommands().filter(|it| !it.is_hide_set());
    let mut others: Vec<String> = parent.map(str::to_owned).into_iter().collect();
    others.extend(subcommands().map(|it| format!("{name} {}", it.get_name())));
    let text = render(command, &name, &others)?;
    pages.push(ManPage {
        command: name.clone(),
        text,
    });
    subcommands().try_for_each(|subcommand| add(subcommand, Some(&name), pages))
}

/// The page of a command; `others` are those that it refers to.
fn render(command: &Command, name: &str, others: &[String]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let title = name.replace(' ', "-");
    // Without a date and what follows the help text: that has lines of its own.
    let described = command
        .clone()
        .display_name(title.clone())
        .after_help("")
        .after_long_help("");
    let man = Man::new(described)
        .title(title)
        // An empty date would be left out, and the source would stand in its place.
        .date(" ")
        .manual("ipcascade")
        .source(format!("ipcascade {}", env!("CARGO_PKG_VERSION")));
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut text)?;
    }
    let after = command.get_after_long_help();
    let after = after.or_else(|| command.get_after_help());
    let after = after.map(ToString::to_string).unwrap_or_default();
    let mut rest = Roff::new();
    add_after_help(&after, &mut rest);
    rest.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        rest.control("TP", []);
        rest.text([roman(exit.code().to_string())]);
        rest.text([roman(exit.meaning())]);
    }
    if !others.is_empty() {
        let references = others.iter().map(|it| it.replace(' ', "-") + "(1)");
        rest.control("SH", ["SEE ALSO"]);
        rest.text([roman(references.collect::<Vec<_>>().join(", "))]);
    }
    rest.to_writer(&mut text)?;
    Ok(text)
}

/// What follows the help text: sections that begin with a line such as `Examples:`, each line of which stays one.
fn add_after_help(after: &str, page: &mut Roff) {
    let mut is_first = true;
    for block in after.split("\n\n") {
        let (head, lines) = block.split_once('\n').unwrap_or((block, ""));
        match head.strip_suffix(':').filter(|head| !head.contains(' ')) {
            Some(heading) => {
                page.control("SH", [heading.to_uppercase().as_str()]);
                preformatted(lines, page);
            }
            None if block.trim().is_empty() => {}
            None => {
                if is_first {
                    page.control("SH", ["NOTES"]);
                } else {
                    page.control("PP", []);
                }
                preformatted(block, page);
            }
        }
        is_first = false;
    }
}

fn preformatted(lines: &str, page: &mut Roff) {
    page.control("nf", []);
    for line in lines.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
}
