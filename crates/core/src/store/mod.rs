//! The contract of a store of the inventory.

mod activity;
mod address_block;
mod address_set;
mod asn_row;
mod batch;
mod contract;
mod credentials;
mod error;
mod event_ids;
mod keywords;
mod list_order;
mod maintenance;
mod moves;
mod open_mode;
mod query;
mod rights;
mod rows;
mod section_value;
mod transfer;
mod url;
mod url_forms;
mod url_password;

pub use activity::{Activity, ActivityQuery, TimeUnit};
pub use address_block::{AddressBlock, DecodedAddresses};
pub use address_set::{AddressSet, AddressSetBuilder};
pub use asn_row::AsnRow;
pub use batch::{
    AddressUpdate, Answer, Batch, More, Placed, SeenRange, SessionUpdate, WriteReport,
};
pub use contract::{Coordination, Maintenance, Reader, Store, Transfer, Writer};
pub use error::{StoreError, StoreErrorKind, StoreResult};
pub use event_ids::{EventIds, ParseEventIdsError};
pub use list_order::{
    AddressListColumn, AsnListColumn, ListCondition, ListOrder, ListValue, RowTest, RowValue,
    SessionListColumn,
};
pub use maintenance::{
    BackfillOptions, BackfillReport, Check, MigrateOptions, MigrationStep, OnRepair, RepairChange,
    RepairOptions, RepairProgress, RepairReport, SkipReason, VerifyOptions, VerifyReport,
    Violation,
};
pub use moves::Move;
pub use open_mode::OpenMode;
pub use query::{
    AddressQuery, AsnQuery, DueQuery, DueSection, ProviderState, SectionState, SessionQuery,
    SortedBy, WhenMissing, WorkClaim,
};
pub use rights::Rights;
pub use rows::{AddressRow, HistoryRow, SessionRow, Totals};
pub use section_value::{SectionKey, SectionOrder, SectionTest, ValueIndex};
pub use transfer::{
    AddressRecord, AsnRecord, CopyMark, ImportBatch, ImportReport, Page, RecordKind, RecordOrder,
    RecordSet, SessionRecord, UncopiedRow,
};
pub use url::StoreUrl;
pub use url_forms::ParseUrlError;
