//! Offers to write the files of `--mmdb` into the user's configuration.

use std::fs;
use std::io::{self, BufRead as _};
use std::path::Path;

use crate::app::App;
use crate::args::GlobalArgs;
use crate::commands::config::init::write;
use crate::config::{FirstValues, refusal_file, sample, user_config_file};
use crate::interrupt::next_signal;
use crate::report::CliError;

/// What a run must be for the question to follow it: all of these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion {
    /// The command is one that people repeat with the same files, and reads nothing from standard input.
    pub(crate) is_of_command: bool,
    /// Files are named by `--mmdb`, and will be there the next time.
    pub(crate) names_files: bool,
    /// Somebody is there to read the question, and to answer it.
    pub(crate) is_in_terminal: bool,
    /// There is no configuration that could have the files.
    pub(crate) lacks_config: bool,
    /// The question was answered with no before.
    pub(crate) was_refused: bool,
}

impl Occasion {
    /// Whether to ask.
    pub(crate) const fn is_given(self) -> bool {
        self.is_of_command
            && self.names_files
            && self.is_in_terminal
            && self.lacks_config
            && !self.was_refused
    }
}

/// Asks whether to remember the files of `--mmdb`, if there is occasion, and does so.
///
/// # Errors
///
/// If the answers before the question cannot be written.
pub(crate) async fn offer_to_remember(
    is_of_command: bool,
    global: &GlobalArgs,
    app: &App<'_>,
) -> Result<(), CliError> {
    let (Some(file), Some(refusal)) = (user_config_file(), refusal_file()) else {
        return Ok(());
    };
    let values = FirstValues {
        mmdb: global.first_values(app.registry())?.mmdb,
        ..FirstValues::default()
    };
    let occasion = Occasion {
        is_of_command,
        names_files: !values.mmdb.is_empty()
            && values.mmdb.iter().all(|it| Path::new(it).is_file()),
        is_in_terminal: app.output().can_ask(),
        lacks_config: app.config().location().file().is_none(),
        was_refused: refusal.exists(),
    };
    if !occasion.is_given() {
        return Ok(());
    }
    app.output().flush()?;
    app.output().ask(&format!(
        "Remember {} in {}, so that --mmdb is not needed again? [y/N]",
        names(&values.mmdb),
        file.display()
    ));
    let mut found = answer().await;
    if found == Answer::Unclear {
        app.output().ask("y or n?");
        found = answer().await;
    }
    match found {
        Answer::Yes => {
            match write(&file, &sample(app.registry(), &values), false) {
                Ok(()) => app.output().notice(&format!("wrote {}", file.display())),
                // The run itself has succeeded.
                Err(CliError::Report(report)) => {
                    let causes = [vec![report.message().to_owned()], report.causes()].concat();
                    app.output().warning(&causes.join(": "));
                }
                Err(error) => return Err(error),
            }
        }
        Answer::No => {
            keep_refusal(&refusal);
            app.output().notice(
                "not asked again; `ipcascade --mmdb FILE config init --user` writes the files at any time",
            );
        }
        Answer::NotNow | Answer::Unclear => {}
        Answer::Interrupted => app.output().notice(" "),
    }
    Ok(())
}

/// The names of files without their folders.
fn names(files: &[String]) -> String {
    let names = files.iter().map(|file| {
        let name = Path::new(file).file_name();
        name.map_or_else(|| file.clone(), |name| name.to_string_lossy().into_owned())
    });
    names.collect::<Vec<String>>().join(", ")
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    /// It is not to be asked again.
    No,
    /// An empty line: not this time.
    NotNow,
    /// Something else, such as the next command of several that were pasted.
    Unclear,
    /// An interrupt, or the end of the input.
    Interrupted,
}

async fn answer() -> Answer {
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        read.is_ok_and(|octets| octets > 0).then_some(line)
    });
    tokio::select! {
        line = line => match line {
            Ok(Some(line)) => meaning(&line),
            _ => Answer::Interrupted,
        },
        _ = next_signal() => Answer::Interrupted,
    }
}

fn meaning(line: &str) -> Answer {
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        "n" | "no" => Answer::No,
        "" => Answer::NotNow,
        _ => Answer::Unclear,
    }
}

/// Remembers that the answer was no; where nothing can be written, the question comes again.
fn keep_refusal(file: &Path) {
    let folder = file.parent().unwrap_or(file);
    let kept = fs::create_dir_all(folder).and_then(|()| fs::write(file, ""));
    if let Err(error) = kept {
        tracing::debug!("cannot write {}: {error}", file.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_occasion_only_if_all_of_it_holds() {
        let all = Occasion {
            is_of_command: true,
            names_files: true,
            is_in_terminal: true,
            lacks_config: true,
            was_refused: false,
        };
        assert!(all.is_given());
        for (place, lacking) in [
            Occasion {
                is_of_command: false,
                ..all
            },
            Occasion {
                names_files: false,
                ..all
            },
            Occasion {
                is_in_terminal: false,
                ..all
            },
            Occasion {
                lacks_config: false,
                ..all
            },
            Occasion {
                was_refused: true,
                ..all
            },
        ]
        .into_iter()
        .enumerate()
        {
            assert!(!lacking.is_given(), "{place}");
        }
    }

    #[test]
    fn only_yes_and_no_are_answers() {
        for yes in ["y", "Y\n", " yes\r\n", "YES"] {
            assert_eq!(meaning(yes), Answer::Yes, "{yes:?}");
        }
        for no in ["n", "No\n"] {
            assert_eq!(meaning(no), Answer::No, "{no:?}");
        }
        assert_eq!(meaning("\n"), Answer::NotNow);
        for unclear in ["yep", "j", "ipcascade stats"] {
            assert_eq!(meaning(unclear), Answer::Unclear, "{unclear:?}");
        }
    }
}
