//! No password and no key in anything that the program says, writes or names, however much it is asked to say.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use ipcascade_testkit::peers::http::{HttpPeer, last_segment};
use ipcascade_testkit::program::{Run, Sandbox};
use ipcascade_tests::inventories::{Engine, Place};
use proptest::prelude::*;
use serde_json::json;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade-under-test");
/// A part of every secret; nothing else has it.
const MARK: &str = "hUsh9";

/// Whether a run keeps what must not be seen to itself, in files of the folder too.
fn check(sandbox: &Sandbox, run: &Run, secret: &str, what: &str) -> Result<(), TestCaseError> {
    let said = format!("{}{}", run.stdout, run.stderr);
    prop_assert!(!said.contains(secret), "{what}: {said}");
    prop_assert!(run.code != 101, "{what}: {said}");
    for entry in std::fs::read_dir(sandbox.path(".")).unwrap() {
        let name = entry.unwrap().file_name();
        let name = name.to_string_lossy();
        prop_assert!(!name.contains(secret), "{what} makes the file {name}");
    }
    Ok(())
}

/// Where a password may stand in what people take for the URL of a store. Port 1 of loopback refuses.
fn forms(password: &str) -> [String; 17] {
    let quoted = password.replace('\\', "\\\\").replace('\'', "\\'");
    [
        format!("postgresql://u:{password}@127.0.0.1:1/d"),
        format!("postgresql+psycopg://u:{password}@127.0.0.1:1/d"),
        format!("postgresql://u:{password}@/d?host=/nowhere"),
        format!("postgresql://u:{password}@h@127.0.0.1:1/d"),
        format!("postgresql:u:{password}@127.0.0.1:1/d"),
        format!("postgre://u:{password}@127.0.0.1:1/d"),
        format!("postgresql//u:{password}@127.0.0.1:1/d"),
        format!("u:{password}@127.0.0.1:1/d"),
        format!("postgresql://127.0.0.1:1/d?password={password}"),
        format!("postgresql://127.0.0.1:1/d?sslpassword={password}"),
        format!("postgresql://127.0.0.1:1/d?user=u;password={password}"),
        format!("postgresql://127.0.0.1:1/d?%70assword={password}"),
        format!("host=127.0.0.1 port=1 user=u password='{quoted}' dbname=d"),
        format!("host=127.0.0.1 port=1 user=u password={password} dbname=d"),
        format!("Host=127.0.0.1;Port=1;Username=u;Password={password}"),
        format!("host 127.0.0.1 password={password}"),
        format!("sqlite://a.db?password={password}"),
    ]
}

