//! `--no-store`: a stream filter. Records come out in the order in which they went in, with the results for their
//! addresses.

use std::borrow::Cow;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use futures::future::{Either, ready};
use futures::stream::{self, Stream, StreamExt as _};
use ipcascade_core::address::Address;
use ipcascade_core::cascade::Cascade;
use ipcascade_core::pipeline::RunReport;
use ipcascade_core::policy::Policy;
use ipcascade_input::{
    Cells, InputError, InputFormat, InputOptions, Problem, RecordForm, Tally, object_in,
};
use tokio::task::JoinError;
use tokio::time::{Duration, timeout};

use crate::app::{App, Online, StateStore};
use crate::commands::enrich::args::EnrichArgs;
use crate::commands::enrich::filter::chosen::ChosenField;
use crate::commands::enrich::filter::columns::OutputColumns;
use crate::commands::enrich::filter::members::ObjectMembers;
use crate::commands::enrich::filter::parsed::{KeepRecords, Parsed};
use crate::commands::enrich::filter::render::{Group, RecordKey, Renderer};
use crate::commands::enrich::filter::template::View;
use crate::commands::enrich::filter::views::{Finder, ViewsFrom};
use crate::commands::enrich::filter::{chosen, render};
use crate::commands::enrich::problems::Problems;
use crate::commands::enrich::read::{BLOCKS_AHEAD, ReadEvent, ReaderThread, read};
use crate::commands::enrich::summary::warn_of_skipped;
use crate::commands::enrich::tallies::Tallies;
use crate::commands::enrich::worker::{check_inputs, worker_stopped};
use crate::commands::failures;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::words::{addresses, count};
use crate::output::{Output, OutputFormat, Progress};
use crate::report::{CliError, CommandResult};

/// How long rows of a table for people wait for more rows to be laid out with.
const MAX_WAIT: Duration = Duration::from_millis(700);
/// How many rows of a table for people are laid out together.
const TABLE_ROWS: usize = 4096;

/// What is the same for all records of a run.
struct Style {
    fields: Arc<[ChosenField]>,
    members: ObjectMembers,
    key: RecordKey,
    are_cells_raw: bool,
    /// How many bytes an address recently took in the output, so that memory is reserved once for all.
    bytes_per_address: AtomicUsize,
}

impl Style {
    fn new(args: &EnrichArgs, cascade: &Cascade) -> Result<Self, CliError> {
        let fields: Arc<[ChosenField]> = chosen::chosen(cascade, &args.fields()?).into();
        Ok(Self {
            members: ObjectMembers::new(cascade.policy(), Arc::clone(&fields)),
            fields,
            are_cells_raw: args.format == Some(OutputFormat::CsvRaw),
            key: RecordKey::new(args.key.as_deref().unwrap_or(render::KEY), args.replace),
            bytes_per_address: AtomicUsize::new(0),
        })
    }

    fn renderer<'a>(&'a self, policy: &'a Policy, form: &RecordForm) -> Renderer<'a> {
        Renderer {
            policy,
            names: &self.members,
            fields: &self.fields,
            key: &self.key,
            are_cells_raw: self.are_cells_raw,
            delimiter: form.delimiter().unwrap_or(b','),
        }
    }
}

/// Rendered records.
struct RenderedBlock {
    form: Arc<RecordForm>,
    rendered: Rendered,
    /// Records that had the key already and were left unchanged.
    left: u64,
    /// Lines that are not records, and not in the output.
    dropped: u64,
    tally: Tally,
    problems: Vec<Problem>,
    /// Whether the run was interrupted before all of them had been looked up: they end with the last one that was.
    is_cut: bool,
}

/// What was read and looked up together.
type RenderedGroup = (Vec<Result<RenderedBlock, InputError>>, RunReport);

/// The output.
enum Rendered {
    /// Whole lines.
    Lines(Vec<u8>),
    /// Rows of a table.
    Rows(Vec<Vec<String>>),
}

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
    let reading = read(sources, options, interrupt.stop().clone(), KeepRecords);
    let finder = Finder::new(Arc::clone(&cascade), app.now(), interrupt.stop().clone());
    let finder = Arc::new(finder);
    let style = Arc::new(Style::new(args, &cascade)?);
    let formats = Formats {
        asked: args.format,
        is_terminal: output.is_terminal(),
    };
    let blocks = rendered_blocks(reading, finder, Arc::clone(&style), formats);
    let mut done = std::pin::pin!(blocks.buffered(args.workers()));
    let mut writer = OrderedWriter::new(output, formats, cascade.policy(), &style);
    let mut totals = FilterTotals::new(RunReport::new(cascade.tallies()));
    let progress = output.progress("addresses");
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
        totals.write(group, &mut writer, output, &progress)?;
        progress.position(totals.report.addresses);
    }
    progress.finish();
    writer.finish()?;
    if !interrupt.is_requested() {
        let FilterTotals {
            problems, tallies, ..
        } = &mut totals;
        problems.nothing_read(tallies, output, &progress);
    }
    totals.warn(&style, &cascade, output);
    online.effort().report(output);
    Ok(match () {
        () if interrupt.is_requested() => Exit::Interrupted,
        () if totals.is_imperfect(args.strict) => Exit::Failed,
        () => Exit::Done,
    })
}

