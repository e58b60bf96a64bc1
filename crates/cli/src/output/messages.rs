//! Messages: on standard error for people, and in the log.

use std::io::{self, IsTerminal as _, Write as _};

use owo_colors::{OwoColorize as _, Style};

use crate::output::log_target::MESSAGES;
use crate::output::stream::Output;
use crate::output::terminal_safety::{one_line, without_passwords};
use crate::report::Report;

impl Output {
    /// Prints a message to standard error, unless the user wants quiet.
    pub fn notice(&self, text: &str) {
        tracing::info!(target: MESSAGES, "{}", text.trim_end());
        if !self.options.quiet {
            self.say("", Style::new(), text);
        }
    }

    /// Returns a function that prints a message to standard error, unless the user wants quiet; it may be called from
    /// anywhere, at any time.
    pub fn notice_for_later(&self, text: &'static str) -> impl FnOnce() + Send + use<> {
        let is_quiet = self.options.quiet || self.options.are_messages_logged;
        // The line may contain a progress bar, or the terminal's echo of the key.
        let before = if self.stderr_is_terminal {
            "\r\x1b[2K"
        } else {
            ""
        };
        move || {
            tracing::info!(target: MESSAGES, "{text}");
            if !is_quiet {
                // If standard error is closed, there is no reader.
                drop(writeln!(io::stderr(), "{before}{text}"));
            }
        }
    }

    /// Whether a question can be asked: somebody sees what is printed, and can answer.
    pub fn can_ask(&self) -> bool {
        let is_seen = self.is_terminal() && self.stderr_is_terminal && io::stdin().is_terminal();
        is_seen && !self.options.quiet && !self.options.are_messages_logged && is_foreground()
    }

    /// Prints a question to standard error; the answer follows it in its line. What was typed before is not the answer.
    pub fn ask(&self, question: &str) {
        #[cfg(unix)]
        {
            use rustix::termios::{QueueSelector, tcflush};
            if let Err(error) = tcflush(io::stdin(), QueueSelector::IFlush) {
                tracing::debug!("cannot discard what was typed before: {error}");
            }
        }
        let mut stderr = io::stderr().lock();
        // Without a question there is no answer.
        drop(write!(stderr, "{} ", one_line(question)).and_then(|()| stderr.flush()));
    }

    /// Prints to standard error what may be done next, if somebody is there to read it: scripts need no advice.
    pub fn next_step(&self, text: &str) {
        if self.stderr_is_terminal {
            self.notice(text);
        }
    }

    /// Prints a message to standard error with `-v` only.
    pub fn detail(&self, text: &str) {
        tracing::debug!(target: MESSAGES, "{}", text.trim_end());
        if self.is_verbose() && !self.options.quiet {
            self.say("", Style::new(), text);
        }
    }

    /// Warns on standard error, unless the user wants quiet. A warning does not change the exit code.
    pub fn warning(&self, text: &str) {
        tracing::warn!(target: MESSAGES, "{text}");
        if !self.options.quiet {
            self.say("warning: ", Style::new().yellow().bold(), text);
        }
    }

    /// Prints a failure to standard error, because of which the exit code will not be 0.
    pub fn failure(&self, text: &str) {
        tracing::error!(target: MESSAGES, "{text}");
        self.say_failure(text);
    }

    fn say_failure(&self, text: &str) {
        self.say("error: ", Style::new().red().bold(), text);
    }

    /// Prints to standard error why the program ends.
    pub fn error(&self, report: &Report) {
        let causes = report.causes();
        let cause = (!causes.is_empty()).then(|| causes.join(": "));
        let (message, hint) = (report.message(), report.hint());
        tracing::error!(target: MESSAGES, cause, hint, "{message}");
        self.say_failure(message);
        for cause in causes {
            self.say("  caused by: ", Style::new(), &cause);
        }
        if let Some(hint) = report.hint() {
            self.say("  hint: ", Style::new().cyan(), hint);
        }
    }

    /// The reader of standard error may be gone as well; then nothing can be reported.
    fn say(&self, label: &str, style: Style, text: &str) {
        if self.options.are_messages_logged {
            return;
        }
        let mut stderr = io::stderr().lock();
        // A name with a line end in it must not look like a message of ours.
        let text = text.trim_end();
        let line = without_passwords(text);
        let line = one_line(&line);
        // Nobody is left to report to.
        drop(if self.colour_on(self.stderr_is_terminal) {
            writeln!(stderr, "{}{line}", label.style(style))
        } else {
            writeln!(stderr, "{label}{line}")
        });
    }
}

/// Whether this process may read from its terminal: a job in the background would be stopped.
fn is_foreground() -> bool {
    #[cfg(unix)]
    {
        // Of a terminal that controls other processes anyone may read.
        let group = rustix::termios::tcgetpgrp(io::stdin());
        group.map_or(true, |group| group == rustix::process::getpgrp())
    }
    #[cfg(not(unix))]
    {
        true
    }
}
