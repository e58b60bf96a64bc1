//! The members of each summary.

use crate::commands::summaries::parts::{
    ADDRESSES, BOGONS, CHANGE, CHECK, EXCLUDED, FRESH, INPUT, LEFT_OUT, ONLINE, PROVIDERS, STATE,
    UNCOPIED, WITHOUT_TIME, WRITTEN,
};
use crate::commands::summaries::shape::Shape::{
    Any, Count, Counts, Flag, List, Number, Object, Text, Texts, Time,
};
use crate::commands::summaries::shape::{Member, Summary};

/// `enrich --format json`.
pub(crate) const ENRICH: Summary = Summary {
    name: "enrich",
    meaning: "What `enrich --format json` prints at the end.",
    members: &[
        Member::new("inputs", List(INPUT), "What was read of each input."),
        Member::new("records", Count, "Records with an address."),
        LEFT_OUT,
        WITHOUT_TIME,
        EXCLUDED,
        Member::new(
            "events_without_address",
            Count,
            "Events of sessions whose address is not known yet.",
        ),
        Member::new("failed_inputs", Texts, "Inputs that could not be read."),
        Member::new("sessions", Count, "Sessions read."),
        ADDRESSES,
        FRESH,
        BOGONS,
        PROVIDERS,
        ONLINE,
        WRITTEN,
        Member::new("store", Text, "The inventory, without a password."),
        Member::new("seconds", Number, "How long it took."),
        Member::new(
            "addresses_per_second",
            Count,
            "Addresses looked up in a second.",
        ),
        Member::new("interrupted", Flag, "Whether it was interrupted."),
    ],
};

/// `refresh --format json`; with `--dry-run` only what is due.
pub(crate) const REFRESH: Summary = Summary {
    name: "refresh",
    meaning: "What `refresh --format json` prints at the end; with `--dry-run` only `due`.",
    members: &[
        Member::new("due", Count, "Addresses to look up again (`--dry-run`).").sometimes(),
        ADDRESSES.sometimes(),
        FRESH.sometimes(),
        BOGONS.sometimes(),
        PROVIDERS.sometimes(),
        WRITTEN.sometimes(),
        ONLINE.sometimes(),
    ],
};

/// `backfill --format json`.
pub(crate) const BACKFILL: Summary = Summary {
    name: "backfill",
    meaning: "What `backfill --format json` prints at the end.",
    members: &[
        Member::new("asns_created", Count, "AS rows that were added."),
        Member::new("asns_updated", Count, "AS rows that were changed."),
        Member::new("asns_unchanged", Count, "AS rows that were right."),
        Member::new(
            "asns_emptied",
            Count,
            "AS rows that have no address any more.",
        ),
        Member::new("skipped", Counts, "Addresses skipped, by reason."),
        Member::new("addresses", Count, "Addresses read."),
        Member::new(
            "conflicts",
            Counts,
            "ASes about which sections of equal rank disagree, by field.",
        ),
        Member::new("asns_total", Count, "AS rows to process.").or_null(),
    ],
};

/// `verify --format json`.
pub(crate) const VERIFY: Summary = Summary {
    name: "verify",
    meaning: "What `verify --format json` prints.",
    members: &[
        Member::new("ok", Flag, "Whether every check passes."),
        Member::new("asns", Count, "AS rows checked."),
        Member::new("addresses", Count, "Addresses checked."),
        Member::new("sessions", Count, "Sessions checked."),
        Member::new(
            "sessions_without_row",
            Count,
            "Sessions known only as a number.",
        ),
        Member::new("checks", List(CHECK), "Each check."),
        Member::new("repaired", Counts, "Rows repaired, by check (`--repair`).").or_null(),
        Member::new(
            "kept_values",
            Count,
            "Replaced values that are kept in the table ipcascade_repairs.",
        )
        .or_null(),
        Member::new(
            "changes",
            List(CHANGE),
            "What would be replaced (`--repair --dry-run`).",
        )
        .or_null(),
    ],
};

