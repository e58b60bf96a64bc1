//! The sections of the page.

use maud::{Markup, PreEscaped, html};

use crate::commands::report::figures::{Figures, Timeline, ValueFigures};
use crate::commands::report::page::chart::{DrawError, NARROW, WIDE, sessions};
use crate::commands::report::page::counted::{asn_cell, asns, countries, new_asns, organizations};
use crate::commands::report::page::section::Section;
use crate::commands::report::page::table::{HtmlCell, HtmlTable, numbers, words};
use crate::commands::report::ranking::Top;
use crate::commands::report::words::{change, is_broken};
use crate::output::words as shown;

/// All of them, in order.
pub(super) fn all(figures: &Figures) -> Result<Vec<Section>, DrawError> {
    let sections = [
        Some(Section::new("totals", "Totals", totals(figures))),
        Some(over_time(figures)?),
        Some(countries(figures)),
        Some(asns(figures)),
        Some(organizations(figures)),
        new_asns(figures),
        Some(moves(figures)),
        Some(addresses(figures)),
        Some(classification(figures)),
        Some(sources(figures)),
        Some(disagreements(figures)),
        Some(invariants(figures)),
    ];
    Ok(sections.into_iter().flatten().collect())
}

fn totals(figures: &Figures) -> Markup {
    let totals = &figures.totals;
    let before = totals.session_count_before;
    let sessions = before.map(|before| change(totals.session_count, before));
    let new = |count: Option<u64>| count.map(|count| format!("{} new", shown::number(count)));
    let tile = |name: &str, count: u64, beside: Option<String>| {
        html! {
            div {
                dt { (name) }
                dd {
                    (shown::number(count))
                    @if let Some(beside) = beside { span.beside { (beside) } }
                }
            }
        }
    };
    html! {
        dl.tiles {
            (tile("Sessions", totals.session_count, sessions))
            (tile("Addresses", totals.address_count, new(totals.new_address_count)))
            (tile("ASes", totals.asn_count, new(totals.new_asn_count)))
            (tile("Moves between ASes", totals.move_count, None))
            (tile("Addresses without an AS", totals.unattributed_count, None))
            (tile("Bogons", totals.bogon_count, None))
        }
        @if totals.unreadable_count > 0 {
            p.remark {
                (shown::count(totals.unreadable_count, "row", "rows"))
                " of addresses whose key is not an address: not counted. " code { "ipcascade verify" } " has examples."
            }
        }
        @if totals.session_count_without_time > 0 {
            p.remark {
                (shown::sessions(totals.session_count_without_time))
                " without the time of an event are not counted."
            }
        }
    }
}

fn over_time(figures: &Figures) -> Result<Section, DrawError> {
    let timeline = &figures.sessions_over_time;
    let content = match timeline.spans.as_slice() {
        [] => html! { p.none { "None." } },
        _ => html! {
            figure role="img" aria-label=(summary(timeline)) {
                div.wide aria-hidden="true" { (PreEscaped(sessions(timeline, WIDE)?)) }
                div.narrow aria-hidden="true" { (PreEscaped(sessions(timeline, NARROW)?)) }
            }
            details {
                summary { "The numbers" }
                (spans(timeline))
            }
        },
    };
    let remark = "A session belongs to the time of its last event.";
    Ok(Section::new("sessions", "Sessions over time", content).remark(remark))
}

/// The chart in words.
fn summary(timeline: &Timeline) -> String {
    let greatest = timeline.spans.iter().max_by_key(|span| span.session_count);
    let greatest = greatest.map_or_else(String::new, |span| {
        let sessions = shown::sessions(span.session_count);
        format!("; most from {}: {sessions}", shown::timestamp(span.start))
    });
    format!("Bar chart of sessions, {}{greatest}", span_length(timeline))
}

fn span_length(timeline: &Timeline) -> String {
    match (timeline.span_hours, timeline.span_hours / 24) {
        (1, _) => "by the hour".to_owned(),
        (_, 1) => "by the day".to_owned(),
        (_, days) => format!("in steps of {days} days"),
    }
}

fn spans(timeline: &Timeline) -> Markup {
    let greatest = timeline.spans.iter().map(|span| span.session_count).max();
    let rows = timeline.spans.iter().map(|span| {
        let start = shown::timestamp(span.start);
        vec![
            HtmlCell::text(Some(&start)),
            HtmlCell::bar(span.session_count, greatest.unwrap_or_default()),
        ]
    });
    let columns = [words("From"), numbers("Sessions")];
    let rows: Vec<_> = rows.collect();
    let total = rows.len() as u64;
    HtmlTable::new("Sessions over time", &columns, rows, total).markup()
}

fn moves(figures: &Figures) -> Section {
    let top = &figures.moves;
    let rows = top.rows.iter().map(|row| {
        let observed = shown::timestamp(row.observed_at);
        vec![
            HtmlCell::address(row.address),
            HtmlCell::text(Some(&observed)),
            asn_cell(Some(row.from_asn)),
            HtmlCell::text(row.from_asn_org.as_deref()),
            asn_cell(Some(row.to_asn)),
            HtmlCell::text(row.to_asn_org.as_deref()),
        ]
    });
    let columns = [
        words("Address"),
        words("Observed"),
        words("From"),
        words("Organization"),
        words("To"),
        words("Organization"),
    ];
    let table = HtmlTable::new("Addresses that moved", &columns, rows.collect(), top.total);
    Section::new("moves", "Addresses that moved", table.markup())
        .remark("Addresses whose origin AS has changed, the latest first.")
}

