//! Runs a test again in a process of its own that the kernel kills if it does something forbidden.

use std::env;
use std::future::Future;
use std::process::Command;

/// Set in the confined process.
const MARK: &str = "IPCASCADE_TESTKIT_CONFINED";

/// What a process must not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forbidden {
    /// Open an internet socket.
    Sockets,
    /// Put a thread to sleep.
    Sleep,
}

impl Forbidden {
    const fn name(self) -> &'static str {
        match self {
            Self::Sockets => "sockets",
            Self::Sleep => "sleep",
        }
    }
}

/// Runs `work` in another process, as part of the same test there, `path` (prefixed with the name of the crate). Where
/// the kernel cannot confine a process, nothing is checked.
///
/// # Panics
///
/// With `fault` if the process does what is forbidden, and if the test fails there for another reason.
pub(crate) async fn run(
    path: &str,
    forbidden: Forbidden,
    fault: &str,
    work: impl Future<Output = ()>,
) {
    match env::var(MARK) {
        Ok(mark) if mark == forbidden.name() => {
            return match confine(forbidden) {
                Ok(()) => work.await,
                Err(reason) => eprintln!("this process cannot be confined: {reason}"),
            };
        }
        // This process is for another check of the same test.
        Ok(_) => return,
        Err(_) => {}
    }
    let test = path.split_once("::").map_or(path, |(_, test)| test);
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => panic!("the test's own program is not known: {error}"),
    };
    let mut command = Command::new(program);
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    let output = match command.env(MARK, forbidden.name()).output() {
        Ok(output) => output,
        Err(error) => panic!("the test cannot be started once more: {error}"),
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!is_ended_by_kernel(output.status), "{fault}");
    assert!(
        output.status.success() && said.contains("1 passed"),
        "confined, the test `{test}` fails:\n{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[cfg(unix)]
fn is_ended_by_kernel(status: std::process::ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal() == Some(libc::SIGSYS)
}

#[cfg(not(unix))]
const fn is_ended_by_kernel(_: std::process::ExitStatus) -> bool {
    false
}

/// From now on, the whole process is killed when this thread, or one that it starts, does what is forbidden.
#[cfg(target_os = "linux")]
fn confine(forbidden: Forbidden) -> Result<(), String> {
    use std::collections::BTreeMap;

    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, apply_filter,
    };

    let text = |error: &dyn std::fmt::Display| error.to_string();
    let mut calls: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    match forbidden {
        Forbidden::Sockets => {
            let families = [libc::AF_INET, libc::AF_INET6].map(i32::unsigned_abs);
            let rules = families.map(|family| {
                let (first, whole) = (0, SeccompCmpArgLen::Dword);
                let condition =
                    SeccompCondition::new(first, whole, SeccompCmpOp::Eq, family.into())?;
                SeccompRule::new(vec![condition])
            });
            let rules = rules.into_iter().collect::<Result<_, _>>();
            calls.insert(libc::SYS_socket, rules.map_err(|error| text(&error))?);
        }
        Forbidden::Sleep => {
            calls.insert(libc::SYS_nanosleep, Vec::new());
            calls.insert(libc::SYS_clock_nanosleep, Vec::new());
        }
    }
    let machine = env::consts::ARCH.try_into();
    let filter = machine.and_then(|machine| {
        let (others, these) = (SeccompAction::Allow, SeccompAction::KillProcess);
        SeccompFilter::new(calls, others, these, machine)
    });
    let program: Result<BpfProgram, _> = filter.and_then(TryInto::try_into);
    let program = program.map_err(|error| text(&error))?;
    apply_filter(&program).map_err(|error| text(&error))
}

#[cfg(not(target_os = "linux"))]
fn confine(_: Forbidden) -> Result<(), String> {
    Err("only Linux can do that".to_owned())
}
