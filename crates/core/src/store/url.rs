//! The URL of a store: its parts, and how it is shown.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use crate::home::expand_home;
use crate::store::credentials;

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
/// use ipcascade_core::store::StoreUrl;
///
/// let url: StoreUrl = "postgresql+psycopg://me:secret@db.example/inventory".parse().unwrap();
/// assert_eq!(url.scheme(), "postgresql");
/// assert_eq!(url.to_string(), "postgresql://me:***@db.example/inventory");
/// let url: StoreUrl = "sqlite:///rel.db".parse().unwrap();
/// assert_eq!(url.path().unwrap().to_str(), Some("rel.db"));
/// ```
#[derive(Clone)]
pub struct StoreUrl {
    pub(super) scheme: String,
    pub(super) rest: SecretString,
}

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

    /// The same with an absolute path, if this URL has three slashes, its path is relative therefore, and such a folder is
    /// at the root and not here.
    pub fn meant_as_absolute(&self) -> Option<Self> {
        let rest = self.rest.expose_secret();
        let path = self.path()?;
        let folder = path.parent()?;
        let is_meant = rest.starts_with("///")
            && path.is_relative()
            && !folder.as_os_str().is_empty()
            && !folder.is_dir()
            && Path::new("/").join(folder).is_dir();
        is_meant.then(|| Self {
            scheme: self.scheme.clone(),
            rest: format!("/{rest}").into(),
        })
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

    /// What a message calls the parameter `name`, which is not understood. A `&` in a password would make a parameter of
    /// what follows it.
    pub fn naming(&self, name: &str) -> String {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
        let parameters = self.parameters();
        let before = parameters.iter().take_while(|(other, _)| other != name);
        let follows_password = before
            .into_iter()
            .any(|(name, value)| name.contains("pass") || value.contains("pass"));
        match follows_password || !name.bytes().all(is_plain) {
            true => "a parameter (in a password, `&` is written %26 and `=` %3D)".to_owned(),
            false => format!("its parameter `{name}`"),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.rest.expose_secret();
        let shown = match self.scheme.as_str() {
            "sqlite" => credentials::hidden_in_file(rest),
            _ => credentials::hidden(rest),
        };
        write!(f, "{}:{shown}", self.scheme)
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        for text in [
            "host=host user=me password=p@ss:w0rd",
            "host=/run user=me password='p@ss:w0rd'",
            r"host=host user=me password='p\'b=w0rd' dbname=d",
            "host=host user=me password=p'w0rd dbname=d",
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

    #[cfg(unix)]
    #[test]
    fn three_slashes_before_a_folder_of_the_root_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let absolute = folder.path().join("x.db").display().to_string();
        let meant = |text: &str| {
            let url: StoreUrl = text.parse().unwrap();
            url.meant_as_absolute().map(|url| url.to_string())
        };
        let four = format!("sqlite:///{absolute}?mode=ro");
        let three = format!("sqlite://{absolute}?mode=ro");
        assert_eq!(meant(&three).as_deref(), Some(four.as_str()));
        for as_it_is in [
            four.as_str(),
            "sqlite:///x.db",
            "sqlite:///src/x.db",
            "sqlite:///there/is/no/such/x.db",
            "postgresql:///tmp/x.db",
        ] {
            assert_eq!(meant(as_it_is), None, "{as_it_is}");
        }
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown_and_the_rest_is() {
        for (text, shown) in [
            ("postgresql://u:SECRET/d", "postgresql://u:***/d"),
            (
                "postgresql://h/d?sslpassword=SECRET&sslmode=require",
                "postgresql://h/d?sslpassword=***&sslmode=require",
            ),
            (
                "postgresql://h/d?%70assword=SECRET",
                "postgresql://h/d?%70assword=***",
            ),
            (
                "postgresql://h/d?password=a&SECRET=b&sslmode=require",
                "postgresql://h/d?password=***&***&sslmode=require",
            ),
            (
                "postgresql://h/d?user=u:SECRET",
                "postgresql://h/d?user=***",
            ),
            ("postgresql://h/d?user=u", "postgresql://h/d?user=u"),
            (
                "postgresql://h/d?user=u;password=SECRET",
                "postgresql://h/d?user=***",
            ),
            (
                "postgresql://h/d?options=-c%20x.password%3DSECRET",
                "postgresql://h/d?options=***",
            ),
            ("postgresql://h/d?SECRET", "postgresql://h/d?***"),
            ("sqlite://a.db?key=SECRET", "sqlite://a.db?key=***"),
            (
                "postgresql://u@[::1]:5432/d?sslkey=/a.pem",
                "postgresql://u@[::1]:5432/d?sslkey=/a.pem",
            ),
            ("sqlite:///at 12:30.db", "sqlite:///at 12:30.db"),
            ("sqlite://./12:30@x.db", "sqlite://./12:***@x.db"),
        ] {
            assert_eq!(text.parse::<StoreUrl>().unwrap().to_string(), shown);
        }
    }
}
