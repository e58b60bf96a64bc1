//! The version of documents.

/// The version of the document format, which deployed readers know.
pub const DOCUMENT_VERSION: &str = "2.2";
