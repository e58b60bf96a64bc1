//! Paths that begin at the user's home.

use std::path::{Path, PathBuf};

/// Replaces `~/` at the beginning of `path` with the user's home folder, as shells do; files of configuration and
/// quoted arguments do not pass through a shell. Unchanged if there is no home.
pub fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) if !home.as_os_str().is_empty() => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tilde_by_itself_stands_for_the_home() {
        let home = std::env::home_dir().unwrap();
        assert_eq!(expand_home(Path::new("~/a.db")), home.join("a.db"));
        for other in ["a/~/b", "~other/a.db", "/~/a.db", "a~.db"] {
            assert_eq!(expand_home(Path::new(other)), Path::new(other));
        }
    }
}
