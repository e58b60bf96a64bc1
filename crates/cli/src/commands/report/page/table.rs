//! Tables that the script of the page sorts and filters.

use std::net::IpAddr;

use ipcascade_core::address::Address;
use maud::{Markup, html};

use crate::output::one_line;

/// Tables with more rows than this can be filtered.
const FEW: usize = 8;

/// Tables with more rows than this are short at first; the style of the page has the same number.
const SHORT: usize = 15;

/// A table.
pub(super) struct HtmlTable {
    caption: &'static str,
    columns: Vec<HtmlColumn>,
    rows: Vec<Vec<HtmlCell>>,
    /// How many rows there are in all.
    total: u64,
}

/// A column.
#[derive(Clone, Copy)]
pub(super) struct HtmlColumn {
    pub(super) title: &'static str,
    is_number: bool,
    is_drawn: bool,
}

/// A cell.
pub(super) struct HtmlCell {
    content: Markup,
    /// What rows are sorted by.
    key: String,
    /// A part of the whole, shown as a bar.
    share: Option<f64>,
}

/// A column of pictures, which are sorted by a number.
pub(super) const fn drawn(title: &'static str) -> HtmlColumn {
    HtmlColumn {
        title,
        is_number: false,
        is_drawn: true,
    }
}

/// A column of text.
pub(super) const fn words(title: &'static str) -> HtmlColumn {
    HtmlColumn {
        title,
        is_number: false,
        is_drawn: false,
    }
}

/// A column of numbers.
pub(super) const fn numbers(title: &'static str) -> HtmlColumn {
    HtmlColumn {
        title,
        is_number: true,
        is_drawn: false,
    }
}

impl HtmlCell {
    /// A text; what is not known is a dash.
    pub(super) fn text(text: Option<&str>) -> Self {
        Self {
            content: html! {
                @match text {
                    Some(text) => (one_line(text)),
                    None => span.unknown { "–" },
                }
            },
            key: text.unwrap_or_default().to_lowercase(),
            share: None,
        }
    }

    /// An address, sorted by number.
    pub(super) fn address(address: Address) -> Self {
        let key = match address.ip() {
            IpAddr::V4(ip) => format!("4 {:010}", u32::from(ip)),
            IpAddr::V6(ip) => format!("6 {:039}", u128::from(ip)),
        };
        Self {
            key,
            ..Self::text(Some(&address.to_string()))
        }
    }

    /// A number.
    pub(super) fn number(number: u64) -> Self {
        Self {
            content: html! { (crate::output::words::number(number)) },
            key: number.to_string(),
            share: None,
        }
    }

    /// A number with a bar of its share of `greatest`.
    pub(super) fn bar(number: u64, greatest: u64) -> Self {
        Self {
            share: Some(number as f64 / greatest.max(1) as f64),
            ..Self::number(number)
        }
    }

    /// Something else, with what it is sorted by.
    pub(super) const fn keyed(content: Markup, key: String) -> Self {
        Self {
            content,
            key,
            share: None,
        }
    }
}

impl HtmlTable {
    pub(super) fn new(
        caption: &'static str,
        columns: &[HtmlColumn],
        rows: Vec<Vec<HtmlCell>>,
        total: u64,
    ) -> Self {
        Self {
            caption,
            columns: columns.to_vec(),
            rows,
            total,
        }
    }

    /// The table; a sentence if it has no rows.
    pub(super) fn markup(&self) -> Markup {
        if self.rows.is_empty() {
            return html! { p.none { "None." } };
        }
        let shown = self.rows.len() as u64;
        html! {
            div.table data-table {
                @if self.rows.len() > FEW {
                    label.filter hidden {
                        "Filter " (self.caption) ": "
                        input type="search" autocomplete="off" spellcheck="false";
                    }
                }
                div.scroll tabindex="0" role="group" aria-label=(self.caption) {
                    table {
                        caption.hidden { (self.caption) }
                        thead {
                            tr {
                                @for column in &self.columns {
                                    th scope="col" class=[column.is_number.then_some("number")] data-by-number[column.is_number || column.is_drawn] { (column.title) }
                                }
                            }
                        }
                        tbody {
                            @for row in &self.rows {
                                tr { (self.row(row)) }
                            }
                        }
                    }
                }
                @if self.rows.len() > SHORT {
                    button.all type="button" hidden { "Show all " (crate::output::words::number(shown)) " rows" }
                }
                p.count role="status" {}
                @if self.total > shown {
                    p.more {
                        (crate::output::words::number(shown)) " of "
                        (crate::output::words::number(self.total)) " rows; "
                        code { "--limit" } " sets how many are shown."
                    }
                }
            }
        }
    }

    fn row(&self, row: &[HtmlCell]) -> Markup {
        let cells = row.iter().zip(&self.columns).enumerate();
        html! {
            @for (place, (cell, column)) in cells {
                @let class = column.is_number.then_some("number");
                @let style = cell.share.map(|share| format!("--share:{:.1}%", share * 100.0));
                @if place == 0 {
                    th scope="row" data-key=(cell.key) class=[class] { (cell.content) }
                } @else {
                    td data-key=(cell.key) class=[class] style=[style] { (cell.content) }
                }
            }
        }
    }
}
