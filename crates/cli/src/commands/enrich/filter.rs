//! `--no-store`: a stream filter. Records come out in the order in which they went in, with what was
//! found of their addresses.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::{self, StreamExt as _};
use ipcascade_core::{
    Address, Cascade, Document, Field, Question, Renew, RunReport, Stop, Timestamp,
};
use tokio::sync::mpsc;

use super::EnrichArgs;
use super::problems::Problems;
use super::render::{self, View};
use crate::app::{App, Keeping, Online};
use crate::commands::failures;
use crate::exit::Exit;
use crate::input::{
    InputError, InputFormat, InputOptions, InputSource, Item, RecordReader, Unreadable,
};
use crate::interrupt::Interrupt;
use crate::output::words::{addresses, count};
use crate::output::{Format, Output, TextTable};
use crate::report::{CliError, CommandResult};

/// Records that are looked up together.
const BATCH_RECORDS: usize = 4096;
/// Addresses that are looked up together, at about.
const BATCH_ADDRESSES: usize = 8192;
/// Views remembered in each of two generations, so that an address is asked for once.
const REMEMBERED: usize = 100_000;

/// A record on its way through.
#[derive(Debug)]
struct Passing {
    original: Vec<u8>,
    addresses: Vec<Address>,
}

/// What one input looks like.
#[derive(Clone, Debug)]
struct Shape {
    format: InputFormat,
    header: Option<Vec<u8>>,
    delimiter: u8,
}

/// Some records of one input, and what was unreadable among them.
#[derive(Debug)]
struct Batch {
    shape: Arc<Shape>,
    records: Vec<Passing>,
    unreadable: Vec<Unreadable>,
}

#[derive(Debug)]
enum Event {
    Batch(Batch),
    Failed(InputError),
}

/// A batch with the views of all its addresses.
struct Done {
    batch: Batch,
    views: HashMap<Address, Arc<View>>,
    report: RunReport,
}

/// Views of addresses met before; the older half is forgotten when there are too many.
#[derive(Debug, Default)]
struct Memory {
    young: HashMap<Address, Arc<View>>,
    old: HashMap<Address, Arc<View>>,
}

impl Memory {
    fn get(&self, address: Address) -> Option<Arc<View>> {
        self.young
            .get(&address)
            .or_else(|| self.old.get(&address))
            .cloned()
    }

    fn put(&mut self, view: &Arc<View>) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(view.address(), Arc::clone(view));
    }
}

pub(super) async fn run(args: &EnrichArgs, app: &App<'_>, cascade: &Cascade) -> CommandResult {
    let output = app.output();
    // A record that is printed is whole: what was read before Ctrl-C is looked up to the end.
    let online = Online::new(cascade, Keeping::Forgotten, app.clock(), &Stop::never());
    let cascade = Arc::new(online.cascade.clone());
    let interrupt = Interrupt::listen();
    let events = read(args.sources(), args.input_options(), interrupt.clone());
    let memory = Arc::new(Mutex::new(Memory::default()));
    let now = app.now();
    let mut done = std::pin::pin!(
        stream::unfold(events, |mut events| async {
            Some((events.recv().await?, events))
        })
        .map(|event| {
            let (cascade, memory) = (Arc::clone(&cascade), Arc::clone(&memory));
            async move {
                match event {
                    Event::Failed(error) => Ok(Err(error)),
                    Event::Batch(batch) => {
                        let work = look_up(cascade, memory, batch, now);
                        tokio::spawn(work).await.map(Ok)
                    }
                }
            }
        })
        .buffered(args.workers())
    );
    let mut writer = Writer::new(output, args.format, render::columns(&cascade));
    let mut problems = Problems::default();
    let mut report = RunReport::new(cascade.tallies());
    let progress = output.progress("addresses");
    while let Some(event) = done.next().await {
        let event = event
            .map_err(|error| CliError::failed("a worker stopped unexpectedly").caused_by(error))?;
        match event {
            Ok(done) => {
                for unreadable in &done.batch.unreadable {
                    problems.unreadable(unreadable, output, &progress);
                }
                report.add(&done.report);
                progress.position(report.addresses);
                writer.write(&done)?;
            }
            Err(error) => problems.failed(&error, output, &progress),
        }
    }
    progress.finish();
    writer.finish()?;
    tell(&report, &problems, output);
    online.effort().tell(output);
    let is_imperfect = !problems.failed_inputs.is_empty()
        || report.has_failures()
        || (args.strict && problems.unreadable > 0);
    Ok(match () {
        () if interrupt.is_requested() => Exit::Interrupted,
        () if is_imperfect => Exit::Failed,
        () => Exit::Done,
    })
}

