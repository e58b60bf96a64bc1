//! The sections about what sessions and addresses are counted by: countries, ASes, organizations.

use ipcascade_core::asn::Asn;
use maud::{Markup, html};

use crate::commands::report::figures::{AsnFigures, Counts, Figures};
use crate::commands::report::page::section::Section;
use crate::commands::report::page::table::{
    HtmlCell, HtmlColumn, HtmlTable, drawn, numbers, words,
};
use crate::commands::report::ranking::Top;
use crate::commands::report::sparkline::sparkline;
use crate::commands::report::words::change;
use crate::output::words as shown;

/// The columns of counts.
fn count_columns(figures: &Figures) -> Vec<HtmlColumn> {
    let mut columns = vec![numbers("Sessions")];
    if figures.totals.session_count_before.is_some() {
        columns.extend([numbers("Before"), numbers("Change")]);
    }
    columns.extend([drawn("Trend"), numbers("Addresses")]);
    columns
}

/// Their cells.
fn count_cells(counts: &Counts, greatest: u64) -> Vec<HtmlCell> {
    let mut cells = vec![HtmlCell::bar(counts.session_count, greatest)];
    if let Some(before) = counts.session_count_before {
        let difference = i128::from(counts.session_count) - i128::from(before);
        // What is new has grown without bounds.
        let difference = difference * 10_000 / i128::from(before.max(1)) + i128::from(before == 0);
        let change = change(counts.session_count, before);
        cells.push(HtmlCell::number(before));
        cells.push(HtmlCell::keyed(html! { (change) }, difference.to_string()));
    }
    let (earlier, later) = counts.trend.split_at(counts.trend.len() / 2);
    let sum = |part: &[u64]| part.iter().map(|count| i128::from(*count)).sum::<i128>();
    let rise = sum(later) - sum(earlier);
    let trend = html! { span.trend aria-hidden="true" { (sparkline(&counts.trend)) } };
    cells.push(HtmlCell::keyed(trend, rise.to_string()));
    cells.push(HtmlCell::number(counts.address_count));
    cells
}

fn greatest<'a>(counts: impl Iterator<Item = &'a Counts>) -> u64 {
    let sessions = counts.map(|counts| counts.session_count);
    sessions.max().unwrap_or_default()
}

pub(super) fn countries(figures: &Figures) -> Section {
    let top = &figures.countries;
    let most = greatest(top.rows.iter().map(|row| &row.counts));
    let rows = top.rows.iter().map(|row| {
        let mut cells = vec![
            HtmlCell::text(row.country.as_deref().or(Some("not known"))),
            HtmlCell::text(row.country_name.as_deref()),
        ];
        cells.extend(count_cells(&row.counts, most));
        cells
    });
    let mut columns = vec![words("Country"), words("Name")];
    columns.extend(count_columns(figures));
    let table = HtmlTable::new("Countries", &columns, rows.collect(), top.total);
    Section::new("countries", "Countries", table.markup()).remark(
        "Sessions by the country noted when they were recorded; addresses by what sources say now.",
    )
}

pub(super) fn asns(figures: &Figures) -> Section {
    Section::new("asns", "ASes", asn_table("ASes", &figures.asns, figures)).remark(
        "Sessions by the AS noted when they were recorded; addresses by the AS that they have now.",
    )
}

fn asn_table(caption: &'static str, top: &Top<AsnFigures>, figures: &Figures) -> Markup {
    let most = greatest(top.rows.iter().map(|row| &row.counts));
    let rows = top.rows.iter().map(|row| {
        let first_seen = row.first_seen.map(shown::timestamp);
        let mut cells = vec![
            asn_cell(row.asn),
            HtmlCell::text(row.asn_org.as_deref()),
            HtmlCell::text(row.registry_country.as_deref()),
        ];
        cells.extend(count_cells(&row.counts, most));
        cells.push(HtmlCell::text(first_seen.as_deref()));
        cells
    });
    let mut columns = vec![
        words("ASN"),
        words("Organization"),
        words("Registry country"),
    ];
    columns.extend(count_columns(figures));
    columns.push(words("First seen"));
    HtmlTable::new(caption, &columns, rows.collect(), top.total).markup()
}

pub(super) fn asn_cell(asn: Option<Asn>) -> HtmlCell {
    let text = asn.map_or_else(|| "not known".to_owned(), |asn| asn.to_string());
    HtmlCell::text(Some(&text))
}

pub(super) fn organizations(figures: &Figures) -> Section {
    let top = &figures.organizations;
    let most = greatest(top.rows.iter().map(|row| &row.counts));
    let rows = top.rows.iter().map(|row| {
        let mut cells = vec![
            HtmlCell::text(Some(&row.asn_org)),
            HtmlCell::number(row.asn_count),
        ];
        cells.extend(count_cells(&row.counts, most));
        cells
    });
    let mut columns = vec![words("Organization"), numbers("ASes")];
    columns.extend(count_columns(figures));
    let table = HtmlTable::new("Organizations", &columns, rows.collect(), top.total);
    Section::new("organizations", "Organizations", table.markup())
        .remark("ASes whose organization has the same name.")
}

pub(super) fn new_asns(figures: &Figures) -> Option<Section> {
    let top = figures.new_asns.as_ref()?;
    let table = asn_table("New ASes", top, figures);
    let remark = "ASes none of whose addresses was seen before the period.";
    Some(Section::new("new-asns", "New ASes", table).remark(remark))
}
