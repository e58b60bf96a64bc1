//! The statement that a list is.

use crate::listing::{Cell, ColumnFilter, Listing, SortColumn, Test};
use crate::schema::Table;
use crate::sql::columns::of_listed;
use crate::sql::dialect::{Arg, Dialect, alias, at_most};

impl Listing {
    /// The statement, with `$1`, `$2`, … for the values returned with it.
    pub fn sql(&self, dialect: &impl Dialect) -> (String, Vec<Arg<'_>>) {
        self.sql_of(&of_listed(dialect, self), dialect)
    }

    /// The same for `columns`.
    pub(super) fn sql_of(&self, columns: &str, dialect: &impl Dialect) -> (String, Vec<Arg<'_>>) {
        let (mut sql, mut args) = self.selecting(columns, "", dialect);
        if !self.ranges.is_empty() {
            let sql = self.by_range(dialect, &sql, &mut args);
            return (sql, args);
        }
        if self.gathers {
            let (rows, alias) = (self.condition("", dialect).0, alias(self.table));
            let fence = dialect.fence();
            sql = format!("SELECT {columns} FROM (SELECT {alias}.* {rows} {fence}) {alias}");
        }
        if !self.is_unsorted {
            sql.push_str(&self.sorting(dialect));
        }
        if let Some(limit) = self.limit {
            sql.push_str(&format!(" LIMIT {}", at_most(limit)));
        }
        (sql, args)
    }

    /// The statement for `columns` of the rows that meet the conditions, in any order; `hint` follows the table.
    pub(super) fn selecting(
        &self,
        columns: &str,
        hint: &str,
        dialect: &impl Dialect,
    ) -> (String, Vec<Arg<'_>>) {
        let (rows, args) = self.condition(hint, dialect);
        (format!("SELECT {columns} {rows}"), args)
    }

    /// The same from FROM on.
    pub fn condition(&self, hint: &str, dialect: &impl Dialect) -> (String, Vec<Arg<'_>>) {
        let table = self.table;
        let mut args = Vec::new();
        let mut sql = format!("FROM {} {} {hint} WHERE TRUE", table.name, alias(table));
        for filter in &self.filters {
            let condition = filter.sql(table, dialect, &mut args);
            sql.push_str(&format!(" AND {condition}"));
        }
        (sql, args)
    }

    fn sorting(&self, dialect: &impl Dialect) -> String {
        let table = self.table;
        let mut sql = String::from(" ORDER BY ");
        if let Some(column) = self.along {
            sql.push_str(&format!("{}.{column} NULLS LAST, ", alias(table)));
        }
        for SortColumn {
            column,
            greatest_first,
        } in &self.order
        {
            let compared = dialect.comparable(table, column);
            let direction = match greatest_first {
                true => dialect.greatest_first(table, column),
                false => "ASC NULLS LAST",
            };
            sql.push_str(&format!("{compared} {direction}, "));
        }
        let keys = table.key.iter().map(|key| dialect.comparable(table, key));
        sql.push_str(&keys.collect::<Vec<_>>().join(", "));
        sql
    }

    /// The statement for each range, one after the other: each is a search in the index of the key, which a database
    /// would not see in one condition on all of them.
    fn by_range<'s>(
        &'s self,
        dialect: &impl Dialect,
        selected: &str,
        args: &mut Vec<Arg<'s>>,
    ) -> String {
        let key = self.table.key.first().copied().unwrap_or_default();
        let compared = dialect.comparable(self.table, key);
        let parts = self.ranges.iter().map(|(from, to)| {
            args.extend([from.arg(), to.arg()]);
            let (from, to) = (args.len() - 1, args.len());
            format!("{selected} AND {compared} >= ${from} AND {compared} < ${to}")
        });
        let mut sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
        if let Some(limit) = self.limit {
            sql.push_str(&format!(" LIMIT {}", at_most(limit)));
        }
        sql
    }
}

impl ColumnFilter {
    /// The condition, whose values are added to `args`.
    pub(super) fn sql<'s>(
        &'s self,
        table: &Table,
        dialect: &impl Dialect,
        args: &mut Vec<Arg<'s>>,
    ) -> String {
        let Self { column, test } = self;
        let mut bind = |arg| {
            args.push(arg);
            format!("${}", args.len())
        };
        let plain = format!("{}.{column}", alias(table));
        let compared = dialect.comparable(table, column);
        match test {
            // An index supports the plain column, if it is a text; other values have several spellings.
            Test::Is(cell @ Cell::Text(_)) => format!("{plain} = {}", bind(cell.arg())),
            Test::Is(cell) => format!("{compared} = {}", bind(cell.arg())),
            Test::IsInAnyCase(text) => {
                let upper = dialect.in_upper_case(table, column);
                format!("{upper} = {}", bind(Arg::Text(Some(text))))
            }
            Test::Unknown => format!("{plain} IS NULL"),
            Test::Known => format!("{compared} IS NOT NULL"),
            Test::NotAnAsn => {
                format!("({plain} IS NULL OR {plain} < 1 OR {plain} > {})", u32::MAX)
            }
            Test::AtMost(cell) => format!("{compared} <= {}", bind(cell.arg())),
            Test::AtLeast(cell) => format!("{compared} >= {}", bind(cell.arg())),
            Test::Reached(cell) => {
                format!("({plain} >= {} OR {plain} IS NULL)", bind(cell.arg()))
            }
            Test::Above(cell) => format!("{compared} > {}", bind(cell.arg())),
            Test::OneOf(texts) => dialect.is_one_of(&plain, &bind(Arg::Texts(texts))),
            Test::Within(ranges) => {
                let ranges = ranges.iter().map(|(from, to)| {
                    let from = bind(from.arg());
                    match to {
                        Some(to) => {
                            let to = bind(to.arg());
                            format!("({compared} >= {from} AND {compared} < {to})")
                        }
                        None => format!("({compared} >= {from})"),
                    }
                });
                format!("({})", ranges.collect::<Vec<_>>().join(" OR "))
            }
        }
    }
}
