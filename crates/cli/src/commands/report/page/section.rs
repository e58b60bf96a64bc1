//! A section of the page.

use maud::{Markup, html};

/// A section: a heading, what it is about, and its content.
pub(super) struct Section {
    /// Its anchor.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// How its numbers are to be read.
    pub(super) remark: Option<String>,
    pub(super) content: Markup,
}

impl Section {
    pub(super) fn new(id: &'static str, title: &'static str, content: Markup) -> Self {
        Self {
            id,
            title,
            remark: None,
            content,
        }
    }

    /// Adds how its numbers are to be read.
    pub(super) fn remark(mut self, remark: impl Into<String>) -> Self {
        self.remark = Some(remark.into());
        self
    }

    pub(super) fn markup(&self) -> Markup {
        let heading = format!("{}-heading", self.id);
        html! {
            section id=(self.id) aria-labelledby=(heading) {
                h2 id=(heading) { (self.title) }
                @if let Some(remark) = &self.remark {
                    p.remark { (with_code(remark)) }
                }
                (self.content)
            }
        }
    }
}

/// A text in which what is between backquotes is code.
fn with_code(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
