//! The main job: inputs into the inventory.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use futures::stream;
use ipcascade_core::cascade::Cascade;
use ipcascade_core::pipeline::{Chunk, Pipeline};
use ipcascade_core::store::OpenMode;
use ipcascade_input::InputOptions;
use tokio::task::JoinError;

use crate::app::{App, Online, StateStore};
use crate::commands::enrich::args::EnrichArgs;
use crate::commands::enrich::input_check::{check_inputs, worker_stopped};
use crate::commands::enrich::intake::{InputTotals, Intake, News, SumUp, take_in};
use crate::commands::enrich::problems::Problems;
use crate::commands::enrich::read::read;
use crate::commands::enrich::reading_progress::ReadingProgress;
use crate::commands::enrich::summary::EnrichSummary;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::{Output, Progress};
use crate::report::{CliError, CommandResult};

/// The inputs processed so far.
#[derive(Debug, Default)]
struct TakenIn {
    problems: Problems,
    totals: InputTotals,
    /// Why they were not processed to their end.
    failure: Option<JoinError>,
}

impl TakenIn {
    /// Reports the inputs of which nothing could be read, and completes the file of bad records.
    fn finish(
        &mut self,
        interrupt: &Interrupt,
        output: &Output,
        progress: &Progress,
    ) -> Result<(), CliError> {
        if !interrupt.is_requested() {
            let inputs = &self.totals.inputs;
            self.problems.nothing_read(inputs, output, progress);
        }
        self.problems.finish()
    }
}

pub(super) async fn run(args: &EnrichArgs, app: &App<'_>, cascade: &Cascade) -> CommandResult {
    let output = app.output();
    let (sources, options) = (args.sources(), args.input_options(app)?);
    check_inputs(&sources)?;
    let problems = Problems::new(args)?;
    let store = app.open_store(OpenMode::Write).await?;
    let interrupt = Interrupt::listen(output);
    let options = InputOptions {
        stop: interrupt.stop().clone(),
        ..options
    };
    let state = StateStore::ReadWrite(Arc::clone(&store));
    let online = Online::new(cascade, state, app.clock(), interrupt.stop());
    let cascade = Arc::new(online.cascade.clone());
    let pipeline = Pipeline::new(cascade, Arc::clone(&store), app.clock(), args.workers());
    let pipeline = pipeline.renew(args.renew());
    let progress = ReadingProgress::new(&sources, options.read.clone(), output);
    let taken = RefCell::new(TakenIn {
        problems,
        ..TakenIn::default()
    });
    let started = Instant::now();
    let reading = read(sources, options, interrupt.stop().clone(), SumUp);
    let intake = take_in(reading, args.workers());
    let chunks = stream::unfold(intake, async |mut intake| {
        let chunk = next_chunk(&mut intake, &taken, output, progress.bar()).await?;
        Some((chunk, intake))
    });
    let (report, ended) = pipeline
        .run(chunks, |report, awaited| {
            progress.show(report.addresses, awaited);
        })
        .await;
    progress.bar().finish();
    online.finish().await;
    let mut taken = taken.into_inner();
    let is_written = taken.finish(&interrupt, output, progress.bar());
    let summary = EnrichSummary {
        inputs: taken.totals.inputs,
        events_without_address: taken.totals.events_without_address,
        failed_inputs: taken.problems.failed_inputs,
        sessions: taken.totals.sessions,
        run: report,
        effort: online.effort(),
        store: store.describe(),
        seconds: started.elapsed().as_secs_f64(),
        interrupted: interrupt.is_requested(),
        is_strict: args.strict,
    };
    // What is reported must be what is there.
    let is_in_place = store.check_place().await;
    store.close().await;
    summary.write(args.format, output)?;
    ended?;
    is_in_place?;
    is_written?;
    if let Some(error) = taken.failure {
        return Err(worker_stopped(error));
    }
    Ok(summary.exit())
}

/// The next chunk of the inputs; other events are recorded on the way.
async fn next_chunk(
    intake: &mut Intake,
    taken: &RefCell<TakenIn>,
    output: &Output,
    progress: &Progress,
) -> Option<Chunk> {
    while let Some(news) = intake.news.recv().await {
        let mut taken = taken.borrow_mut();
        match news {
            News::Chunk(chunk) => return Some(chunk),
            News::Problems(problems) => {
                for problem in &problems {
                    taken.problems.record(problem, output, progress);
                }
            }
            News::Failed(error) => taken.problems.failed(&error, output, progress),
            News::Done(totals) => taken.totals = totals,
            News::Stopped(error) => taken.failure = Some(error),
        }
    }
    if let Err(error) = (&mut intake.task).await {
        taken.borrow_mut().failure = Some(error);
    }
    None
}

impl EnrichSummary {
    fn exit(&self) -> Exit {
        let is_imperfect = !self.failed_inputs.is_empty()
            || self.run.has_failures()
            || (self.is_strict && self.inputs.total().left_out > 0);
        match () {
            () if self.interrupted => Exit::Interrupted,
            () if is_imperfect => Exit::Failed,
            () => Exit::Done,
        }
    }
}
