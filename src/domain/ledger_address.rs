//! Where a ledger is: in a file, or in a PostgreSQL database.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

/// Where a ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerAddress {
    /// A file of SQLite.
    File(PathBuf),
    /// A database of PostgreSQL.
    Database(DatabaseAddress),
}

/// The address of a database, as it is typed: `postgres://user@host:5432/database?sslmode=verify-full`.
///
/// It never holds a password: an address is seen in the list of processes, in settings and in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseAddress(Url);

/// The parameter of an address that names a file with the password. It is of this program alone.
const PASSWORD_FILE: &str = "password-file";

/// What may stand behind the `?` of the address of a database. Any other name is refused: a misspelt `sslmode` would
/// be the same as none.
const PARAMETERS: [&str; 8] = [
    "application_name",
    "host",
    "options",
    PASSWORD_FILE,
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
];

impl From<DatabaseAddress> for LedgerAddress {
    fn from(address: DatabaseAddress) -> Self {
        Self::Database(address)
    }
}

impl LedgerAddress {
    /// Reads a name as it is typed: what begins with `postgres://` or `postgresql://` is a database, all else is a
    /// file.
    ///
    /// # Errors
    /// The address of a database cannot be used; the text says why, without a password.
    pub fn parse(name: OsString) -> Result<Self, String> {
        match name.to_str() {
            Some(text) if is_database(text) => DatabaseAddress::parse(text).map(Self::Database),
            _ => Ok(Self::File(name.into())),
        }
    }

    /// Whether a ledger may be there: a file exists, or a database is named.
    pub fn may_exist(&self) -> bool {
        match self {
            Self::File(path) => path.exists(),
            Self::Database(_) => true,
        }
    }

    /// The file; `None` if it is in a database.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Database(_) => None,
        }
    }
}

/// Whether the name of a ledger means a database.
pub(crate) fn is_database(name: &str) -> bool {
    name.starts_with("postgres://") || name.starts_with("postgresql://")
}

impl DatabaseAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// It cannot be used; the text says why, without a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("it is no address: {error}"))?;
        if url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password") {
            return Err(
                "the address holds a password, which other processes could read: give it in the variable \
                 PGPASSWORD, in the file ~/.pgpass, or in a file that `?password-file=FILE` names"
                    .to_owned(),
            );
        }
        let mut names = url.query_pairs().map(|(name, _)| name);
        if let Some(unknown) = names.find(|name| !PARAMETERS.contains(&name.as_ref())) {
            return Err(format!(
                "the address of a database has no parameter `{unknown}`: it may have {}",
                PARAMETERS.join(", ")
            ));
        }
        if url.path().trim_matches('/').is_empty() {
            return Err("the address names no database: postgres://USER@HOST/DATABASE".to_owned());
        }
        Ok(Self(url))
    }

    /// The address as PostgreSQL knows it: without a password, and without the parameter that names a file with it.
    pub fn url(&self) -> Url {
        let mut url = self.0.clone();
        if self.password_file().is_some() {
            let known = self
                .0
                .query_pairs()
                .filter(|(name, _)| name != PASSWORD_FILE);
            url.query_pairs_mut().clear().extend_pairs(known);
        }
        if url.query() == Some("") {
            url.set_query(None);
        }
        url
    }

    /// The file with the password, if the address names one.
    pub fn password_file(&self) -> Option<PathBuf> {
        let mut all = self.0.query_pairs();
        let named = all.find(|(name, _)| name == PASSWORD_FILE);
        named.map(|(_, file)| PathBuf::from(file.as_ref()))
    }
}

impl<P: AsRef<Path> + ?Sized> From<&P> for LedgerAddress {
    fn from(path: &P) -> Self {
        Self::File(path.as_ref().to_owned())
    }
}

impl From<&LedgerAddress> for LedgerAddress {
    fn from(address: &LedgerAddress) -> Self {
        address.clone()
    }
}

/// As a person writes it.
impl fmt::Display for LedgerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Database(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for LedgerAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::File(path) => path.serialize(serializer),
            Self::Database(address) => address.0.as_str().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for LedgerAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(name.into()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p10_an_address_with_a_password_or_a_fault_is_refused_with_its_reason() {
        for (text, part) in [
            ("postgres://ada:secret@db/ledger", "holds a password"),
            (
                "postgresql://ada@db/ledger?password=secret",
                "holds a password",
            ),
            (
                "postgres://ada@db/ledger?sslmod=require",
                "no parameter `sslmod`",
            ),
            ("postgres://ada@db/", "names no database"),
            ("postgres://ada@db", "names no database"),
            ("postgres://ada@db:x/ledger", "invalid port"),
        ] {
            let why = LedgerAddress::parse(text.into()).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
            assert!(!why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn all_else_is_a_file() {
        for text in ["offboard.db", "/a b/c", "postgres", "postgres:/x", "-"] {
            let address = LedgerAddress::parse(text.into()).unwrap();
            assert_eq!(address, LedgerAddress::File(text.into()));
            assert_eq!(address.to_string(), text);
        }
    }
}
