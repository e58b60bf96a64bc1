//! The run of the filter: from reading to exit code.

use std::sync::Arc;

use futures::stream::StreamExt as _;
use ipcascade_core::cascade::Cascade;
use ipcascade_core::pipeline::RunReport;
use ipcascade_input::InputOptions;
use tokio::time::{Duration, timeout};

use crate::app::{App, Online, StateStore};
use crate::commands::enrich::args::EnrichArgs;
use crate::commands::enrich::filter::block_groups::rendered_blocks;
use crate::commands::enrich::filter::formats::Formats;
use crate::commands::enrich::filter::look_ups::AddressLookup;
use crate::commands::enrich::filter::ordered_writer::OrderedWriter;
use crate::commands::enrich::filter::parsed_records::KeepRecords;
use crate::commands::enrich::filter::style::Style;
use crate::commands::enrich::filter::totals::FilterTotals;
use crate::commands::enrich::input_check::{check_inputs, worker_stopped};
use crate::commands::enrich::problems::Problems;
use crate::commands::enrich::read::read;
use crate::commands::enrich::reading_progress::ReadingProgress;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::report::CommandResult;

/// How long rows of a table for people wait for more rows to be laid out with.
const MAX_WAIT: Duration = Duration::from_millis(700);

pub(in crate::commands::enrich) async fn run(
    args: &EnrichArgs,
    app: &App<'_>,
    cascade: &Cascade,
) -> CommandResult {
    let output = app.output();
    let (sources, options) = (args.sources(), args.input_options(app)?);
    check_inputs(&sources)?;
    let interrupt = Interrupt::listen(output);
    let online = Online::new(cascade, StateStore::None, app.clock(), interrupt.stop());
    let cascade = Arc::new(online.cascade.clone());
    let options = InputOptions {
        stop: interrupt.stop().clone(),
        ..options
    };
    let problems = Problems::new(args)?;
    let progress = ReadingProgress::new(&sources, options.read.clone(), output);
    let reading = read(sources, options, interrupt.stop().clone(), KeepRecords);
    let finder = AddressLookup::new(Arc::clone(&cascade), app.now(), interrupt.stop().clone());
    let finder = Arc::new(finder);
    let style = Arc::new(Style::new(args, &cascade)?);
    let formats = Formats {
        asked: args.format,
        is_terminal: output.is_terminal(),
    };
    let blocks = rendered_blocks(reading, finder, Arc::clone(&style), formats);
    let mut done = std::pin::pin!(blocks.buffered(args.workers()));
    let mut writer = OrderedWriter::new(output, formats, cascade.policy(), &style);
    let mut totals = FilterTotals::new(RunReport::new(cascade.tallies()), problems, args.strict);
    let written = async {
        while !totals.is_cut {
            let next = match timeout(MAX_WAIT, done.next()).await {
                Ok(next) => next,
                // What is available is shown before more comes.
                Err(_) => {
                    writer.write_table()?;
                    output.flush()?;
                    done.next().await
                }
            };
            let Some(group) = next else { break };
            let (group, part) = group.map_err(worker_stopped)?;
            totals.report.add(&part);
            totals.write(group, &mut writer, output, progress.bar())?;
            progress.show(totals.report.addresses, 0);
        }
        writer.finish()
    };
    let written = written.await;
    progress.bar().finish();
    // Whatever has ended the output: what was bad so far is in the file.
    let is_complete = totals.problems.finish();
    written.and(is_complete)?;
    if !interrupt.is_requested() {
        let FilterTotals {
            problems, tallies, ..
        } = &mut totals;
        problems.nothing_read(tallies, output, progress.bar());
    }
    totals.warn(&style, &cascade, output);
    online.effort().report(output);
    Ok(match interrupt.is_requested() {
        true => Exit::Interrupted,
        false => totals.exit(),
    })
}
