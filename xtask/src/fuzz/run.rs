//! Runs targets, some at a time.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::options::FuzzOptions;
use super::trial::TargetRun;
use super::{build, table, targets, trial};
use crate::error::{Error, Result};

/// Builds and runs the targets; returns their figures as a table.
///
/// # Errors
///
/// If a target cannot be built or started, or has found a fault: then with the inputs that are faults.
pub fn run(options: &FuzzOptions) -> Result<String> {
    let names = targets::names(&options.targets)?;
    let programs = build::build(&names, options.seconds)?;
    let trials = run_all(&names, &programs, options)?;
    let table = table::render(&trials);
    let faults = trials.iter().filter_map(|trial| {
        let fault = trial.fault.as_ref()?;
        Some(format!("{}: {fault}", trial.target))
    });
    let faults: Vec<String> = faults.collect();
    if faults.is_empty() {
        return Ok(table);
    }
    Err(Error::Request(format!(
        "a fault was found; TARGET FILE tries an input again (fuzz/README.md)\n{table}\n{}",
        faults.join("\n")
    )))
}

fn run_all(names: &[String], programs: &Path, options: &FuzzOptions) -> Result<Vec<TargetRun>> {
    let waiting = Mutex::new(names.iter());
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.next()
    };
    let work = || {
        let mut done = Vec::new();
        while let Some(name) = next() {
            done.push(trial::run(name, programs, options)?);
        }
        Ok(done)
    };
    let mut trials: Vec<TargetRun> = thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs).map(|_| scope.spawn(work)).collect();
        let done = workers.into_iter().map(|worker| match worker.join() {
            Ok(done) => done,
            Err(_) => Err(Error::Request("a worker panicked".to_owned())),
        });
        let done: Result<Vec<Vec<TargetRun>>> = done.collect();
        done.map(|done| done.into_iter().flatten().collect())
    })?;
    trials.sort_by_key(|trial| names.iter().position(|name| *name == trial.target));
    Ok(trials)
}
