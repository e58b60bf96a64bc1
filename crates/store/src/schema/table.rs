//! What a table and a column are.

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its purpose, in a few words.
    pub purpose: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
    /// The columns of its key.
    pub key: &'static [&'static str],
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
    /// Its default value.
    pub value: DefaultValue,
    /// The table that it refers to.
    pub refers_to: Option<&'static str>,
    /// What it means, as a sentence.
    pub meaning: &'static str,
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// An address, as text of at most 45 characters, sorted by bytes.
    Address,
    /// A text of at most 64 characters that is a key, sorted by bytes.
    Id,
    /// An ASN.
    Asn,
    /// A text of any length.
    Text,
    /// A text of at most this many characters.
    Limited(u8),
    /// A count: 64 bits.
    Count,
    /// A small number: 32 bits.
    Small,
    /// True or false.
    Flag,
    /// A timestamp.
    Timestamp,
    /// A JSON object that is searched.
    Document,
    /// JSON that is only stored.
    Json,
    /// A number that the database assigns.
    Serial,
}

/// The default value of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// NULL.
    Unknown,
    /// None: it must be set. Rows from before the column have NULL, or the time when it was added.
    Given,
    /// The current time.
    Now,
    /// Zero, no, an empty object; never NULL.
    Empty,
    /// Zero; but NULL in rows from before the column.
    EmptyIfNew,
    /// A text.
    Text(&'static str),
}

impl Table {
    /// The names of its columns, in order.
    pub fn column_names(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|column| column.name)
    }

    /// The type of a column.
    pub fn kind_of(&self, column: &str) -> Option<ColumnType> {
        let mut columns = self.columns.iter();
        let column = columns.find(|known| known.name == column)?;
        Some(column.kind)
    }

    /// Whether the column alone is the key.
    pub fn is_key(&self, column: &Column) -> bool {
        self.key == [column.name]
    }
}

pub(super) const fn column(
    name: &'static str,
    kind: ColumnType,
    value: DefaultValue,
    meaning: &'static str,
) -> Column {
    Column {
        name,
        kind,
        value,
        refers_to: None,
        meaning,
    }
}

pub(super) const fn unknown(name: &'static str, kind: ColumnType, meaning: &'static str) -> Column {
    column(name, kind, DefaultValue::Unknown, meaning)
}

pub(super) const fn given(name: &'static str, kind: ColumnType, meaning: &'static str) -> Column {
    column(name, kind, DefaultValue::Given, meaning)
}

pub(super) const fn empty(name: &'static str, kind: ColumnType, meaning: &'static str) -> Column {
    column(name, kind, DefaultValue::Empty, meaning)
}

pub(super) const fn now(name: &'static str, meaning: &'static str) -> Column {
    column(name, ColumnType::Timestamp, DefaultValue::Now, meaning)
}

pub(super) const fn referring(
    name: &'static str,
    kind: ColumnType,
    table: &'static str,
    meaning: &'static str,
) -> Column {
    Column {
        refers_to: Some(table),
        ..unknown(name, kind, meaning)
    }
}
