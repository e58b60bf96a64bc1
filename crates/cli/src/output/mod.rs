//! The output of the program: data on standard output, everything else on standard error.

mod answers;
mod format;
mod formula;
mod json;
mod layout;
mod list_table;
mod log_target;
mod messages;
mod progress;
mod records;
mod same_file;
mod sink;
mod stream;
mod table;
mod terminal_safety;
mod whole_file;
mod width;
pub mod words;

pub use answers::Answers;
pub use format::OutputFormat;
pub use formula::without_formula;
pub use json::json_text;
pub use layout::shortened;
pub use list_table::{ListColumns, ListTable};
pub(crate) use log_target::MESSAGES;
pub use progress::Progress;
pub use records::{ListRow, RowWriter, csv_cell};
pub use same_file::are_one_file;
pub use stream::{ColorChoice, Output, OutputOptions};
pub use table::{Align, TextTable};
pub use terminal_safety::one_line;
pub(crate) use terminal_safety::without_passwords;
pub use whole_file::{WholeFile, end_of_link};
