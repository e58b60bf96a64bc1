//! The folder in which the commands of a page run.

use std::cell::OnceCell;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ipcascade_tests::postgres::{FreshDatabase, fresh_database};
use tempfile::TempDir;

use crate::beginnings::{Beginning, inputs};
use crate::pages::{Page, What};
use crate::{NOW, PROGRAM, ROOT};

/// Folders of a machine, which are folders of the test's.
const ROOTED: [&str; 3] = ["/etc/", "/srv/", "/var/"];
/// How the URLs of PostgreSQL databases begin on the pages.
const POSTGRES: &str = "postgresql://me@";

/// The inventory of pages that say nothing else, in the home.
pub(crate) const INVENTORY: &str = "inventory.db";

/// Programs that need root, a firewall or a compiler: these only look whether there is what they would take.
const STAND_INS: [(&str, &str); 6] = [
    ("nft", "test \"$1\" = -f && grep -q '^add set' \"$2\""),
    ("ipset", "test \"$1\" = restore && grep -q '^swap '"),
    ("iptables", "test \"$1\" = -I"),
    ("ip6tables", "test \"$1\" = -I"),
    (
        "pfctl",
        "test \"$1$3$4$5\" = -t-Treplace-f && test -s \"$6\"",
    ),
    (
        "cargo",
        "test \"$1\" = run || exit 9\nwhile test \"$1\" != --; do shift; done\nshift\nexec ipcascade \"$@\"",
    ),
];

/// A home with the files that pages name, a folder that stands for the root, and a shell that remembers variables and
/// its folder.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: TempDir,
    databases: Vec<(String, Option<FreshDatabase>)>,
    /// A copy of the inventory, made when a query needs it.
    copy: OnceCell<Option<FreshDatabase>>,
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: i32,
    /// What it printed, on standard output and standard error.
    pub(crate) output: Vec<String>,
}

impl Ran {
    /// The message about a program that is not installed, which CI may not lack.
    pub(crate) fn missing_program(&self) -> Option<&str> {
        let is_missing = |line: &&String| line.ends_with("command not found");
        let message = self.output.iter().find(is_missing)?;
        (std::env::var_os("CI").is_none() && self.code == 127).then_some(message)
    }
}

impl Folder {
    /// The folder at the beginning of `page`.
    pub(crate) fn new(page: &Page, what: What) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "home", "state"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        symlink(PROGRAM, folder.path().join("bin/ipcascade")).unwrap();
        symlink(ROOT, folder.path().join("home/ipcascade")).unwrap();
        for (name, script) in STAND_INS {
            if name == "cargo" && what == What::Compiling {
                continue;
            }
            let path = folder.path().join("bin").join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let home = folder.path().join("home").display().to_string();
        fs::write(folder.path().join("state/folder"), home).unwrap();
        fs::write(folder.path().join("state/variables"), "").unwrap();
        let databases = urls(&page.text)
            .into_iter()
            .map(|url| (url, block_on(fresh_database())));
        let databases = databases.collect();
        let copy = OnceCell::new();
        let folder = Self {
            folder,
            databases,
            copy,
        };
        inputs(&folder);
        Beginning::of(&page.name).prepare(&folder);
        folder
    }

