//! A PostgreSQL database in LATIN1, and values that it cannot hold.

use ipcascade_tests::postgres::Server;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use xtask::mmdb::{BUILD_EPOCH, GeoLiteAsn, build_at};

use crate::world::World;

/// A database in LATIN1 on the shared server.
struct Latin {
    admin: PgConnection,
    name: String,
    url: String,
}

impl Latin {
    async fn new(name: &str) -> Option<Self> {
        let server = Server::shared()?;
        let url = server.url_of("postgres");
        let name = format!("latin_{name}_{}", std::process::id());
        let mut latin = Self {
            admin: PgConnection::connect(&url).await.unwrap(),
            url: server.url_of(&name),
            name,
        };
        latin
            .run("CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
            .await;
        Some(latin)
    }

    async fn run(&mut self, statement: &str) {
        let statement = statement.replace("{name}", &self.name);
        let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.admin);
        done.await.unwrap();
    }

    async fn end(mut self) {
        self.run("DROP DATABASE {name} WITH (FORCE)").await;
        self.admin.close().await.unwrap();
    }
}

/// 253 addresses in three ASNs, one of which has a name that LATIN1 does not have at two of them; and two sessions, one of
/// them from such a sensor. `Zürich` and `Köln` it has.
fn inputs(world: &World) {
    let record = |network: &str, asn, name: &str| {
        let record = GeoLiteAsn {
            autonomous_system_number: asn,
            autonomous_system_organization: name.to_owned(),
        };
        (network.parse().unwrap(), record)
    };
    let records = vec![
        record("11.0.0.0/24", 64_601, "Example Networks"),
        record("11.0.1.0/24", 64_602, "Łódź Networks"),
        record("11.0.2.0/24", 64_603, "Zürich Networks"),
    ];
    let bytes = build_at(BUILD_EPOCH, "Invented-ASN", "invented", records).unwrap();
    std::fs::write(world.sandbox.path("names.mmdb"), bytes).unwrap();
    let first = (1..=250).map(|host| format!("11.0.0.{host}\n"));
    let others = ["11.0.1.1\n", "11.0.1.2\n", "11.0.2.1\n"].map(str::to_owned);
    let list: String = first.chain(others).collect();
    world.sandbox.write("list.txt", &list);
    let event = |address: &str, session: &str, sensor: &str| {
        format!(
            "{{\"eventid\":\"cowrie.session.connect\",\"src_ip\":\"{address}\",\"session\":\"{session}\",\
             \"sensor\":\"{sensor}\",\"timestamp\":\"2026-03-01T00:00:00Z\"}}\n"
        )
    };
    let log = event("11.0.0.7", "s1", "Łódź") + &event("11.0.0.8", "s2", "Köln");
    world.sandbox.write("cowrie.json", &log);
}

/// What `args` do on the database, with that file to ask.
fn with_names<'a>(url: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    let db = ["--db", url, "--offline", "--mmdb", "names.mmdb"];
    [&db[..], args].concat()
}

fn exported(world: &World, url: &str, what: &str) -> String {
    let args = ["--db", url, what, "export", "--format", "csv"];
    world.sandbox.run(&args).expect(0).stdout
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_value_that_the_encoding_lacks_nothing_else_is_left_out() {
    let Some(latin) = Latin::new("enrich").await else {
        return;
    };
    let (world, url) = (World::new(), latin.url.clone());
    inputs(&world);
    let enrich = with_names(&url, &["enrich", "list.txt", "cowrie.json"]);
    let run = world.sandbox.run(&enrich).expect(0);
    let message = "3 values left out: the encoding of the database lacks a character";
    assert!(run.stderr.contains(message), "{run:?}");
    let asns = exported(&world, &url, "asn");
    for held in ["Zürich Networks", "Example Networks", "64602"] {
        assert!(asns.contains(held), "{asns}");
    }
    let addresses = exported(&world, &url, "ip");
    assert_eq!(addresses.lines().count(), 1 + 253, "{addresses}");
    let list = [
        "--db",
        &url,
        "ip",
        "list",
        "--prefix",
        "0.0.0.0/0",
        "--all",
        "--format",
        "csv",
    ];
    let listed = world.sandbox.run(&list).expect(0).stdout;
    assert_eq!(listed.lines().count(), 1 + 253, "{listed}");
    let sessions = exported(&world, &url, "session");
    assert!(
        sessions.contains("s1") && sessions.contains("Köln"),
        "{sessions}"
    );
    world.sandbox.run(&["--db", &url, "verify"]).expect(0);
    let again = with_names(&url, &["enrich", "--refresh", "list.txt"]);
    let run = world.sandbox.run(&again).expect(0);
    assert!(run.stderr.contains("2 values left out"), "{run:?}");
    world.sandbox.run(&["--db", &url, "verify"]).expect(0);
    latin.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copying_cuts_nothing_and_names_what_does_not_fit() {
    let Some(latin) = Latin::new("copy").await else {
        return;
    };
    let (world, url) = (World::new(), latin.url.clone());
    inputs(&world);
    let source = "sqlite://source.db";
    let enrich = with_names(source, &["enrich", "list.txt", "cowrie.json"]);
    world.sandbox.run(&enrich).expect(0);
    let copy = ["copy", "--from", source, "--to", &url];
    let run = world.sandbox.run(&copy).expect(1);
    assert!(
        run.stderr
            .contains("which the encoding of the target lacks"),
        "{run:?}"
    );
    let addresses = exported(&world, &url, "ip");
    assert_eq!(addresses.lines().count(), 1 + 251, "{addresses}");
    let sessions = exported(&world, &url, "session");
    assert_eq!(sessions.lines().count(), 1 + 1, "{sessions}");
    // The one that is missing counts for its address, which is there.
    world.sandbox.run(&["--db", &url, "verify"]).expect(0);
    latin.end().await;
}
