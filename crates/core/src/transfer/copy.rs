//! The copying loop.

use futures::TryStreamExt as _;
use serde::Serialize;

use crate::store::{
    CopyMark, ImportBatch, ImportReport, Page, RecordKind, RecordOrder, RecordSet, Store, Totals,
    UncopiedRow, VerifyOptions, VerifyReport,
};
use crate::transfer::compare::{Comparison, compare};
use crate::transfer::progress::{
    CopyError, CopyOptions, CopyProgress, OnProgress, Phase, total_of,
};
use crate::transfer::transfer_record::canonical;

/// The result of a copy.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CopyReport {
    /// Whether it resumed an earlier run.
    pub resumed: bool,
    /// Whether the source had already been copied to its end before.
    pub refreshed: bool,
    /// Whether the run was interrupted.
    pub interrupted: bool,
    /// Rows that this run read: ASes, addresses and sessions.
    pub read: u64,
    /// Rows that this run added.
    pub written_new: u64,
    /// Rows that this run changed.
    pub written_changed: u64,
    /// Rows that cannot be copied.
    pub left_out: u64,
    /// Some of them; only those that this run read.
    pub left_out_examples: Vec<UncopiedRow>,
    /// The faults that the target finds in itself at the end.
    pub verified: Option<VerifyReport>,
    /// The faults that the source finds in itself; checked only if the target has any.
    pub source_verified: Option<VerifyReport>,
    /// The result of the final comparison.
    pub compared: Option<Comparison>,
}

impl CopyReport {
    /// Whether the target holds everything that the source holds, and is consistent.
    pub fn is_exact(&self) -> bool {
        self.left_out == 0
            && self.verified.as_ref().is_some_and(VerifyReport::is_clean)
            && self.compared.as_ref().is_some_and(Comparison::is_equal)
    }
}

const NO_MARK: &str = "copy into an empty database";
const OTHER_COUNT: &str = "their number is another than when the copy ended, so something else has written there since; copy into an empty database";

/// Copies everything from `source` to `target`, or resumes where an earlier run ended, then checks the target and
/// compares the two.
///
/// # Errors
///
/// If a store fails, or the target holds rows that did not come from this source.
pub async fn copy(
    source: &dyn Store,
    target: &dyn Store,
    options: &CopyOptions<'_>,
    progress: &(dyn Fn(CopyProgress) -> bool + Send + Sync),
) -> Result<CopyReport, CopyError> {
    let mut report = CopyReport::default();
    let mut mark = begin(target, options, &mut report).await?;
    let totals = source.totals().await.map_err(CopyError::Source)?;
    let mut refused = 0;
    while let Some(kind) = mark.kind {
        let run = KindCopy {
            source,
            target,
            options,
            progress,
            kind,
            total: total_of(&totals, kind),
        };
        if !run.copy(&mut mark, &mut report, &mut refused).await? {
            report.interrupted = true;
            report.left_out = mark.left_out + refused;
            return Ok(report);
        }
        let next = RecordKind::PAGED.iter().skip_while(|&&of| of != kind);
        mark.kind = next.skip(1).copied().next();
        mark.position = None;
        if mark.kind.is_none() {
            let totals = target.totals().await.map_err(CopyError::Target)?;
            mark.rows = Some(rows(&totals));
        }
        let done = ImportBatch {
            records: &RecordSet::none(kind),
            mark: &mark,
            now: options.now,
        };
        target.import(&done).await.map_err(CopyError::Target)?;
    }
    check(
        source,
        target,
        options,
        &totals,
        progress,
        &mut report,
        mark.left_out,
    )
    .await?;
    Ok(report)
}

