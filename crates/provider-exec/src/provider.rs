//! Asks the program, and restarts it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::TimeDelta;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::lookup::{Answers, FailureClass, LookupFailure, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::resource_error::ResourceError;
use ipcascade_core::settings::Settings;
use tokio::sync::Semaphore;

use crate::batch::ProgramBatch;
use crate::config::Config;
use crate::declaration::{NAME, TTL};
use crate::dialogue::{Dialogue, Silence};
use crate::program::{Program, RunningProgram};

/// How many times in a row the program may exit without an answer before it is no longer restarted for a batch.
const MAX_FAILURES: usize = 3;

/// Builds the provider from its settings, `[providers.exec]`.
///
/// # Errors
///
/// If a setting is wrong.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let config = Config::read(settings)?;
    let Some((program, arguments)) = config.command.split_first() else {
        let key = settings.key("command");
        return Ok(ProviderSetup::Unconfigured(format!(
            "set `{key}` to a program and its arguments"
        )));
    };
    let found = find(program, settings).ok_or_else(|| {
        let key = settings.key("command");
        let remedy = match program.contains(' ') {
            true => format!(
                "write the program and each of its arguments as a text of its own in `{key}`: [\"python3\", \"owner.py\"]"
            ),
            false => format!("correct `{key}`, or put the program into a folder of PATH"),
        };
        // What follows may be a secret.
        let name = program.split(' ').next().unwrap_or_default();
        ResourceError::new("start", format_args!("`{name}`"), "there is no such program").remedy(remedy)
    })?;
    let program = Program {
        program: found,
        arguments: arguments.to_vec(),
        folder: settings.resolve(Path::new("")),
        environment: config.environment.clone(),
    };
    Ok(ProviderSetup::Ready(Arc::new(Exec::new(program, &config))))
}

/// Finds the program: an absolute path, since the program is started in another folder than this process's, or a name
/// that the operating system looks up.
fn find(program: &str, settings: &Settings) -> Option<PathBuf> {
    if program.contains(std::path::is_separator) {
        let path = settings.resolve(Path::new(program));
        let path = std::path::absolute(&path).unwrap_or(path);
        return path.is_file().then_some(path);
    }
    let folders = std::env::var_os("PATH").filter(|_| cfg!(unix));
    let is_there = folders.is_none_or(|folders| {
        std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
    });
    is_there.then(|| program.into())
}

struct Exec {
    pub(crate) capabilities: Capabilities,
    program: Program,
    dialogue: Dialogue,
    /// One permit for each program that may run.
    places: Semaphore,
    /// Programs that run and wait to be asked.
    idle: Mutex<Vec<RunningProgram>>,
}

impl std::fmt::Debug for Exec {
    /// Without the arguments, which may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exec")
            .field("program", &self.program.program)
            .finish_non_exhaustive()
    }
}

/// Why a program is no longer asked.
enum Stopped {
    /// It cannot be started.
    NotStarted(LookupFailure),
    /// It answered an earlier batch, and exited before it answered anything in this one.
    Worn,
    /// It exited, or does not answer.
    Gone(LookupFailure),
}

impl Exec {
    fn new(program: Program, config: &Config) -> Self {
        let fields = config.fields().collect();
        let base = match config.online {
            true => Capabilities::online(NAME, fields, TTL.as_time_delta()),
            false => Capabilities {
                ttl: Some(TTL.as_time_delta()),
                not_found_ttl: Some(TimeDelta::days(1)),
                ..Capabilities::offline(NAME, fields)
            },
        };
        let capabilities = Capabilities {
            batch_size: config.batch_size,
            slow: true,
            concurrency: config.processes,
            // The provider has its own time-out, from one answer to the next.
            timeout: None,
            ..base.lasting(config.ttl, config.not_found_ttl)
        };
        Self {
            capabilities,
            program,
            dialogue: Dialogue::new(config),
            places: Semaphore::new(config.processes),
            idle: Mutex::default(),
        }
    }

    /// Asks about all open addresses and, once the program has exited, about the rest one by one, so that only the
    /// addresses it exits on fail.
    async fn ask(&self, batch: &mut ProgramBatch<'_>) -> LookupFailure {
        let mut reason = LookupFailure::transient("the program has not answered");
        let mut alone = false;
        let mut ends = 0;
        loop {
            let mut open = batch.open();
            if alone {
                open.truncate(1);
            }
            if open.is_empty() {
                return reason;
            }
            match self.ask_for(&open, batch).await {
                Ok(()) => ends = 0,
                Err(Stopped::NotStarted(failure)) => return failure,
                // Some programs exit after a number of answers; that says nothing about the current questions.
                Err(Stopped::Worn) => {}
                Err(Stopped::Gone(failure)) => {
                    let left = batch.open();
                    let is_left = |address: &&Address| left.contains(address);
                    let has_answered = open.iter().filter(is_left).count() < open.len();
                    ends = if has_answered { 1 } else { ends + 1 };
                    if let (true, [address]) = (alone, open.as_slice()) {
                        batch.answer(*address, Outcome::Failed(failure.clone()));
                    }
                    alone = true;
                    reason = failure;
                    if ends >= MAX_FAILURES {
                        return reason;
                    }
                }
            }
        }
    }

    /// Asks about `addresses` and reads answers until all are there.
    async fn ask_for(
        &self,
        addresses: &[Address],
        batch: &mut ProgramBatch<'_>,
    ) -> Result<(), Stopped> {
        let _place = self.places.acquire().await;
        let mut running = match self.take_idle() {
            Some(running) => running,
            None => self.start()?,
        };
        running.is_busy = true;
        let asked = self.exchange(&mut running, addresses, batch).await;
        if asked.is_ok() {
            running.is_busy = false;
            running.is_reused = true;
            self.lock_idle().push(running);
        }
        asked
    }

    /// Returns a program that waits to be asked and has not exited in the meantime.
    fn take_idle(&self) -> Option<RunningProgram> {
        let mut idle = self.lock_idle();
        std::iter::from_fn(|| idle.pop()).find_map(|mut running| {
            let is_alive = !running.has_ended();
            is_alive.then_some(running)
        })
    }

    fn lock_idle(&self) -> std::sync::MutexGuard<'_, Vec<RunningProgram>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> Result<RunningProgram, Stopped> {
        self.program.start().map_err(|error| {
            let program = self.program.program.display();
            let message = format!("`{program}` cannot be started: {error}; check `command`");
            Stopped::NotStarted(LookupFailure::new(FailureClass::Unusable, message))
        })
    }

    async fn exchange(
        &self,
        running: &mut RunningProgram,
        addresses: &[Address],
        batch: &mut ProgramBatch<'_>,
    ) -> Result<(), Stopped> {
        let open = batch.open().len();
        let problem = match self.dialogue.converse(running, addresses, batch).await {
            Ok(()) => return Ok(()),
            Err(Silence::Ended) if running.is_reused && batch.open().len() == open => {
                return Err(Stopped::Worn);
            }
            Err(Silence::Ended) => format!("has ended ({})", running.ending().await),
            Err(Silence::Other(problem)) => problem,
        };
        let program = self.program.program.display();
        Err(Stopped::Gone(LookupFailure::transient(format!(
            "the program `{program}` {problem}"
        ))))
    }
}

#[async_trait]
impl Provider for Exec {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let mut batch = ProgramBatch::new(addresses);
        let failure = self.ask(&mut batch).await;
        Answers::unversioned(batch.finish(&failure))
    }
}
