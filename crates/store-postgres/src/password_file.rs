//! Looks at the file of passwords that the driver reads where a URL has none
//! (<https://www.postgresql.org/docs/current/libpq-pgpass.html>). The driver's own messages quote lines, with their
//! passwords, so the program does not show them.

use std::path::{Path, PathBuf};

use ipcascade_core::file_privacy::others_may_read;

/// The number of fields of a line: host, port, database, user, password.
const FIELDS: usize = 5;

/// Warns of what makes the driver pass over the file, or over a line of it.
pub(crate) fn warn() {
    let named = std::env::var_os("PGPASSFILE").map(PathBuf::from);
    let is_named = named.is_some();
    let usual = || Some(std::env::home_dir()?.join(".pgpass"));
    let Some(path) = named.or_else(usual) else {
        return;
    };
    for problem in problems(&path, is_named) {
        tracing::warn!("{}{problem}", path.display());
    }
}

fn problems(path: &Path, is_named: bool) -> Vec<String> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if is_named || error.kind() != std::io::ErrorKind::NotFound => {
            return vec![format!(" (a file of passwords) cannot be read: {error}")];
        }
        Err(_) => return Vec::new(),
    };
    if others_may_read(path) {
        return vec![
            ": others may read it, so it is not used; `chmod 600` keeps it private".to_owned(),
        ];
    }
    let lines = (1..).zip(text.split(|&byte| byte == b'\n'));
    lines
        .filter_map(|(number, line)| {
            let line = line.trim_ascii();
            let count = fields(line);
            let is_read = line.is_empty() || line.starts_with(b"#") || count == FIELDS;
            (!is_read).then(|| {
                format!(
                    ", line {number}: it has {count} fields instead of {FIELDS}, and is not used"
                )
            })
        })
        .collect()
}

/// The number of fields: a colon after a backslash does not end one. What follows the fourth colon is the password.
fn fields(line: &[u8]) -> usize {
    let (mut count, mut is_escaped) = (1, false);
    for byte in line {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b':' if count < FIELDS => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_not_used_are_counted_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        assert!(problems(&path, false).is_empty());
        assert_eq!(problems(&path, true).len(), 1);
        let text = "# ours\n\nh:5432:d:u:SECRET\nh:5432:d:SECRET\n*:*:*:SE\\:CRET\nh:1:d:u:a:b\n";
        std::fs::write(&path, text).unwrap();
        may_read(&path, 0o600);
        let found = problems(&path, false);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].starts_with(", line 4: it has 4 fields"),
            "{found:?}"
        );
        assert!(found.iter().all(|it| !it.contains("SECRET")), "{found:?}");
        if cfg!(unix) {
            may_read(&path, 0o644);
            assert!(problems(&path, false)[0].contains("others may read it"));
        }
    }

    #[cfg(unix)]
    fn may_read(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[cfg(not(unix))]
    fn may_read(_: &Path, _: u32) {}
}
