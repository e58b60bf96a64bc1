//! Writes a feed.

use std::io::Write as _;
use std::pin::pin;

use futures::stream::{BoxStream, TryStreamExt as _};
use ipcascade_core::clock::Timestamp;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{
    AddressListColumn, AddressQuery, AddressRow, ListOrder, OpenMode, StoreResult,
};

use crate::app::App;
use crate::commands::ip::feed::address_formats::AddressFormat;
use crate::commands::ip::feed::args::{FeedArgs, FeedFormat};
use crate::commands::ip::feed::choice::Choice;
use crate::commands::ip::feed::data::Data;
use crate::commands::ip::feed::feed_record::{FeedRecord, one_of_twins};
use crate::commands::ip::feed::ids::Ids;
use crate::commands::ip::feed::misp::Folder;
use crate::commands::ip::feed::stix::Bundle;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::words;
use crate::output_file::FileArgs;
use crate::report::{CliError, CommandResult};

/// Writes the feed of the addresses that `query` selects; `policy` decides what is said of them.
pub(in crate::commands::ip) async fn run(
    args: &FeedArgs,
    file: &FileArgs,
    query: AddressQuery,
    policy: &Policy,
    app: &App<'_>,
) -> CommandResult {
    let Some(format) = args.feed else {
        return Err(CliError::usage("--feed names no format"));
    };
    args.check(format, file)?;
    if query.seen_since.is_some_and(|since| since > app.now()) {
        let error = CliError::usage("--since is in the future: the feed would be empty");
        return Err(error.hint("check the option, and the clock of this machine"));
    }
    let choice = Choice::new(args, app)?;
    let store = app.open_store(OpenMode::Read).await?;
    let of_addresses = AddressFormat::of(format, args.feed_name.as_ref(), args.nft_table.as_ref());
    let exit = match of_addresses {
        Some(format) => {
            let set = store.address_set(&query);
            addresses(&format, args, set.await?, choice, app)
        }
        None => {
            let query = AddressQuery {
                order: ListOrder::least_first(AddressListColumn::Address),
                ..query
            };
            let rows = store.addresses(&query);
            let writer = RecordWriter::begin(format, args, file, app)?;
            records(writer, args, rows, choice, policy, app).await
        }
    }?;
    store.close().await;
    Ok(exit)
}

/// A feed of addresses alone.
fn addresses(
    format: &AddressFormat,
    args: &FeedArgs,
    mut set: ipcascade_core::store::AddressSet,
    mut choice: Choice,
    app: &App<'_>,
) -> CommandResult {
    // From here on an interrupt must not leave a file behind.
    let interrupt = Interrupt::listen(app.output());
    set.retain(|address| choice.keeps(address));
    choice.report(app.output());
    refuse_empty(args, set.is_empty())?;
    let mut data = Data::of(app.output());
    format.write(&set, &mut data)?;
    data.flush()?;
    if interrupt.is_requested() {
        return Ok(Exit::Interrupted);
    }
    report_empty(set.is_empty(), app);
    Ok(Exit::Done)
}

/// A feed of what is known about addresses.
async fn records(
    mut writer: RecordWriter<'_>,
    args: &FeedArgs,
    rows: BoxStream<'_, StoreResult<AddressRow>>,
    mut choice: Choice,
    policy: &Policy,
    app: &App<'_>,
) -> CommandResult {
    let interrupt = Interrupt::listen(app.output());
    let mut rows = pin!(rows);
    let (mut written, mut undated) = (0_u64, 0_u64);
    // Spellings of one address come one after the other.
    let mut before: Option<AddressRow> = None;
    loop {
        let row = rows.try_next().await?;
        if interrupt.is_requested() {
            return Ok(Exit::Interrupted);
        }
        before = match (before.take(), row) {
            (Some(one), Some(other)) if one.address == other.address => {
                Some(one_of_twins(one, other))
            }
            (done, row) => {
                let done = done.filter(|row| choice.keeps(row.address));
                let is_dated = |row: &AddressRow| row.last_seen != Timestamp::UNIX_EPOCH;
                undated += u64::from(done.as_ref().is_some_and(|row| !is_dated(row)));
                if let Some(done) = done.filter(is_dated) {
                    writer.add(&FeedRecord::new(&done, policy))?;
                    written += 1;
                }
                row
            }
        };
        if before.is_none() {
            break;
        }
    }
    choice.report(app.output());
    if undated > 0 {
        let addresses = words::addresses(undated);
        let text = format!("left out {addresses} of which it is not known when they were seen");
        app.output().notice(&text);
    }
    refuse_empty(args, written == 0)?;
    writer.finish()?;
    report_empty(written == 0, app);
    Ok(Exit::Done)
}

/// Where records go.
enum RecordWriter<'o> {
    Stix(Box<Bundle<Data<'o>>>),
    Misp(Box<Folder>),
}

impl<'o> RecordWriter<'o> {
    fn begin(
        format: FeedFormat,
        args: &FeedArgs,
        file: &FileArgs,
        app: &'o App<'_>,
    ) -> Result<Self, CliError> {
        let publisher = args.publisher();
        let ids = Ids::of(publisher);
        if let Some(folder) = file.path().filter(|_| format == FeedFormat::Misp) {
            let name = args.feed_name.clone().unwrap_or_default();
            let folder = Folder::begin(folder, ids, publisher, &name)?;
            return Ok(Self::Misp(Box::new(folder)));
        }
        let bundle = Bundle::begin(Data::of(app.output()), ids, publisher)?;
        Ok(Self::Stix(Box::new(bundle)))
    }

    fn add(&mut self, record: &FeedRecord) -> Result<(), CliError> {
        match self {
            Self::Stix(bundle) => Ok(bundle.add(record)?),
            Self::Misp(folder) => folder.add(record),
        }
    }

    fn finish(self) -> Result<(), CliError> {
        match self {
            Self::Stix(bundle) => Ok(bundle.end()?.flush()?),
            Self::Misp(folder) => folder.finish(),
        }
    }
}

fn refuse_empty(args: &FeedArgs, is_empty: bool) -> Result<(), CliError> {
    match is_empty && args.fail_if_empty {
        true => Err(
            CliError::failed("the feed has no addresses, and is not written")
                .hint("check the conditions, and that the inventory is still filled"),
        ),
        false => Ok(()),
    }
}

fn report_empty(is_empty: bool, app: &App<'_>) {
    if is_empty {
        app.output().notice("the feed has no addresses");
    }
}
