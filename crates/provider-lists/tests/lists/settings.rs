//! What follows from the settings: versions and declared fields.

use ipcascade_core::registry::Registry;

use crate::bench::Bench;

#[test]
fn other_content_and_other_settings_are_another_version() {
    let bench = Bench::new();
    let touched = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    let version = |content: &str, keys: &str| {
        let path = bench.write("list", content);
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(touched).unwrap();
        let keys = format!("[[list]]\nname = \"l\"\nfiles = [\"FOLDER/list\"]\n{keys}");
        bench.build(&keys).unwrap().data_version().unwrap()
    };
    let first = version("5.0.0.0/8\n", "");
    assert_eq!(first, version("5.0.0.0/8\n", ""));
    assert!(
        first.as_str().starts_with("2023-11-14T22:13:20Z+"),
        "{}",
        first.as_str()
    );
    for other in [
        version("5.0.0.0/9\n", ""),
        version("5.0.0.0/8\n", "fields = { x = 1 }"),
    ] {
        assert!(other.supersedes(Some(first.as_str())), "{}", other.as_str());
    }
}

#[test]
fn fields_of_the_settings_are_declared() {
    let bench = Bench::new();
    let settings = bench.settings(
        "[[list]]\nname = \"l\"\nfiles = [\"x.csv\"]\naddress = \"a\"\nfields = { is_partner = true }\nfrom = { site = \"s\" }\n",
    );
    let registry = Registry::linked().unwrap();
    let factory = registry.provider("lists").unwrap();
    let fields = factory.fields_with(&settings).unwrap();
    let names: Vec<&str> = fields.iter().map(|source| source.field.name()).collect();
    assert!(
        names.contains(&"is_partner") && names.contains(&"site"),
        "{names:?}"
    );
}
