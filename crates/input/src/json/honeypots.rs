//! Honeypots whose events name their session.

/// How events of a honeypot are recognised, and what they mean.
pub(super) struct Honeypot {
    /// The common prefix of the `eventid` of all its events.
    pub(super) event: &'static str,
    /// Whether the rest of it is a number, as in `KIPP0001`.
    pub(super) is_numbered: bool,
    /// The `eventid` of the end of a session, without the prefix.
    pub(super) end: &'static str,
    /// The `eventid`s of events whose `src_ip` is what the peer claims to forward for, without the prefix.
    pub(super) forwarded: &'static str,
}

/// Honeypots with an `eventid`, a `session` and a `sensor` in every event.
const BY_EVENT: &[Honeypot] = &[
    // <https://docs.cowrie.org/en/latest/OUTPUT.html>. (`cowrie.log.closed` is the end of the recording only.) Before
    // July 2026 the originator of a forwarded connection replaced `src_ip`.
    Honeypot {
        event: "cowrie.",
        is_numbered: false,
        end: "session.closed",
        forwarded: "direct-tcpip.",
    },
    // Cowrie before it named its events, and Kippo before it.
    Honeypot {
        event: "COW",
        is_numbered: true,
        end: "0011",
        forwarded: "0014",
    },
    Honeypot {
        event: "KIPP",
        is_numbered: true,
        end: "0011",
        forwarded: "0014",
    },
    Honeypot {
        event: "adbhoney.",
        is_numbered: false,
        end: "session.closed",
        forwarded: "",
    },
];

/// A honeypot whose records are sessions, without an `eventid`.
pub(super) struct SessionHoneypot {
    /// The fields that all its records have.
    pub(super) marks: &'static [&'static str],
    /// The field with the session ID.
    pub(super) id: &'static str,
    /// The field with the sensor.
    pub(super) sensor: &'static str,
}

/// Honeypots whose records name their session.
pub(super) const BY_FIELDS: &[SessionHoneypot] = &[
    // Heralding: <https://github.com/johnnykv/heralding>, `log_session.json`.
    SessionHoneypot {
        marks: &["session_id", "auth_attempts"],
        id: "session_id",
        sensor: "sensor",
    },
    // Conpot: <https://github.com/mushorg/conpot>, its JSON log.
    SessionHoneypot {
        marks: &["id", "sensorid", "data_type"],
        id: "id",
        sensor: "sensorid",
    },
];

/// The honeypot whose event has this ID.
pub(super) fn by_event(id: &str) -> Option<&'static Honeypot> {
    BY_EVENT.iter().find(|honeypot| {
        let rest = id.strip_prefix(honeypot.event);
        rest.is_some_and(|rest| {
            !honeypot.is_numbered
                || (!rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
        })
    })
}

impl Honeypot {
    /// Whether the event `id` is the end of its session.
    pub(super) fn is_end(&self, id: &str) -> bool {
        id.strip_prefix(self.event) == Some(self.end)
    }

    /// Whether the `src_ip` of the event `id` may differ from the session's.
    pub(super) fn is_forwarded(&self, id: &str) -> bool {
        let rest = id.strip_prefix(self.event).unwrap_or_default();
        !self.forwarded.is_empty() && rest.starts_with(self.forwarded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_recognised_by_their_ids() {
        for (id, is_event, is_end, is_forwarded) in [
            ("cowrie.session.connect", true, false, false),
            ("cowrie.session.closed", true, true, false),
            ("cowrie.log.closed", true, false, false),
            ("cowrie.direct-tcpip.request", true, false, true),
            ("KIPP0001", true, false, false),
            ("COW0011", true, true, false),
            ("COWBOY", false, false, false),
            ("adbhoney.session.closed", true, true, false),
            ("4625", false, false, false),
        ] {
            let honeypot = by_event(id);
            assert_eq!(honeypot.is_some(), is_event, "{id}");
            assert_eq!(
                honeypot.is_some_and(|honeypot| honeypot.is_end(id)),
                is_end,
                "{id}"
            );
            assert_eq!(
                honeypot.is_some_and(|honeypot| honeypot.is_forwarded(id)),
                is_forwarded,
                "{id}"
            );
        }
    }
}
