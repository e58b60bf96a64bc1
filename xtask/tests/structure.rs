//! No two modules need each other, and no file is too long.

use std::fs;

use xtask::structure::{BrokenRow, Circle, LongFile, broken_rows, check, circles, long_files};

#[test]
fn no_modules_need_each_other_and_no_file_is_too_long() {
    if let Err(error) = check() {
        panic!("{error}");
    }
}

#[test]
fn a_file_that_is_too_long_is_found_and_generated_ones_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    for (name, lines) in [
        ("a/long.rs", 351),
        ("a/short.rs", 350),
        ("target/made.rs", 1000),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "//\n".repeat(lines)).unwrap();
    }
    let expected = LongFile {
        path: folder.path().join("a/long.rs"),
        lines: 351,
    };
    assert_eq!(long_files(folder.path()).unwrap(), [expected]);
}

#[test]
fn a_broken_row_of_a_table_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.md");
    let text = "| a | b |\n|---|---|\n| `|` | \\| |\n| 1 | 2 | | 3 |\nwrapped | 4 |\n\n| no table |\n```\n|--|\n| x | y |\n```\n";
    fs::write(&path, text).unwrap();
    let expected = [4, 5].map(|line| BrokenRow {
        path: path.clone(),
        line,
    });
    assert_eq!(broken_rows(folder.path()).unwrap(), expected);
}

#[test]
fn a_circle_is_found_through_re_exports_and_paths_in_code() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "lib.rs",
        "mod one;\nmod two;\nmod three;\npub use one::One;",
    );
    write("one.rs", "pub struct One;\nfn f() { crate::two::f(); }");
    write("two/mod.rs", "mod inner;\npub use inner::f;");
    write("two/inner.rs", "use crate::One;\npub fn f(_: One) {}");
    write(
        "three.rs",
        "use crate::two::f;\n#[cfg(test)]\nmod tests { use crate::one::One; }",
    );
    let expected = Circle(vec!["one".to_owned(), "two::inner".to_owned()]);
    assert_eq!(circles(&folder.path().join("lib.rs")).unwrap(), [expected]);
}
