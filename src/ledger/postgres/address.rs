//! From the address of a database to what the library needs to connect.

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::domain::DatabaseAddress;

/// Prepared statements that a connection keeps: those with rows exist for each power of two.
const STATEMENTS: usize = 256;

/// The longest password, in bytes.
const LONGEST: u64 = 4096;

/// How to connect. The password is that of the file that the address names, or of the variable `PGPASSWORD`, or of the
/// file that `PGPASSFILE` names, or of `~/.pgpass`.
///
/// A host that is not this machine is reached by TLS, with its certificate checked, unless the address or `PGSSLMODE`
/// says otherwise.
pub(in crate::ledger) fn connect_options(
    address: &DatabaseAddress,
) -> Result<PgConnectOptions, sqlx::Error> {
    let url = address.url();
    let has_mode = url.query_pairs().any(|(name, _)| name == "sslmode");
    let mut options = PgConnectOptions::from_url(&url)?
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    if !has_mode && std::env::var_os("PGSSLMODE").is_none() {
        let is_here = options.get_socket().is_some() || is_loopback(options.get_host());
        options = options.ssl_mode(if is_here {
            PgSslMode::Prefer
        } else {
            PgSslMode::VerifyFull
        });
    }
    if let Some(path) = address.password_file() {
        let password = read_password(&path).map_err(|error| {
            let what = format!(
                "cannot read the file with the password `{}`: {error}",
                path.display()
            );
            sqlx::Error::Configuration(what.into())
        })?;
        options = options.password(password.expose_secret());
    }
    if options.get_application_name().is_none() {
        options = options.application_name("offboard");
    }
    Ok(options)
}

/// The password in a file, without the end of its line.
fn read_password(path: &Path) -> std::io::Result<SecretString> {
    let mut text = String::new();
    let read = File::open(path)?
        .take(LONGEST + 1)
        .read_to_string(&mut text);
    let text = SecretString::from(text);
    if read? as u64 > LONGEST {
        return Err(std::io::Error::other("it is longer than any password"));
    }
    Ok(text.expose_secret().trim_end_matches(['\r', '\n']).into())
}

fn is_loopback(host: &str) -> bool {
    let is_address = |ip: IpAddr| ip.is_loopback();
    host.starts_with('/') || host == "localhost" || host.parse().is_ok_and(is_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_reached_by_tls_only() {
        for (text, expected) in [
            ("postgres://ada@db.example.com/ledger", "VerifyFull"),
            (
                "postgres://ada@db.example.com/ledger?sslmode=require",
                "Require",
            ),
            ("postgres://ada@127.0.0.1/ledger", "Prefer"),
            ("postgres://ada@localhost:5433/ledger", "Prefer"),
            ("postgres://ada@%2Frun%2Fpostgresql/ledger", "Prefer"),
        ] {
            let address = DatabaseAddress::parse(text).unwrap();
            let options = connect_options(&address).unwrap();
            assert_eq!(format!("{:?}", options.get_ssl_mode()), expected, "{text}");
        }
    }

    #[test]
    fn p10_the_password_is_read_from_the_file_that_the_address_names_and_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("of the database");
        std::fs::write(&path, "pl anted\r\n").unwrap();
        let file = path.to_str().unwrap().replace(' ', "%20");
        let text = format!("postgres://ada@db/ledger?sslmode=require&password-file={file}");
        let address = DatabaseAddress::parse(&text).unwrap();
        assert_eq!(read_password(&path).unwrap().expose_secret(), "pl anted");
        let options = connect_options(&address).unwrap();
        assert_eq!(format!("{:?}", options.get_ssl_mode()), "Require");
        assert!(!format!("{address} {address:?}").contains("anted"));
        assert_eq!(
            address.url().as_str(),
            "postgres://ada@db/ledger?sslmode=require"
        );
        std::fs::remove_file(&path).unwrap();
        let why = connect_options(&address).unwrap_err().to_string();
        assert!(why.contains("of the database"), "{why}");
    }

    #[test]
    fn a_mode_of_tls_that_does_not_exist_is_an_error() {
        let address = DatabaseAddress::parse("postgres://ada@db/ledger?sslmode=maybe").unwrap();
        let why = connect_options(&address).unwrap_err().to_string();
        assert!(why.contains("maybe"), "{why}");
    }
}