/// Characters that mean something in a URL, in parameters, in TOML or to people who look for an end.
fn password() -> impl Strategy<Value = String> {
    let part = "[a-zA-Z0-9@:/?#%&=\\[\\]\\\\\"' ;,$!|+~^*äß-]{0,6}";
    (part, part).prop_map(|(before, after)| format!("{before}{MARK}{after}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_form_of_a_url_shows_its_password(password in password(), place in 0..5) {
        let sandbox = Sandbox::new(PROGRAM);
        for url in forms(&password) {
            for args in [&["stats"][..], &["config", "show"], &["migrate", "--dry-run"]] {
                let url = url.as_str();
                let run = match place {
                    0 => {
                        let args = [&["-vvv", "--db", url], args].concat();
                        sandbox.run(&args)
                    }
                    1 => {
                        let args = [&["-vvv"], args].concat();
                        sandbox.run_with(&[("IPCASCADE_STORE__URL", url)], &args)
                    }
                    2 => {
                        sandbox.write("secret", url);
                        sandbox.write("c.toml", "[store]\nurl_file = \"secret\"\n");
                        let args = [&["-vvv", "--config", "c.toml"], args].concat();
                        sandbox.run(&args)
                    }
                    3 => {
                        sandbox.write("secret", &password);
                        sandbox.write("c.toml", "[store]\nurl = \"postgresql://u@127.0.0.1:1/d\"\npassword_file = \"secret\"\n");
                        let args = [&["-vvv", "--config", "c.toml"], args].concat();
                        sandbox.run(&args)
                    }
                    _ => {
                        // As it is typed: a quote in it breaks the file.
                        sandbox.write("c.toml", &format!("[store]\nurl = \"{url}\"\n"));
                        let args = [&["-vvv", "--config", "c.toml"], args].concat();
                        sandbox.run(&args)
                    }
                };
                check(&sandbox, &run, MARK, &format!("{args:?} on {url:?}"))?;
            }
        }
    }

    #[test]
    fn no_setting_shows_a_secret(password in password(), place in 0_usize..9) {
        let sandbox = Sandbox::new(PROGRAM);
        let text = serde_json::to_string(&password).unwrap();
        let address = serde_json::to_string(&format!("http://u:{password}@127.0.0.1:1")).unwrap();
        let settings = [
            format!("api_key = {text}"),
            format!("api_key = [{text}]"),
            format!("api_key = {{ a = {text} }}"),
            format!("api_key = {password}"),
            format!("api_key = \"x\"\nbase_url = {address}"),
            format!("api_key = \"x\"\ntimeout = {address}"),
            format!("api_key = \"x\"\ntoken = {text}"),
            format!("api_key = \"x\"\npassword = {text}"),
            format!("api_key = \"x\"\nrate_limit = {{ secret = {text} }}"),
        ];
        let setting = &settings[place];
        sandbox.write("c.toml", &format!(
            "[[cascade.steps]]\nprovider = \"greynoise\"\n[providers.greynoise]\n{setting}\n"
        ));
        for args in [&["config", "show"][..], &["config", "check"], &["providers"], &["stats"]] {
            let run = sandbox.run(&[&["-vvv", "--config", "c.toml"], args].concat());
            check(&sandbox, &run, MARK, &format!("{args:?} with {setting}"))?;
        }
    }
}

#[test]
fn a_url_where_something_else_is_meant_keeps_its_password() {
    let sandbox = Sandbox::new(PROGRAM);
    for password in [MARK, "hUsh9@x", "a:hUsh9"] {
        let url = format!("postgresql://u:{password}@127.0.0.1:1/d");
        for args in [
            &["--db", "a.db", "enrich", &url][..],
            &[
                "--offline",
                "enrich",
                "--no-store",
                "--mmdb",
                &url,
                "8.8.8.8",
            ],
            &["--config", &url, "stats"],
            &["stats", &url],
            &[&*url],
            &["enrich", "--exclude", &url, "8.8.8.8"],
        ] {
            let run = sandbox.run(args);
            check(&sandbox, &run, MARK, &format!("{args:?}")).unwrap();
        }
    }
}

/// Everything that has a secret at once: the store, a provider's key, a proxy with a password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_run_shows_no_secret() {
    let Some(place) = Place::new(Engine::Postgres).await else {
        return;
    };
    let peer = HttpPeer::start(|request| {
        let address = last_segment(request);
        let answer =
            json!({"ip": address, "asn": "AS64601", "as_name": "Example", "country_code": "NL"});
        (200, answer)
    })
    .await;
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write(
        "ipcascade.toml",
        &format!(
            "[[cascade.steps]]\nprovider = \"ipinfo\"\n\
             [providers.ipinfo]\napi_key = \"key-{MARK}\"\nbase_url = \"{}\"\n",
            peer.uri()
        ),
    );
    let url = place.url();
    let (credentials, _) = url.split_once('@').unwrap();
    let (_, password) = credentials.rsplit_once(':').unwrap();
    let proxy = format!("http://me:proxy-{MARK}@127.0.0.1:1");
    let variables = [("ALL_PROXY", &*proxy), ("no_proxy", "127.0.0.1")];
    for (args, code) in [
        (&["enrich", "8.8.8.8", "1.1.1.1"][..], 0),
        (&["refresh"], 0),
        (&["lookup", "8.8.4.4"], 0),
        (&["verify"], 0),
        (&["stats"], 0),
        (&["providers"], 0),
        (&["config", "show"], 0),
        (&["copy", "--from", &url, "--to", "copy.db"], 0),
    ] {
        let args = [&["-vvv", "--db", &url], args].concat();
        let run = sandbox.run_with(&variables, &args).expect(code);
        for secret in [MARK, password] {
            check(&sandbox, &run, secret, &format!("{args:?}")).unwrap();
        }
    }
    assert!(!peer.requests().is_empty(), "the key was used");
    // Nobody is behind this one: its password is in no message either.
    let args = ["-vvv", "--db", &url, "lookup", "9.9.9.9"];
    let refused = sandbox.run_with(&[("http_proxy", &proxy)], &args);
    check(&sandbox, &refused, MARK, "a proxy that refuses").unwrap();
    assert!(refused.stderr.contains("127.0.0.1:1"), "{refused:?}");
}
