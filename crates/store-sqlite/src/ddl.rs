//! Parts of statements that define.

/// A name as SQL has it. Those of other programs may be anything.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
