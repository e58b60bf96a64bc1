//! `tables.md`: the tables and columns of an inventory.

use ipcascade_store::schema::{Column, ColumnType, DefaultValue, TABLES, Table, VERSION};

use super::markdown;

/// Makes the page.
pub(super) fn page() -> String {
    let mut text = markdown::head("Tables");
    text.push_str(&format!(
        "\nVersion {VERSION} of the schema. An adopted database keeps the types of the columns that it has. Who may write \
         which column is in [ARCHITECTURE](../../ARCHITECTURE.md#who-owns-which-column).\n"
    ));
    for table in TABLES {
        let postgres = |column: &Column| ipcascade_store_postgres::column_type(column.kind);
        text.push_str(&section("##", table, Some(&postgres)));
    }
    text.push_str(
        "\n## Tables of triggers\n\nThe triggers of SQLite use these within a transaction. Those of PostgreSQL have unlogged tables, which are \
         empty after each commit.\n",
    );
    let of_sqlite = ipcascade_store_sqlite::tables();
    for table in of_sqlite.filter(|table| TABLES.iter().all(|known| known.name != table.name)) {
        text.push_str(&section("###", table, None));
    }
    text
}

fn section(level: &str, table: &Table, postgres: Option<&dyn Fn(&Column) -> String>) -> String {
    let rows = table.columns.iter().map(|column| {
        vec![
            markdown::code(column.name),
            markdown::code(ipcascade_store_sqlite::column_type(table, column)),
            postgres.map_or_else(String::new, |it| markdown::code(it(column))),
            null(table, column).to_owned(),
            default(column),
            meaning(column),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let header = [
        "column",
        "SQLite",
        "PostgreSQL",
        "NULL",
        "default",
        "meaning",
    ];
    format!(
        "\n{level} {}\n\n{} Key: {}.\n{}",
        markdown::code(table.name),
        markdown::sentence(&capitalised(table.purpose)),
        markdown::codes(table.key),
        markdown::table(&header, &rows)
    )
}

fn null(table: &Table, column: &Column) -> &'static str {
    match column.value {
        _ if table.key.contains(&column.name) => "no",
        DefaultValue::Unknown | DefaultValue::EmptyIfNew | DefaultValue::Text(_) => "yes",
        DefaultValue::Given | DefaultValue::Now | DefaultValue::Empty => "no",
    }
}

fn default(column: &Column) -> String {
    let empty = match column.kind {
        ColumnType::Document | ColumnType::Json => "{}",
        ColumnType::Flag => "false",
        _ => "0",
    };
    match column.value {
        DefaultValue::Unknown | DefaultValue::Given => String::new(),
        DefaultValue::Now => "the current time".to_owned(),
        DefaultValue::Empty | DefaultValue::EmptyIfNew => markdown::code(empty),
        DefaultValue::Text(text) => markdown::code(text),
    }
}

fn meaning(column: &Column) -> String {
    match column.refers_to {
        Some(table) => format!("{} Refers to {}.", column.meaning, markdown::code(table)),
        None => column.meaning.to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
