//! The forms in which people write the URL of a store, and what is refused.

use std::path::Path;
use std::str::FromStr;

use crate::store::url::StoreUrl;
use crate::store::{credentials, keywords};

/// Text that is not the URL of a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a store URL: {0}; use sqlite://FILE, sqlite:////ABSOLUTE/FILE, a file name, postgresql://USER@HOST/DATABASE, or \
     host=HOST dbname=DATABASE"
)]
pub struct ParseUrlError(String);

/// Neither of them repeats what was read: it may be a password.
const CUT: &str = "user and password (or another part) hold a character that a URL does not allow there: write `@` as %40, \
                   `/` as %2F, `?` as %3F, `#` as %23 and `%` as %25";
const NO_SCHEME: &str = "it looks like the address of a server with a password in it, but has neither a scheme \
                         (postgresql://) nor parameters (host=…); a file with such a name is sqlite://NAME";

const OF_SERVER: &str = "it has user and password, which a file has not; that of a server begins with postgresql://, and a file with \
                         such a name is sqlite://./NAME";

impl FromStr for StoreUrl {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ParseUrlError("it is empty".to_owned()));
        }
        let scheme = text.split_once(':').filter(|(scheme, _)| {
            scheme.len() > 1
                && scheme
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        });
        let Some((scheme, rest)) = scheme else {
            if keywords::are_in(text) {
                let rest =
                    keywords::to_url(text).map_err(|wrong| ParseUrlError(wrong.to_owned()))?;
                return Ok(Self {
                    scheme: "postgresql".to_owned(),
                    rest: rest.into(),
                });
            }
            if credentials::are_in_name(text) {
                return Err(ParseUrlError(NO_SCHEME.to_owned()));
            }
            return Self::sqlite(Path::new(text)).naming_a_file();
        };
        let scheme = scheme
            .split('+')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if scheme != "sqlite" && !rest.starts_with("//") {
            return Err(ParseUrlError(format!(
                "`{scheme}:` must be followed by `//`"
            )));
        }
        if scheme == "sqlite" && credentials::are_of_server(rest) {
            return Err(ParseUrlError(OF_SERVER.to_owned()));
        }
        if scheme != "sqlite" && credentials::are_cut(rest) {
            return Err(ParseUrlError(CUT.to_owned()));
        }
        let url = Self {
            scheme,
            rest: rest.to_owned().into(),
        };
        url.naming_a_file()
    }
}

impl StoreUrl {
    /// Refuses a URL of SQLite without a file: SQLite would open a temporary one.
    fn naming_a_file(self) -> Result<Self, ParseUrlError> {
        let path = self.path();
        let names_none = path.is_some_and(|path| path.to_string_lossy().chars().all(|c| c == '/'));
        match names_none {
            true => Err(ParseUrlError("it names no file".to_owned())),
            false => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> String {
        text.parse::<StoreUrl>()
            .unwrap()
            .path()
            .unwrap()
            .display()
            .to_string()
    }

    #[test]
    fn a_path_may_begin_at_home() {
        let home = std::env::home_dir().unwrap().join("a.db");
        for text in [
            "~/a.db",
            "sqlite://~/a.db",
            "sqlite:///~/a.db",
            "sqlite:~/a.db",
        ] {
            assert_eq!(path(text), home.display().to_string(), "{text}");
        }
    }

    #[test]
    fn sqlite_urls_mean_what_sqlalchemy_means() {
        assert_eq!(path("sqlite:///rel.db"), "rel.db");
        assert_eq!(path("sqlite://rel.db"), "rel.db");
        assert_eq!(path("sqlite:rel.db"), "rel.db");
        assert_eq!(path("sqlite:////abs/p.db"), "/abs/p.db");
        assert_eq!(path("sqlite+pysqlite:///rel.db?mode=ro"), "rel.db");
        assert_eq!(path("rel.db"), "rel.db");
        assert_eq!(path("/abs/p.sqlite"), "/abs/p.sqlite");
        assert_eq!(
            StoreUrl::sqlite(Path::new("/abs/p.db")).path(),
            Some("/abs/p.db".into())
        );
    }

    #[test]
    fn keywords_of_libpq_are_a_url_of_postgresql() {
        for (text, expected) in [
            (
                "host=127.0.0.1 port=1 user=u dbname=d",
                "postgresql://u@127.0.0.1/?port=1&dbname=d",
            ),
            (
                " host = '/run/postgresql' dbname=inventory sslmode='' ",
                "postgresql:///?host=%2Frun%2Fpostgresql&dbname=inventory",
            ),
            ("host=::1 dbname=d", "postgresql:///?host=%3A%3A1&dbname=d"),
            (
                "dbname='a b' application_name='it\\'s'",
                "postgresql:///?dbname=a+b&application_name=it%27s",
            ),
            ("host=a host=b password=x", "postgresql://b/?password=x"),
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(url.expose(), expected, "{text}");
            assert_eq!(url.path(), None);
        }
        for text in [
            "a=b.db",
            "host=x dbname",
            "host='x",
            "host=x =y",
            "sslmode=require",
        ] {
            let error = text.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(error.contains("PostgreSQL"), "{error}");
        }
        let file: StoreUrl = "./a=b.db".parse().unwrap();
        assert_eq!(file.path(), Some("./a=b.db".into()));
    }

    #[test]
    fn a_password_that_would_end_its_part_of_the_url_is_refused_and_not_repeated() {
        for text in [
            "postgresql://u:a?SECRET@h/d",
            "postgresql://u:a/SECRET@h/d",
            "postgresql://u:a#SECRET@h/d",
            "postgresql://u:1?SECRET@h/d",
            "postgresql://u:p@S:5/w?O#SECRET@h/d",
            "postgresql://u:p@S/SECRET=1@h/d",
            "postgresql://u:a/SECRET?user=b@h/d",
            "u:SECRET@h/d",
            "sqlite://u:SECRET@h/d.db",
            "sqlite:u:SECRET@h/d.db",
            "//u:SECRET@h/d",
            "'postgresql://u:SECRET@h/d'",
            "host h password = SECRET",
            "host=h;password=SECRET",
            "host=h,password=SECRET",
            "host=h password='a'b=SECRET' dbname=d",
            "host=h password='a' b=SECRET' dbname=d",
        ] {
            let error = text.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(!error.contains("SECRET"), "{text}: {error}");
        }
        let url = "postgresql://u:a?SECRET@h/d".parse::<StoreUrl>();
        assert!(url.unwrap_err().to_string().contains("`?` as %3F"));
        let encoded: StoreUrl = "postgresql://u:a%3FSECRET%40@h/d?user=m@e".parse().unwrap();
        assert!(encoded.expose().contains("a%3FSECRET%40"));
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in [
            "",
            "  ",
            "sqlite://",
            "sqlite:///",
            "sqlite://?mode=ro",
            "sqlite:?x",
            "?x",
            "/",
            "postgresql:host",
        ] {
            assert!(text.parse::<StoreUrl>().is_err(), "{text}");
        }
    }
}
