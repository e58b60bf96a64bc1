//! The shape of each kind of event.

use std::io;
use std::net::IpAddr;

use chrono::{DateTime, SecondsFormat};

use super::line::EventLine;
use super::session::{Protocol, SessionStep};

/// What all events of a session share.
#[derive(Clone, Debug)]
pub(super) struct SessionOrigin {
    pub(super) session: u64,
    pub(super) src_ip: IpAddr,
    pub(super) src_port: u16,
    pub(super) sensor: &'static str,
    pub(super) protocol: Protocol,
    /// Microseconds since 1970.
    pub(super) began: i64,
}

/// Writes the event that happens at `now` (microseconds since 1970), with its line end.
pub(super) fn write(
    out: &mut Vec<u8>,
    origin: &SessionOrigin,
    step: SessionStep,
    now: i64,
) -> io::Result<()> {
    let mut line = EventLine::begin(out, eventid(step))?;
    details(&mut line, origin, step, now)?;
    line.plain("sensor", origin.sensor)?;
    let time = DateTime::from_timestamp_micros(now).unwrap_or_default();
    line.plain(
        "timestamp",
        time.to_rfc3339_opts(SecondsFormat::Micros, true),
    )?;
    line.plain("src_ip", origin.src_ip)?;
    line.plain("session", format_args!("{:012x}", origin.session))?;
    line.end()
}

const fn eventid(step: SessionStep) -> &'static str {
    match step {
        SessionStep::Connect => "cowrie.session.connect",
        SessionStep::Version(_) => "cowrie.client.version",
        SessionStep::Kex(_) => "cowrie.client.kex",
        SessionStep::LoginFailed(..) => "cowrie.login.failed",
        SessionStep::LoginSuccess(..) => "cowrie.login.success",
        SessionStep::Command(_) => "cowrie.command.input",
        SessionStep::Download(..) => "cowrie.session.file_download",
        SessionStep::Upload(_) => "cowrie.session.file_upload",
        SessionStep::Tunnel(..) => "cowrie.direct-tcpip.request",
        SessionStep::LogClosed => "cowrie.log.closed",
        SessionStep::Closed => "cowrie.session.closed",
    }
}

fn details(
    line: &mut EventLine<'_>,
    origin: &SessionOrigin,
    step: SessionStep,
    now: i64,
) -> io::Result<()> {
    match step {
        SessionStep::Connect => connect(line, origin),
        SessionStep::Version(version) => {
            line.text("version", version)?;
            line.text("message", &format!("Remote SSH version: {version}"))
        }
        SessionStep::Kex(hassh) => {
            line.plain("hassh", hassh)?;
            line.raw("kexAlgs", r#"["curve25519-sha256","ecdh-sha2-nistp256"]"#)?;
            line.raw("keyAlgs", r#"["ssh-ed25519","rsa-sha2-512"]"#)?;
            line.plain(
                "message",
                format_args!("SSH client hassh fingerprint: {hassh}"),
            )
        }
        SessionStep::LoginFailed(user, password) => login(line, user, password, "failed"),
        SessionStep::LoginSuccess(user, password) => login(line, user, password, "succeeded"),
        SessionStep::Command(input) => {
            line.text("input", input)?;
            line.text("message", &format!("CMD: {input}"))
        }
        SessionStep::Download(url, sum) => {
            line.text("url", url)?;
            line.plain("outfile", format_args!("var/lib/cowrie/downloads/{sum}"))?;
            line.plain("shasum", sum)?;
            line.text(
                "message",
                &format!("Downloaded URL ({url}) with SHA-256 {sum}"),
            )
        }
        SessionStep::Upload(sum) => {
            line.plain("filename", "sshd")?;
            line.plain("outfile", format_args!("var/lib/cowrie/downloads/{sum}"))?;
            line.plain("shasum", sum)?;
            line.plain(
                "message",
                format_args!("SFTP Uploaded file \\\"sshd\\\" to {sum}"),
            )
        }
        SessionStep::Tunnel(host, port) => {
            line.plain("dst_ip", host)?;
            line.raw("dst_port", port)?;
            line.raw("src_port", origin.src_port)?;
            line.plain(
                "message",
                format_args!("direct-tcp connection request to {host}:{port}"),
            )
        }
        SessionStep::LogClosed => log_closed(line, origin, now),
        SessionStep::Closed => {
            duration(line, origin, now)?;
            line.plain("message", "Connection lost")
        }
    }
}

fn connect(line: &mut EventLine<'_>, origin: &SessionOrigin) -> io::Result<()> {
    let (protocol, port) = match origin.protocol {
        Protocol::Ssh => ("ssh", 2222),
        Protocol::Telnet => ("telnet", 2223),
    };
    let dst = if origin.src_ip.is_ipv4() {
        "172.17.0.2"
    } else {
        "fd00:17::2"
    };
    let SessionOrigin {
        src_ip,
        src_port,
        session,
        ..
    } = origin;
    line.raw("src_port", src_port)?;
    line.plain("dst_ip", dst)?;
    line.raw("dst_port", port)?;
    line.plain("protocol", protocol)?;
    line.plain(
        "message",
        format_args!(
            "New connection: {src_ip}:{src_port} ({dst}:{port}) [session: {session:012x}]"
        ),
    )
}

fn login(line: &mut EventLine<'_>, user: &str, password: &str, how: &str) -> io::Result<()> {
    line.text("username", user)?;
    line.text("password", password)?;
    line.text(
        "message",
        &format!("login attempt [{user}/{password}] {how}"),
    )
}

fn log_closed(line: &mut EventLine<'_>, origin: &SessionOrigin, now: i64) -> io::Result<()> {
    line.plain(
        "ttylog",
        format_args!("var/lib/cowrie/tty/{:012x}", origin.session),
    )?;
    line.raw("size", 64 + origin.session % 4096)?;
    line.raw("duplicate", false)?;
    duration(line, origin, now)?;
    line.plain("message", "Closing TTY Log")
}

fn duration(line: &mut EventLine<'_>, origin: &SessionOrigin, now: i64) -> io::Result<()> {
    let micros = now - origin.began;
    line.raw(
        "duration",
        format_args!("{}.{:06}", micros / 1_000_000, micros % 1_000_000),
    )
}