/// Groups of rendered records, in order, as they are read.
fn rendered_blocks(
    reading: ReaderThread<Parsed>,
    finder: Arc<Finder>,
    style: Arc<Style>,
    formats: Formats,
) -> impl Stream<Item = impl Future<Output = Result<RenderedGroup, JoinError>>> {
    let gathers = finder.gathers();
    stream::unfold(Some(reading), move |reading| async move {
        let mut reading = reading?;
        match next_events(&mut reading, gathers).await {
            Some(events) => Some((Ok(events), Some(reading))),
            None => Some((Err(reading.end().await.err()?), None)),
        }
    })
    .map(move |events| match events {
        Ok(events) => {
            let (finder, style) = (Arc::clone(&finder), Arc::clone(&style));
            Either::Left(tokio::spawn(enrich(finder, style, events, formats)))
        }
        Err(error) => Either::Right(ready(Err(error))),
    })
}

/// What has been written, and what went wrong.
struct FilterTotals {
    problems: Problems,
    tallies: Tallies,
    report: RunReport,
    /// Records that had the key already and were left unchanged.
    left: u64,
    /// Lines that are not records, and not in the output.
    dropped: u64,
    /// Whether any record can have the chosen fields.
    has_fields: bool,
    /// Whether the output ends before the inputs do.
    is_cut: bool,
}

impl FilterTotals {
    fn new(report: RunReport) -> Self {
        Self {
            problems: Problems::default(),
            tallies: Tallies::default(),
            report,
            left: 0,
            dropped: 0,
            has_fields: false,
            is_cut: false,
        }
    }

    /// Writes a group of blocks, up to the first that is cut: a printed record is complete, and the output ends where
    /// records are not.
    fn write(
        &mut self,
        group: Vec<Result<RenderedBlock, InputError>>,
        writer: &mut OrderedWriter<'_>,
        output: &Output,
        progress: &Progress,
    ) -> Result<(), CliError> {
        for event in group {
            if self.is_cut {
                break;
            }
            match event {
                Ok(done) => {
                    self.is_cut = done.is_cut;
                    for problem in &done.problems {
                        self.problems.record(problem, output, progress);
                    }
                    self.has_fields |=
                        matches!(done.rendered, Rendered::Lines(_)) && done.left == 0;
                    self.left += done.left;
                    self.dropped += done.dropped;
                    self.tallies.add(&done.form, done.tally.clone());
                    writer.write(done)?;
                }
                Err(error) => self.problems.failed(&error, output, progress),
            }
        }
        Ok(())
    }

    fn warn(&self, style: &Style, cascade: &Cascade, output: &Output) {
        for note in self.tallies.notes() {
            output.warning(&note);
        }
        if let Some(never) = chosen::never_found(&style.fields, cascade)
            && self.has_fields
            && self.report.addresses > 0
        {
            output.warning(&never);
        }
        if self.is_cut {
            output.notice("interrupted: the output ends with the last record that was looked up");
        }
        self.warn_of_records(style, output);
        for tally in &self.report.providers {
            failures::warn(tally, output);
        }
        let looked_up = addresses(self.report.addresses);
        output.detail(&format!("{looked_up} looked up"));
    }

    /// Warns of records to which nothing was added.
    fn warn_of_records(&self, style: &Style, output: &Output) {
        let (total, left) = (self.tallies.total(), self.left);
        let unchanged = total.left_out.saturating_sub(self.dropped);
        if unchanged > 0 {
            let records = count(unchanged, "record", "records");
            output.warning(&format!("nothing added to {records} without an address"));
        }
        if self.dropped > 0 {
            let lines = count(self.dropped, "line", "lines");
            output.warning(&format!("{lines} not readable, and not in the output"));
        }
        warn_of_skipped(&total, output);
        if left > 0 {
            output.warning(&format!(
                "{} had {} already and {} left as {} (--key NAME puts what was found elsewhere, --replace in its place)",
                count(left, "record", "records"),
                style.key.shown(),
                if left == 1 { "was" } else { "were" },
                if left == 1 { "it was" } else { "they were" },
            ));
        }
    }

