//! The URL of the store, and its password, in files of their own.

use std::fs;

use ipcascade_testkit::program::{Run, Sandbox};

use crate::PROGRAM;

/// A sandbox with this table [store] in its configuration.
fn sandbox(store: &str) -> Sandbox {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("conf/ipcascade.toml", &format!("[store]\n{store}\n"));
    sandbox
}

fn stats(sandbox: &Sandbox, variables: &[(&str, &str)], flags: &[&str]) -> Run {
    let args = [&["--config", "conf/ipcascade.toml"], flags, &["stats"]].concat();
    let run = sandbox.run_with(variables, &args);
    assert!(!format!("{run:?}").contains("SECRET"), "{run:?}");
    run
}

#[test]
#[cfg(feature = "store-sqlite")]
fn the_url_may_be_in_a_file() {
    let sandbox = sandbox("url_file = \"url\"");
    sandbox.write("conf/url", "sqlite://a.db\n");
    for args in [
        &["migrate"][..],
        &["stats"],
        &["config", "check"],
        &["config", "show"],
    ] {
        let args = [&["--config", "conf/ipcascade.toml"], args].concat();
        let run = sandbox.run(&args).expect(0);
        assert!(!run.stdout.contains("is the default"), "{run:?}");
    }
    assert!(sandbox.path("a.db").is_file());
    let home = fs::canonicalize(sandbox.path(".")).unwrap();
    let variables = [
        ("HOME", home.to_str().unwrap()),
        ("IPCASCADE_STORE__URL_FILE", "~/conf/url"),
    ];
    let run = sandbox.run_with(&variables, &["stats"]).expect(0);
    assert!(run.stdout.contains("a.db"), "{run:?}");
}

#[test]
#[cfg(feature = "store-sqlite")]
fn a_higher_layer_goes_before_a_lower_one_and_one_has_one() {
    let url = [("IPCASCADE_STORE__URL", "sqlite://b.db")];
    let file = [("IPCASCADE_STORE__URL_FILE", "url")];
    for (store, variables, flags, expected) in [
        ("url_file = 'none'", &url[..], &[][..], "b.db"),
        ("url_file = 'none'", &[], &["--db", "c.db"], "c.db"),
        ("url = 'x.db'", &file, &[], "a.db"),
        ("url_file = 'none'", &file, &[], "a.db"),
        ("url = 'x.db'", &file, &["--db", "c.db"], "c.db"),
        ("password_file = 'none'", &url, &[], "b.db"),
    ] {
        let sandbox = sandbox(store);
        sandbox.write("url", "sqlite://a.db");
        sandbox.run(&["--db", expected, "migrate"]).expect(0);
        let run = stats(&sandbox, variables, flags).expect(0);
        assert!(run.stdout.contains(expected), "{store}: {run:?}");
        assert!(run.stderr.is_empty(), "{store}: {run:?}");
    }
    let sandbox = sandbox("url = 'a.db'\nurl_file = 'url'");
    let run = stats(&sandbox, &[], &[]).expect(2);
    assert!(
        run.stderr.contains(
            "`store.url_file`: `store.url` is set as well; keep one of them (set in conf/ipcascade.toml:3:"
        ),
        "{run:?}"
    );
    let both = [url[0], file[0]];
    let run = stats(&sandbox, &both, &[]).expect(2);
    assert!(run.stderr.contains("IPCASCADE_STORE__URL_FILE"), "{run:?}");
}

#[test]
fn what_is_wrong_with_a_file_is_said_without_what_is_in_it() {
    let sandbox = sandbox("url_file = 'url'\npassword_file = 'password'");
    fs::create_dir(sandbox.path("conf/folder")).unwrap();
    let file = |key: &str, text: &[u8]| fs::write(sandbox.path(&format!("conf/{key}")), text);
    let url = "postgresql://me@127.0.0.1:1/d";
    for (name, text, reason) in [
        ("url", &b""[..], "cannot read conf/url: it is empty"),
        ("url", b"SECRET", "there is no URL in conf/url"),
        ("url", b"SECRET\nSECRET", "it has more than one line"),
        ("url", b"SECRET\xff", "it is not UTF-8 text"),
        ("url", b"no://SECRET@h", "is not that of a server"),
        ("url", b"postgresql://u:a#SECRET@h/d", "not a store URL"),
        (
            "url",
            b"sqlite://a.db",
            "`store.url_file` is not that of a server",
        ),
        (
            "url",
            b"postgresql://u:SECRET@h/d",
            "has a password as well",
        ),
        ("password", b"\n", "cannot read conf/password: it is empty"),
        ("password", b"SECRET\n2", "it has more than one line"),
        ("password", &[b'S'; 100_000], "it is larger than 64 KiB"),
    ] {
        file("url", url.as_bytes()).unwrap();
        file("password", b"SECRET").unwrap();
        file(name, text).unwrap();
        for args in [&["stats"][..], &["config", "check"]] {
            let args = [&["--config", "conf/ipcascade.toml", "-vv"], args].concat();
            let run = sandbox.run(&args).expect(2);
            assert!(run.stderr.contains(reason), "{reason}: {run:?}");
            assert!(!format!("{run:?}").contains("SECRET"), "{run:?}");
        }
    }
    for (variable, value, reason) in [
        ("URL_FILE", "none", "none: there is no such file"),
        ("URL_FILE", "conf/folder", "it is a folder"),
        ("PASSWORD_FILE", "none", "none: there is no such file"),
        ("URL_FILE", "/dev/zero", "it is larger than 64 KiB"),
    ] {
        file("url", url.as_bytes()).unwrap();
        let name = format!("IPCASCADE_STORE__{variable}");
        let run = stats(&sandbox, &[(&name, value)], &[]).expect(2);
        assert!(run.stderr.contains(reason), "{run:?}");
        assert!(run.stderr.contains(&name), "{run:?}");
    }
    let misplaced = "url_file = 'postgresql://u:SECRET@h/d'";
    let run = stats(&crate::secret_files::sandbox(misplaced), &[], &[]).expect(2);
    assert!(run.stderr.contains("it is a URL"), "{run:?}");
}

#[test]
#[cfg(feature = "store-postgres")]
fn a_password_is_not_used_for_the_url_of_a_higher_layer() {
    let sandbox = sandbox("url = 'postgresql://me@h/d'\npassword_file = 'none'");
    let flags = ["--db", "postgresql://me@127.0.0.1:1/other"];
    let run = stats(&sandbox, &[("PGCONNECT_TIMEOUT", "1")], &flags).expect(3);
    assert!(
        run.stderr.contains("`store.password_file` is not used"),
        "{run:?}"
    );
    let with = ["--db", "postgresql://me:x@127.0.0.1:1/other"];
    let run = stats(&sandbox, &[], &with).expect(3);
    assert!(!run.stderr.contains("password_file"), "{run:?}");
}
