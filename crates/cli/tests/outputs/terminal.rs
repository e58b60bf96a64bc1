//! The program in a terminal of some width.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// What a command prints in a terminal of this many columns. Standard error is elsewhere.
pub(crate) fn shown(command: &mut Command, columns: u16) -> String {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let name = name.into_string().unwrap();
    let terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open(name)
        .unwrap();
    let mut child = command
        .env("COLUMNS", columns.to_string())
        .env("NO_COLOR", "1")
        .stdout(terminal)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The command holds the terminal open as well.
    command.stdout(Stdio::null());
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    let mut controller = File::from(controller);
    // At its end Linux reports an error.
    while let Ok(read @ 1..) = controller.read(&mut part) {
        bytes.extend_from_slice(&part[..read]);
    }
    child.wait().unwrap();
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}
