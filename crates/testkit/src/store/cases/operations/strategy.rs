//! Generates operations, and weights them.

use proptest::prelude::*;

use super::super::random::step;
use super::fault::{ForeignFault, WrongDocument};
use super::foreign_statements::ForeignAct;
use super::lists::{indexed_field, list};
use super::operation::Operation;

/// Addresses and ASes of other programs are those of the batches.
const ADDRESSES: u32 = 6;

fn asn() -> impl Strategy<Value = i64> {
    65000..65004_i64
}

fn origin() -> impl Strategy<Value = Option<i64>> {
    prop::option::weighted(0.7, asn())
}

/// Generates sequences of operations.
pub(super) fn operations() -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec(operation(), 1..14)
}

fn operation() -> impl Strategy<Value = Operation> {
    let backfill = (
        prop::option::of(0..4_u64),
        prop::option::of(8..40_i64),
        1..6_u64,
        any::<bool>(),
        prop::bool::weighted(0.2),
    );
    let backfill = backfill.prop_map(|(limit, since, batch_size, overwrite_metadata, dry_run)| {
        Operation::Backfill {
            limit,
            since,
            batch_size,
            overwrite_metadata,
            dry_run,
        }
    });
    let repair = (prop_oneof![1..4_u64, Just(1000)], prop::bool::weighted(0.2));
    let repair = repair.prop_map(|(batch_size, dry_run)| Operation::Repair {
        batch_size,
        dry_run,
    });
    let last = || prop::option::weighted(0.7, 1..9_i64);
    let claim = (
        [last(), last(), last()],
        any::<bool>(),
        prop::bool::weighted(0.2),
        any::<bool>(),
    );
    let claim =
        claim.prop_map(
            |(last, is_conditional, unattributed_only, scarce)| Operation::Claim {
                last,
                is_conditional,
                unattributed_only,
                scarce,
            },
        );
    let record = prop::collection::vec((step(), prop::bool::weighted(0.15)), 0..6);
    prop_oneof![
        5 => record.prop_map(Operation::Record),
        6 => act().prop_map(Operation::Foreign),
        5 => fault().prop_map(Operation::Plant),
        2 => backfill,
        3 => repair,
        2 => claim,
        2 => (indexed_field(), prop::bool::weighted(0.8))
            .prop_map(|(field, is_made)| Operation::Index { field, is_made }),
        4 => list().prop_map(Operation::List),
        2 => Just(Operation::Verify),
        1 => (1..20_i64).prop_map(Operation::Wait),
    ]
}

fn act() -> impl Strategy<Value = ForeignAct> {
    let pick = any::<usize>;
    let insert = (0..ADDRESSES, origin(), 0..4_u64, prop::option::of(0..3_u64));
    prop_oneof![
        insert.prop_map(
            |(number, asn, sessions, without_row)| ForeignAct::InsertAddress {
                number,
                asn,
                sessions,
                without_row
            }
        ),
        (pick(), origin(), prop::option::of(1..40_i64))
            .prop_map(|(row, asn, verified)| ForeignAct::MoveAddress(row, asn, verified)),
        (asn(), asn()).prop_map(|(from, to)| ForeignAct::MoveAll(from, to)),
        (pick(), 1..9_i64, 0..9_i64)
            .prop_map(|(row, at, for_)| ForeignAct::SeeAddress(row, at, for_)),
        (pick(), 0..6_u64).prop_map(|(row, count)| ForeignAct::StateSessions(row, count)),
        (1..3_u64).prop_map(ForeignAct::MoreSessions),
        pick().prop_map(ForeignAct::DeleteAddress),
        prop::collection::vec((0..9_u8, pick()), 1..5).prop_map(ForeignAct::InsertSessions),
        (pick(), prop::option::of(pick())).prop_map(|(row, to)| ForeignAct::MoveSession(row, to)),
        pick().prop_map(ForeignAct::DeleteSession),
        pick().prop_map(ForeignAct::Prune),
        asn().prop_map(ForeignAct::InsertAsn),
    ]
}

fn fault() -> impl Strategy<Value = ForeignFault> {
    let pick = any::<usize>;
    let document = prop_oneof![
        Just(WrongDocument::Twice),
        Just(WrongDocument::List),
        asn().prop_map(WrongDocument::OtherAsn),
        asn().prop_map(WrongDocument::OtherPrefix),
        Just(WrongDocument::Marked),
        Just(WrongDocument::Null),
    ];
    let twin = (0..ADDRESSES, origin(), 0..4_u64, origin());
    prop_oneof![
        (asn(), 0..9_u64, 0..9_u64).prop_map(|(n, a, s)| ForeignFault::AsnCounts(n, a, s)),
        (pick(), 0..6_u64).prop_map(|(row, count)| ForeignFault::SessionCount(row, count)),
        Just(ForeignFault::Adopted),
        asn().prop_map(ForeignFault::MissingAsn),
        twin.prop_map(
            |(number, asn, sessions, document)| ForeignFault::OddSpelling {
                number,
                asn,
                sessions,
                document
            }
        ),
        origin().prop_map(ForeignFault::NoAddress),
        (pick(), document).prop_map(|(row, document)| ForeignFault::Document(row, document)),
        pick().prop_map(ForeignFault::LostSessions),
        pick().prop_map(ForeignFault::LostHistory),
        pick().prop_map(ForeignFault::SeenOrder),
        (0..3_u8, 0..9_u32).prop_map(|(id, number)| ForeignFault::Orphan(id, number)),
    ]
}
