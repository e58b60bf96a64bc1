//! What somebody may have meant who has mistyped a name.

/// How alike two names must be at least, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The name that is most like `typed`, if one is like it.
pub(crate) fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let alike = names.map(|name| (strsim::jaro_winkler(typed, name), name));
    let near = alike.filter(|(alike, _)| *alike > ALIKE);
    let nearest = near.max_by(|one, other| one.0.total_cmp(&other.0));
    nearest.map(|(_, name)| name)
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
