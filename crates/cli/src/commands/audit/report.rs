//! The output of `audit`.

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::audit::{Audit, ComparableValue, SourceDifference};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::store::AddressRow;

use crate::commands::audit::records::AuditLine;
use crate::commands::show::section;
use crate::output::{Align, Output, OutputFormat, words};
use crate::report::CliError;

/// Prints NDJSON as it comes, or tables at the end.
#[derive(Debug)]
pub(super) struct AuditReport<'a> {
    output: &'a Output,
    format: OutputFormat,
    limit: usize,
    listed: Vec<(Address, Option<Asn>, SourceDifference)>,
    differences: u64,
}

impl<'a> AuditReport<'a> {
    /// A report whose tables have at most `limit` addresses and ASes.
    pub(super) const fn new(output: &'a Output, format: OutputFormat, limit: usize) -> Self {
        Self {
            output,
            format,
            limit,
            listed: Vec::new(),
            differences: 0,
        }
    }

    /// Takes the differences of one address.
    pub(super) fn address(
        &mut self,
        row: &AddressRow,
        differences: Vec<SourceDifference>,
    ) -> Result<(), CliError> {
        for difference in differences {
            self.differences += 1;
            if self.format == OutputFormat::Ndjson {
                self.line(&AuditLine::Address {
                    address: row.address,
                    asn: row.current_asn,
                    difference: &difference,
                })?;
            } else if self.listed.len() < self.limit {
                self.listed.push((row.address, row.current_asn, difference));
            }
        }
        Ok(())
    }

    /// Prints the totals, as far as was compared.
    pub(super) fn finish(self, audit: &Audit, is_interrupted: bool) -> Result<(), CliError> {
        if self.format == OutputFormat::Ndjson {
            for found in audit.asns() {
                self.line(&AuditLine::Asn(&found))?;
            }
            for pair in audit.pairs() {
                self.line(&AuditLine::Pair(&pair))?;
            }
        } else {
            self.tables(audit)?;
        }
        self.output.flush()?;
        let examined = words::addresses(audit.addresses());
        let is_compared = audit.pairs().any(|pair| pair.compared > 0);
        let verdict = match (audit.has_conflicts(), is_interrupted) {
            (true, _) => "sources contradict each other",
            (false, true) => "interrupted: nothing is known of what was not compared",
            (false, false) if !is_compared => {
                "there is nothing to compare, as no address has the same fact from two sources"
            }
            (false, false) => "no two sources contradict each other",
        };
        self.output
            .notice(&format!("compared {examined}: {verdict}"));
        Ok(())
    }

    fn line(&self, line: &AuditLine<'_>) -> Result<(), CliError> {
        Ok(self.output.json_line(line)?)
    }

    fn tables(&self, audit: &Audit) -> Result<(), CliError> {
        let pairs = audit.pairs().map(|pair| {
            vec![
                pair.topic.name().to_owned(),
                pair.left.to_string(),
                pair.right.to_string(),
                words::number(pair.compared),
                words::number(pair.different),
                percent(pair.different, pair.compared),
            ]
        });
        let mut pairs = pairs.peekable();
        if pairs.peek().is_none() {
            return Ok(());
        }
        let mut table = self.output.table(PAIR_COLUMNS);
        pairs.for_each(|pair| table.row(pair));
        self.output.heading("Pairs of sources")?;
        self.output.print_table(&table)?;
        let asns = audit.asns();
        if !asns.is_empty() {
            let rows = asns.iter().take(self.limit).map(|found| {
                let commonest = found.commonest.as_ref();
                let (left, right) = (
                    commonest.map(|(left, _)| left),
                    commonest.map(|(_, right)| right),
                );
                vec![
                    found.asn.map(|asn| asn.to_string()).unwrap_or_default(),
                    found.topic.name().to_owned(),
                    words::number(found.different),
                    said(found.left, left),
                    said(found.right, right),
                ]
            });
            section(self.output, "ASes", ASN_COLUMNS, rows)?;
            self.more(asns.len() as u64, "ASes")?;
        }
        if !self.listed.is_empty() {
            let rows = self.listed.iter().map(|(address, asn, difference)| {
                vec![
                    address.to_string(),
                    asn.map(|asn| asn.to_string()).unwrap_or_default(),
                    difference.topic.name().to_owned(),
                    said(difference.left.source, Some(&difference.left.value)),
                    said(difference.right.source, Some(&difference.right.value)),
                ]
            });
            section(self.output, "Addresses", ADDRESS_COLUMNS, rows)?;
            self.more(self.differences, "differences")?;
        }
        Ok(())
    }

    /// Reports that a table does not show all of its `all` rows.
    fn more(&self, all: u64, what: &str) -> Result<(), CliError> {
        if all > self.limit as u64 {
            let all = words::number(all);
            self.output
                .line(&format!("… of {all} {what}; --all lists all"))?;
        }
        Ok(())
    }
}

const PAIR_COLUMNS: &[(&str, Align)] = &[
    ("TOPIC", Align::Left),
    ("SOURCE", Align::Left),
    ("AGAINST", Align::Left),
    ("COMPARED", Align::Right),
    ("DIFFERENT", Align::Right),
    ("SHARE", Align::Right),
];
const ASN_COLUMNS: &[(&str, Align)] = &[
    ("ASN", Align::Whole),
    ("TOPIC", Align::Left),
    ("ADDRESSES", Align::Right),
    ("COMMONEST", Align::Left),
    ("AGAINST", Align::Left),
];
const ADDRESS_COLUMNS: &[(&str, Align)] = &[
    ("ADDRESS", Align::Whole),
    ("ASN", Align::Whole),
    ("TOPIC", Align::Left),
    ("ONE SAYS", Align::Left),
    ("ANOTHER", Align::Left),
];

fn said(source: ProviderName, value: Option<&ComparableValue>) -> String {
    value.map_or_else(String::new, |value| format!("{value} ({source})"))
}

/// A share in percent; a few in very many is not shown as zero.
fn percent(part: u64, whole: u64) -> String {
    let tenths = (part * 1000).div_ceil(whole.max(1));
    format!("{}.{} %", tenths / 10, tenths % 10)
}
