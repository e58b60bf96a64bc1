//! The version of documents.

/// The version of the form of documents, which deployed readers know.
pub const DOCUMENT_VERSION: &str = "2.2";
