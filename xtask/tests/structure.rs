//! No two modules need each other.

use std::fs;
use std::path::{Path, PathBuf};

use xtask::structure::{Circle, circles};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn no_modules_need_each_other() {
    let crates = fs::read_dir(workspace().join("crates")).unwrap();
    let mut roots: Vec<PathBuf> = crates
        .map(|folder| folder.unwrap().path().join("src/lib.rs"))
        .collect();
    roots.extend(["xtask/src/lib.rs", "tests/src/lib.rs"].map(|root| workspace().join(root)));
    let found: Vec<String> = roots
        .iter()
        .flat_map(|root| {
            let circles = circles(root).unwrap().into_iter();
            circles.map(|circle| format!("{}: {circle}", root.display()))
        })
        .collect();
    assert_eq!(found, [""; 0], "modules that need each other");
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
