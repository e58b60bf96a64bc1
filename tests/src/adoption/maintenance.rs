//! Verify, backfill and repair of a deployed database.

use ipcascade_core::store::{BackfillOptions, BackfillReport, Check, OpenMode};
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{address, asn, day, policy};
use ipcascade_testkit::store::trial::Trial;
use xtask::deployed::Flavour;

use crate::adoption::contents::{adopted, columns};
use crate::adoption::deployment::deploy;
use crate::adoption::rows::SYSTEMS_WITH_ADDRESSES;

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
