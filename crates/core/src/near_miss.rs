//! Suggestions for mistyped names.

/// How alike two names must be at least, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The name that is most like `typed`, if one is like it.
pub fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let alike = names.map(|name| (strsim::jaro_winkler(typed, name), name));
    let near = alike.filter(|(alike, _)| *alike > ALIKE);
    let nearest = near.max_by(|one, other| one.0.total_cmp(&other.0));
    nearest.map(|(_, name)| name)
}

/// What to say after an unknown name: the nearest of `names`, or all of them. `all` precedes those.
///
/// ```
/// use ipcascade_core::near_miss::suggestion;
///
/// let providers = ["cymru", "maxmind"];
/// assert_eq!(suggestion("maxmnid", &providers, "there are"), "did you mean `maxmind`?");
/// assert_eq!(suggestion("x", &providers, "there are"), "there are `cymru`, `maxmind`");
/// ```
pub fn suggestion(typed: &str, names: &[&str], all: &str) -> String {
    match nearest(&typed.to_lowercase(), names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => format!("{all} none"),
        None => format!("{all} `{}`", names.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_if_one_is_near() {
        let names = ["maxmind", "cymru", "greynoise"];
        let nearest = |typed| nearest(typed, names.into_iter());
        assert_eq!(nearest("maxmnid"), Some("maxmind"));
        assert_eq!(nearest("graynoise"), Some("greynoise"));
        assert_eq!(nearest("nonsense"), None);
    }
}
