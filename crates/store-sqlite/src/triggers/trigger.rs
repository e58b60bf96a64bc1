//! A trigger, and what is common to all.

/// A trigger.
pub(crate) struct Trigger {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its purpose.
    pub(crate) purpose: &'static str,
    /// The statement that creates it.
    pub(crate) sql: String,
}

pub(super) fn trigger(
    name: &'static str,
    purpose: &'static str,
    event: &str,
    body: &str,
) -> Trigger {
    let sql = format!("CREATE TRIGGER {name} {event}\nBEGIN\n{body}\nEND");
    Trigger { name, purpose, sql }
}

/// Columns of other programs that must be set, each with a neutral value.
#[derive(Default)]
pub(crate) struct ForeignColumns {
    /// Those of `asn_inventory`.
    pub(crate) asns: Vec<(String, &'static str)>,
    /// Those of `ip_asn_history`.
    pub(crate) history: Vec<(String, &'static str)>,
}

/// What to append to the list of columns, and to the list of values, of an INSERT.
pub(super) fn filler(foreign: &[(String, &'static str)]) -> (String, String) {
    let columns = foreign.iter().map(|(name, _)| format!(", {name}"));
    let values = foreign.iter().map(|(_, value)| format!(", {value}"));
    (columns.collect(), values.collect())
}

/// The current time, in the form of our tables' defaults.
pub(super) const NOW: &str = "strftime('%Y-%m-%d %H:%M:%f000', 'now')";