    /// A file of the home.
    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.folder.path().join("home").join(name)
    }

    /// A file of the machine, such as `/var/log`.
    pub(crate) fn rooted(&self, path: &str) -> PathBuf {
        self.folder.path().join("root").join(&path[1..])
    }

    /// Writes a file of the shell's folder, or adds to it.
    pub(crate) fn write(&self, name: &str, lines: &[String], is_added: bool) {
        let folder = fs::read_to_string(self.folder.path().join("state/folder")).unwrap();
        let path = match name.starts_with('/') {
            true => self.rooted(name),
            false => Path::new(folder.trim_end()).join(name),
        };
        let before = match is_added {
            true => fs::read_to_string(&path).unwrap(),
            false => String::new(),
        };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(
            &path,
            format!("{before}{}\n", self.located(&lines.join("\n"))),
        )
        .unwrap();
    }

    /// Whether the databases that a command names are there.
    pub(crate) fn has_databases_of(&self, command: &str) -> bool {
        let mut missing = self
            .databases
            .iter()
            .filter(|(_, database)| database.is_none());
        !missing.any(|(url, _)| command.contains(url))
    }

    /// Runs a command in the shell.
    pub(crate) fn run(&self, command: &str) -> Ran {
        let state = self.folder.path().join("state");
        let script = format!(
            "set -o pipefail\n. {0}/variables\ncd \"$(cat {0}/folder)\"\n{1}\ncode=$?\n\
             export -p > {0}/variables\npwd > {0}/folder\nexit $code\n",
            state.display(),
            self.located(command),
        );
        let bin = self.folder.path().join("bin").display().to_string();
        let output = Command::new("bash")
            .args(["-c", &format!("exec 2>&1\n{script}")])
            .env_clear()
            .envs(cargo_homes())
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", compiled())
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("HOME", self.home(""))
            .env("IPCASCADE_NOW", NOW)
            .env("LANG", "C.UTF-8")
            .env("PATH", format!("{bin}:{}", std::env::var("PATH").unwrap()))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        Ran {
            code: output.status.code().unwrap_or(-1),
            output: text.lines().map(|line| self.unlocated(line)).collect(),
        }
    }

    /// The command with the test's folders and databases for those of the page.
    fn located(&self, command: &str) -> String {
        let mut located = command.to_owned();
        for (url, database) in &self.databases {
            if let Some(database) = database {
                located = located.replace(url, database.url());
            }
        }
        let root = self.folder.path().join("root").display().to_string();
        for folder in ROOTED {
            for before in [" ", "=", "'", "\"", ">"] {
                located = located.replace(
                    &format!("{before}{folder}"),
                    &format!("{before}{root}{folder}"),
                );
            }
        }
        located
    }

    fn unlocated(&self, line: &str) -> String {
        let folder = self.folder.path().display().to_string();
        line.replace(&format!("{folder}/root"), "")
            .replace(&format!("{folder}/home"), "~")
    }

    /// The URL of a copy of the page's inventory in PostgreSQL; `None` where that is not installed.
    pub(crate) fn inventory_on_a_server(&self) -> Option<&str> {
        let copy = self.copy.get_or_init(|| {
            let database = block_on(fresh_database())?;
            let command = format!(
                "ipcascade -q copy --from ~/{INVENTORY} --to '{}'",
                database.url()
            );
            let copied = self.run(&command);
            assert_eq!(copied.code, 0, "{copied:?}");
            Some(database)
        });
        copy.as_ref().map(FreshDatabase::url)
    }
}

/// The URLs of PostgreSQL databases in a text, the longest first.
fn urls(text: &str) -> Vec<String> {
    let is_end = |c: char| c.is_whitespace() || "`'\"?|)".contains(c);
    let parts = text.split(POSTGRES).skip(1);
    let url = |part: &str| {
        let rest = part.split(is_end).next().unwrap_or_default();
        format!("{POSTGRES}{rest}")
    };
    let mut urls: Vec<String> = parts.map(url).collect();
    urls.sort_by_key(|url| std::cmp::Reverse(url.len()));
    urls.dedup();
    urls
}

/// Where pages compile crates.
pub(crate) fn compiled() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("docs")
}

/// Where cargo finds its compilers and the sources of crates.
fn cargo_homes() -> [(&'static str, PathBuf); 2] {
    let home = std::env::home_dir().unwrap();
    [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")].map(|(name, usual)| {
        let set = std::env::var_os(name).map(PathBuf::from);
        (name, set.unwrap_or_else(|| home.join(usual)))
    })
}

/// Runs a future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// Copies a file, into a folder that is made if needed.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(from, to).unwrap();
}