    fn is_imperfect(&self, is_strict: bool) -> bool {
        !self.problems.failed_inputs.is_empty()
            || self.report.has_failures()
            || (is_strict && self.tallies.total().left_out > 0)
    }
}

/// The output format of records.
#[derive(Clone, Copy, Debug)]
struct Formats {
    asked: Option<OutputFormat>,
    is_terminal: bool,
}

impl Formats {
    /// The format for records of an input.
    fn of(self, form: &RecordForm) -> OutputFormat {
        self.asked.unwrap_or_else(|| match form.format() {
            InputFormat::Ndjson | InputFormat::Cowrie => OutputFormat::Ndjson,
            InputFormat::Csv => OutputFormat::Csv,
            InputFormat::List | InputFormat::Text if self.is_terminal => OutputFormat::Table,
            InputFormat::List | InputFormat::Text => OutputFormat::Ndjson,
        })
    }
}

/// The next event, with those that have arrived in the meantime if they are to be looked up together.
async fn next_events(
    reading: &mut ReaderThread<Parsed>,
    gathers: bool,
) -> Option<Vec<ReadEvent<Parsed>>> {
    let mut group = vec![reading.next().await?];
    while gathers && group.len() < BLOCKS_AHEAD {
        match reading.next_if_there() {
            Some(event) => group.push(event),
            None => break,
        }
    }
    Some(group)
}

/// Parses records, looks their addresses up, and renders them.
async fn enrich(
    finder: Arc<Finder>,
    style: Arc<Style>,
    events: Vec<ReadEvent<Parsed>>,
    formats: Formats,
) -> RenderedGroup {
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
        let (form, mut parsed) = parsed?;
        let own = views.from(from);
        from += parsed.addresses.len();
        let is_cut = parsed.cut_to(own.whole());
        let (rendered, left) = render(&parsed, own, &form, formats, (&style, finder.policy()));
        Ok(RenderedBlock {
            rendered,
            left,
            dropped: parsed.dropped,
            tally: mem::take(&mut parsed.tally),
            problems: mem::take(&mut parsed.problems),
            is_cut,
            form,
        })
    });
    (done.collect(), report)
}

fn render(
    parsed: &Parsed,
    views: ViewsFrom<'_>,
    form: &RecordForm,
    formats: Formats,
    (style, policy): (&Style, &Policy),
) -> (Rendered, u64) {
    let format = formats.of(form);
    let to = style.renderer(policy, form);
    let is_json = matches!(form.format(), InputFormat::Ndjson | InputFormat::Cowrie);
    let is_csv = form.format() == InputFormat::Csv;
    if format == OutputFormat::Table {
        let all = (0..parsed.addresses.len()).filter_map(|index| views.get(index));
        let rows = all.map(|view| to.table_row(view));
        return (Rendered::Rows(rows.collect()), 0);
    }
    let bytes = style.bytes_per_address.load(Ordering::Relaxed);
    let mut lines = Vec::with_capacity(bytes * parsed.addresses.len());
    let names = form.address_names();
    let columns = OnceLock::new();
    let columns = || columns.get_or_init(|| OutputColumns::of(form, &to.cell_names()));
    let mut cells = None;
    let (mut next, mut left) = (0, 0);
    let mut of_record: Vec<&View> = Vec::new();
    for &record in &parsed.records {
        let places = next..next + record.addresses;
        next = places.end;
        of_record.clear();
        of_record.extend(places.clone().filter_map(|place| views.get(place)));
        let group = Group {
            views: &of_record,
            names: if names.len() > 1 { &names } else { &[] },
            fields: parsed.fields.get(places).unwrap_or_default(),
        };
        match format {
            OutputFormat::Ndjson | OutputFormat::Json if is_json => {
                let original = json_of(parsed.original(record), formats);
                left += u64::from(to.ndjson_record(&mut lines, original, &group));
            }
            OutputFormat::Ndjson | OutputFormat::Json if is_csv && record.cells.is_some() => {
                let cells = cells.get_or_insert_with(|| Cells::new(to.delimiter));
                let object = columns().object(cells, parsed.original(record));
                left += u64::from(to.ndjson_record(&mut lines, &object, &group));
            }
            OutputFormat::Ndjson | OutputFormat::Json if is_csv => {}
            OutputFormat::Csv | OutputFormat::CsvRaw if is_csv => {
                let original = parsed.original(record);
                match record.cells {
                    Some(cells) => to.csv_record(&mut lines, original, cells, columns(), &group),
                    None => lines.extend_from_slice(original),
                }
                lines.extend_from_slice(parsed.line_end(record));
            }
            OutputFormat::Csv | OutputFormat::CsvRaw => of_record
                .iter()
                .for_each(|view| to.csv_address(&mut lines, view)),
            _ => of_record
                .iter()
                .for_each(|view| to.ndjson_address(&mut lines, view)),
        }
    }
    if let Some(bytes) = (lines.len() * 9 / 8).checked_div(parsed.addresses.len()) {
        style.bytes_per_address.store(bytes, Ordering::Relaxed);
    }
    (Rendered::Lines(lines), left)
}

