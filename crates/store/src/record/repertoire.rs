//! Text that the encoding of a database cannot hold: only the values that hold it are left out, and counted.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ipcascade_core::fields::Fields;
use ipcascade_core::store::{AddressUpdate, Answer, SessionUpdate};
use serde_json::Value;

/// What stands in messages for a character that is left out.
const INSTEAD: &str = "?";

/// The characters of updates that an encoding may lack.
pub(super) fn characters(updates: &[AddressUpdate]) -> BTreeSet<char> {
    let mut found = BTreeSet::new();
    for update in updates {
        found.extend(of_sessions(&update.sessions));
        for answer in &update.answers {
            match &answer.result {
                Ok(section) => {
                    let entries = section.fields().iter();
                    entries.for_each(|(name, value)| of_value(name, value, &mut found));
                }
                Err(failure) => found.extend(beyond_ascii(&failure.error)),
            }
        }
    }
    found
}

/// Those of sessions.
pub(super) fn of_sessions(sessions: &[SessionUpdate]) -> BTreeSet<char> {
    let texts = sessions.iter().flat_map(|session| {
        let sensor = session.sensor.as_deref().unwrap_or_default();
        beyond_ascii(&session.id).chain(beyond_ascii(sensor))
    });
    texts.collect()
}

fn beyond_ascii(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_ascii())
}

fn of_value(name: &str, value: &Value, found: &mut BTreeSet<char>) {
    found.extend(beyond_ascii(name));
    match value {
        Value::String(text) => found.extend(beyond_ascii(text)),
        Value::Array(items) => items.iter().for_each(|item| of_value("", item, found)),
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| of_value(name, value, found)),
        _ => {}
    }
}

