//! What must hold when a deployed database is opened.

use std::collections::BTreeSet;

use ipcascade_core::store::{
    AddressQuery, AsnQuery, BackfillOptions, BackfillReport, Check, MigrateOptions, OpenMode,
    SessionQuery, WriteReport,
};
use ipcascade_testkit::store::fixtures::{
    address, asn, day, geo, looked_up, nth, policy, session, visited, whois,
};
use ipcascade_testkit::store::trial::{Trial, record};
use ipcascade_testkit::store::{StoreSubject, TextRows};

use super::{Flavour, SYSTEMS_WITH_ADDRESSES, deploy};

async fn adopted(subject: Box<dyn StoreSubject>, flavour: Flavour) -> Trial {
    deploy(&*subject, flavour).await;
    Trial::new(subject).await
}

/// The columns of the four tables: table, name, type, nullability, default.
async fn columns(subject: &dyn StoreSubject, flavour: Flavour) -> BTreeSet<Vec<Option<String>>> {
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
async fn contents(subject: &dyn StoreSubject) -> Vec<TextRows> {
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

/// The steps have SQL, and inspecting them changes nothing.
pub async fn inspecting_shows_the_sql_and_changes_nothing(
    subject: Box<dyn StoreSubject>,
    flavour: Flavour,
) {
    deploy(&*subject, flavour).await;
    let before = (columns(&*subject, flavour).await, contents(&*subject).await);
    let store = subject
        .open(OpenMode::Inspect)
        .await
        .expect("it can be looked at");
    let steps = store
        .pending_migrations(&MigrateOptions::default())
        .await
        .expect("the steps are known");
    assert!(!steps.is_empty());
    for step in &steps {
        let sql = step.sql.to_ascii_uppercase();
        let changes_something = ["CREATE", "ALTER", "INSERT"]
            .iter()
            .any(|word| sql.contains(word));
        assert!(
            changes_something && !step.description.is_empty(),
            "{step:?}"
        );
        for forbidden in [
            "DROP TABLE",
            "DROP COLUMN",
            "RENAME TO",
            "RENAME COLUMN",
            "TRUNCATE TABLE",
        ] {
            assert!(!sql.contains(forbidden), "{step:?}");
        }
    }
    store.close().await;
    assert_eq!(
        (columns(&*subject, flavour).await, contents(&*subject).await),
        before
    );
}

/// When opened for writing; reading needs nothing.
pub async fn opening_adopts_and_leaves_nothing_pending(
    subject: Box<dyn StoreSubject>,
    flavour: Flavour,
) {
    let trial = adopted(subject, flavour).await;
    assert_eq!(
        trial
            .store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        trial
            .store
            .migrate(&MigrateOptions::default())
            .await
            .unwrap(),
        []
    );
    let again = trial.other().await;
    assert_eq!(
        again
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap(),
        []
    );
}

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

/// Unreadable values do not get in the way.
pub async fn everything_legible_is_read(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    let trial = adopted(subject, flavour).await;
    let row = trial.address(address("8.8.8.8")).await;
    assert_eq!(row.current_asn, Some(asn(15169)));
    assert_eq!(
        ipcascade_core::clock::rfc3339(row.first_seen),
        "2025-11-01T12:00:00Z"
    );
    assert_eq!(
        row.enrichment_updated_at
            .map(ipcascade_core::clock::rfc3339)
            .as_deref(),
        Some("2025-11-05T12:00:00Z")
    );
    let fresh = row.enrichment.section("maxmind").unwrap();
    assert_eq!(
        fresh
            .cached_at()
            .map(ipcascade_core::clock::rfc3339)
            .as_deref(),
        Some("2025-11-05T12:00:00Z")
    );
    let twice = trial.address(address("11.0.0.3")).await;
    assert!(
        twice.enrichment.section("maxmind").is_some(),
        "encoded twice, read once"
    );
    let texts = trial.address_texts(&AddressQuery::default()).await;
    let expected = if flavour == Flavour::Sqlite { 13 } else { 11 };
    assert_eq!(texts.len(), expected, "{texts:?}");
    let sessions = trial.sessions(&SessionQuery::default()).await;
    assert_eq!(sessions.len(), 6);
    let row = trial.session("s1").await;
    assert_eq!(
        row.first_event_at
            .map(ipcascade_core::clock::rfc3339)
            .as_deref(),
        Some("2025-11-01T12:00:00Z")
    );
    assert_eq!((row.snapshot_asn, row.event_count), (Some(asn(15169)), 5));
    let all = AsnQuery {
        include_empty: true,
        ..AsnQuery::default()
    };
    assert!(trial.asn_numbers(&all).await.contains(&64999));
}

/// A reader can either read an unadopted database, or reports how to make it readable.
pub async fn reading_needs_no_writing(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    deploy(&*subject, flavour).await;
    let before = (columns(&*subject, flavour).await, contents(&*subject).await);
    match subject.open(OpenMode::Read).await {
        Ok(store) => {
            let rows = store
                .known(&[address("8.8.8.8")])
                .await
                .expect("reading works");
            assert!(rows[0].is_some());
        }
        Err(error) => assert!(error.to_string().contains("ipcascade migrate"), "{error}"),
    }
    assert_eq!(
        (columns(&*subject, flavour).await, contents(&*subject).await),
        before
    );
}

/// New rows, old rows, sessions with columns unknown to us.
pub async fn recording_works_on_adopted_tables(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    let trial = adopted(subject, flavour).await;
    let mut new = visited(nth(100), vec![session("new", "pot", (1, 5), 3)]);
    new.answers.push(whois(64600, "NEW-NET", "NL", day(1)));
    let known = [
        looked_up(
            address("8.8.8.8"),
            vec![geo(15169, "Google LLC", "US", day(1))],
        ),
        looked_up(
            address("11.0.0.3"),
            vec![whois(64502, "TWICE", "DE", day(1))],
        ),
        looked_up(
            address("11.0.0.4"),
            vec![geo(64601, "WAS ARRAY", "DE", day(1))],
        ),
        visited(address("11.0.0.6"), vec![session("s3", "pot", (1, 5), 3)]),
        looked_up(
            address("1.2.3.4"),
            vec![whois(64602, "RIGHT", "NL", day(1))],
        ),
    ];
    let batch: Vec<_> = known.into_iter().chain([new]).collect();
    let report = trial.record_only(&batch, day(2)).await;
    assert_eq!((report.addresses_new, report.sessions_new), (1, 1));
    assert_eq!(report.addresses_moved, 1, "1.2.3.4 went where it belongs");
    assert_eq!(trial.asn(64600).await.total_session_count, 1);
    assert_eq!(trial.session("new").await.event_count, 3);
    assert_eq!(trial.session("s1").await.snapshot_asn, Some(asn(15169)));
    let row = trial.address(address("8.8.8.8")).await;
    assert!(
        row.enrichment.section("dshield").is_some(),
        "sections of others survive"
    );
    let row = trial.address(address("11.0.0.4")).await;
    assert!(
        row.enrichment.to_json().replace(' ', "").contains("[1,2]"),
        "nothing is lost"
    );
    let risk = "SELECT CAST(risk_score AS TEXT) FROM session_summaries WHERE session_id = 's1'";
    assert_eq!(trial.subject.rows(risk).await, [[Some("77".to_owned())]]);
    assert_eq!(
        trial.record_only(&batch, day(2)).await,
        WriteReport::default()
    );
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

/// Each planted fault is reported under its name.
pub async fn verify_reports_each_kind_of_fault(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    let trial = adopted(subject, flavour).await;
    let report = trial.verify().await;
    let found: Vec<Check> = report
        .violations
        .iter()
        .map(|violation| violation.check)
        .collect();
    let mut expected = vec![
        Check::UniqueIpCount,
        Check::SessionCount,
        Check::SeenRange,
        Check::AddressSpelling,
        Check::DocumentShape,
        Check::SectionPrefix,
        Check::Attribution,
        Check::BogonAttributed,
    ];
    // A store may create missing rows during adoption, which is additive; otherwise it reports them.
    let missing = "SELECT CAST(count(*) AS TEXT) FROM ip_inventory WHERE current_asn IS NOT NULL \
                   AND current_asn NOT IN (SELECT asn_number FROM asn_inventory)";
    if trial.subject.rows(missing).await != [[Some("0".to_owned())]] {
        expected.push(Check::AsnRowMissing);
    }
    expected.push(Check::SessionAddressMissing);
    for check in expected {
        assert!(found.contains(&check), "{check:?} not in {found:?}");
    }
}

/// A dry run of a backfill works on an untouched database.
pub async fn a_dry_run_needs_no_adoption(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    deploy(&*subject, flavour).await;
    let before = columns(&*subject, flavour).await;
    let store = subject
        .open(OpenMode::Inspect)
        .await
        .expect("it can be looked at");
    let policy = policy();
    let options = BackfillOptions {
        policy: &policy,
        batch_size: 1000,
        limit: None,
        since: None,
        overwrite_metadata: false,
        dry_run: true,
        now: day(200),
    };
    let announced = store
        .backfill(&options, &|_| true)
        .await
        .expect("it can be read");
    store.close().await;
    assert_eq!(columns(&*subject, flavour).await, before);
    let trial = Trial::new(subject).await;
    let done = trial.backfill(&trial.backfill_options()).await;
    let numbers = |report: &BackfillReport| {
        (
            report.asns_created,
            report.asns_updated,
            report.asns_emptied,
            report.conflicts.clone(),
        )
    };
    assert_eq!(numbers(&announced), numbers(&done));
    assert_eq!(announced.asns_created, 5);
}

/// Statistics are exact and metadata is sound, whatever the documents contain.
pub async fn backfill_builds_as_rows_despite_the_faults(
    subject: Box<dyn StoreSubject>,
    flavour: Flavour,
) {
    let trial = adopted(subject, flavour).await;
    let report = trial.backfill(&trial.backfill_options()).await;
    assert!(report.asns_emptied >= 1, "{report:?}");
    trial.inventory_state().await.assert_statistics();
    for number in SYSTEMS_WITH_ADDRESSES {
        assert!(trial.asn(number).await.unique_ip_count > 0, "AS{number}");
    }
    assert_eq!(trial.asn(64999).await.unique_ip_count, 0);
    let google = trial.asn(15169).await;
    assert_eq!(
        (google.unique_ip_count, google.rir_registry.as_deref()),
        (3, Some("arin"))
    );
    assert_eq!(
        ipcascade_core::clock::rfc3339(google.first_seen),
        "2025-11-01T12:00:00Z"
    );
    assert_eq!(
        trial.asn(64500).await.organization_name,
        None,
        "another prefix is no evidence"
    );
    assert_eq!(
        trial.asn(64501).await.organization_name,
        None,
        "another AS is no evidence"
    );
    let hosting = trial.asn(64504).await;
    assert_eq!(
        hosting.organization_name.as_deref(),
        Some("O'Hosting \"B.V.\"")
    );
    let again = trial.backfill(&trial.backfill_options()).await;
    assert_eq!(
        (again.asns_created, again.asns_updated, again.asns_emptied),
        (0, 0, 0)
    );
}

/// Everything except text that is not an address, which needs a human.
pub async fn repair_does_what_can_be_known(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    let trial = adopted(subject, flavour).await;
    trial.repair(&trial.repair_options()).await;
    let report = trial.verify().await;
    for violation in &report.violations {
        assert_eq!(
            violation.check,
            Check::AddressSpelling,
            "left over: {violation:?}"
        );
        assert_eq!(
            violation.count, 1,
            "only the text that is no address: {violation:?}"
        );
    }
    trial.inventory_state().await.assert_in_order();
    let counted = trial.address(address("11.0.0.6")).await.session_count;
    assert_eq!(counted, 40, "a count is evidence, with rows or without");
    assert_eq!(trial.address(address("11.0.0.1")).await.session_count, 1);
    assert_eq!(
        trial.address(address("9.9.9.9")).await.current_asn,
        Some(asn(19281))
    );
    assert_eq!(trial.address(address("10.0.0.1")).await.current_asn, None);
    let spelled = trial.address(address("2001:4860:4860::8888")).await;
    assert_eq!(spelled.address.to_string(), "2001:4860:4860::8888");
    let session = trial.session("s5").await;
    assert_eq!(session.source_ip, Some(address("12.9.9.9")));
    let row = trial.address(address("12.9.9.9")).await;
    assert_eq!(row.session_count, 1);
}

/// Before widening, an ASN that does not fit the column is an error or is kept out, never a wrong number.
pub async fn widening_makes_room_for_every_asn(subject: Box<dyn StoreSubject>, flavour: Flavour) {
    let trial = adopted(subject, flavour).await;
    let update = [looked_up(
        nth(100),
        vec![whois(u32::MAX, "GREATEST", "NL", day(1))],
    )];
    let early = record(&*trial.store, &policy(), &update, day(1)).await;
    if let Err(error) = early {
        assert!(
            error.to_string().contains("widen"),
            "the error says what to do: {error}"
        );
    }
    let widen = MigrateOptions { widen_asn: true };
    let announced = trial.store.pending_migrations(&widen).await.unwrap();
    let done = trial.store.migrate(&widen).await;
    assert_eq!(done.expect("columns can be widened"), announced);
    assert_eq!(
        trial.store.migrate(&widen).await.unwrap(),
        [],
        "once is enough"
    );
    let again = Trial {
        store: trial.other().await,
        ..trial
    };
    let update = [looked_up(
        nth(100),
        vec![whois(u32::MAX, "GREATEST", "NL", day(2))],
    )];
    again.record_only(&update, day(2)).await;
    assert_eq!(
        again.address(nth(100)).await.current_asn,
        Some(asn(u32::MAX))
    );
    assert_eq!(again.asn(u32::MAX).await.unique_ip_count, 1);
}
