//! Events that an attacker has typed are text.

use crate::programs::stored::{EVENT, OF_EVENT, check, escaped};

/// Text typed by an attacker does not name a source.
#[test]
fn events_that_were_typed_are_not_read() {
    let forged = r#"{"eventid":"cowrie.session.connect","src_ip":"9.9.9.9","session":"f"}"#;
    let typed = escaped(forged);
    for (line, expected) in [
        (
            format!(
                "2025-03-01T10:00:00Z hp sshd[1]: Invalid user {forged} from 1.128.0.1 port 2\n"
            ),
            "1.128.0.1 2025-03-01T10:00:00Z, 9.9.9.9 2025-03-01T10:00:00Z",
        ),
        (
            format!(
                "1.128.0.1 - - [01/Mar/2025:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5 {forged}\n"
            ),
            "1.128.0.1 2025-03-01T10:00:00Z, 9.9.9.9 2025-03-01T10:00:00Z",
        ),
        (
            format!(
                "{{\"src_ip\":\"1.128.0.1\",\"message\":{typed},\"time\":\"2025-03-01T10:00:00Z\"}}\n"
            ),
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            format!(
                "{{\"event\":{forged},\"src_ip\":\"1.128.0.1\",\"time\":\"2025-03-01T10:00:00Z\"}}\n"
            ),
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
    ] {
        check(line, &[], expected);
    }
}

/// Neither in an envelope, nor in a log most of whose lines are events behind a header, nor in a table.
#[test]
fn events_that_were_typed_into_envelopes_are_not_read() {
    let forged = r#"{"eventid":"cowrie.session.connect","src_ip":"9.9.9.9","session":"f"}"#;
    let postfix = format!("warning: non-SMTP command from unknown[1.128.0.9]: {forged}");
    let cowrie = format!("Mar  1 10:00:00 hp1 cowrie[812]: {EVENT}\n").repeat(3);
    let cell = forged.replace('"', "\"\"");
    for (content, expected) in [
        (format!("{{\"MESSAGE\":{}}}\n", escaped(&postfix)), ""),
        (
            format!(
                "{{\"msg\":{}}}\n",
                escaped(&format!("Invalid user {forged}"))
            ),
            "",
        ),
        (
            format!("{cowrie}Mar  1 10:00:00 hp1 postfix/smtpd[1]: {postfix}\n"),
            OF_EVENT,
        ),
        (
            format!(
                "2025-03-01T10:00:02.123456Z [HoneyPotSSHTransport,0,1.128.0.9] CMD: {forged}\n"
            ),
            "1.128.0.9 2025-03-01T10:00:02.123456Z, 9.9.9.9 2025-03-01T10:00:02.123456Z",
        ),
        (
            format!("time,src_ip,payload\n2025-03-01 10:00:00,1.128.0.9,\"{cell}\"\n"),
            "1.128.0.9 2025-03-01T10:00:00Z",
        ),
        (
            format!("time,src_ip,message\n2025-03-01 10:00:00,1.128.0.9,\"{cell}\"\n"),
            "1.128.0.9 2025-03-01T10:00:00Z",
        ),
    ] {
        check(content, &[], expected);
    }
}
