//! Secrets in the configuration, and the sample of it.

use ipcascade_testkit::program::Sandbox;

use crate::PROGRAM;

#[test]
#[cfg(feature = "provider-greynoise")]
fn secrets_are_never_shown() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write(
        "ipcascade.toml",
        "[store]\nurl = \"postgresql://me:hunter2@host/db?password=hunter2\"\n\
         [providers.greynoise]\napi_key = \"hunter2\"\n",
    );
    for args in [
        &["config", "show"][..],
        &["config", "show", "--format", "json"],
    ] {
        let run = sandbox.run(args).expect(0);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
        assert!(
            run.stdout
                .contains("postgresql://me:***@host/db?password=***"),
            "{run:?}"
        );
        assert!(
            run.stdout.contains("providers.greynoise.api_key"),
            "{run:?}"
        );
    }
}

#[test]
fn the_sample_can_be_written_once_and_read() {
    let sandbox = Sandbox::new(PROGRAM);
    let run = sandbox.run(&["config", "init", "--output", "."]).expect(2);
    assert!(
        run.stderr.contains("cannot write .: it is a folder"),
        "{run:?}"
    );
    sandbox
        .run(&["config", "init", "--output", "ipcascade.toml"])
        .expect(0);
    let written = std::fs::read_to_string(sandbox.path("ipcascade.toml")).unwrap();
    assert!(written.contains("[store]"));
    sandbox.run(&["config", "check"]).expect(0);
    let again = sandbox
        .run(&["config", "init", "--output", "ipcascade.toml"])
        .expect(2);
    assert!(again.stderr.contains("--force"), "{again:?}");
    assert!(
        sandbox
            .run(&["config", "path"])
            .expect(0)
            .stdout
            .contains("ipcascade.toml")
    );
}

#[test]
#[cfg(unix)]
fn a_file_with_secrets_that_others_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::new(PROGRAM);
    let file = sandbox.write(
        "ipcascade.toml",
        "[store]\nurl = \"postgresql://me:hunter2@host/db\"\n",
    );
    let warned = |mode: u32| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let run = sandbox.run(&["config", "show"]).expect(0);
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
        run.stderr
            .contains("others may read `ipcascade.toml`, which holds `store.url`")
    };
    assert!(warned(0o644));
    assert!(!warned(0o600));
}
