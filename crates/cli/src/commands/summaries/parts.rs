//! What several summaries have, and the objects in them.

use crate::commands::summaries::shape::Member;
use crate::commands::summaries::shape::Shape::{
    Any, Count, Counts, Flag, List, Named, Object, Text, Texts, Time,
};

pub(super) const LEFT_OUT: Member = Member::new("left_out", Count, "What was left out.");
pub(super) const WITHOUT_TIME: Member =
    Member::new("without_time", Count, "Records without a time.");
pub(super) const EXCLUDED: Member = Member::new(
    "excluded_addresses",
    Count,
    "Addresses that `--exclude` or the configuration leaves out.",
);
pub(super) const ADDRESSES: Member = Member::new("addresses", Count, "Addresses seen.");
pub(super) const FRESH: Member =
    Member::new("fresh", Count, "Addresses whose answers were all fresh.");
pub(super) const BOGONS: Member = Member::new("bogons", Count, "Special-purpose addresses.");
pub(super) const PROVIDERS: Member =
    Member::new("providers", List(TALLY), "What each provider did.");
pub(super) const ONLINE: Member =
    Member::new("online", Named(EFFORT), "Requests, by online provider.");
pub(super) const WRITTEN: Member =
    Member::new("written", Object(WRITES), "What changed in the inventory.");

pub(super) const INPUT: &[Member] = &[
    Member::new("input", Text, "Its name."),
    Member::new("format", Text, "Its format."),
    Member::new("records", Count, "Records with an address."),
    LEFT_OUT,
    WITHOUT_TIME,
    EXCLUDED,
    Member::new(
        "not_taken_for_addresses",
        Counts,
        "What looks like an address and is not, by reason.",
    ),
];

pub(super) const TALLY: &[Member] = &[
    Member::new("provider", Text, "Its name."),
    Member::new("asked", Count, "Addresses it was asked about."),
    Member::new("found", Count, "Of those, addresses it knows."),
    Member::new("not_found", Count, "Of those, addresses it does not know."),
    Member::new("failed", Count, "Of those, addresses it failed on."),
    Member::new(
        "upstream",
        Count,
        "Addresses without an answer from servers that it asks in turn.",
    ),
    FRESH,
    Member::new(
        "newer",
        Count,
        "Addresses of which a newer answer was stored.",
    )
    .sometimes(),
    Member::new(
        "not_needed",
        Count,
        "Addresses with everything it may fill.",
    ),
    Member::new(
        "deferred",
        Count,
        "Addresses it could not be asked about now.",
    ),
    Member::new(
        "other_family",
        Count,
        "Addresses of a family it does not know.",
    ),
    Member::new("errors", Counts, "Failures, by message."),
    Member::new(
        "upstream_errors",
        Counts,
        "Failures of servers behind it, by message.",
    )
    .sometimes(),
    Member::new("deferrals", Any, "Why it could not be asked."),
    Member::new(
        "unusable",
        Flag,
        "Whether it cannot be asked as configured.",
    ),
];

pub(super) const EFFORT: &[Member] = &[
    Member::new("requests", Count, "Requests sent, repetitions included."),
    Member::new("retries", Count, "Of these, repetitions."),
    Member::new("timeouts", Count, "Requests without an answer in time."),
    Member::new(
        "coalesced",
        Count,
        "Addresses answered by a request that was already sent.",
    ),
    Member::new("circuit_opened", Count, "Pauses after too many failures."),
];

pub(super) const WRITES: &[Member] = &[
    Member::new("addresses_new", Count, "Addresses added."),
    Member::new("addresses_updated", Count, "Addresses changed."),
    Member::new(
        "addresses_moved",
        Count,
        "Addresses that moved between ASes.",
    ),
    Member::new("asns_new", Count, "ASes added."),
    Member::new("asns_updated", Count, "ASes changed."),
    Member::new("sessions_new", Count, "Sessions added."),
    Member::new("sessions_updated", Count, "Sessions changed."),
    Member::new(
        "values_left_out",
        Count,
        "Values that a column cannot hold.",
    )
    .sometimes(),
];

pub(super) const CHECK: &[Member] = &[
    Member::new("check", Text, "Its name."),
    Member::new("rule", Text, "What must hold."),
    Member::new("ok", Flag, "Whether it holds."),
    Member::new("count", Count, "Rows that break it."),
    Member::new("examples", Texts, "Some of them."),
];

pub(super) const CHANGE: &[Member] = &[
    Member::new("check", Text, "The check."),
    Member::new("key", Text, "The row."),
    Member::new("before", Any, "What is there."),
    Member::new("after", Any, "What replaces it."),
];

pub(super) const UNCOPIED: &[Member] = &[
    Member::new("kind", Text, "The kind of row."),
    Member::new("key", Text, "Its key."),
    Member::new("reason", Text, "Why it was left out."),
];

pub(super) const STATE: &[Member] = &[
    Member::new("not_before", Time, "It is not asked before this time.").or_null(),
    Member::new("reason", Text, "Why.").or_null(),
    Member::new("used", Count, "How much of its quota was used."),
    Member::new("since", Time, "Since when.").or_null(),
];
