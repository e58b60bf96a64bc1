//! Programs that exit, fall silent, write garbage, and answer out of order.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up makes the test fail"
)]

use std::path::Path;
use std::sync::Arc;

use figment::Figment;
use ipcascade_core::address::Address;
use ipcascade_core::lookup::{FailureClass, LookupFailure, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::ProviderSetup;
use ipcascade_core::settings::Settings;
use ipcascade_provider_exec::build;

/// Extracts the address from `$line`.
const ADDRESS: &str = r#"address=${line#*'"address":"'}; address=${address%%'"'*}"#;

/// The provider over a shell script, whose `$1` is a folder to write to.
fn provider(folder: &Path, script: &str, more: &str) -> Arc<dyn Provider> {
    let path = folder.join("program.sh");
    std::fs::write(&path, script.replace("ADDRESS", ADDRESS)).unwrap();
    let settings = format!("command = [\"sh\", {path:?}, {folder:?}]\n{more}");
    match build(&Settings::from_toml("providers.exec", &settings)) {
        Ok(ProviderSetup::Ready(provider)) => provider,
        other => panic!("{other:?}"),
    }
}

fn addresses(count: u8) -> Vec<Address> {
    let address = |last| format!("198.41.0.{last}").parse().unwrap();
    (1..=count).map(address).collect()
}

async fn ask(provider: &dyn Provider, count: u8) -> Vec<Outcome> {
    provider.look_up(&addresses(count)).await.outcomes
}

fn is_found(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Found(_))
}

fn failure(outcome: &Outcome) -> &LookupFailure {
    match outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_is_kept_running_from_batch_to_batch() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        echo started >> "$1/starts"
        while read -r line; do ADDRESS; echo "{\"address\":\"$address\",\"owner\":\"x\"}"; done
    "#;
    let provider = provider(folder.path(), script, "");
    for _ in 0..3 {
        assert!(ask(&*provider, 20).await.iter().all(is_found));
    }
    let starts = std::fs::read_to_string(folder.path().join("starts")).unwrap();
    assert_eq!(starts.lines().count(), 1);
}

#[tokio::test]
async fn an_address_that_crashes_the_program_costs_no_other_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        echo started >> "$1/starts"
        while read -r line; do
            ADDRESS
            if [ "$address" = 198.41.0.5 ]; then echo "no such luck" >&2; exit 7; fi
            echo "{\"address\":\"$address\",\"owner\":\"x\"}"
        done
    "#;
    let provider = provider(folder.path(), script, "");
    let outcomes = ask(&*provider, 9).await;
    let found: Vec<bool> = outcomes.iter().map(is_found).collect();
    assert_eq!(
        found,
        [true, true, true, true, false, true, true, true, true]
    );
    let failure = failure(&outcomes[4]);
    assert_eq!(failure.class, FailureClass::Transient);
    for part in ["has ended", "7", "no such luck"] {
        assert!(failure.message.contains(part), "{failure}");
    }
    let starts = std::fs::read_to_string(folder.path().join("starts")).unwrap();
    assert_eq!(starts.lines().count(), 3, "anew after each death");
    assert!(is_found(&ask(&*provider, 1).await[0]));
}

#[tokio::test]
async fn one_that_never_lives_is_not_started_for_every_address() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(folder.path(), "echo started >> \"$1/starts\"; exit 1", "");
    let outcomes = ask(&*provider, 100).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| failure(outcome).class == FailureClass::Transient)
    );
    let starts = std::fs::read_to_string(folder.path().join("starts")).unwrap();
    assert!(starts.lines().count() <= 4, "{starts}");
}

#[tokio::test]
async fn one_that_falls_silent_is_ended_and_what_it_has_answered_counts() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        while read -r line; do
            ADDRESS
            if [ "$address" = 198.41.0.3 ]; then echo $$ >> "$1/silent"; exec tail -f /dev/null; fi
            echo "{\"address\":\"$address\",\"owner\":\"x\"}"
        done
    "#;
    let provider = provider(folder.path(), script, "timeout = \"1s\"");
    let outcomes = ask(&*provider, 4).await;
    let found: Vec<bool> = outcomes.iter().map(is_found).collect();
    assert_eq!(found, [true, true, false, true]);
    let message = &failure(&outcomes[2]).message;
    assert!(message.contains("has not answered for 1 s"), "{message}");
    // None of the silent programs is still running.
    let silent = std::fs::read_to_string(folder.path().join("silent")).unwrap();
    for id in silent.lines() {
        assert!(has_ended(id).await, "{id} goes on");
    }
}

/// There is always a line to read, and none is an answer.
#[tokio::test]
async fn one_that_writes_garbage_for_ever_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(folder.path(), "exec yes garbage", "timeout = \"1s\"");
    let outcomes = ask(&*provider, 1).await;
    let message = &failure(&outcomes[0]).message;
    assert!(message.contains("has not answered for 1 s"), "{message}");
}

#[tokio::test]
async fn garbage_and_unrequested_answers_are_skipped_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        echo "Loading..."
        echo '{"address":"8.8.8.8","owner":"unasked"}'
        lines=
        while read -r line; do
            ADDRESS
            lines="{\"address\":\"$address\",\"owner\":\"$address\"}
$lines"
            case $line in *'"left":0'*) printf %s "$lines"; lines= ;; esac
        done
    "#;
    let provider = provider(folder.path(), script, "");
    for _ in 0..2 {
        let outcomes = ask(&*provider, 30).await;
        for (address, outcome) in addresses(30).into_iter().zip(outcomes) {
            let Outcome::Found(finding) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(finding.fields["owner"], address.to_string());
        }
    }
}

