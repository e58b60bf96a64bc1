//! The program includes the provider that it links.

use std::process::Command;

#[test]
fn the_program_lists_the_provider() {
    let output = Command::new(env!("CARGO_BIN_EXE_custom-binary"))
        .args(["providers", "--format", "json"])
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{listed}");
    assert!(listed.contains("\"csv\""), "{listed}");
}