fn addresses(figures: &Figures) -> Section {
    let top = &figures.addresses;
    let most = top.rows.iter().map(|row| row.session_count).max();
    let rows = top.rows.iter().map(|row| {
        let seen = shown::timestamp(row.last_seen);
        vec![
            HtmlCell::address(row.address),
            asn_cell(row.asn),
            HtmlCell::text(row.asn_org.as_deref()),
            HtmlCell::text(row.country.as_deref()),
            HtmlCell::text(row.classification.as_deref()),
            HtmlCell::bar(row.session_count, most.unwrap_or_default()),
            HtmlCell::text(Some(&seen)),
        ]
    });
    let columns = [
        words("Address"),
        words("AS"),
        words("Organization"),
        words("Country"),
        words("Classification"),
        numbers("Sessions ever"),
        words("Last seen"),
    ];
    let table = HtmlTable::new("Most active addresses", &columns, rows.collect(), top.total);
    Section::new("addresses", "Most active addresses", table.markup())
        .remark("Of the addresses seen in the period, those with the most sessions ever.")
}

fn classification(figures: &Figures) -> Section {
    let content = html! {
        h3 { "Classification" }
        (value_table("Classification", &figures.classifications, "not classified"))
        h3 { "Known to be" }
        (value_table("Known to be", &figures.flags, ""))
        h3 { "Lists" }
        (value_table("Lists", &figures.lists, ""))
    };
    Section::new("scanners", "Scanners", content)
        .remark("Addresses by what GreyNoise, lists and other sources say of them.")
}

fn value_table(caption: &'static str, top: &Top<ValueFigures>, unknown: &str) -> Markup {
    let most = top.rows.iter().map(|row| row.address_count).max();
    let rows = top.rows.iter().map(|row| {
        vec![
            HtmlCell::text(row.value.as_deref().or(Some(unknown))),
            HtmlCell::bar(row.address_count, most.unwrap_or_default()),
        ]
    });
    let columns = [words("Value"), numbers("Addresses")];
    HtmlTable::new(caption, &columns, rows.collect(), top.total).markup()
}

fn sources(figures: &Figures) -> Section {
    let rows = figures.providers.iter().map(|row| {
        let name = match row.is_asked {
            true => row.provider.clone(),
            false => format!("{} (not asked)", row.provider),
        };
        vec![
            HtmlCell::text(Some(&name)),
            HtmlCell::number(row.found_count),
            HtmlCell::number(row.not_found_count),
            HtmlCell::number(row.stale_count),
            HtmlCell::number(row.missing_count),
            HtmlCell::number(row.failed_count),
        ]
    });
    let columns = [
        words("Source"),
        numbers("Found"),
        numbers("Not found"),
        numbers("Stale"),
        numbers("Missing"),
        numbers("Failed"),
    ];
    let rows: Vec<_> = rows.collect();
    let total = rows.len() as u64;
    let table = HtmlTable::new("Sources", &columns, rows, total);
    Section::new("sources", "Sources", table.markup()).remark(
        "Addresses with an answer of each source, and those about which it is due for being asked again (stale), for the \
         first time (missing), or has failed. `ipcascade refresh` asks about what is due.",
    )
}

fn disagreements(figures: &Figures) -> Section {
    let rows = figures.disagreements.iter().map(|row| {
        let topic = match row.is_conflict {
            true => row.topic.clone(),
            false => format!("{} (for information)", row.topic),
        };
        vec![
            HtmlCell::text(Some(&topic)),
            HtmlCell::text(Some(&row.left)),
            HtmlCell::text(Some(&row.right)),
            HtmlCell::number(row.compared_count),
            HtmlCell::bar(row.different_count, row.compared_count),
        ]
    });
    let columns = [
        words("About"),
        words("Source"),
        words("Other source"),
        numbers("Compared"),
        numbers("Different"),
    ];
    let rows: Vec<_> = rows.collect();
    let total = rows.len() as u64;
    let table = HtmlTable::new("Disagreements", &columns, rows, total);
    Section::new("disagreements", "Sources that disagree", table.markup())
        .remark("Addresses about which two sources make a statement, and those about which they differ. `ipcascade audit` lists them.")
}

fn invariants(figures: &Figures) -> Section {
    let Some(invariants) = &figures.invariants else {
        let content = html! {
            p.none { "Not checked: " code { "ipcascade verify" } " does it, or " code { "report --verify" } "." }
        };
        return Section::new("invariants", "Invariants", content);
    };
    let rows = invariants.iter().map(|row| {
        let state = match row.broken_count {
            0 => html! { span.good { "holds" } },
            _ => html! { span.bad { "broken" } },
        };
        let order = u8::from(row.broken_count > 0).to_string();
        vec![
            HtmlCell::text(Some(&row.invariant)),
            HtmlCell::keyed(state, order),
            HtmlCell::number(row.broken_count),
        ]
    });
    let columns = [words("Rule"), words("State"), numbers("Rows that break it")];
    let rows: Vec<_> = rows.collect();
    let total = rows.len() as u64;
    let table = HtmlTable::new("Invariants", &columns, rows, total).markup();
    let remark = match is_broken(invariants) {
        true => {
            "Of the whole inventory. `ipcascade verify` has examples; `verify --repair` repairs what can be known."
        }
        false => "Of the whole inventory: every number is right.",
    };
    Section::new("invariants", "Invariants", table).remark(remark)
}