fn tell(report: &RunReport, problems: &Problems, output: &Output) {
    if problems.unreadable > 0 {
        let records = count(problems.unreadable, "record", "records");
        output.warning(&format!(
            "{records} could not be read and are not in the output"
        ));
    }
    for tally in &report.providers {
        failures::warn(tally, output);
    }
    output.detail(&format!("{} looked up", addresses(report.addresses)));
}

/// Looks up those addresses of a batch that have not been met before.
async fn look_up(
    cascade: Arc<Cascade>,
    memory: Arc<Mutex<Memory>>,
    batch: Batch,
    now: Timestamp,
) -> Done {
    let wanted: HashSet<Address> = batch
        .records
        .iter()
        .flat_map(|record| record.addresses.iter().copied())
        .collect();
    let mut views = HashMap::with_capacity(wanted.len());
    let mut questions = Vec::new();
    {
        let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        for address in wanted {
            match memory.get(address) {
                Some(view) => {
                    views.insert(address, view);
                }
                None => questions.push(Question {
                    address,
                    known: Document::default(),
                }),
            }
        }
    }
    let resolutions = cascade.resolve(questions, now, Renew::Stale).await;
    let mut report = RunReport::new(cascade.tallies());
    report.count(&resolutions);
    let found: Vec<Arc<View>> = resolutions
        .iter()
        .map(|r| Arc::new(View::new(r, cascade.policy())))
        .collect();
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    for view in found {
        memory.put(&view);
        views.insert(view.address(), view);
    }
    drop(memory);
    Done {
        batch,
        views,
        report,
    }
}

/// Writes batches in the order in which they come.
struct Writer<'a> {
    output: &'a Output,
    asked: Option<Format>,
    columns: Vec<Field>,
    table: Option<TextTable>,
    header_written: bool,
}

impl<'a> Writer<'a> {
    const fn new(output: &'a Output, asked: Option<Format>, columns: Vec<Field>) -> Self {
        Self {
            output,
            asked,
            columns,
            table: None,
            header_written: false,
        }
    }

    fn write(&mut self, done: &Done) -> Result<(), CliError> {
        let shape = &done.batch.shape;
        let format = self
            .asked
            .unwrap_or_else(|| render::default_format(shape.format, self.output));
        if format == Format::Csv && !self.header_written {
            self.header_written = true;
            self.write_csv_header(shape)?;
        }
        for record in &done.batch.records {
            let views: Vec<&View> = record
                .addresses
                .iter()
                .filter_map(|address| done.views.get(address).map(Arc::as_ref))
                .collect();
            self.write_record(format, shape, record, &views)?;
        }
        if let Some(table) = self.table.take() {
            self.output.print_table(&table)?;
        }
        self.output.flush()?;
        Ok(())
    }

    /// The header, for inputs that have one, or lists of addresses, which get one.
    fn write_csv_header(&self, shape: &Shape) -> Result<(), CliError> {
        let header = match (shape.format, &shape.header) {
            (InputFormat::Csv, None) => return Ok(()),
            (InputFormat::Csv, Some(header)) => {
                render::csv_header(Some(header), &self.columns, shape.delimiter)
            }
            _ => render::csv_header(None, &self.columns, b','),
        };
        Ok(self.put(&header)?)
    }

