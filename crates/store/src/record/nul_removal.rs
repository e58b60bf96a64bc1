//! Texts without NUL, which PostgreSQL cannot hold.

use std::borrow::Cow;

use ipcascade_core::store::{AddressUpdate, SessionUpdate};

/// The updates without U+0000, which not every column can hold. (Documents lose theirs when written.)
pub(super) fn without_nul(updates: &[AddressUpdate]) -> Cow<'_, [AddressUpdate]> {
    let has_nul = |text: &str| text.contains('\0');
    let is_clean = updates
        .iter()
        .flat_map(|update| &update.sessions)
        .all(|session| !has_nul(&session.id) && !session.sensor.as_deref().is_some_and(has_nul));
    if is_clean {
        return Cow::Borrowed(updates);
    }
    let mut updates = updates.to_vec();
    let sessions = updates.iter_mut().flat_map(|update| &mut update.sessions);
    sessions.for_each(without_nul_in);
    Cow::Owned(updates)
}

pub(super) fn without_nul_in(session: &mut SessionUpdate) {
    session.id.retain(|c| c != '\0');
    if let Some(sensor) = &mut session.sensor {
        sensor.retain(|c| c != '\0');
    }
}
