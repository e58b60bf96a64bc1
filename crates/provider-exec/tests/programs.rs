//! Programs that die, fall silent, babble, and answer out of turn.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up makes the test fail"
)]

use std::path::Path;
use std::sync::Arc;

use ipcascade_core::{Address, Built, FailureClass, LookupFailure, Outcome, Provider, Settings};
use ipcascade_provider_exec::build;

/// Takes the address out of `$line`.
const ADDRESS: &str = r#"address=${line#*'"address":"'}; address=${address%%'"'*}"#;

/// The provider over a shell script, which has a folder to write to in `$1`.
fn provider(folder: &Path, script: &str, more: &str) -> Arc<dyn Provider> {
    let path = folder.join("program.sh");
    std::fs::write(&path, script.replace("ADDRESS", ADDRESS)).unwrap();
    let settings = format!("command = [\"sh\", {path:?}, {folder:?}]\n{more}");
    match build(&Settings::from_toml("providers.exec", &settings)) {
        Ok(Built::Ready(provider)) => provider,
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
async fn an_address_that_it_dies_of_costs_no_other_its_answer() {
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
    let provider = provider(folder.path(), script, "timeout_seconds = 1");
    let outcomes = ask(&*provider, 4).await;
    let found: Vec<bool> = outcomes.iter().map(is_found).collect();
    assert_eq!(found, [true, true, false, true]);
    let message = &failure(&outcomes[2]).message;
    assert!(message.contains("has not answered for 1 s"), "{message}");
    // None of the silent ones is left.
    let silent = std::fs::read_to_string(folder.path().join("silent")).unwrap();
    for id in silent.lines() {
        let mut is_alive = true;
        for _ in 0..10_000 {
            let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            is_alive = !state.is_empty() && !state.contains(") Z ");
            if !is_alive {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert!(!is_alive, "{id} goes on");
    }
}

#[tokio::test]
async fn babble_and_answers_to_nobody_s_question_are_passed_over_in_any_order() {
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
