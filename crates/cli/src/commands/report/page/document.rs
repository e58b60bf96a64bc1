//! The page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::commands::report::figures::Figures;
use crate::commands::report::page::chart::DrawError;
use crate::commands::report::page::sections;
use crate::output::{one_line, words};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The report as HTML. Whatever names are in the inventory, they are text.
///
/// # Errors
///
/// If a chart cannot be drawn.
pub(crate) fn page(figures: &Figures) -> Result<String, DrawError> {
    let sections = sections::all(figures)?;
    let store = one_line(&figures.store);
    let title = format!("Report on {store}");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(security_policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("ipcascade ", env!("CARGO_PKG_VERSION")));
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                header {
                    h1 { "Inventory report" }
                    (subject(figures))
                    nav aria-label="Sections" {
                        ul {
                            @for section in &sections {
                                li { a href={ "#" (section.id) } { (section.title) } }
                            }
                        }
                    }
                }
                main #main {
                    @for section in &sections {
                        (section.markup())
                    }
                }
                footer {
                    p {
                        "Made by ipcascade " (env!("CARGO_PKG_VERSION")) " on "
                        (words::timestamp(figures.generated_at)) ". All times are UTC."
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    Ok(page.into_string())
}

/// The page loads nothing and runs its own script only.
fn security_policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{hash}'"
    )
}

/// What the report is about.
fn subject(figures: &Figures) -> Markup {
    let period = &figures.period;
    let filter = &figures.filter;
    html! {
        dl.subject {
            div { dt { "Store" } dd { (one_line(&figures.store)) } }
            div {
                dt { "Period" }
                dd {
                    @match period.since {
                        Some(since) => { (words::timestamp(since)) " to " (words::timestamp(period.until)) },
                        None => { "everything until " (words::timestamp(period.until)) },
                    }
                }
            }
            @if let (Some(before), Some(since)) = (period.before_since, period.since) {
                div { dt { "Compared with" } dd { (words::timestamp(before)) " to " (words::timestamp(since)) } }
            }
            @if let Some(asn) = filter.asn {
                div { dt { "Only" } dd { (asn) } }
            }
            @if let Some(country) = &filter.country {
                div { dt { "Only" } dd { (country) } }
            }
        }
    }
}
