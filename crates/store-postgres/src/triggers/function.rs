//! The functions that triggers call.

use ipcascade_core::store::{MigrateOptions, MigrationStep};
use ipcascade_store::sql::quoted;

use crate::catalog::{Catalog, FunctionFacts};
use crate::ddl::step;
use crate::triggers::names::{HISTORY, SETTLE};
use crate::triggers::pending::PENDING;
use crate::triggers::target_columns::Targets;

struct Function {
    name: &'static str,
    arguments: &'static str,
    returns: &'static str,
    is_immutable: bool,
    is_security_definer: bool,
    settings: &'static [(&'static str, &'static str)],
    body: &'static str,
    description: &'static str,
}

/// A function that counts. Plans inside are kept for the life of a connection: one that was made while a table was
/// empty must not read the whole table later.
const fn counting(name: &'static str, body: &'static str, description: &'static str) -> Function {
    Function {
        name,
        arguments: "",
        returns: "trigger",
        is_immutable: false,
        is_security_definer: true,
        settings: &[("TimeZone", "UTC"), ("enable_seqscan", "off")],
        body,
        description,
    }
}

/// None of them is PARALLEL SAFE: reading a time may start a subtransaction, which parallel plans refuse.
const FUNCTIONS: &[Function] = &[
    Function {
        name: "ipcascade_moment",
        arguments: "value text",
        returns: "timestamptz",
        is_immutable: true,
        is_security_definer: false,
        settings: &[("TimeZone", "UTC"), ("DateStyle", "ISO, YMD")],
        body: include_str!("../sql/moment.sql"),
        description: "Function that reads the times inside documents",
    },
    Function {
        name: "ipcascade_due_key",
        arguments: "cached_at text, is_found text, retry_at text",
        returns: "text",
        is_immutable: true,
        is_security_definer: false,
        settings: &[("TimeZone", "UTC")],
        body: include_str!("../sql/due_key.sql"),
        description: "Function that sorts sections by when they are due",
    },
    counting(
        "ipcascade_count_addresses",
        include_str!("../sql/count_addresses.sql"),
        "Function that keeps the statistics of autonomous systems exact",
    ),
    counting(
        "ipcascade_count_sessions",
        include_str!("../sql/count_sessions.sql"),
        "Function that keeps the number of sessions of addresses exact",
    ),
    counting(
        SETTLE,
        include_str!("../sql/settle.sql"),
        "Function that counts at commit what a transaction has changed",
    ),
    counting(
        "ipcascade_count_new_systems",
        include_str!("../sql/count_new_systems.sql"),
        "Function that counts the addresses of autonomous systems that are added",
    ),
    counting(
        HISTORY,
        include_str!("../sql/keep_history.sql"),
        "Function that keeps the history of addresses that other programs move",
    ),
    counting(
        "ipcascade_forget_history",
        include_str!("../sql/forget_history.sql"),
        "Function that deletes the history of an address with it",
    ),
];

/// Functions that are missing or outdated, and the tables that they write to.
pub(crate) fn plan_functions(
    catalog: &Catalog,
    options: &MigrateOptions,
    steps: &mut Vec<MigrationStep>,
) {
    let targets = Targets::of(catalog, options);
    for function in FUNCTIONS {
        plan_function(catalog, function, &targets, steps);
    }
    for pending in &PENDING {
        pending.plan(catalog, steps);
    }
}

/// A function that is missing or differs in any respect.
fn plan_function(
    catalog: &Catalog,
    function: &Function,
    targets: &Targets,
    steps: &mut Vec<MigrationStep>,
) {
    let Function {
        name,
        arguments,
        returns,
        is_immutable,
        is_security_definer,
        settings,
        body,
        description,
    } = function;
    let path = |schema: &str| format!("{schema}, pg_temp");
    let in_catalog = settings
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let path_in_catalog = format!("search_path={}", path(&catalog.schema_in_lists));
    let wanted = FunctionFacts {
        source: format!("\n{}", targets.fill_in(body)),
        is_immutable: *is_immutable,
        is_parallel_safe: false,
        is_security_definer: *is_security_definer,
        settings: in_catalog.chain([path_in_catalog]).collect(),
    };
    let key = ((*name).to_owned(), (*arguments).to_owned());
    if catalog.functions.get(&key) == Some(&wanted) {
        return;
    }
    let volatility = if *is_immutable { "IMMUTABLE " } else { "" };
    let security = if *is_security_definer {
        "SECURITY DEFINER "
    } else {
        ""
    };
    let settings: String = settings
        .iter()
        .map(|(name, value)| format!("SET {name} = '{value}' "))
        .collect();
    let (path, body) = (path(&quoted(&catalog.schema)), wanted.source);
    steps.push(step(
        (*description).to_owned(),
        format!(
            "CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {returns}\n\
             LANGUAGE plpgsql {volatility}PARALLEL UNSAFE {security}{settings}\
             SET search_path = {path}\nAS $ipcascade${body}$ipcascade$"
        ),
    ));
}
