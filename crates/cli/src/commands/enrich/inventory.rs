//! The main job: inputs into the inventory.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use futures::stream;
use ipcascade_core::{Cascade, Chunk, OpenMode, Pipeline};
use tokio::sync::mpsc;

use super::EnrichArgs;
use super::problems::Problems;
use super::read::{Event, read};
use super::summary::Summary;
use crate::app::{App, Keeping, Online};
use crate::exit::Exit;
use crate::input::AggregateCounts;
use crate::interrupt::Interrupt;
use crate::output::{Format, Output, Progress};
use crate::report::CommandResult;

/// What the inputs have given so far.
#[derive(Debug, Default)]
struct Taken {
    problems: Problems,
    inputs: u64,
    records: u64,
    counts: AggregateCounts,
}

pub(super) async fn run(args: &EnrichArgs, app: &App<'_>, cascade: &Cascade) -> CommandResult {
    let output = app.output();
    let store = app.open_store(OpenMode::Write).await?;
    let interrupt = Interrupt::listen();
    let online = Online::new(
        cascade,
        Keeping::Kept(Arc::clone(&store)),
        app.clock(),
        interrupt.stop(),
    );
    let pipeline = Pipeline::new(
        Arc::new(online.cascade.clone()),
        Arc::clone(&store),
        app.clock(),
        args.workers(),
    )
    .renew(args.renew());
    let progress = output.progress("addresses");
    let taken = RefCell::new(Taken::default());
    let started = Instant::now();
    let events = read(
        args.sources(),
        args.input_options(),
        app.now(),
        interrupt.clone(),
    );
    let chunks = stream::unfold(events, |mut events| async {
        let chunk = next_chunk(&mut events, &taken, output, &progress).await?;
        Some((chunk, events))
    });
    let (report, ended) = pipeline
        .run(chunks, |report| progress.position(report.addresses))
        .await;
    progress.finish();
    let taken = taken.into_inner();
    let summary = Summary {
        inputs: taken.inputs,
        records: taken.records,
        unreadable: taken.problems.unreadable,
        failed_inputs: taken.problems.failed_inputs,
        sessions: taken.counts.sessions,
        run: report,
        effort: online.effort(),
        store: store.describe(),
        seconds: started.elapsed().as_secs_f64(),
        interrupted: interrupt.is_requested(),
    };
    store.close().await;
    match args.format {
        Some(format @ (Format::Json | Format::Ndjson)) => {
            output.json(&summary.to_json(), format)?;
            summary.warn(output);
        }
        _ => summary.tell(output),
    }
    ended?;
    Ok(summary.exit(args.strict))
}

/// The next chunk of the input; what else the reader says is noted on the way.
async fn next_chunk(
    events: &mut mpsc::Receiver<Event>,
    taken: &RefCell<Taken>,
    output: &Output,
    progress: &Progress,
) -> Option<Chunk> {
    while let Some(event) = events.recv().await {
        let mut taken = taken.borrow_mut();
        match event {
            Event::Chunk(chunk) => return Some(chunk),
            Event::Unreadable(what) => taken.problems.unreadable(&what, output, progress),
            Event::Failed(error) => taken.problems.failed(&error, output, progress),
            Event::InputDone(records) => {
                taken.inputs += 1;
                taken.records += records;
            }
            Event::Done(counts) => taken.counts = counts,
        }
    }
    None
}

impl Summary {
    fn exit(&self, strict: bool) -> Exit {
        let is_imperfect = !self.failed_inputs.is_empty()
            || self.run.has_failures()
            || (strict && self.unreadable > 0);
        match () {
            () if self.interrupted => Exit::Interrupted,
            () if is_imperfect => Exit::Failed,
            () => Exit::Done,
        }
    }
}
