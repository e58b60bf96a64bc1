//! The log: `--log-format`, `--log-file`, `-v`.

use ipcascade_testkit::program::{Run, Sandbox};
use serde_json::Value;

use crate::{PROGRAM, SAMPLE};

fn objects(text: &str) -> Vec<Value> {
    let object = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    text.lines().map(object).collect()
}

fn with_sample(args: &[&str]) -> Vec<String> {
    let mmdb = format!("{SAMPLE}/sample-asn.mmdb");
    let line = ["--db", "a.db", "--mmdb", mmdb.as_str()];
    let line = line.iter().chain(args).map(|&it| it.to_owned());
    line.collect()
}

fn run(sandbox: &Sandbox, args: &[&str]) -> Run {
    let line = with_sample(args);
    sandbox.run(&line.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn with_json_everything_on_standard_error_is_json() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("a.txt", "9.9.9.9\nnonsense\n");
    let run = run(&sandbox, &["--log-format", "json", "-v", "enrich", "a.txt"]).expect(0);
    let objects = objects(&run.stderr);
    let has = |level: &str, text: &str| {
        let is_such = |it: &Value| {
            it["level"] == level && it["message"].as_str().is_some_and(|it| it.contains(text))
        };
        assert!(objects.iter().any(is_such), "{level} {text}: {run:?}");
    };
    has("info", "asking maxmind");
    has("info", "reading a.txt");
    has("warn", "a.txt:2");
    for object in &objects {
        assert!(object["time"].is_string() && object["target"].is_string());
    }
}

#[test]
fn an_error_is_an_object_with_its_cause_and_what_to_do() {
    let sandbox = Sandbox::new(PROGRAM);
    let args = ["--log-format", "json", "-q", "--db", "no.db", "stats"];
    let output = sandbox.command(&args).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let objects = objects(&String::from_utf8(output.stderr).unwrap());
    let [error] = objects.as_slice() else {
        panic!("{objects:?}")
    };
    assert_eq!(error["level"], "error");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("cannot open the inventory in no.db"));
    assert!(error["hint"].as_str().unwrap().contains("ipcascade enrich"));
}

#[test]
fn a_file_has_what_a_quiet_run_does_not_print() {
    let sandbox = Sandbox::new(PROGRAM);
    let enrich = ["-q", "--log-file", "~/run.log", "enrich", "9.9.9.9"];
    for expected in 1..=2 {
        let run = run(&sandbox, &enrich).expect(0);
        assert!(run.stderr.is_empty(), "{run:?}");
        let log = std::fs::read_to_string(sandbox.path("run.log")).unwrap();
        let asked = log.matches("asking maxmind").count();
        assert_eq!(asked, expected, "it is appended to: {log}");
        assert!(log.contains("INFO"), "{log}");
    }
    let variables = [
        ("IPCASCADE_LOG_FILE", "~/b.log"),
        ("IPCASCADE_LOG_FORMAT", "json"),
    ];
    let line = with_sample(&["stats"]);
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    sandbox.run_with(&variables, &line).expect(0);
    assert!(sandbox.path("b.log").exists());
    let failed = sandbox
        .run_with(&variables, &["--db", "no.db", "stats"])
        .expect(3);
    assert!(failed.stderr.starts_with("error: "), "{failed:?}");
    let log = std::fs::read_to_string(sandbox.path("b.log")).unwrap();
    let last = objects(&log).pop().unwrap();
    assert_eq!(last["level"], "error", "{log}");
}

#[test]
fn a_log_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::new(PROGRAM);
    for format in ["text", "json"] {
        let args = [
            "--log-format",
            format,
            "--log-file",
            "no/x.log",
            "providers",
        ];
        let run = sandbox.run(&args).expect(2);
        assert!(
            run.stderr.contains("cannot write the log to no/x.log"),
            "{run:?}"
        );
    }
}

#[test]
#[cfg(all(feature = "provider-greynoise", feature = "store-postgres"))]
fn secrets_are_in_no_log() {
    let sandbox = Sandbox::new(PROGRAM);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    sandbox.write(
        "ipcascade.toml",
        &format!(
            "[store]\nurl = \"postgresql://me:hunter2@{address}/d\"\n\
             [[cascade.steps]]\nprovider = \"greynoise\"\n\
             [providers.greynoise]\nbase_url = \"http://{address}\"\napi_key = \"hunter2\"\n"
        ),
    );
    sandbox.write(".pgpass", "a:b:c:d:hunter2:x\n");
    let variables = [("IPCASCADE_LOG", "trace")];
    for format in ["text", "json"] {
        let args = ["--log-format", format, "--log-file", "x.log", "-vv"];
        for command in [&["stats"][..], &["--online", "config", "check"]] {
            let run = sandbox.run_with(&variables, &[&args[..], command].concat());
            assert!(!run.stderr.contains("hunter2"), "{run:?}");
        }
    }
    let log = std::fs::read_to_string(sandbox.path("x.log")).unwrap();
    assert!(log.contains("cannot open the inventory"), "{log}");
    assert!(log.contains("greynoise"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

#[test]
fn verbose_names_each_input_and_its_format() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("a.txt", "9.9.9.9\n");
    let run = run(&sandbox, &["-v", "enrich", "a.txt"]).expect(0);
    assert!(run.stderr.contains("reading a.txt format=list"), "{run:?}");
    let usual = self::run(&sandbox, &["enrich", "a.txt"]).expect(0);
    assert!(!usual.stderr.contains("reading a.txt"), "{usual:?}");
}
