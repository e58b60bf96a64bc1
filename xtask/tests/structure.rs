//! No two modules need each other.

use std::fs;

use xtask::structure::{Circle, check, circles};

#[test]
fn no_modules_need_each_other() {
    if let Err(error) = check() {
        panic!("{error}");
    }
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
