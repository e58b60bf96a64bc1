//! The commands that are killed.

use futures::future::{BoxFuture, FutureExt as _};
use ipcascade_testkit::program::Sandbox;
use ipcascade_tests::inventories::{Inputs, LogSpec, Place};

/// A command and how its database is prepared.
pub(crate) struct Job {
    /// Its name in the test.
    pub(crate) name: &'static str,
    /// Brings an empty database into its state before the command.
    pub(crate) prepare: for<'a> fn(&'a Sandbox, &'a Place) -> BoxFuture<'a, ()>,
    /// The command; `PLACE` stands for the URL of the database, `SOURCE` for that of a filled one of the other engine.
    pub(crate) args: &'static [&'static str],
    /// What `verify` may find until the command has completed: the remaining work.
    pub(crate) unfinished: &'static [&'static str],
    /// Whether another program may write to the database at the same time.
    pub(crate) beside_others: bool,
}

/// A log with more addresses than one transaction records.
pub(crate) const ENRICH: Job = Job {
    name: "enrich",
    prepare: |sandbox, place| async move { make_empty(sandbox, place) }.boxed(),
    args: &[
        "--db",
        "PLACE",
        "--offline",
        "--mmdb",
        "asn.mmdb",
        "--mmdb",
        "city.mmdb",
        "enrich",
        "cowrie.json",
    ],
    unfinished: &[],
    beside_others: true,
};

/// A deployed database without any AS row.
pub(crate) const BACKFILL: Job = Job {
    name: "backfill",
    prepare: |sandbox, place| {
        async move {
            enriched_with(sandbox, place, &["asn.mmdb", "city.mmdb"]);
            place.subject.plant("DELETE FROM asn_inventory").await;
        }
        .boxed()
    },
    args: &["--db", "PLACE", "backfill", "--batch-size", "100"],
    unfinished: &["asn_row_missing"],
    beside_others: true,
};

/// Newer MMDB files, in which most addresses belong to another AS.
pub(crate) const REFRESH: Job = Job {
    name: "refresh",
    prepare: |sandbox, place| {
        async move { enriched_with(sandbox, place, &["asn.mmdb", "city.mmdb"]) }.boxed()
    },
    args: &[
        "--db",
        "PLACE",
        "--offline",
        "--mmdb",
        "asn-next.mmdb",
        "--mmdb",
        "city.mmdb",
        "refresh",
    ],
    unfinished: &[],
    beside_others: true,
};

/// Addresses of which only the country is known.
pub(crate) const BACKFILL_MISSING: Job = Job {
    name: "backfill --missing",
    prepare: |sandbox, place| async move { enriched_with(sandbox, place, &["city.mmdb"]) }.boxed(),
    args: &[
        "--db",
        "PLACE",
        "--offline",
        "--mmdb",
        "asn.mmdb",
        "--mmdb",
        "city.mmdb",
        "backfill",
        "--missing",
    ],
    unfinished: &[],
    beside_others: true,
};

/// An inventory of the other engine, into an empty one.
pub(crate) const COPY: Job = Job {
    name: "copy",
    prepare: |sandbox, place| async move { make_empty(sandbox, place) }.boxed(),
    args: &[
        "copy",
        "--from",
        "SOURCE",
        "--to",
        "PLACE",
        "--batch-size",
        "200",
    ],
    unfinished: &[],
    beside_others: false,
};

/// Writes the files that the commands read.
pub(crate) fn inputs(sandbox: &Sandbox) {
    let inputs = Inputs(sandbox);
    inputs.asn_file("asn.mmdb", 0);
    inputs.asn_file("asn-next.mmdb", 1);
    inputs.city_file("city.mmdb");
    let spec = |events, addresses, number| LogSpec {
        events,
        addresses,
        offset: 0,
        number,
    };
    inputs.log("cowrie.json", spec(9_200, 4_500, 1));
    inputs.log("small.json", spec(3_200, 1_500, 2));
}

/// Fills the database that is copied.
pub(crate) fn fill(sandbox: &Sandbox, place: &Place) {
    enriched_with(sandbox, place, &["asn.mmdb", "city.mmdb"]);
}

fn make_empty(sandbox: &Sandbox, place: &Place) {
    sandbox.run(&["--db", &place.url(), "migrate"]).expect(0);
}

fn enriched_with(sandbox: &Sandbox, place: &Place, files: &[&str]) {
    let url = place.url();
    let mut args = vec!["--db", &url, "--offline"];
    args.extend(files.iter().flat_map(|file| ["--mmdb", file]));
    args.extend(["enrich", "small.json"]);
    sandbox.run(&args).expect(0);
}