/// `stats --format json`.
pub(crate) const STATS: Summary = Summary {
    name: "stats",
    meaning: "What `stats --format json` prints.",
    members: &[
        Member::new("asns", Count, "ASes, with addresses or without."),
        Member::new("addresses", Count, "Addresses."),
        Member::new("unattributed", Count, "Addresses without an AS."),
        Member::new("sessions", Count, "Sessions."),
    ],
};

/// `copy --format json`.
pub(crate) const COPY: Summary = Summary {
    name: "copy",
    meaning: "What `copy --format json` prints at the end.",
    members: &[
        Member::new("from", Text, "The inventory that was copied."),
        Member::new("to", Text, "The copy."),
        Member::new("exact", Flag, "Whether the copy is exact."),
        Member::new(
            "resumed",
            Flag,
            "Whether an interrupted copy was continued.",
        ),
        Member::new(
            "refreshed",
            Flag,
            "Whether an earlier copy was brought up to date.",
        ),
        Member::new("interrupted", Flag, "Whether it was interrupted."),
        Member::new("read", Count, "Rows read."),
        Member::new("written_new", Count, "Rows added."),
        Member::new("written_changed", Count, "Rows changed."),
        LEFT_OUT,
        Member::new("left_out_examples", List(UNCOPIED), "Some of them."),
        Member::new("verified", Any, "What `verify` finds in the copy.").or_null(),
        Member::new(
            "source_verified",
            Any,
            "What `verify` finds in the inventory.",
        )
        .or_null(),
        Member::new("compared", Any, "How the two compare, row by row.").or_null(),
    ],
};

/// A step of `migrate --format json`.
pub(crate) const MIGRATE: Summary = Summary {
    name: "migrate",
    meaning: "One of the steps that `migrate --format json` prints: done, or to do (`--dry-run`).",
    members: &[
        Member::new("description", Text, "What it does."),
        Member::new("sql", Text, "The statement."),
    ],
};

/// An index of `migrate --list-indexes --format json`.
pub(crate) const INDEX: Summary = Summary {
    name: "index",
    meaning: "One of the indexes that `migrate --list-indexes --format json` prints.",
    members: &[
        Member::new("fields", Texts, "The fields that it is for."),
        Member::new("source", Text, "The source whose sections have it."),
        Member::new("key", Text, "Its key in these sections."),
        Member::new("bytes", Count, "Its size."),
        Member::new("is_finished", Flag, "Whether it is used."),
    ],
};

/// A provider of `providers --format json`.
pub(crate) const PROVIDER: Summary = Summary {
    name: "provider",
    meaning: "One of the providers that `providers --format json` prints.",
    members: &[
        Member::new("name", Text, "Its name."),
        Member::new("description", Text, "What it is."),
        Member::new(
            "step",
            Count,
            "The step of the cascade that asks it, from 1.",
        )
        .or_null(),
        Member::new("online", Flag, "Whether addresses leave this machine."),
        Member::new("status", Text, "`ready`, or why it is not."),
        Member::new("reason", Text, "What it lacks.").or_null(),
        Member::new("not_asked", Text, "Why it is not asked.").or_null(),
        Member::new("fields", Texts, "The fields that it may fill.").or_null(),
        Member::new("ttl_seconds", Count, "How long an answer is fresh.").or_null(),
        Member::new(
            "not_found_ttl_seconds",
            Count,
            "The same if nothing was found.",
        )
        .or_null(),
        Member::new("data_version", Text, "The version of its files.").or_null(),
        Member::new(
            "state",
            Object(STATE),
            "What the inventory remembers of it.",
        )
        .or_null(),
    ],
};

/// A file of `databases --format json`.
pub(crate) const DATABASE: Summary = Summary {
    name: "database",
    meaning: "One of the files that `databases --format json` prints.",
    members: &[
        Member::new("provider", Text, "The provider that reads it."),
        Member::new("path", Text, "The file."),
        Member::new("edition", Text, "What it has, as it says itself.").or_null(),
        Member::new("built_at", Time, "When it was built.").or_null(),
        Member::new("records", Count, "Its networks (`--count`).").or_null(),
        Member::new("ip_version", Count, "6 if it has both families.").or_null(),
        Member::new("fields", Texts, "The fields that it may fill."),
    ],
};
