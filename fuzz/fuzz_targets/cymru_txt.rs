//! TXT strings of Team Cymru: wherever a string is cut into pieces the text is the same, and a record that is read is
//! read again as it is written.

#![no_main]

use ipcascade_provider_cymru::fuzzing::{Origin, details_record, origin_record, txt_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [cut, string @ ..] = data else {
        return;
    };
    let (one, other) = string.split_at(usize::from(*cut).min(string.len()));
    let text = txt_text(&[string]);
    assert_eq!(txt_text(&[one, other]), text);
    if let Ok(Some(origin)) = origin_record(&text) {
        assert_eq!(origin_record(&written(&origin)), Ok(Some(origin)));
    }
    if let Ok((asn, name)) = details_record(&text) {
        let said = name.clone().unwrap_or_default();
        assert!(
            said.chars().count() <= 255 && !said.contains(char::is_control),
            "{said:?}"
        );
        let again = details_record(&format!("{} | US | arin | 2002-01-04 | {said}", asn.get()));
        assert_eq!(again, Ok((asn, name)));
    }
});

fn written((prefix, asns, said): &Origin) -> String {
    let asns: Vec<String> = asns.iter().map(|(asn, _)| asn.get().to_string()).collect();
    let [country, registry, allocated] = said.each_ref().map(|it| it.as_deref().unwrap_or("NA"));
    format!(
        "{} | {prefix} | {country} | {registry} | {allocated}",
        asns.join(" ")
    )
}
