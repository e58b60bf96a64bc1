//! Manual pages and completions.

use ipcascade_testkit::program::Sandbox;

use crate::PROGRAM;
use crate::examples::each_command;

#[test]
fn every_command_has_a_manual_page() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.run(&["man", "--output=~/man/man1"]).expect(0);
    let mut pages = 0;
    each_command(&mut |name, _| {
        pages += 1;
        let file = format!("man/man1/{}.1", name.replace(' ', "-"));
        let text = std::fs::read_to_string(sandbox.path(&file)).expect(&file);
        for section in ["NAME", "SYNOPSIS", "OPTIONS", "EXAMPLES", "EXIT STATUS"] {
            let is_heading = |line: &str| {
                line.strip_prefix(".SH")
                    .is_some_and(|it| it.trim().trim_matches('"') == section)
            };
            assert!(text.lines().any(is_heading), "{file}: {section}\n{text}");
        }
        let hidden = text.contains("\\-\\-now");
        assert!(!hidden, "{file} has a hidden option");
    });
    let written = std::fs::read_dir(sandbox.path("man/man1")).unwrap().count();
    assert_eq!(written, pages);
}

#[test]
fn a_page_is_printed_by_the_name_of_its_command() {
    let sandbox = Sandbox::new(PROGRAM);
    let first_line = |args: &[&str]| {
        let run = sandbox.run(args).expect(0);
        let title = run.stdout.lines().find(|line| line.starts_with(".TH"));
        title.unwrap_or_default().to_owned()
    };
    assert!(first_line(&["man"]).starts_with(".TH ipcascade 1"));
    assert!(first_line(&["man", "ip", "export"]).contains("ipcascade-ip-export"));
    let run = sandbox.run(&["man", "ip", "exports"]).expect(2);
    assert!(run.stderr.contains("did you mean `ip export`?"), "{run:?}");
    let run = sandbox.run(&["man", "nonsense"]).expect(2);
    assert!(!run.stderr.contains("did you mean"), "{run:?}");
    assert!(first_line(&["man", "cowrie-enrich-asn"]).contains("cowrie-enrich-asn"));
    sandbox.write("file", "");
    let run = sandbox.run(&["man", "--output", "file"]).expect(1);
    assert!(run.stderr.contains("cannot write pages to file"), "{run:?}");
}

#[test]
#[cfg(feature = "provider-maxmind")]
fn names_are_completed_and_hidden_options_are_not() {
    let sandbox = Sandbox::new(PROGRAM);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = sandbox.run(&["completions", shell]).expect(0).stdout;
        assert!(!script.contains("--now"), "{shell}");
        assert!(script.contains("log-file"), "{shell}");
        // For the others the library completes no values.
        if ["bash", "fish", "zsh"].contains(&shell) {
            for name in ["maxmind", "session_count", "ripencc", "ndjson"] {
                assert!(script.contains(name), "{shell}: {name}");
            }
        }
    }
    let help = sandbox.run(&["completions", "--help"]).expect(0).stdout;
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let line = format!("\n  {shell} ");
        assert!(help.contains(&line), "{shell}: {help}");
    }
}
