//! What was run, what was not, and what was wrong.

use std::fmt;

use crate::folder::Ran;

/// The result of a page, or of all.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Commands and queries that were run.
    pub(crate) run: usize,
    /// Those of them whose output was compared.
    pub(crate) compared: usize,
    /// Commands that are left to the test that is ignored.
    pub(crate) compiling: usize,
    /// Commands that are not run: page, line and reason.
    pub(crate) not_run: Vec<String>,
    /// Commands that another program is missing for.
    pub(crate) skipped: Vec<String>,
    /// The result of the last command.
    pub(crate) last: Option<Ran>,
    /// What was wrong.
    pub(crate) faults: Vec<String>,
}

impl Tally {
    /// Adds another result.
    pub(crate) fn add(&mut self, other: Self) {
        self.run += other.run;
        self.compared += other.compared;
        self.compiling += other.compiling;
        self.not_run.extend(other.not_run);
        self.skipped.extend(other.skipped);
        self.faults.extend(other.faults);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            run,
            compared,
            compiling,
            ..
        } = self;
        writeln!(
            f,
            "documentation: {run} commands run, the output of {compared} compared, {compiling} for the ignored test"
        )?;
        for (what, list) in [("not run", &self.not_run), ("SKIPPED", &self.skipped)] {
            for place in list {
                writeln!(f, "  {what}: {place}")?;
            }
        }
        Ok(())
    }
}