/// Leaves out values with characters of `unfit`.
pub(super) struct Sieve<'a> {
    unfit: &'a BTreeSet<char>,
    /// How many values were left out.
    pub(super) left_out: u64,
    /// What has become of fields that many addresses share.
    sieved: HashMap<usize, (Fields, u64)>,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(unfit: &'a BTreeSet<char>) -> Self {
        Self {
            unfit,
            left_out: 0,
            sieved: HashMap::new(),
        }
    }

    fn fits(&self, text: &str) -> bool {
        text.is_ascii() || !text.chars().any(|c| self.unfit.contains(&c))
    }

    /// The updates without those values.
    pub(super) fn updates(&mut self, updates: &[AddressUpdate]) -> Vec<AddressUpdate> {
        let mut updates = updates.to_vec();
        for update in &mut updates {
            self.sessions(&mut update.sessions);
            update
                .answers
                .iter_mut()
                .for_each(|answer| self.answer(answer));
        }
        updates
    }

    /// A session cannot be stored without its id: it is left out as a whole.
    pub(super) fn sessions(&mut self, sessions: &mut Vec<SessionUpdate>) {
        let before = sessions.len();
        sessions.retain(|session| self.fits(&session.id));
        self.left_out += (before - sessions.len()) as u64;
        for session in sessions {
            if session
                .sensor
                .as_deref()
                .is_some_and(|sensor| !self.fits(sensor))
            {
                session.sensor = None;
                self.left_out += 1;
            }
        }
    }

    fn answer(&mut self, answer: &mut Answer) {
        match &mut answer.result {
            Ok(section) => {
                let fields = section.fields();
                let (sieved, left_out) = match self.sieved.get(&fields.identity()) {
                    Some((sieved, left_out)) => (sieved.clone(), *left_out),
                    None => {
                        let done = self.fields(fields);
                        self.sieved.insert(fields.identity(), done.clone());
                        done
                    }
                };
                if left_out > 0 {
                    *section = section.with_fields(sieved);
                    self.left_out += left_out;
                }
            }
            // The message of a failure is not data: it may be changed.
            Err(failure) if !self.fits(&failure.error) => {
                let readable = failure.error.replace(|c| self.unfit.contains(&c), INSTEAD);
                failure.error = Arc::from(readable);
            }
            Err(_) => {}
        }
    }

    fn fields(&self, fields: &Fields) -> (Fields, u64) {
        let mut left_out = 0;
        let kept = fields.iter().filter_map(|(name, value)| {
            let value = self.value(value, &mut left_out);
            match self.fits(name) {
                true => Some((Cow::Owned(name.to_owned()), value?)),
                false => {
                    left_out += 1;
                    None
                }
            }
        });
        let kept: Vec<_> = kept.collect();
        match left_out {
            0 => (fields.clone(), 0),
            _ => (Fields::of_distinct(kept), left_out),
        }
    }

    fn value(&self, value: &Value, left_out: &mut u64) -> Option<Value> {
        match value {
            Value::String(text) if !self.fits(text) => {
                *left_out += 1;
                None
            }
            Value::Array(items) => {
                let kept = items.iter().filter_map(|item| self.value(item, left_out));
                Some(Value::Array(kept.collect()))
            }
            Value::Object(members) => {
                let kept = members.iter().filter_map(|(name, value)| {
                    let value = self.value(value, left_out)?;
                    let fits = self.fits(name);
                    *left_out += u64::from(!fits);
                    fits.then(|| (name.clone(), value))
                });
                Some(Value::Object(kept.collect()))
            }
            other => Some(other.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use ipcascade_core::clock::parse_timestamp;
    use ipcascade_core::document::RecordedFailure;
    use ipcascade_core::provider_name::ProviderName;
    use ipcascade_core::section::Section;
    use serde_json::json;

    use super::*;

    fn answered(result: Result<Section, RecordedFailure>) -> AddressUpdate {
        let mut update = AddressUpdate::new(Ipv4Addr::new(11, 0, 0, 1).into());
        let provider = ProviderName::new("x");
        update.answers.push(Answer { provider, result });
        update
    }

    #[test]
    fn only_values_with_such_a_character_are_left_out_however_deep() {
        let now = parse_timestamp("2026-01-01").unwrap();
        let Value::Object(fields) = json!({
            "name": "Zürich", "city": "Łódź", "tags": ["a", "ł", "b"],
            "more": {"ł": 1, "kept": {"deep": "źdźbło", "number": 7}},
        }) else {
            panic!("an object")
        };
        let failure = RecordedFailure {
            failed_at: now,
            retry_at: now,
            error: "no ł there".into(),
        };
        let updates = [
            answered(Ok(Section::found(fields, None, None, now))),
            answered(Err(failure)),
        ];
        let found = characters(&updates);
        assert!(
            ['ü', 'Ł', 'ł', 'ź'].iter().all(|c| found.contains(c)),
            "{found:?}"
        );
        let unfit = found.into_iter().filter(|c| *c > 'ÿ').collect();
        let mut sieve = Sieve::new(&unfit);
        let sieved = sieve.updates(&updates);
        assert_eq!(sieve.left_out, 4);
        let section = sieved[0].answers[0].result.as_ref().unwrap();
        assert_eq!(
            Value::Object(section.fields().to_map()),
            json!({"name": "Zürich", "tags": ["a", "b"], "more": {"kept": {"number": 7}}})
        );
        let failure = sieved[1].answers[0].result.as_ref().unwrap_err();
        assert_eq!(&*failure.error, "no ? there");
        let mut again = Sieve::new(&unfit);
        assert_eq!(again.updates(&sieved), sieved);
        assert_eq!(again.left_out, 0);
    }

    #[test]
    fn a_session_keeps_all_but_its_sensor() {
        let session = |id: &str, sensor: &str| SessionUpdate {
            id: id.to_owned(),
            sensor: Some(sensor.to_owned()),
            events: None,
            event_count: 1,
            event_ids: ipcascade_core::store::EventIds::default(),
        };
        let mut sessions = vec![session("a", "ł"), session("ł", "b"), session("c", "d")];
        let unfit = BTreeSet::from(['ł']);
        let mut sieve = Sieve::new(&unfit);
        sieve.sessions(&mut sessions);
        let left: Vec<_> = sessions
            .iter()
            .map(|it| (it.id.as_str(), it.sensor.as_deref()))
            .collect();
        assert_eq!(left, [("a", None), ("c", Some("d"))]);
        assert_eq!(sieve.left_out, 2);
    }
}
