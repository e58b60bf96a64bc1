//! The file that a command line asks for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use crate::output_file::args::ID;
use crate::output_file::format;
use crate::report::CliError;

/// The identifiers of arguments that name files, which are read or written too.
const OTHERS: [&str; 3] = ["inputs", "exclude", "bad_records"];

/// The file that a command line asks for.
#[derive(Debug)]
pub(crate) struct OutputFile {
    pub(super) path: PathBuf,
    /// What other arguments name; not all of it is files.
    pub(super) others: Vec<PathBuf>,
    /// The names of the command, outermost first.
    command: Vec<String>,
    /// What its name stands for, if nothing else decides the format.
    format: Option<&'static str>,
}

impl OutputFile {
    /// What `matches`, of a command line of `program`, ask for.
    ///
    /// # Errors
    ///
    /// If the name stands for something that is not written.
    pub(crate) fn of(program: &Command, matches: &ArgMatches) -> Result<Option<Self>, CliError> {
        let (mut command, mut matches) = (program, matches);
        let mut names = Vec::new();
        while let Some((name, of_name)) = matches.subcommand() {
            let Some(inner) = command.find_subcommand(name) else {
                return Ok(None);
            };
            names.push(name.to_owned());
            (command, matches) = (inner, of_name);
        }
        let path = matches.try_get_one::<PathBuf>(ID).ok().flatten();
        let Some(path) = path.filter(|path| **path != *Path::new("-")) else {
            return Ok(None);
        };
        format::refuse_compressed(path)?;
        let format = command
            .get_arguments()
            .find(|argument| argument.get_id() == "format");
        let format = match format.filter(|format| is_open(format, command, matches)) {
            Some(format) => {
                let known = format.get_possible_values();
                let known: Vec<String> = known.iter().map(|it| it.get_name().to_owned()).collect();
                format::of_name(path, &known)?
            }
            None => None,
        };
        let others = OTHERS
            .iter()
            .filter_map(|id| matches.try_get_raw(id).ok().flatten());
        Ok(Some(Self {
            path: path.clone(),
            others: others.flatten().map(PathBuf::from).collect(),
            command: names,
            format,
        }))
    }

    /// The command line again, read with the format that the name of the file stands for; `None` if that changes nothing.
    pub(crate) fn read_again(
        &self,
        program: Command,
        line: &[OsString],
    ) -> Option<Result<ArgMatches, clap::Error>> {
        let format = self.format?;
        let mut program = with_default(program, &self.command, format);
        Some(program.try_get_matches_from_mut(line))
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether the command line leaves the format open: neither it nor an option that stands in its place is there.
fn is_open(format: &Arg, command: &Command, matches: &ArgMatches) -> bool {
    let is_there = |argument: &&Arg| {
        let id = argument.get_id().as_str();
        matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    let excludes = |argument: &Arg| {
        let conflicts = command.get_arg_conflicts_with(argument);
        conflicts.iter().any(|it| it.get_id() == format.get_id())
    };
    let mut there = command.get_arguments().filter(is_there);
    !there.any(|argument| argument.get_id() == format.get_id() || excludes(argument))
}

/// The program with another default of `--format` in one of its commands.
fn with_default(program: Command, command: &[String], format: &'static str) -> Command {
    match command.split_first() {
        None => program.mut_arg("format", |argument| argument.default_value(format)),
        Some((name, inner)) => {
            program.mut_subcommand(name, |found| with_default(found, inner, format))
        }
    }
}