#[tokio::test]
async fn more_than_a_pipe_holds_goes_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        filler=$(head -c 3000 /dev/zero | tr '\0' x)
        while read -r line; do ADDRESS; echo "{\"address\":\"$address\",\"owner\":\"$filler\"}"; done
    "#;
    let provider = provider(folder.path(), script, "batch_size = 5000");
    let many: Vec<Address> = (0..5000_u32)
        .map(|number| std::net::Ipv4Addr::from(0x0b00_0000 + number).into())
        .collect();
    let outcomes = provider.look_up(&many).await.outcomes;
    assert_eq!(
        outcomes.iter().filter(|outcome| is_found(outcome)).count(),
        5000
    );
}

#[tokio::test]
async fn several_run_at_once_if_they_may() {
    let folder = tempfile::tempdir().unwrap();
    // Each waits until the other has been asked as well.
    let script = r#"
        while read -r line; do
            ADDRESS
            echo x >> "$1/asked"
            while [ "$(wc -l < "$1/asked")" -lt 2 ]; do :; done
            echo "{\"address\":\"$address\",\"owner\":\"x\"}"
        done
    "#;
    let provider = provider(folder.path(), script, "processes = 2");
    assert_eq!(provider.capabilities().concurrency, 2);
    let [first, second] = [[addresses(1)[0]], [addresses(2)[1]]];
    let (first, second) = tokio::join!(provider.look_up(&first), provider.look_up(&second));
    assert!(is_found(&first.outcomes[0]) && is_found(&second.outcomes[0]));
}

#[tokio::test]
async fn babble_alone_is_silence() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        while :; do echo working; read -r -t 1 line 2> "$1/ignored" || sleep 0.05; done
    "#;
    let provider = provider(folder.path(), script, "timeout = \"1s\"");
    let message = &failure(&ask(&*provider, 1).await[0]).message.clone();
    assert!(message.contains("has not answered for 1 s"), "{message}");
}

#[tokio::test]
async fn one_that_ends_after_each_answer_is_started_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        read -r line; ADDRESS
        echo "{\"address\":\"$address\",\"owner\":\"x\"}"
    "#;
    let provider = provider(folder.path(), script, "");
    for _ in 0..5 {
        assert!(is_found(&ask(&*provider, 1).await[0]));
    }
    assert!(ask(&*provider, 6).await.iter().all(is_found));
}

#[tokio::test]
async fn what_a_silent_one_has_started_is_ended_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        tail -f /dev/null & echo $! > "$1/grandchild"
        wait
    "#;
    let provider = provider(folder.path(), script, "timeout = \"1s\"");
    failure(&ask(&*provider, 1).await[0]);
    let id = std::fs::read_to_string(folder.path().join("grandchild")).unwrap();
    assert!(has_ended(id.trim()).await, "{id} goes on");
}

#[test]
fn a_program_beside_a_configuration_with_a_relative_path_is_found() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir_in(".").unwrap();
    let path = folder.path().join("program.sh");
    let script = "#!/bin/sh\nwhile read -r line; do ADDRESS; echo \"{\\\"address\\\":\\\"$address\\\",\\\"owner\\\":\\\"x\\\"}\"; done\n";
    std::fs::write(&path, script.replace("ADDRESS", ADDRESS)).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, mode).unwrap();
    let relative = Path::new(folder.path().file_name().unwrap());
    let figment = Figment::from(("providers.exec.command", ["./program.sh"]));
    let settings = Settings::new(&figment, "providers.exec", relative);
    let Ok(ProviderSetup::Ready(provider)) = build(&settings) else {
        panic!("the settings are right")
    };
    let outcomes = runtime.block_on(ask(&*provider, 1));
    assert!(is_found(&outcomes[0]), "{outcomes:?}");
}

/// Whether a process exits eventually.
async fn has_ended(id: &str) -> bool {
    for _ in 0..10_000 {
        let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z ") {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test]
async fn an_answer_that_is_not_json_fails_its_address_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        while read -r line; do ADDRESS; echo "{\"address\": \"$address\", \"score\": NaN}"; done
    "#;
    let provider = provider(folder.path(), script, "timeout = \"3600s\"");
    for outcome in ask(&*provider, 3).await {
        let failure = failure(&outcome);
        assert_eq!(failure.class, FailureClass::Permanent);
        assert!(failure.message.contains("cannot be read"), "{failure}");
    }
}

/// The names of the environment variables that a program gets.
async fn environment(more: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        env > "$1/environment"
        while read -r line; do ADDRESS; echo "{\"address\":\"$address\",\"owner\":\"x\"}"; done
    "#;
    let provider = provider(folder.path(), script, more);
    assert!(is_found(&ask(&*provider, 1).await[0]));
    let lines = std::fs::read_to_string(folder.path().join("environment")).unwrap();
    let names = lines.lines().filter_map(|line| line.split_once('='));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[tokio::test]
async fn a_program_gets_the_usual_variables_and_those_that_the_settings_name() {
    // Cargo sets it for tests; no user has it.
    const OTHER: &str = "CARGO_PKG_NAME";
    let has = |names: &[String], name: &str| names.iter().any(|it| it == name);
    let usual = environment("").await;
    assert!(has(&usual, "PATH") && !has(&usual, OTHER), "{usual:?}");
    for named in ["[\"CARGO_PKG_NAME\"]", "[\"CARGO_*\"]", "[\"*\"]"] {
        let names = environment(&format!("environment = {named}")).await;
        assert!(has(&names, "PATH") && has(&names, OTHER), "{names:?}");
    }
}
