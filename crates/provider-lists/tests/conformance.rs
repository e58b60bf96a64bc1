//! The provider meets the conformance kit.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up makes the test fail"
)]

use ipcascade_provider_lists as _;
use ipcascade_testkit::{Known, Subject, WrongSettings, provider_conformance};
use serde_json::json;

const CSV: &str = "network,site\n5.2.0.0/16,berlin\n2001:db9::/32,paris\n";

async fn subject() -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let tor = folder.path().join("tor.txt");
    std::fs::write(&tor, "5.2.1.7\n5.3.0.0-5.3.0.9\n").unwrap();
    let sites = folder.path().join("sites.csv");
    std::fs::write(&sites, CSV).unwrap();
    let settings = format!(
        "[[list]]\npreset = \"tor\"\nfiles = [{tor:?}]\n\
         [[list]]\nfiles = [{sites:?}]\naddress = \"network\"\nfrom = {{ site = \"site\" }}\n"
    );
    let wrong =
        |list: &str, key: &str| WrongSettings::new(format!("[[list]]\nname = \"x\"\n{list}"), key);
    Subject::linked("lists", settings)
        .known(Known::new(
            "5.2.1.7",
            [("is_tor", json!(true)), ("lists", json!(["tor", "sites"]))],
        ))
        .known(Known::new(
            "5.2.1.8",
            [("site", json!("berlin")), ("lists", json!(["sites"]))],
        ))
        .known(Known::new("5.3.0.9", [("lists", json!(["tor"]))]))
        .known(Known::new("2001:db9::1", [("site", json!("paris"))]))
        .unknown("5.3.0.10")
        .wrong_settings(wrong("", "list[0].files"))
        .wrong_settings(wrong(
            "files = [\"x\"]\npreset = \"nobody\"",
            "list[0].preset",
        ))
        .wrong_settings(wrong(
            "files = [\"x\"]\nfields = { is_tor = \"yes\" }",
            "list[0].fields.is_tor",
        ))
        .wrong_settings(wrong(
            "files = [\"x\"]\nfields = { cached_at = 1 }",
            "list[0].fields.cached_at",
        ))
        .wrong_settings(wrong(
            "files = [\"x\"]\nfields = { lists = [\"a\"] }",
            "list[0].fields.lists",
        ))
        .wrong_settings(wrong("files = [\"x.csv\"]", "list[0].address"))
        .wrong_settings(wrong(
            "files = [\"x.txt\"]\nfrom = { a = \"b\" }",
            "list[0].from",
        ))
        .wrong_settings(wrong("files = [\"x.csv\"]\naddress = 7", "list[0].address"))
        .wrong_settings(WrongSettings::new(
            "[[list]]\nname = \"x\"\nfiles = [\"a\"]\n[[list]]\nname = \"x\"\nfiles = [\"b\"]\n",
            "list[1].name",
        ))
        .keep(folder)
}

provider_conformance!(subject());
