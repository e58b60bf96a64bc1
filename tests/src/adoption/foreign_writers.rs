//! Programs that go on writing: nothing of theirs changes, and what they write is counted.

use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::day;
use ipcascade_testkit::store::trial::Trial;
use xtask::deployed::Flavour;

use crate::adoption::contents::{adopted, columns, contents};
use crate::adoption::deployment::deploy;

/// The old program keeps running beside ours.
pub async fn statements_of_the_old_program_still_work(
    subject: Box<dyn StoreSubject>,
    flavour: Flavour,
) {
    let trial = adopted(subject, flavour).await;
    let statements = "\
        INSERT INTO asn_inventory (asn_number, organization_name, first_seen, last_seen, \
            unique_ip_count, total_session_count, enrichment) VALUES (64510, 'Old', \
            '2025-11-06 12:00:00.000000', '2025-11-06 12:00:00.000000', 0, 0, '{}'); \
        INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, session_count, \
            enrichment, enrichment_updated_at) VALUES ('12.0.0.1', 64510, \
            '2025-11-06 12:00:00.000000', '2025-11-06 12:00:00.000000', 1, '{}', \
            '2025-11-06 12:00:00.000000'); \
        UPDATE ip_inventory SET enrichment = '{\"maxmind\": {\"asn\": 64510}}', \
            session_count = session_count + 1 WHERE ip_address = '12.0.0.1'; \
        INSERT INTO session_summaries (session_id, event_count, command_count, login_attempts, \
            vt_flagged, protocol, source_ip) VALUES ('old', 1, 0, 0, false, 'ssh', '12.0.0.1')";
    trial.subject.execute(statements).await;
    let query = "SELECT CAST(count(*) AS TEXT) FROM ip_inventory i JOIN asn_inventory a \
                 ON a.asn_number = i.current_asn WHERE a.organization_name = 'Old'";
    assert_eq!(trial.subject.rows(query).await, [[Some("1".to_owned())]]);
    assert_eq!(trial.asn(64510).await.unique_ip_count, 1);
}

/// No column is dropped, renamed or retyped.
pub async fn columns_of_others_are_as_they_were(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    deploy(&*subject, flavour).await;
    let before = columns(&*subject, flavour).await;
    let trial = Trial::new(subject).await;
    let after = columns(&*trial.subject, flavour).await;
    let lost: Vec<_> = before.difference(&after).collect();
    assert!(lost.is_empty(), "changed or gone: {lost:?}");
}

/// Adoption writes to no existing row.
pub async fn rows_of_others_are_as_they_were(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    deploy(&*subject, flavour).await;
    let before = contents(&*subject).await;
    let trial = Trial::new(subject).await;
    assert_eq!(contents(&*trial.subject).await, before);
}

/// The statistics of a row, once built, stay exact, whichever program writes.
pub async fn foreign_writes_are_counted_from_then_on(
    subject: Box<dyn StoreSubject>,
    flavour: Flavour,
) {
    let trial = adopted(subject, flavour).await;
    trial.backfill(&trial.backfill_options()).await;
    let before = trial.asn(15169).await.unique_ip_count;
    let insert = "INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, \
        session_count) VALUES ('12.0.0.1', 15169, '2025-11-06 12:00:00.000000', \
        '2025-11-06 12:00:00.000000', 0)";
    trial.subject.execute(insert).await;
    assert_eq!(trial.asn(15169).await.unique_ip_count, before + 1);
    trial.inventory_state().await.assert_statistics();
}

/// Other programs attribute addresses to ASes without a row, before and after a backfill, where no foreign key forbids
/// it.
pub async fn ases_that_others_name_get_their_row(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    let trial = adopted(subject, flavour).await;
    // The key of this flavour is for new rows; of existing ones, any column may be written.
    let statements = match flavour {
        Flavour::PostgresMigrated => {
            "UPDATE ip_inventory SET last_seen = '2026-02-01 12:00:00.000000' \
             WHERE current_asn = 64504"
        }
        Flavour::Sqlite | Flavour::PostgresMapped => {
            "INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, \
             session_count) VALUES ('12.0.0.1', 64504, '2025-11-06 12:00:00.000000', \
             '2026-02-01 12:00:00.000000', 0); \
             UPDATE ip_inventory SET current_asn = 64510 WHERE ip_address = '12.0.0.1'; \
             UPDATE ip_inventory SET current_asn = 64504 WHERE ip_address = '12.0.0.1'"
        }
    };
    trial.subject.execute(statements).await;
    let counts = "SELECT CAST(count(*) AS TEXT), CAST(sum(session_count) AS TEXT) \
                  FROM ip_inventory WHERE current_asn = 64504";
    let expected = trial.subject.rows(counts).await;
    let row = trial.asn(64504).await;
    let found = [row.unique_ip_count, row.total_session_count].map(|count| Some(count.to_string()));
    assert_eq!(expected, [found]);
    assert!(row.last_seen >= day(32), "{row:?}");
    trial.backfill(&trial.backfill_options()).await;
    trial.inventory_state().await.assert_statistics();
}