/// Where to begin.
async fn begin(
    target: &dyn Store,
    options: &CopyOptions<'_>,
    report: &mut CopyReport,
) -> Result<CopyMark, CopyError> {
    let totals = target.totals().await.map_err(CopyError::Target)?;
    let marks = target.copy_marks().await.map_err(CopyError::Target)?;
    let mark = marks.into_iter().find(|mark| mark.source == options.source);
    let refuse = |reason| CopyError::Refused {
        target: target.describe(),
        source_name: options.source.to_owned(),
        rows: rows(&totals),
        reason,
    };
    match mark {
        None if rows(&totals) > 0 => Err(refuse(NO_MARK)),
        None => Ok(CopyMark::start(options.source)),
        Some(mark) if mark.kind.is_some() => {
            report.resumed = true;
            Ok(mark)
        }
        Some(mark) if mark.rows != Some(rows(&totals)) => Err(refuse(OTHER_COUNT)),
        Some(_) => {
            report.refreshed = true;
            Ok(CopyMark::start(options.source))
        }
    }
}

const fn rows(totals: &Totals) -> u64 {
    totals.asns + totals.addresses + totals.sessions
}

/// The rows of one kind being copied.
struct KindCopy<'a> {
    source: &'a dyn Store,
    target: &'a dyn Store,
    options: &'a CopyOptions<'a>,
    progress: OnProgress<'a>,
    kind: RecordKind,
    total: u64,
}

impl KindCopy<'_> {
    /// Copies them; `false` if the run is interrupted. `unreadable` counts invalid rows, which the final comparison
    /// counts again.
    async fn copy(
        &self,
        mark: &mut CopyMark,
        report: &mut CopyReport,
        unreadable: &mut u64,
    ) -> Result<bool, CopyError> {
        let mut done = 0;
        let after = mark.position.clone();
        let order = RecordOrder::ForCopying {
            after: after.as_deref(),
        };
        let mut pages = self
            .source
            .records(self.kind, order, self.options.batch_size);
        let mut page = pages.try_next().await.map_err(CopyError::Source)?;
        while let Some(Page {
            records,
            left_out,
            last,
        }) = page
        {
            let read = records.len() as u64 + left_out.len() as u64;
            *unreadable += left_out.len() as u64;
            self.note(report, left_out);
            let records = canonical(records);
            mark.position = last.or_else(|| mark.position.take());
            let batch = ImportBatch {
                records: &records,
                mark,
                now: self.options.now,
            };
            let (written, next) = futures::join!(self.target.import(&batch), pages.try_next());
            let ImportReport {
                new,
                changed,
                left_out,
            } = written.map_err(CopyError::Target)?;
            page = next.map_err(CopyError::Source)?;
            mark.left_out += left_out.len() as u64;
            self.note(report, left_out);
            report.written_new += new;
            report.written_changed += changed;
            report.read += read;
            done += read;
            let goes_on = (self.progress)(CopyProgress {
                phase: Phase::Copying(self.kind),
                done,
                total: self.total,
            });
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn note(&self, report: &mut CopyReport, left_out: Vec<UncopiedRow>) {
        let room = self
            .options
            .examples
            .saturating_sub(report.left_out_examples.len());
        report
            .left_out_examples
            .extend(left_out.into_iter().take(room));
    }
}

/// Checks the target and compares it with the source.
async fn check(
    source: &dyn Store,
    target: &dyn Store,
    options: &CopyOptions<'_>,
    totals: &Totals,
    progress: OnProgress<'_>,
    report: &mut CopyReport,
    refused: u64,
) -> Result<(), CopyError> {
    report.left_out = refused;
    let goes_on = progress(CopyProgress {
        phase: Phase::Verifying,
        done: 0,
        total: rows(totals),
    });
    if !goes_on {
        report.interrupted = true;
        return Ok(());
    }
    let verify = VerifyOptions {
        policy: options.policy,
        examples: options.examples,
        now: options.now,
    };
    let verified = target.verify(&verify).await.map_err(CopyError::Target)?;
    if !verified.is_clean() {
        let of_source = source.verify(&verify).await.map_err(CopyError::Source)?;
        report.source_verified = Some(of_source);
    }
    report.verified = Some(verified);
    match compare(source, target, options, totals, progress, refused).await? {
        Some(compared) => {
            report.left_out += compared.unreadable;
            report.compared = Some(compared);
        }
        None => report.interrupted = true,
    }
    Ok(())
}
