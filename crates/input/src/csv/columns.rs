//! Finds the columns of a table with the addresses, the times and the events.

use ipcascade_core::near_miss::nearest;

use crate::csv::named_column::NamedColumn;
use crate::csv::sample::{CsvSample, is_address};
use crate::names::{ADDRESS_NAMES, OTHERS, TEXTS, TIME_NAMES, plain, says_source};
use crate::options::{CsvColumn, InputOptions};
use crate::span::excerpt;

/// How many columns a message names.
const MOST_SHOWN: usize = 5;

/// The columns of a table.
pub(crate) struct CsvColumns<'s> {
    pub(crate) sample: &'s CsvSample,
    /// Their names, if they have any.
    pub(crate) names: &'s [String],
}

/// The columns with addresses.
#[derive(Default)]
pub(crate) struct AddressColumns {
    pub(crate) columns: Vec<usize>,
    /// Columns that have the address where the automatically chosen one is empty.
    pub(crate) fallbacks: Vec<usize>,
    /// The column with honeypot events.
    pub(crate) events: Option<usize>,
    /// The decision between alternatives, for people.
    pub(crate) choice: Option<String>,
}

impl CsvColumns<'_> {
    /// The column with this name; an exact spelling takes precedence.
    fn place(&self, wanted: &str) -> Option<usize> {
        let find = |is_it: &dyn Fn(&String) -> bool| self.names.iter().position(is_it);
        find(&|name| name == wanted)
            .or_else(|| find(&|name| name.eq_ignore_ascii_case(wanted)))
            .or_else(|| find(&|name| plain(name) == plain(wanted)))
    }

    fn usual(&self, usual: &[&str]) -> Vec<usize> {
        usual.iter().filter_map(|name| self.place(name)).collect()
    }

    pub(crate) fn named(&self, place: usize) -> NamedColumn {
        let name = self.names.get(place).filter(|name| !name.is_empty());
        NamedColumn {
            place,
            name: name.map_or_else(|| (place + 1).to_string(), |name| excerpt(name)),
        }
    }

    /// A column for people.
    fn shown(&self, place: usize) -> String {
        let NamedColumn { name, .. } = self.named(place);
        match self.names.iter().filter(|known| **known == name).count() {
            2.. => format!("`{name}` ({})", place + 1),
            _ => format!("`{name}`"),
        }
    }

    /// The requested columns with addresses, or the likeliest one.
    pub(crate) fn of_addresses(&self, options: &InputOptions) -> Result<AddressColumns, String> {
        if options.columns.is_empty() {
            return self.likeliest();
        }
        let columns = options.columns.iter().map(|column| match column {
            CsvColumn::Number(number) => Ok(number - 1),
            CsvColumn::Name(name) => self.place(name).ok_or_else(|| self.not_found(Some(name))),
        });
        let columns: Vec<usize> = columns.collect::<Result<_, _>>()?;
        Ok(AddressColumns {
            events: match columns.as_slice() {
                &[column] => Some(column).filter(|column| self.sample.has_events(*column)),
                _ => None,
            },
            columns,
            ..AddressColumns::default()
        })
    }

    /// The column with honeypot events; its name must fit too: in other columns an attacker may have typed them.
    fn of_events(&self) -> Option<usize> {
        let texts = self.usual(TEXTS);
        texts
            .into_iter()
            .find(|column| self.sample.has_events(*column))
    }

    fn likeliest(&self) -> Result<AddressColumns, String> {
        let sample = self.sample;
        let named = self.usual(ADDRESS_NAMES);
        let events = self.of_events();
        let width = sample.rows.iter().map(Vec::len).max().unwrap_or(1);
        let has_addresses = |column: &usize| {
            let first = sample.first().get(*column);
            sample.has_addresses(*column) || first.is_some_and(|field| is_address(field))
        };
        let with_addresses: Vec<usize> = (0..width).filter(has_addresses).collect();
        let is_empty = |column: &&usize| sample.cells(**column).next().is_none();
        let is_other = |column: &usize| {
            let name = self.names.get(*column);
            name.is_some_and(|name| is_of_others(name))
        };
        // A name that many tables use for something else is taken if the column has addresses, or if nothing else is
        // found.
        let mut choices = named.iter();
        let chosen = choices
            .find(|column| with_addresses.contains(column))
            .or_else(|| named.iter().find(is_empty))
            .or_else(|| with_addresses.iter().find(|column| !is_other(column)))
            .or_else(|| named.first())
            .copied()
            .or(events)
            .or_else(|| sample.rows.is_empty().then_some(0))
            .ok_or_else(|| self.not_found(None))?;
        let others = with_addresses.iter().filter(|&&column| column != chosen);
        let others = others.take(MOST_SHOWN).map(|&column| self.shown(column));
        let others: Vec<String> = others.collect();
        let is_sure = self.names.get(chosen).is_some_and(|name| says_source(name));
        let says_source = is_sure && with_addresses.contains(&chosen);
        let (events, unread) = match events {
            Some(events) if says_source => (None, Some(events)),
            events => (events, None),
        };
        let choice = match (events, unread) {
            (None, Some(unread)) => Some(format!(
                "the addresses are taken from column {}, and not from the events of a honeypot in column {} (--column NAME)",
                self.shown(chosen),
                self.shown(unread)
            )),
            (Some(events), _) => Some(format!(
                "the events of a honeypot in column {} are read (--column NAME takes addresses from another one)",
                self.shown(events)
            )),
            (None, None) if with_addresses.len() > 1 => Some(format!(
                "the addresses are taken from column {}; there are some in {} too (--column NAME, also several times)",
                self.shown(chosen),
                others.join(", ")
            )),
            (None, None) => None,
        };
        Ok(AddressColumns {
            columns: vec![chosen],
            fallbacks: named
                .into_iter()
                .filter(|&column| column != chosen)
                .collect(),
            events,
            choice,
        })
    }

    /// The requested columns with the time, or those with usual names, the likeliest first.
    pub(crate) fn of_times(&self, options: &InputOptions) -> Result<Vec<usize>, String> {
        if options.times.is_empty() {
            return Ok(self.usual(TIME_NAMES));
        }
        let time = |name: &String| {
            let number = || name.parse::<usize>().ok()?.checked_sub(1);
            let place = self.place(name).or_else(number);
            place.ok_or_else(|| self.not_found(Some(name)))
        };
        options.times.iter().map(time).collect()
    }

    fn not_found(&self, column: Option<&str>) -> String {
        let (names, sample) = (self.names, self.sample);
        let first = if names.is_empty() {
            sample.first()
        } else {
            names
        };
        let there = excerpt(&first.join(", "));
        let others: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| is_of_others(name))
            .collect();
        match column {
            None if !others.is_empty() => format!(
                "none has a usual name and addresses in it, except columns whose names say that they belong to another party ({}); name one with --column. The first record is: {there}",
                excerpt(&others.join(", "))
            ),
            Some(name) => {
                let names = || names.iter().map(String::as_str);
                let contains = |there: &&str| there.to_lowercase().contains(&name.to_lowercase());
                let near = names().find(contains).or_else(|| nearest(name, names()));
                let suggestion = near
                    .map(|near| format!(": did you mean `{}`?", excerpt(near)))
                    .unwrap_or_default();
                format!(
                    "no column is called `{}`{suggestion}; the first record is: {there}",
                    excerpt(name)
                )
            }
            None => format!(
                "none has a usual name or an address in it; name it with --column. The first record is: {there}"
            ),
        }
    }
}

/// Whether a column of this name has addresses of another party than the peer, or none.
fn is_of_others(name: &str) -> bool {
    let mut words = words(name).into_iter();
    words.any(|word| {
        OTHERS.contains(&word.as_str()) || word.starts_with("dst") || word.starts_with("dest")
    })
}

/// The words of a name: the same for `dst_ip`, `DstIp` and `dst ip`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for next in name.chars() {
        let begins = next.is_uppercase() && before.is_lowercase();
        if begins || !next.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| next.is_alphanumeric()) {
            word.extend(next.to_lowercase());
        }
        before = next;
    }
    words
}
