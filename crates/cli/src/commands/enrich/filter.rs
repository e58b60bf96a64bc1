//! `--no-store`: a stream filter. Records come out in the order in which they went in, with what was
//! found of their addresses.

mod members;
mod parsed;
mod pieces;
mod render;
mod template;
mod views;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::stream::{self, StreamExt as _};
use ipcascade_core::{Address, Cascade, Field, Policy, RunReport, Stop};
use tokio::sync::mpsc;

use self::members::Members;
use self::parsed::{KeepRecords, Parsed};
use self::render::Renderer;
use self::template::View;
use self::views::{Finder, ViewsFrom};
use super::EnrichArgs;
use super::problems::Problems;
use super::read::{BLOCKS_AHEAD, Event, read};
use super::worker_stopped;
use crate::app::{App, Keeping, Online};
use crate::commands::failures;
use crate::exit::Exit;
use crate::input::{Form, InputError, InputFormat, Unreadable};
use crate::interrupt::Interrupt;
use crate::output::words::{addresses, count};
use crate::output::{Format, Output};
use crate::report::{CliError, CommandResult};

/// Rows of a table for people, which are laid out together.
const TABLE_ROWS: usize = 4096;

/// What is the same for all records of a run.
struct Columns {
    fields: Vec<Field>,
    members: Members,
    /// How many bytes an address has taken in the output lately, so that room is made once for all.
    bytes_per_address: AtomicUsize,
}

impl Columns {
    fn renderer<'a>(&'a self, policy: &'a Policy, form: &Form) -> Renderer<'a> {
        Renderer {
            policy,
            names: &self.members,
            fields: &self.fields,
            delimiter: form.delimiter().unwrap_or(b','),
        }
    }
}

/// Some records as they come out.
struct Done {
    form: Arc<Form>,
    rendered: Rendered,
    unreadable: Vec<Unreadable>,
}

/// What is written.
enum Rendered {
    /// Whole lines.
    Lines(Vec<u8>),
    /// Rows of a table.
    Rows(Vec<Vec<String>>),
}

pub(super) async fn run(args: &EnrichArgs, app: &App<'_>, cascade: &Cascade) -> CommandResult {
    let output = app.output();
    // A record that is printed is whole: what was read before Ctrl-C is looked up to the end.
    let online = Online::new(cascade, Keeping::Forgotten, app.clock(), &Stop::never());
    let cascade = Arc::new(online.cascade.clone());
    let interrupt = Interrupt::listen();
    let reading = read(
        args.sources(),
        args.input_options(),
        interrupt.stop().clone(),
        KeepRecords,
    );
    let finder = Arc::new(Finder::new(Arc::clone(&cascade), app.now()));
    let columns = Arc::new(Columns {
        fields: render::columns(&cascade),
        members: Members::new(cascade.policy()),
        bytes_per_address: AtomicUsize::new(0),
    });
    let formats = Formats {
        asked: args.format,
        is_terminal: output.is_terminal(),
    };
    let gathers = finder.gathers();
    let mut done = std::pin::pin!(
        stream::unfold(reading.events, |mut events| async move {
            Some((next_events(&mut events, gathers).await?, events))
        })
        .map(|events| {
            let (finder, columns) = (Arc::clone(&finder), Arc::clone(&columns));
            tokio::spawn(enrich(finder, columns, events, formats))
        })
        .buffered(args.workers())
    );
    let mut writer = Writer::new(output, formats, finder.policy(), &columns);
    let mut problems = Problems::default();
    let mut report = RunReport::new(cascade.tallies());
    let progress = output.progress("addresses");
    while let Some(group) = done.next().await {
        let (group, part) = group.map_err(worker_stopped)?;
        report.add(&part);
        for event in group {
            match event {
                Ok(done) => {
                    for unreadable in &done.unreadable {
                        problems.unreadable(unreadable, output, &progress);
                    }
                    writer.write(done)?;
                }
                Err(error) => problems.failed(&error, output, &progress),
            }
        }
        progress.position(report.addresses);
    }
    reading.thread.await.map_err(worker_stopped)?;
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

/// In which form records come out.
#[derive(Clone, Copy, Debug)]
struct Formats {
    asked: Option<Format>,
    is_terminal: bool,
}

impl Formats {
    /// The form for records of an input.
    fn of(self, form: &Form) -> Format {
        self.asked.unwrap_or_else(|| match form.format() {
            InputFormat::Ndjson | InputFormat::Cowrie => Format::Ndjson,
            InputFormat::Csv => Format::Csv,
            InputFormat::List | InputFormat::Text if self.is_terminal => Format::Table,
            InputFormat::List | InputFormat::Text => Format::Ndjson,
        })
    }
}

/// The next event, with those that have come in meanwhile if they are to be looked up together.
async fn next_events(
    events: &mut mpsc::Receiver<Event<Parsed>>,
    gathers: bool,
) -> Option<Vec<Event<Parsed>>> {
    let mut group = vec![events.recv().await?];
    while gathers && group.len() < BLOCKS_AHEAD {
        match events.try_recv() {
            Ok(event) => group.push(event),
            Err(_) => break,
        }
    }
    Some(group)
}

/// Parses records, finds what there is to find of all of them, and renders them.
async fn enrich(
    finder: Arc<Finder>,
    columns: Arc<Columns>,
    events: Vec<Event<Parsed>>,
    formats: Formats,
) -> (Vec<Result<Done, InputError>>, RunReport) {
    let group = events.into_iter().map(|event| event.parsed(KeepRecords));
    let group: Vec<_> = group.collect();
    let parsed = group.iter().flatten().map(|(_, parsed)| parsed);
    let addresses: Cow<'_, [Address]> = match &group[..] {
        [Ok((_, parsed))] => Cow::Borrowed(&parsed.addresses),
        _ => parsed.flat_map(|p| p.addresses.iter().copied()).collect(),
    };
    let (views, report) = finder.find(&addresses).await;
    drop(addresses);
    let mut from = 0;
    let done = group.into_iter().map(|parsed| {
        let (form, parsed) = parsed?;
        let own = views.from(from);
        from += parsed.addresses.len();
        Ok(Done {
            rendered: render(
                &parsed,
                own,
                &form,
                formats.of(&form),
                (&columns, finder.policy()),
            ),
            unreadable: parsed.unreadable,
            form,
        })
    });
    (done.collect(), report)
}

