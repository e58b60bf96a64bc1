//! The program's own messages among the log messages.

/// The target of the program's own messages among the log messages, where standard error has the log's format and in the
/// log's file.
pub(crate) const MESSAGES: &str = "ipcascade::message";
