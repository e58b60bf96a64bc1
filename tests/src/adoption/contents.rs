//! A deployed database that was opened, and what its tables hold.

use std::collections::BTreeSet;

use ipcascade_testkit::store::trial::Trial;
use ipcascade_testkit::store::{StoreSubject, TextRows};
use xtask::deployed::Flavour;

use crate::adoption::deployment::deploy;

pub(super) async fn adopted(subject: Box<dyn StoreSubject>, flavour: Flavour) -> Trial {
    deploy(&*subject, flavour).await;
    Trial::new(subject).await
}

/// The columns of the four tables: table, name, type, nullability, default.
pub(super) async fn columns(
    subject: &dyn StoreSubject,
    flavour: Flavour,
) -> BTreeSet<Vec<Option<String>>> {
    let query = match flavour {
        Flavour::Sqlite => {
            "SELECT m.name, c.name, c.type, CAST(c.\"notnull\" AS TEXT), c.dflt_value \
             FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table'"
        }
        Flavour::PostgresMapped | Flavour::PostgresMigrated => {
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), \
             CAST(is_nullable AS TEXT), CAST(column_default AS TEXT) \
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    subject.rows(query).await.into_iter().collect()
}

/// Everything that readers of the old program see.
pub(super) async fn contents(subject: &dyn StoreSubject) -> Vec<TextRows> {
    let mut contents = Vec::new();
    for (table, columns) in [
        ("schema_state", "key, value"),
        (
            "ip_inventory",
            "ip_address, current_asn, asn_last_verified, first_seen, last_seen, enrichment, \
             enrichment_updated_at, enrichment_version, geo_country",
        ),
        (
            "session_summaries",
            "session_id, source_ip, first_event_at, last_event_at, event_count, command_count, \
             vt_flagged, protocol, risk_score, snapshot_asn, snapshot_country, enrichment_at",
        ),
        ("raw_events", "id, session_id, payload"),
    ] {
        let columns: Vec<String> = columns
            .split(", ")
            .filter(|column| *column != "geo_country")
            .map(|column| format!("CAST({column} AS TEXT)"))
            .collect();
        let query = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(", "));
        contents.push(subject.rows(&query).await);
    }
    contents
}