    fn write_record(
        &mut self,
        format: Format,
        shape: &Shape,
        record: &Passing,
        views: &[&View],
    ) -> Result<(), CliError> {
        let is_json = matches!(shape.format, InputFormat::Ndjson | InputFormat::Cowrie);
        match format {
            Format::Ndjson | Format::Json if is_json => {
                self.put(&render::ndjson_record(&record.original, views))?;
            }
            Format::Csv if shape.format == InputFormat::Csv => {
                let view = views.first().copied();
                let line =
                    render::csv_record(&record.original, view, &self.columns, shape.delimiter);
                self.put(&line)?;
            }
            Format::Ndjson | Format::Json => {
                for view in views {
                    self.put(&render::ndjson_address(view))?;
                }
            }
            Format::Csv => {
                for view in views {
                    self.put(&render::csv_address(view, &self.columns))?;
                }
            }
            Format::Table => {
                let table = self.table.get_or_insert_with(|| render::table(self.output));
                for view in views {
                    render::table_row(table, view);
                }
            }
        }
        Ok(())
    }

    /// Writes a line; on a terminal what could harm it is escaped.
    fn put(&self, line: &str) -> std::io::Result<()> {
        if self.output.is_terminal() {
            return self.output.line(line.trim_end_matches('\n'));
        }
        self.output.text(line)
    }

    fn finish(self) -> Result<(), CliError> {
        Ok(self.output.flush()?)
    }
}

/// Whoever listened has gone: there is nothing left to do.
struct Gone;

fn read(
    sources: Vec<InputSource>,
    options: InputOptions,
    interrupt: Interrupt,
) -> mpsc::Receiver<Event> {
    let (events, receiver) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        for source in &sources {
            if interrupt.is_requested() {
                break;
            }
            let result = match RecordReader::open(source, &options) {
                Ok(reader) => read_one(reader, &interrupt, &events),
                Err(error) => send(&events, Event::Failed(error)),
            };
            if result.is_err() {
                break;
            }
        }
    });
    receiver
}

fn read_one(
    mut reader: RecordReader,
    interrupt: &Interrupt,
    events: &mpsc::Sender<Event>,
) -> Result<(), Gone> {
    let shape = Arc::new(Shape {
        format: reader.format(),
        header: reader.header().map(<[u8]>::to_vec),
        delimiter: reader.delimiter().unwrap_or(b','),
    });
    let fresh = || Batch {
        shape: Arc::clone(&shape),
        records: Vec::new(),
        unreadable: Vec::new(),
    };
    let (mut batch, mut held) = (fresh(), 0);
    let mut failure = None;
    while !interrupt.is_requested() {
        match reader.next() {
            Ok(Some(Item::Record(record))) => {
                let mut passing = Passing {
                    original: record.original.to_vec(),
                    addresses: Vec::new(),
                };
                for address in record.addresses {
                    // A long range goes out in parts; only lists have ranges, and their original
                    // lines are not written again.
                    if passing.addresses.len() >= BATCH_ADDRESSES {
                        let part = std::mem::take(&mut passing.addresses);
                        batch.records.push(Passing {
                            original: Vec::new(),
                            addresses: part,
                        });
                        send(events, Event::Batch(std::mem::replace(&mut batch, fresh())))?;
                    }
                    passing.addresses.push(address);
                }
                held += passing.addresses.len();
                batch.records.push(passing);
            }
            Ok(Some(Item::Unreadable(unreadable))) => batch.unreadable.push(unreadable),
            Ok(None) => break,
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
        let records = batch.records.len() + batch.unreadable.len();
        if records >= BATCH_RECORDS || held >= BATCH_ADDRESSES {
            send(events, Event::Batch(std::mem::replace(&mut batch, fresh())))?;
            held = 0;
        }
    }
    send(events, Event::Batch(batch))?;
    failure.map_or(Ok(()), |error| send(events, Event::Failed(error)))
}

fn send(events: &mpsc::Sender<Event>, event: Event) -> Result<(), Gone> {
    events.blocking_send(event).map_err(|_| Gone)
}
