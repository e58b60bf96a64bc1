//! Records as rows of a table and of CSV.

use ipcascade_core::field::FieldKind;
use serde::{Serialize, Serializer};

use crate::output::{Align, ListColumns, ListRow};
use crate::records::field::{RecordField, ValueKind};
use crate::records::{Record, RecordKind};

/// How a table of these fields is laid out.
pub(super) fn list_columns<K: RecordKind>(columns: &[RecordField]) -> ListColumns {
    let titles = columns
        .iter()
        .map(|field| (field.title(), align(field.kind)));
    let rank = |position: &usize| {
        let name = columns[*position].name;
        let rank = K::IMPORTANT.iter().position(|known| *known == name);
        (rank.unwrap_or(usize::MAX), *position)
    };
    let mut by_importance: Vec<usize> = (0..columns.len()).collect();
    by_importance.sort_by_key(rank);
    ListColumns {
        titles: titles.collect(),
        by_importance,
        names: columns.iter().map(|field| field.name).collect(),
    }
}

const fn align(kind: ValueKind) -> Align {
    match kind {
        ValueKind::Count | ValueKind::Merged(Some(FieldKind::Number)) => Align::Right,
        ValueKind::Address
        | ValueKind::Id
        | ValueKind::Time
        | ValueKind::Merged(Some(
            FieldKind::Asn | FieldKind::Prefix | FieldKind::Country | FieldKind::Flag,
        )) => Align::Whole,
        ValueKind::Records | ValueKind::Merged(_) => Align::Left,
    }
}

/// A record with the columns that it is shown in.
pub(super) struct RecordRow<'c> {
    pub(super) record: Record,
    pub(super) columns: &'c [RecordField],
}

impl Serialize for RecordRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.record.serialize(serializer)
    }
}

impl ListRow for RecordRow<'_> {
    fn cells(&self) -> Vec<String> {
        let cells = self.columns.iter().map(|field| self.record.cell(field));
        cells.collect()
    }

    fn csv(&self) -> Vec<String> {
        let cells = self.columns.iter().map(|field| self.record.csv(field));
        cells.collect()
    }
}
