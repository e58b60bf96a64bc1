//! The password in the URL of a server.

use secrecy::ExposeSecret as _;

use crate::store::url::StoreUrl;

/// The schemes of servers that ask for a password.
const OF_SERVERS: [&str; 2] = ["postgres", "postgresql"];

impl StoreUrl {
    /// Whether it is the URL of a server, which may ask for a password.
    pub fn may_have_password(&self) -> bool {
        OF_SERVERS.contains(&self.scheme())
    }

    /// Whether it has a password, as the part before the host or as a parameter.
    pub fn has_password(&self) -> bool {
        let rest = self.rest.expose_secret();
        let place = rest.strip_prefix("//").unwrap_or(rest);
        let place = place.split(['/', '?', '#']).next().unwrap_or_default();
        let credentials = place.rsplit_once('@').map(|(credentials, _)| credentials);
        let password = credentials.and_then(|it| it.split_once(':'));
        password.is_some_and(|(_, password)| !password.is_empty())
            || self
                .parameters()
                .iter()
                .any(|(name, value)| name == "password" && !value.is_empty())
    }

    /// The same URL with a password, as a parameter.
    #[must_use]
    pub fn with_password(&self, password: &str) -> Self {
        let rest = self.rest.expose_secret();
        let before = match rest.split_once('?') {
            Some((_, "")) => "",
            Some((_, query)) if query.ends_with('&') => "",
            Some(_) => "&",
            None => "?",
        };
        let password: String = form_urlencoded::byte_serialize(password.as_bytes()).collect();
        Self {
            scheme: self.scheme.clone(),
            rest: format!("{rest}{before}password={password}").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_wherever_a_url_may_have_it() {
        for (text, expected) in [
            ("postgresql://u:SECRET@h/d", true),
            ("postgresql://u:@h/d", false),
            ("postgresql://u@h:5432/d", false),
            ("postgresql://h/d?user=u&password=SECRET", true),
            ("host=h password=SECRET", true),
            ("host=h user=u", false),
            ("postgresql://u@/d?host=/run/postgresql", false),
            ("sqlite://a:b.db", false),
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(url.has_password(), expected, "{text}");
        }
    }

    #[test]
    fn a_password_with_any_characters_is_added_and_not_shown() {
        for text in [
            "postgresql://u@h/d",
            "postgresql://u@h/d?",
            "postgresql://u@h/d?sslmode=require",
            "host=h user=u",
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert!(url.may_have_password());
            let with = url.with_password(" SECRET&?/@:#%+é");
            let pairs = with.parameters();
            let password = pairs.iter().find(|(name, _)| name == "password");
            assert_eq!(password.unwrap().1, " SECRET&?/@:#%+é", "{text}");
            assert!(with.has_password());
            assert!(!format!("{with} {with:?}").contains("SECRET"), "{with}");
            let again: StoreUrl = with.expose().parse().unwrap();
            assert_eq!(again.expose(), with.expose());
        }
        let file: StoreUrl = "a.db".parse().unwrap();
        assert!(!file.may_have_password());
    }
}
