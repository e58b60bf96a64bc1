//! Places results in the columns of a table.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use csv::{ReaderBuilder, Terminator, WriterBuilder};
use ipcascade_input::{Cells, is_fields};

use crate::commands::enrich::filter::members::push_json;
use crate::commands::enrich::filter::table_form::TableForm;

/// The prefix of added columns whose names are taken.
const PREFIX: &str = "ipc_";

/// The columns that are added to a table.
#[derive(Debug)]
pub(super) struct OutputColumns {
    delimiter: u8,
    /// The number of columns of the table.
    width: usize,
    /// Their names in its header.
    header: Vec<String>,
    /// The same, made unique.
    names: OnceLock<Vec<String>>,
    /// The positions of the added columns, by index among the cells of an address (or of several, one after the other);
    /// columns that are filled anew have a position in the table.
    places: Vec<Option<usize>>,
    /// The text before the rows.
    pub(super) head: Vec<u8>,
}

impl OutputColumns {
    /// The columns that `names` add to a table, once for each of its columns of addresses.
    pub(super) fn of(table: TableForm<'_>, names: &[String]) -> Self {
        let groups: Vec<String> = match table.address_names.len() {
            0 | 1 => vec![String::new()],
            _ => {
                let names = table.address_names.iter();
                names.map(|name| format!("{name}_")).collect()
            }
        };
        let wanted = groups
            .iter()
            .flat_map(|group| names.iter().map(move |name| format!("{group}{name}")));
        let there = table.names;
        let place_of = |name: &str| {
            there
                .iter()
                .position(|known| known.eq_ignore_ascii_case(name))
        };
        let mut added: Vec<String> = Vec::new();
        let mut places = Vec::new();
        for name in wanted {
            if added.contains(&name) {
                let nth = (2..).map(|n| format!("{name}_{n}"));
                let mut free = nth.filter(|name| !added.contains(name) && place_of(name).is_none());
                added.extend(free.next());
                places.push(None);
                continue;
            }
            if place_of(&name).is_none() {
                added.push(name);
                places.push(None);
                continue;
            }
            let own = format!("{PREFIX}{name}");
            // Our own column, from an earlier run.
            let place = place_of(&own);
            if place.is_none() {
                added.push(own);
            }
            places.push(place);
        }
        let mut columns = Self {
            delimiter: table.delimiter,
            width: table.width,
            names: OnceLock::new(),
            header: Vec::new(),
            places,
            head: Vec::new(),
        };
        columns.header = there;
        columns.head = match columns.header.is_empty() {
            true => table.head.into_owned(),
            false => columns.head_of(&table.head, &added),
        };
        columns
    }

