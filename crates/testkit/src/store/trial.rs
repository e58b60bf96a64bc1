//! A store under test together with its database.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::TryStreamExt as _;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{
    Activity, ActivityQuery, AddressQuery, AddressRow, AddressUpdate, AsnQuery, AsnRow,
    BackfillOptions, BackfillReport, Batch, Check, Move, OpenMode, RepairOptions, RepairReport,
    SessionQuery, SessionRow, Store, StoreResult, VerifyOptions, VerifyReport, WriteReport,
};

use super::StoreSubject;
use super::fixtures::{asn, day, policy};
use super::foreign::ForeignStatement;
use super::invariants::InventoryState;

/// An open store on an empty database.
pub struct Trial {
    /// The database.
    pub subject: Box<dyn StoreSubject>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The policy.
    pub policy: Policy,
}

impl Trial {
    /// Opens the store, which creates its tables.
    pub async fn new(subject: Box<dyn StoreSubject>) -> Self {
        let store = subject
            .open(OpenMode::Write)
            .await
            .expect("an empty database can be opened");
        Self {
            subject,
            store,
            policy: policy(),
        }
    }

    /// Opens the store as another process would.
    pub async fn other(&self) -> Arc<dyn Store> {
        self.subject
            .open(OpenMode::Write)
            .await
            .expect("the database can be opened again")
    }

    /// Records a batch, which must succeed and keep the invariants.
    pub async fn record(&self, updates: &[AddressUpdate], now: Timestamp) -> WriteReport {
        let report = self.record_only(updates, now).await;
        self.check().await;
        report
    }

    /// Records a batch, which must succeed; the invariants are not checked.
    pub async fn record_only(&self, updates: &[AddressUpdate], now: Timestamp) -> WriteReport {
        record(&*self.store, &self.policy, updates, now)
            .await
            .expect("the batch is recorded")
    }

    /// Records consecutive batches, in one transaction where the store takes several into it.
    pub async fn record_in_pieces(
        &self,
        pieces: Vec<Vec<AddressUpdate>>,
        now: Timestamp,
    ) -> WriteReport {
        let mut rest = VecDeque::from(pieces);
        let mut report = WriteReport::default();
        while let Some(updates) = rest.pop_front() {
            let batch = Batch {
                updates: &updates,
                policy: &self.policy,
                now,
            };
            let mut more = |_| rest.pop_front();
            let recorded = self.store.record_with(&batch, &mut more);
            report += recorded.await.expect("the batches are recorded");
        }
        self.check().await;
        report
    }

    /// Runs a statement of another program.
    pub async fn foreign(&self, statement: ForeignStatement) {
        self.subject.foreign(&[statement]).await;
    }

    /// Plants rows past all triggers.
    pub async fn plant(&self, statements: &[ForeignStatement]) {
        self.subject.plant_rows(statements).await;
    }

    /// Checks all invariants, by the bare tables and by the store's own verification.
    pub async fn check(&self) {
        self.inventory_state().await.assert_in_order();
        let report = self.verify().await;
        assert!(
            report.is_clean(),
            "the store finds fault: {:#?}",
            report.violations
        );
    }

    /// Reads the tables, past the store.
    pub async fn inventory_state(&self) -> InventoryState {
        InventoryState::read(&*self.subject).await
    }

    /// Verifies the inventory.
    pub async fn verify(&self) -> VerifyReport {
        self.store
            .verify(&self.verify_options())
            .await
            .expect("verifying works")
    }

    /// Whether the store reports this fault.
    pub async fn finds(&self, check: Check) -> bool {
        self.verify()
            .await
            .violations
            .iter()
            .any(|violation| violation.check == check)
    }