/// The JSON of a record: the whole line, or only the object if the format is asked for explicitly.
fn json_of(original: &[u8], formats: Formats) -> &[u8] {
    // rsyslog's escape of a line end.
    let original = original.strip_suffix(b"#012").unwrap_or(original);
    match formats.asked {
        Some(_) => object_in(original).unwrap_or(original),
        None => original,
    }
}

/// Writes finished blocks, in order.
struct OrderedWriter<'a> {
    output: &'a Output,
    formats: Formats,
    policy: &'a Policy,
    style: &'a Style,
    /// The input that is being written.
    form: Option<Arc<RecordForm>>,
    /// The rows of its table that is not full yet.
    rows: Vec<Vec<String>>,
    /// The header of the table that is being written.
    header: Option<Vec<u8>>,
    /// Whether the JSON list has begun.
    has_begun: bool,
}

impl<'a> OrderedWriter<'a> {
    const fn new(
        output: &'a Output,
        formats: Formats,
        policy: &'a Policy,
        style: &'a Style,
    ) -> Self {
        Self {
            output,
            formats,
            policy,
            style,
            form: None,
            rows: Vec::new(),
            header: None,
            has_begun: false,
        }
    }

    fn write(&mut self, done: RenderedBlock) -> Result<(), CliError> {
        let form = &done.form;
        if !self.form.as_ref().is_some_and(|of| Arc::ptr_eq(of, form)) {
            self.write_table()?;
            self.form = Some(Arc::clone(form));
            if self.formats.of(form).is_csv() {
                self.write_csv_header(form)?;
            }
        }
        match done.rendered {
            Rendered::Lines(lines) if self.formats.asked == Some(OutputFormat::Json) => {
                self.put_elements(&lines)?;
            }
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

    /// Writes the header, for tables that have one, or lists of addresses, which get one. Once for all inputs that have
    /// the same.
    fn write_csv_header(&mut self, form: &RecordForm) -> Result<(), CliError> {
        let renderer = self.style.renderer(self.policy, form);
        let header = match form.format() {
            InputFormat::Csv => OutputColumns::of(form, &renderer.cell_names()).head,
            _ => renderer.csv_header(),
        };
        if self.header.as_ref() == Some(&header) {
            return Ok(());
        }
        if self.header.is_some() {
            self.output.warning(&format!(
                "the columns of {} are others than those before: its header is written again",
                form.input()
            ));
        }
        if form.has_byte_order_mark() && self.header.is_none() {
            self.put("\u{feff}".as_bytes())?;
        }
        self.put(&header)?;
        self.header = Some(header);
        Ok(())
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

    /// Writes lines; on a terminal, dangerous characters are escaped. (A CSV record of several lines stays that.)
    fn put(&self, lines: &[u8]) -> std::io::Result<()> {
        if self.output.is_terminal() {
            let lines = String::from_utf8_lossy(lines);
            return lines.lines().try_for_each(|line| self.output.line(line));
        }
        self.output.bytes(lines)
    }

    /// Writes lines as the elements of a list.
    fn put_elements(&mut self, lines: &[u8]) -> std::io::Result<()> {
        let mut elements = Vec::with_capacity(lines.len() + 2);
        for line in lines
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let between: &[u8] = if self.has_begun { b",\n" } else { b"[\n" };
            self.has_begun = true;
            elements.extend_from_slice(between);
            elements.extend_from_slice(line);
        }
        self.put(&elements)
    }

    fn finish(mut self) -> Result<(), CliError> {
        self.write_table()?;
        if self.formats.asked == Some(OutputFormat::Json) {
            self.put(if self.has_begun { b"\n]\n" } else { b"[]\n" })?;
        }
        Ok(self.output.flush()?)
    }
}
