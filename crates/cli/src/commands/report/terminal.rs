//! The report in a terminal.

use std::io;

use crate::commands::report::figures::{Counts, Figures, InvariantFigures, ValueFigures};
use crate::commands::report::ranking::Top;
use crate::commands::report::sparkline::{sparkline, together};
use crate::commands::report::words::{change, is_broken};
use crate::commands::show::{NameValues, section};
use crate::output::{Align, Output, words};

/// How wide the line of sessions over time is, at most.
const WIDEST: usize = 60;

type Column = (&'static str, Align);

/// Writes it to standard output.
pub(super) fn write(figures: &Figures, output: &Output) -> io::Result<()> {
    output.heading(&format!("Report on {}", figures.store))?;
    overview(figures).write(output)?;
    let totals = &figures.totals;
    if totals.session_count + totals.address_count == 0 {
        output.notice(
            "nothing was seen in this period, or nothing is stored that this report is about",
        );
    }
    countries(figures, output)?;
    asns(figures, output)?;
    if let Some(new) = figures.new_asns.as_ref().filter(|new| new.total > 0) {
        let rows = new.rows.iter().map(|row| {
            vec![
                row.asn.map(|asn| asn.to_string()).unwrap_or_default(),
                row.asn_org.clone().unwrap_or_default(),
                words::number(row.counts.session_count),
                words::number(row.counts.address_count),
            ]
        });
        let columns = [
            ("ASN", Align::Whole),
            ("ORGANIZATION", Align::Left),
            ("SESSIONS", Align::Right),
            ("ADDRESSES", Align::Right),
        ];
        section(output, &heading("New ASes", new, |_| true), &columns, rows)?;
    }
    moves(figures, output)?;
    values(
        output,
        "Classification",
        &figures.classifications,
        "not classified",
    )?;
    values(output, "Known to be", &figures.flags, "")?;
    values(output, "Lists", &figures.lists, "")?;
    sources(figures, output)?;
    invariants(figures.invariants.as_deref(), output)
}

fn overview(figures: &Figures) -> NameValues {
    let totals = &figures.totals;
    let period = &figures.period;
    let mut facts = NameValues::default();
    let until = words::timestamp(period.until);
    facts.add(
        "period",
        match period.since {
            Some(since) => format!("{} to {until}", words::timestamp(since)),
            None => format!("everything until {until}"),
        },
    );
    facts.add_some("only", figures.filter.asn.map(|asn| asn.to_string()));
    facts.add_some("only", figures.filter.country.clone());
    let beside = match totals.session_count_before {
        Some(before) => format!(
            "{}, {} before",
            change(totals.session_count, before),
            words::number(before)
        ),
        None => String::new(),
    };
    facts.add_from("sessions", words::number(totals.session_count), &beside);
    let spans = figures.sessions_over_time.spans.iter();
    let counts: Vec<u64> = spans.map(|span| span.session_count).collect();
    if counts.iter().any(|count| *count > 0) {
        facts.add("over time", sparkline(&together(&counts, WIDEST)));
    }
    if totals.session_count_without_time > 0 {
        facts.add(
            "without time",
            words::sessions(totals.session_count_without_time),
        );
    }
    let new = |count: Option<u64>| count.map(|count| format!("{} new", words::number(count)));
    facts.add_from(
        "addresses",
        words::number(totals.address_count),
        &new(totals.new_address_count).unwrap_or_default(),
    );
    facts.add_from(
        "ASes",
        words::number(totals.asn_count),
        &new(totals.new_asn_count).unwrap_or_default(),
    );
    facts.add("without an AS", words::number(totals.unattributed_count));
    facts.add("bogons", words::number(totals.bogon_count));
    if totals.unreadable_count > 0 {
        let rows = words::count(totals.unreadable_count, "row", "rows");
        facts.add(
            "not readable",
            format!("{rows} whose key is not an address"),
        );
    }
    facts.add("moves", words::number(totals.move_count));
    facts
}

/// A heading with how many are shown, if that is not all. The row of what is not known is in neither number.
fn heading<T>(name: &str, top: &Top<T>, is_known: impl Fn(&T) -> bool) -> String {
    if top.rows.len() as u64 == top.total {
        return name.to_owned();
    }
    let shown = top.rows.iter().filter(|row| is_known(row)).count() as u64;
    let (shown, all) = (words::number(shown), words::number(top.known()));
    format!("{name} ({shown} of {all})")
}

fn count_columns(figures: &Figures) -> Vec<Column> {
    let mut columns = vec![("SESSIONS", Align::Right)];
    if figures.totals.session_count_before.is_some() {
        columns.push(("CHANGE", Align::Right));
    }
    columns.extend([("TREND", Align::Whole), ("ADDRESSES", Align::Right)]);
    columns
}

fn count_cells(counts: &Counts) -> Vec<String> {
    let mut cells = vec![words::number(counts.session_count)];
    let before = counts.session_count_before;
    cells.extend(before.map(|before| change(counts.session_count, before)));
    cells.push(sparkline(&counts.trend));
    cells.push(words::number(counts.address_count));
    cells
}

fn countries(figures: &Figures, output: &Output) -> io::Result<()> {
    let top = &figures.countries;
    if top.rows.is_empty() {
        return Ok(());
    }
    let mut columns = vec![("COUNTRY", Align::Whole), ("NAME", Align::Left)];
    columns.extend(count_columns(figures));
    let rows = top.rows.iter().map(|row| {
        let country = row
            .country
            .clone()
            .unwrap_or_else(|| "not known".to_owned());
        let mut cells = vec![country, row.country_name.clone().unwrap_or_default()];
        cells.extend(count_cells(&row.counts));
        cells
    });
    section(
        output,
        &heading("Countries", top, |row| row.country.is_some()),
        &columns,
        rows,
    )
}

fn asns(figures: &Figures, output: &Output) -> io::Result<()> {
    let top = &figures.asns;
    if top.rows.is_empty() {
        return Ok(());
    }
    let mut columns = vec![("ASN", Align::Whole), ("ORGANIZATION", Align::Left)];
    columns.extend(count_columns(figures));
    let rows = top.rows.iter().map(|row| {
        let asn = row
            .asn
            .map_or_else(|| "not known".to_owned(), |asn| asn.to_string());
        let mut cells = vec![asn, row.asn_org.clone().unwrap_or_default()];
        cells.extend(count_cells(&row.counts));
        cells
    });
    section(
        output,
        &heading("ASes", top, |row| row.asn.is_some()),
        &columns,
        rows,
    )
}

fn moves(figures: &Figures, output: &Output) -> io::Result<()> {
    let top = &figures.moves;
    if top.total == 0 {
        return Ok(());
    }
    let columns = [
        ("ADDRESS", Align::Whole),
        ("FROM", Align::Whole),
        ("TO", Align::Whole),
        ("ORGANIZATION", Align::Left),
        ("OBSERVED", Align::Whole),
    ];
    let rows = top.rows.iter().map(|row| {
        vec![
            row.address.to_string(),
            row.from_asn.to_string(),
            row.to_asn.to_string(),
            row.to_asn_org.clone().unwrap_or_default(),
            words::timestamp(row.observed_at),
        ]
    });
    section(
        output,
        &heading("Moved between ASes", top, |_| true),
        &columns,
        rows,
    )
}

fn values(output: &Output, name: &str, top: &Top<ValueFigures>, unknown: &str) -> io::Result<()> {
    // Where nothing is known, there is nothing to show.
    if top.rows.iter().all(|row| row.value.is_none()) {
        return Ok(());
    }
    let columns = [("VALUE", Align::Left), ("ADDRESSES", Align::Right)];
    let rows = top.rows.iter().map(|row| {
        let value = row.value.as_deref().unwrap_or(unknown);
        vec![value.to_owned(), words::number(row.address_count)]
    });
    section(
        output,
        &heading(name, top, |row| row.value.is_some()),
        &columns,
        rows,
    )
}

fn sources(figures: &Figures, output: &Output) -> io::Result<()> {
    let columns = [
        ("SOURCE", Align::Left),
        ("FOUND", Align::Right),
        ("NOT FOUND", Align::Right),
        ("STALE", Align::Right),
        ("MISSING", Align::Right),
        ("FAILED", Align::Right),
    ];
    let rows = figures.providers.iter().map(|row| {
        let counts = [
            row.found_count,
            row.not_found_count,
            row.stale_count,
            row.missing_count,
            row.failed_count,
        ];
        let name = match row.is_asked {
            true => row.provider.clone(),
            false => format!("{} (not asked)", row.provider),
        };
        std::iter::once(name)
            .chain(counts.map(words::number))
            .collect()
    });
    section(output, "Sources", &columns, rows)?;
    let differ = |of: &&_| is_different(of);
    let different: Vec<_> = figures.disagreements.iter().filter(differ).collect();
    if different.is_empty() {
        return Ok(());
    }
    let columns = [
        ("ABOUT", Align::Whole),
        ("SOURCES", Align::Left),
        ("COMPARED", Align::Right),
        ("DIFFERENT", Align::Right),
    ];
    let rows = different.into_iter().map(|row| {
        vec![
            row.topic.clone(),
            format!("{}, {}", row.left, row.right),
            words::number(row.compared_count),
            words::number(row.different_count),
        ]
    });
    section(output, "Sources that disagree", &columns, rows)
}

const fn is_different(row: &crate::commands::report::figures::DisagreementFigures) -> bool {
    row.different_count > 0
}

fn invariants(invariants: Option<&[InvariantFigures]>, output: &Output) -> io::Result<()> {
    output.text("\n")?;
    output.heading("Invariants")?;
    let Some(invariants) = invariants else {
        return output.line("  not checked: `ipcascade verify` does it, or `report --verify`");
    };
    if !is_broken(invariants) {
        return output.line("  every number is right");
    }
    let broken = invariants.iter().filter(|row| row.broken_count > 0);
    for row in broken {
        let rows = words::count(row.broken_count, "row breaks", "rows break");
        output.line(&format!("  {rows} this rule: {}", row.invariant))?;
    }
    Ok(())
}