fn render(
    parsed: &Parsed,
    views: ViewsFrom<'_>,
    form: &Form,
    format: Format,
    (columns, policy): (&Columns, &Policy),
) -> Rendered {
    let to = columns.renderer(policy, form);
    let is_json = matches!(form.format(), InputFormat::Ndjson | InputFormat::Cowrie);
    if format == Format::Table {
        let all = (0..parsed.addresses.len()).filter_map(|index| views.get(index));
        return Rendered::Rows(all.map(|view| to.table_row(view)).collect());
    }
    let bytes = columns.bytes_per_address.load(Ordering::Relaxed);
    let mut lines = Vec::with_capacity(bytes * parsed.addresses.len());
    let mut next = 0;
    let mut of_record: Vec<&View> = Vec::new();
    for &record in &parsed.records {
        let places = next..next + record.addresses;
        next = places.end;
        of_record.clear();
        of_record.extend(places.filter_map(|place| views.get(place)));
        match format {
            Format::Ndjson | Format::Json if is_json => {
                to.ndjson_record(&mut lines, parsed.original(record), &of_record);
            }
            Format::Csv if form.format() == InputFormat::Csv => {
                let view = of_record.first().copied();
                to.csv_record(&mut lines, parsed.original(record), view);
            }
            Format::Csv => of_record
                .iter()
                .for_each(|view| to.csv_address(&mut lines, view)),
            _ => of_record
                .iter()
                .for_each(|view| to.ndjson_address(&mut lines, view)),
        }
    }
    if let Some(bytes) = (lines.len() * 9 / 8).checked_div(parsed.addresses.len()) {
        columns.bytes_per_address.store(bytes, Ordering::Relaxed);
    }
    Rendered::Lines(lines)
}

/// Writes what is done, in order.
struct Writer<'a> {
    output: &'a Output,
    formats: Formats,
    policy: &'a Policy,
    columns: &'a Columns,
    /// The input that is being written.
    form: Option<Arc<Form>>,
    /// The rows of a table of it that is not full.
    rows: Vec<Vec<String>>,
    header_written: bool,
}

impl<'a> Writer<'a> {
    const fn new(
        output: &'a Output,
        formats: Formats,
        policy: &'a Policy,
        columns: &'a Columns,
    ) -> Self {
        Self {
            output,
            formats,
            policy,
            columns,
            form: None,
            rows: Vec::new(),
            header_written: false,
        }
    }

    fn write(&mut self, done: Done) -> Result<(), CliError> {
        let form = &done.form;
        if self.formats.of(form) == Format::Csv && !self.header_written {
            self.header_written = true;
            self.write_csv_header(form)?;
        }
        if !self.form.as_ref().is_some_and(|of| Arc::ptr_eq(of, form)) {
            self.write_table()?;
            self.form = Some(Arc::clone(form));
        }
        match done.rendered {
            Rendered::Lines(lines) => self.put(&lines)?,
            Rendered::Rows(rows) => {
                for row in rows {
                    self.rows.push(row);
                    if self.rows.len() >= TABLE_ROWS {
                        self.write_table()?;
                    }
                }
            }
        }
        Ok(self.output.flush()?)
    }

    /// The header, for inputs that have one, or lists of addresses, which get one.
    fn write_csv_header(&self, form: &Form) -> Result<(), CliError> {
        let renderer = self.columns.renderer(self.policy, form);
        let header = match (form.format(), form.header()) {
            (InputFormat::Csv, None) => return Ok(()),
            (_, header) => renderer.csv_header(header),
        };
        Ok(self.put(&header)?)
    }

    fn write_table(&mut self) -> Result<(), CliError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut table = render::table(self.output);
        for row in self.rows.drain(..) {
            table.row(row);
        }
        Ok(self.output.print_table(&table)?)
    }

    /// Writes lines; on a terminal what could harm it is escaped. (A CSV record of several lines stays that.)
    fn put(&self, lines: &[u8]) -> std::io::Result<()> {
        if self.output.is_terminal() {
            let lines = String::from_utf8_lossy(lines);
            return lines.lines().try_for_each(|line| self.output.line(line));
        }
        self.output.bytes(lines)
    }

    fn finish(mut self) -> Result<(), CliError> {
        self.write_table()?;
        Ok(self.output.flush()?)
    }
}
