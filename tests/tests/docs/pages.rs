//! The pages, and running one.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use crate::blocks::{Block, Run, blocks};
use crate::commands::{Command, commands};
use crate::folder::{Folder, Ran};
use crate::output::fits;
use crate::sql;
use crate::tally::Tally;

/// Languages of blocks that are run.
const RUN: [&str; 4] = ["sh", "console", "crontab", "sql"];

/// Lines of output that are shown of a command that is at fault.
const SHOWN: usize = 40;

/// A page of the documentation.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its path in the repository.
    pub(crate) name: String,
    /// Its content.
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let (name, text) = (name.to_owned(), text.to_owned());
        Self { name, text }
    }
}

/// What is run of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// What takes little time.
    Usual,
    /// Everything, with cargo.
    Compiling,
}

/// The README and the pages below `docs`, except the references, which are made from the program.
pub(crate) fn pages(root: &Path) -> Vec<Page> {
    let mut names = vec!["README.md".to_owned()];
    for folder in ["docs", "docs/decisions"] {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let pages = files.filter(|name| name.ends_with(".md"));
        names.extend(pages.map(|name| format!("{folder}/{name}")));
    }
    names.sort();
    let page = |name: &String| Page::new(name, &fs::read_to_string(root.join(name)).unwrap());
    names.iter().map(page).collect()
}

/// Runs the commands of a page, in order.
pub(crate) fn run_page(page: &Page, what: What) -> Tally {
    let (mut tally, folder) = (Tally::default(), OnceCell::new());
    for block in blocks(&page.text) {
        let place = format!("{}:{}", page.name, block.line);
        if let Some(fault) = fault_of(&block) {
            tally.faults.push(format!("{place}: {fault}"));
            continue;
        }
        let folder = || folder.get_or_init(|| Folder::new(page, what));
        match (&block.run, block.language.as_str()) {
            (Run::File(name), _) => folder().write(name, &block.lines, false),
            (Run::Output, _) => {
                let fault = match &tally.last {
                    Some(ran) => difference(ran, &block.lines),
                    None => Some("there is no command before it".to_owned()),
                };
                tally.compared += 1;
                tally
                    .faults
                    .extend(fault.map(|it| format!("{place}: {it}")));
            }
            (Run::AddedTo(name), _) => folder().write(name, &block.lines, true),
            (_, language) if !RUN.contains(&language) => {}
            (Run::Not(reason), _) => {
                tally.not_run.push(format!("{place}: {reason}"));
            }
            (Run::Compiles, _) if what == What::Usual => tally.compiling += commands(&block).len(),
            (_, "sql") => sql::run(folder(), &block, &place, &mut tally),
            _ => run_block(folder(), &block, page, &mut tally),
        }
    }
    tally
}

/// What is wrong with a block, whatever its commands do.
fn fault_of(block: &Block) -> Option<String> {
    let has_prompt = || block.lines.iter().any(|line| line.starts_with("$ "));
    match (&block.run, block.language.as_str()) {
        (_, "") => Some("a block without a language".to_owned()),
        (_, "text") if has_prompt() => Some("commands belong in a `console` block".to_owned()),
        (Run::Unclear(words), _) => Some(format!("not understood: {words}")),
        (Run::Not(reason), _) if reason.is_empty() => Some("not run, without a reason".to_owned()),
        _ => None,
    }
}

fn run_block(folder: &Folder, block: &Block, page: &Page, tally: &mut Tally) {
    let commands = commands(block);
    let last = commands.len().saturating_sub(1);
    for (number, command) in commands.iter().enumerate() {
        let expected = match block.run {
            Run::Exits(code) if number == last => code,
            _ => 0,
        };
        let Command { line, text, output } = command;
        let place = format!("{}:{line}: {text}", page.name);
        if !folder.has_databases_of(text) {
            tally
                .skipped
                .push(format!("{place}: PostgreSQL is not installed"));
            continue;
        }
        if text.contains("--online") {
            tally.faults.push(format!("{place}: goes online"));
            continue;
        }
        let ran = folder.run(text);
        if let Some(missing) = ran.missing_program() {
            tally.skipped.push(format!("{place}: {missing}"));
            continue;
        }
        tally.run += 1;
        tally.compared += usize::from(output.is_some());
        let fault = match ran.code == expected {
            true => output.as_deref().and_then(|shown| difference(&ran, shown)),
            false => Some(format!(
                "exit code {}, expected {expected}\n{}",
                ran.code,
                printed(&ran)
            )),
        };
        tally
            .faults
            .extend(fault.map(|it| format!("{place}\n{it}")));
        tally.last = Some(ran);
    }
}

/// How the output of a command differs from what its page shows.
fn difference(ran: &Ran, shown: &[String]) -> Option<String> {
    let is_other = !fits(shown, &ran.output);
    is_other.then(|| {
        format!(
            "prints\n{}\nbut its page shows\n{}",
            printed(ran),
            shown.join("\n")
        )
    })
}

fn printed(ran: &Ran) -> String {
    ran.output[..ran.output.len().min(SHOWN)].join("\n")
}