    /// The text before the rows, with the names of the `added` columns.
    fn head_of(&self, head: &[u8], added: &[String]) -> Vec<u8> {
        let named = self.line(added.iter().map(String::as_bytes));
        let typed = self.line(added.iter().map(|_| &b"string"[..]));
        let lines: Vec<&[u8]> = head.split_inclusive(|&byte| byte == b'\n').collect();
        let is_in_comment = lines.iter().any(|line| is_fields(line));
        let mut head = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let text = line.trim_ascii_end();
            let end = line
                .get(text.len()..)
                .filter(|end| !end.is_empty())
                .unwrap_or(b"\n");
            let more = match is_in_comment {
                true if is_fields(line) => &named,
                true if line.starts_with(b"#types") => &typed,
                false if index + 1 == lines.len() => &named,
                _ => {
                    head.extend_from_slice(line);
                    continue;
                }
            };
            head.extend_from_slice(text);
            head.extend(more.iter().copied());
            head.extend_from_slice(end);
        }
        head
    }

    /// Cells, each after a delimiter.
    fn line<'c>(&self, cells: impl Iterator<Item = &'c [u8]>) -> Vec<u8> {
        let mut line = Vec::new();
        for cell in cells {
            line.push(self.delimiter);
            line.extend_from_slice(&self.joined([cell]));
        }
        line
    }

    /// Whether everything that is added to a row of `count` cells goes behind it.
    pub(super) fn are_behind(&self, count: usize) -> bool {
        count <= self.width && self.places.iter().all(Option::is_none)
    }

    /// Appends such a row, padded so that what comes next is under its own name.
    pub(super) fn write_filled(&self, out: &mut Vec<u8>, row: &[u8], count: usize) {
        out.extend_from_slice(row);
        out.extend(std::iter::repeat_n(
            self.delimiter,
            self.width.saturating_sub(count),
        ));
    }

    /// Appends any row with `found`, the cells of the results, each after a delimiter. Whether it has too few or too
    /// many cells, none ends up under another name than its own.
    pub(super) fn write(&self, out: &mut Vec<u8>, row: &[u8], found: &[u8]) {
        let mut cells = self.split(row);
        cells.resize(cells.len().max(self.width), Vec::new());
        let mut added = Vec::new();
        // The first one is the part before the first delimiter.
        let found = self.split(found).into_iter().skip(1);
        for (place, cell) in self
            .places
            .iter()
            .zip(found.chain(std::iter::repeat(Vec::new())))
        {
            match place.and_then(|place| cells.get_mut(place)) {
                Some(there) => *there = cell,
                None => added.push(cell),
            }
        }
        let beyond = cells.split_off(self.width);
        let all = cells.into_iter().chain(added).chain(beyond);
        out.extend_from_slice(&self.joined(all));
    }

    /// A row as an object of its cells.
    pub(super) fn object(&self, cells: &mut Cells, row: &[u8]) -> Vec<u8> {
        let names = self.names.get_or_init(|| distinct(&self.header));
        let mut object = vec![b'{'];
        for (place, cell) in cells.of(row).enumerate() {
            if place > 0 {
                object.push(b',');
            }
            match names.get(place) {
                Some(name) => push_json(&mut object, name),
                None => push_json(&mut object, &format!("column_{}", place + 1)),
            }
            object.push(b':');
            push_json(&mut object, &*String::from_utf8_lossy(cell));
        }
        object.push(b'}');
        object
    }

    fn split(&self, row: &[u8]) -> Vec<Vec<u8>> {
        let mut reader = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(row);
        // It was split before, so it can be.
        let record = reader
            .byte_records()
            .next()
            .and_then(Result::ok)
            .unwrap_or_default();
        record.iter().map(<[u8]>::to_vec).collect()
    }

    fn joined<C: AsRef<[u8]>>(&self, cells: impl IntoIterator<Item = C>) -> Vec<u8> {
        let mut writer = WriterBuilder::new()
            .delimiter(self.delimiter)
            .terminator(Terminator::Any(b'\n'))
            .flexible(true)
            .from_writer(Vec::new());
        // Writing to memory does not fail.
        writer.write_record(cells).unwrap_or_default();
        let mut line = writer.into_inner().unwrap_or_default();
        line.pop();
        line
    }
}

/// The names, made unique: a second `ip` is `ip_2`, and an empty name is replaced by its position.
fn distinct(names: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = names.iter().cloned().collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    let names = names.iter().enumerate().map(|(place, name)| {
        let nth = times.entry(name).or_default();
        *nth += 1;
        let mut own = match (name.as_str(), *nth) {
            ("", _) => format!("column_{}", place + 1),
            (_, 1) => return name.clone(),
            (name, nth) => format!("{name}_{nth}"),
        };
        while !taken.insert(own.clone()) {
            own.push('_');
        }
        own
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_those_that_are_stay() {
        let names = ["a", "a", "", "a_2", "a", ""].map(str::to_owned);
        assert_eq!(
            distinct(&names),
            ["a", "a_2_", "column_3", "a_2", "a_3", "column_6"]
        );
    }
}
