//! The summary of a copy, for people.

use ipcascade_core::store::RecordKind;
use ipcascade_core::transfer::{Comparison, CopyDifference, CopyReport};

use crate::output::words;

/// The summary, line by line.
pub(super) fn lines(report: &CopyReport, from: &str, to: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if report.resumed {
        lines.push("went on where an earlier run had ended".to_owned());
    }
    let verb = if report.refreshed {
        "refreshed"
    } else {
        "copied"
    };
    lines.push(format!(
        "{verb} {} from {from} to {to}: {} new, {} changed",
        words::count(report.read, "row", "rows"),
        words::number(report.written_new),
        words::number(report.written_changed),
    ));
    left_out(report, &mut lines);
    verified(report, &mut lines);
    if let Some(compared) = &report.compared {
        compare(compared, &mut lines);
    }
    lines
}

fn left_out(report: &CopyReport, lines: &mut Vec<String>) {
    if report.left_out == 0 {
        return;
    }
    let rows = words::count(report.left_out, "row", "rows");
    lines.push(format!("left out {rows} that cannot be copied"));
    for row in &report.left_out_examples {
        lines.push(format!("  {} {}: {}", name(row.kind), row.key, row.reason));
    }
}

fn verified(report: &CopyReport, lines: &mut Vec<String>) {
    let Some(target) = &report.verified else {
        return;
    };
    if target.is_clean() {
        lines.push("the target is in order: every check passes".to_owned());
        return;
    }
    for violation in &target.violations {
        let of_source = report.source_verified.iter().flat_map(|of| &of.violations);
        let same = of_source
            .filter(|of| of.check == violation.check)
            .any(|of| of.count >= violation.count);
        lines.push(format!(
            "the target is not in order: {} of {}{}",
            words::count(
                violation.count,
                "row breaks the rule",
                "rows break the rule"
            ),
            violation.check.rule(),
            if same { ", as in the source" } else { "" },
        ));
    }
    lines.push("`ipcascade verify --repair` repairs what can be known".to_owned());
}

fn compare(compared: &Comparison, lines: &mut Vec<String>) {
    let equal: Vec<String> = compared
        .equal
        .iter()
        .map(|(kind, rows)| match kind {
            RecordKind::Asn => words::ases(*rows),
            RecordKind::Address => words::addresses(*rows),
            RecordKind::History => words::count(*rows, "attribution", "attributions"),
            RecordKind::Session => words::sessions(*rows),
        })
        .collect();
    if !equal.is_empty() {
        lines.push(format!("the same in both: {}", equal.join(", ")));
    }
    for (kind, difference) in &compared.differences {
        lines.push(differs(*kind, difference));
    }
    if !compared.is_equal() {
        lines.push("if the source was written to meanwhile, run the same command again".to_owned());
    }
    if compared.asns_completed > 0 {
        lines.push(format!(
            "made rows for {} that the source's addresses name and that have no row there",
            words::ases(compared.asns_completed)
        ));
    }
    if compared.recounted > 0 {
        let rows = words::count(compared.recounted, "row", "rows");
        lines.push(format!(
            "the source's counts of {rows} are not what its rows come to; the copy has those of the rows, `ipcascade verify --repair` repairs the source"
        ));
    }
}

fn differs(kind: RecordKind, difference: &CopyDifference) -> String {
    let CopyDifference {
        missing,
        extra,
        different,
        examples,
    } = difference;
    format!(
        "NOT the same: of kind {}, {} missing in the target, {} only there, {} different: {}",
        name(kind),
        words::number(*missing),
        words::number(*extra),
        words::number(*different),
        examples.join(", ")
    )
}

const fn name(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Asn => "AS",
        other => other.as_str(),
    }
}