    /// Options for verifying.
    pub fn verify_options(&self) -> VerifyOptions<'_> {
        VerifyOptions {
            policy: &self.policy,
            examples: 5,
            now: day(200),
        }
    }

    /// Options for repairing.
    pub fn repair_options(&self) -> RepairOptions<'_> {
        RepairOptions {
            policy: &self.policy,
            batch_size: 1000,
            dry_run: false,
            now: day(200),
        }
    }

    /// Repairs everything that can be repaired.
    pub async fn repair(&self, options: &RepairOptions<'_>) -> RepairReport {
        self.store
            .repair(options, &|_| true)
            .await
            .expect("repairing works")
    }

    /// Options for a backfill of everything.
    pub fn backfill_options(&self) -> BackfillOptions<'_> {
        BackfillOptions {
            policy: &self.policy,
            batch_size: 1000,
            limit: None,
            since: None,
            overwrite_metadata: false,
            dry_run: false,
            now: day(200),
        }
    }

    /// Runs a backfill to its end.
    pub async fn backfill(&self, options: &BackfillOptions<'_>) -> BackfillReport {
        self.store
            .backfill(options, &|_| true)
            .await
            .expect("the backfill works")
    }

    /// The row of an AS, which must exist.
    pub async fn asn(&self, number: u32) -> AsnRow {
        let row = self.store.asn(asn(number)).await.expect("reading works");
        row.unwrap_or_else(|| panic!("AS{number} has no row"))
    }

    /// The row of an address, which must exist.
    pub async fn address(&self, address: Address) -> AddressRow {
        let mut rows = self.store.known(&[address]).await.expect("reading works");
        assert_eq!(rows.len(), 1, "one answer for each question");
        rows.remove(0)
            .unwrap_or_else(|| panic!("{address} has no row"))
    }

    /// A session, which must exist.
    pub async fn session(&self, id: &str) -> SessionRow {
        let query = SessionQuery {
            id: Some(id.to_owned()),
            ..SessionQuery::default()
        };
        let mut rows = self.sessions(&query).await;
        assert_eq!(rows.len(), 1, "sessions with the id {id:?}");
        rows.remove(0)
    }

    /// The AS rows of a query.
    pub async fn asns(&self, query: &AsnQuery) -> Vec<AsnRow> {
        self.store
            .asns(query)
            .try_collect()
            .await
            .expect("reading works")
    }

    /// The ASNs of the AS rows of a query.
    pub async fn asn_numbers(&self, query: &AsnQuery) -> Vec<u32> {
        self.asns(query)
            .await
            .iter()
            .map(|row| row.asn.get())
            .collect()
    }

    /// The addresses of a query.
    pub async fn addresses(&self, query: &AddressQuery) -> Vec<AddressRow> {
        self.store
            .addresses(query)
            .try_collect()
            .await
            .expect("reading works")
    }

    /// The addresses of a query whatever its limit, in the order of numbers, as they come in blocks; and how many rows could
    /// not be read.
    pub async fn addresses_in_blocks(&self, query: &AddressQuery) -> (Vec<AddressRow>, u64) {
        let blocks = self.store.address_blocks(query).try_collect::<Vec<_>>();
        let blocks = blocks.await.expect("reading works");
        let (mut rows, mut unreadable) = (Vec::new(), 0);
        for block in blocks {
            let block = block.decode();
            rows.extend(block.rows);
            unreadable += block.unreadable;
        }
        rows.sort_by_key(|row| {
            (
                row.address,
                row.session_count,
                row.first_seen,
                row.last_seen,
            )
        });
        (rows, unreadable)
    }

    /// The texts of the addresses of a query.
    pub async fn address_texts(&self, query: &AddressQuery) -> Vec<String> {
        self.addresses(query)
            .await
            .iter()
            .map(|row| row.address.to_string())
            .collect()
    }

    /// The sessions of a query.
    pub async fn sessions(&self, query: &SessionQuery) -> Vec<SessionRow> {
        self.store
            .sessions(query)
            .try_collect()
            .await
            .expect("reading works")
    }

    /// The sessions of a query, counted.
    pub async fn activity(&self, query: &ActivityQuery) -> Activity {
        self.store.activity(query).await.expect("reading works")
    }

    /// All moves, by time.
    pub async fn moves(&self) -> Vec<Move> {
        let moves = self.store.moves().try_collect();
        let mut moves: Vec<Move> = moves.await.expect("reading works");
        moves.sort_unstable();
        moves
    }

    /// The attributions of an address, oldest first.
    pub async fn attributions(&self, address: Address) -> Vec<Asn> {
        let rows = self.store.history(address).await.expect("reading works");
        rows.iter().map(|row| row.asn).collect()
    }
}

/// Records a batch.
///
/// # Errors
///
/// If the store returns one.
pub async fn record(
    store: &dyn Store,
    policy: &Policy,
    updates: &[AddressUpdate],
    now: Timestamp,
) -> StoreResult<WriteReport> {
    let batch = Batch {
        updates,
        policy,
        now,
    };
    store.record(&batch).await
}
