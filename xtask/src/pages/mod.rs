//! The links of Markdown pages: whether each leads somewhere, and where it leads in the book.

mod anchors;
mod book;
mod broken;
mod links;

pub use book::{links_of_book, run};
pub use broken::{BrokenLink, broken_links, pages_outside_the_book};
