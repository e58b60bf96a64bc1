//! The events of one session, decided when it begins.

use super::content::{COMMANDS, DOWNLOADS, HASSHES, PASSWORDS, TUNNELS, USERS, VERSIONS};
use crate::rng::Rng;

/// One event to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionStep {
    Connect,
    Version(&'static str),
    Kex(&'static str),
    LoginFailed(&'static str, &'static str),
    LoginSuccess(&'static str, &'static str),
    Command(&'static str),
    Download(&'static str, &'static str),
    Upload(&'static str),
    Tunnel(&'static str, u16),
    LogClosed,
    Closed,
}

/// The protocol of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Ssh,
    Telnet,
}

/// Exactly `count` events, from the connection to its end, in the order in which they happen.
pub(super) fn script(count: usize, protocol: Protocol, rng: &mut Rng) -> Vec<SessionStep> {
    let mut steps = Vec::with_capacity(count);
    steps.push(SessionStep::Connect);
    if count > 2 && protocol == Protocol::Ssh {
        steps.push(SessionStep::Version(rng.pick(&VERSIONS)));
    }
    if count > 5 && protocol == Protocol::Ssh && rng.percent(25) {
        steps.push(SessionStep::Kex(rng.pick(&HASSHES)));
    }
    let left = count.saturating_sub(steps.len() + 1);
    if left >= 3 && rng.percent(50) {
        shell(left, rng, &mut steps);
    } else {
        for _ in 0..left {
            steps.push(login_failed(rng));
        }
    }
    if steps.len() < count {
        steps.push(SessionStep::Closed);
    }
    steps
}

/// A successful login, commands, and the end of the terminal's log: `count` events, at least 3.
fn shell(count: usize, rng: &mut Rng, steps: &mut Vec<SessionStep>) {
    let tries = rng.index(count - 2);
    for _ in 0..tries {
        steps.push(login_failed(rng));
    }
    steps.push(SessionStep::LoginSuccess(
        rng.pick(&USERS),
        rng.pick(&PASSWORDS),
    ));
    for _ in 0..count - tries - 2 {
        steps.push(match rng.below(20) {
            0 | 1 => {
                let (url, sum) = rng.pick(&DOWNLOADS);
                SessionStep::Download(url, sum)
            }
            2 => SessionStep::Upload(rng.pick(&DOWNLOADS).1),
            3 => {
                let (host, port) = rng.pick(&TUNNELS);
                SessionStep::Tunnel(host, port)
            }
            _ => SessionStep::Command(rng.pick(&COMMANDS)),
        });
    }
    steps.push(SessionStep::LogClosed);
}

fn login_failed(rng: &mut Rng) -> SessionStep {
    SessionStep::LoginFailed(rng.pick(&USERS), rng.pick(&PASSWORDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_have_the_length_asked_for_and_both_ends() {
        let mut rng = Rng::new(3);
        for round in 0..500 {
            for count in 2..12 {
                let protocol = if round % 2 == 0 {
                    Protocol::Ssh
                } else {
                    Protocol::Telnet
                };
                let steps = script(count, protocol, &mut rng);
                assert_eq!(steps.len(), count);
                assert_eq!(
                    (steps[0], steps[count - 1]),
                    (SessionStep::Connect, SessionStep::Closed)
                );
            }
        }
        assert_eq!(script(1, Protocol::Ssh, &mut rng), [SessionStep::Connect]);
    }
}
