//! The provider meets the conformance kit, with a well-behaved program.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up makes the test fail"
)]

use ipcascade_core::lookup::FailureClass;
use ipcascade_provider_exec as _;
use ipcascade_testkit::{Failing, Known, Subject, WrongSettings, provider_conformance};

/// Knows two addresses, and records what it is asked.
const OWNERS: &str = r#"
while read -r line; do
    address=${line#*'"address":"'}
    address=${address%%'"'*}
    echo "$address" >> "$1"
    case $address in
        198.41.0.4) echo '{"address":"198.41.0.4","owner":"Verisign"}' ;;
        2001:503:ba3e::2:30) echo '{"address":"2001:503:ba3e::2:30","owner":"a"}' ;;
        *) echo "{\"address\":\"$address\",\"found\":false}" ;;
    esac
done
"#;

async fn subject() -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("owners.sh");
    std::fs::write(&script, OWNERS).unwrap();
    let running = |script: &str| format!("command = [\"sh\", \"-c\", '''{script}''']\n");
    let heard = folder.path().join("heard");
    let settings = format!("command = [\"sh\", {script:?}, {heard:?}]\nfields = [\"owner\"]");
    Subject::linked("exec", settings)
        .known(Known::new("198.41.0.4", [("owner", "Verisign")]))
        .known(Known::new("2001:503:ba3e::2:30", [("owner", "a")]))
        .unknown("192.33.4.12")
        .wrong_settings(WrongSettings::new("command = \"owners.sh\"", "command"))
        .wrong_settings(WrongSettings::new("command = [\"\"]", "command"))
        .wrong_settings(WrongSettings::new("batch_size = 0", "batch_size"))
        .wrong_settings(WrongSettings::new("processes = 0", "processes"))
        .wrong_settings(WrongSettings::new("timeout = \"0s\"", "timeout"))
        .wrong_settings(WrongSettings::new("fields = [\"Owner\"]", "fields"))
        .wrong_settings(WrongSettings::new("fields = [\"address\"]", "fields"))
        .failing(Failing::new(running("exit 3"), "198.41.0.4", |class| {
            *class == FailureClass::Transient
        }))
        .wrong_settings(WrongSettings::new(
            "command = [\"no-such-program-anywhere\"]",
            "command",
        ))
        .wrong_settings(WrongSettings::new(
            "command = [\"./no-such-program\"]",
            "command",
        ))
        .hears(move || {
            let heard = std::fs::read_to_string(&heard).unwrap_or_default();
            heard.lines().map(str::to_owned).collect()
        })
        .keep(folder)
}

provider_conformance!(subject());
