//! The URL of a store, in the forms that people have in their configurations.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::{ExposeSecret as _, SecretString};

use crate::home::expand_home;
use crate::store::keywords;

/// Where the inventory is. Displayed without its password.
///
/// | form | meaning |
/// |---|---|
/// | `sqlite://rel.db`, `sqlite:///rel.db`, `sqlite:rel.db` | a file relative to the working directory (as SQLAlchemy has it) |
/// | `sqlite:////abs/path.db` | a file by absolute path |
/// | `rel.db`, `/abs/path.sqlite` | a file: anything without a scheme |
/// | `postgres://…`, `postgresql://…`, `postgresql+psycopg://…` | a PostgreSQL database |
/// | `host=db.example dbname=inventory` | the same, as libpq takes it |
///
/// A path that begins with `~/` is in the user's home.
///
/// Forms `scheme+driver://` are those of SQLAlchemy; the driver is dropped.
///
/// ```
/// use ipcascade_core::StoreUrl;
///
/// let url: StoreUrl = "postgresql+psycopg://me:secret@db.example/inventory".parse().unwrap();
/// assert_eq!(url.scheme(), "postgresql");
/// assert_eq!(url.to_string(), "postgresql://me:***@db.example/inventory");
/// let url: StoreUrl = "sqlite:///rel.db".parse().unwrap();
/// assert_eq!(url.path().unwrap().to_str(), Some("rel.db"));
/// ```
#[derive(Clone)]
pub struct StoreUrl {
    scheme: String,
    rest: SecretString,
}

/// Text that is not the URL of a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a store URL: {0}; use sqlite://FILE, sqlite:////ABSOLUTE/FILE, a file name, postgresql://USER@HOST/DATABASE, or \
     host=HOST dbname=DATABASE"
)]
pub struct ParseUrlError(String);

impl StoreUrl {
    /// The URL of an SQLite file.
    pub fn sqlite(path: &Path) -> Self {
        let rest = match path.is_absolute() {
            true => format!("///{}", path.display()),
            false => format!("//{}", path.display()),
        };
        Self {
            scheme: "sqlite".to_owned(),
            rest: rest.into(),
        }
    }

    /// The scheme without driver: `sqlite`, `postgresql`, ….
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The whole URL with its password, only for opening the store.
    pub fn expose(&self) -> String {
        format!("{}:{}", self.scheme, self.rest.expose_secret())
    }

    /// The file that an `sqlite` URL names; `None` for other schemes.
    pub fn path(&self) -> Option<PathBuf> {
        if self.scheme != "sqlite" {
            return None;
        }
        let rest = self.rest.expose_secret();
        let path = rest.split('?').next().unwrap_or_default();
        let path = match path.strip_prefix("//") {
            Some(path) => path
                .strip_prefix('/')
                .filter(|path| !path.is_empty())
                .unwrap_or(path),
            None => path,
        };
        Some(expand_home(Path::new(path)))
    }

    /// The parameters after `?`: names and values, as they are written.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let (_, query) = self
            .rest
            .expose_secret()
            .split_once('?')
            .unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        pairs.into_owned().collect()
    }
}

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
            return Ok(Self::sqlite(Path::new(text)));
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
        if scheme == "sqlite" && rest.trim_start_matches('/').is_empty() {
            return Err(ParseUrlError("it names no file".to_owned()));
        }
        Ok(Self {
            scheme,
            rest: rest.to_owned().into(),
        })
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.rest.expose_secret();
        write!(f, "{}:{}", self.scheme, without_password(rest))
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Replaces the password between `//user:` and the last `@` of the authority, and any in the query.
fn without_password(rest: &str) -> String {
    let (before_query, query) = rest
        .split_once('?')
        .map_or((rest, None), |(a, b)| (a, Some(b)));
    let mut shown = match before_query
        .strip_prefix("//")
        .and_then(|r| r.rsplit_once('@'))
    {
        Some((credentials, host)) => match credentials.split_once(':') {
            Some((user, _)) => format!("//{user}:***@{host}"),
            None => before_query.to_owned(),
        },
        None => before_query.to_owned(),
    };
    if let Some(query) = query {
        let shown_pair = |pair: &str| match pair.split_once('=') {
            Some((key, _)) if key.to_ascii_lowercase().contains("pass") => format!("{key}=***"),
            _ => pair.to_owned(),
        };
        shown.push('?');
        shown.push_str(
            &query
                .split('&')
                .map(shown_pair)
                .collect::<Vec<_>>()
                .join("&"),
        );
    }
    shown
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
    fn passwords_are_never_shown() {
        for text in [
            "host=host user=me password=p@ss:w0rd",
            "host=/run user=me password='p@ss:w0rd'",
            "host=host password=p@ss:w0rd",
            "postgres://me:p@ss:w0rd@host/db",
            "postgresql://host/db?user=me&password=p@ss:w0rd",
            "postgresql+psycopg2://me:p@ss:w0rd@host:5432/db?sslmode=require",
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert!(!format!("{url} {url:?}").contains("w0rd"), "{url}");
            assert!(url.expose().contains("w0rd"));
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in ["", "  ", "sqlite://", "sqlite:///", "postgresql:host"] {
            assert!(text.parse::<StoreUrl>().is_err(), "{text}");
        }
    }
}
