//! Looks up the addresses of blocks, those together that have arrived together, and has them rendered.

use std::borrow::Cow;
use std::mem;
use std::sync::Arc;

use futures::future::{Either, ready};
use futures::stream::{self, Stream, StreamExt as _};
use ipcascade_core::address::Address;
use ipcascade_core::pipeline::RunReport;
use ipcascade_input::InputError;
use tokio::task::JoinError;

use crate::commands::enrich::filter::formats::Formats;
use crate::commands::enrich::filter::look_ups::AddressLookup;
use crate::commands::enrich::filter::parsed_records::{KeepRecords, ParsedRecords};
use crate::commands::enrich::filter::rendered_block::{RenderedBlock, render};
use crate::commands::enrich::filter::style::Style;
use crate::commands::enrich::read::{BLOCKS_AHEAD, ReadEvent, ReaderThread};

/// What was read and looked up together.
type RenderedGroup = (Vec<Result<RenderedBlock, InputError>>, RunReport);

/// Groups of rendered records, in order, as they are read.
pub(super) fn rendered_blocks(
    reading: ReaderThread<ParsedRecords>,
    finder: Arc<AddressLookup>,
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

/// The next event, with those that have arrived in the meantime if they are to be looked up together.
async fn next_events(
    reading: &mut ReaderThread<ParsedRecords>,
    gathers: bool,
) -> Option<Vec<ReadEvent<ParsedRecords>>> {
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
    finder: Arc<AddressLookup>,
    style: Arc<Style>,
    events: Vec<ReadEvent<ParsedRecords>>,
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
        let (rendered, unwritten) = render(&parsed, own, &form, formats, (&style, finder.policy()));
        Ok(RenderedBlock {
            rendered,
            unwritten,
            dropped: parsed.dropped,
            tally: mem::take(&mut parsed.tally),
            problems: mem::take(&mut parsed.problems),
            is_cut,
            form,
        })
    });
    (done.collect(), report)
}
