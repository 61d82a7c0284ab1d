//! From the address of a database to what the library needs to connect.

use std::net::IpAddr;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::domain::DatabaseAddress;

/// Prepared statements that a connection keeps: those with rows exist for each power of two.
const STATEMENTS: usize = 256;

/// How to connect. The password is that of the variable `PGPASSWORD`, or of the file that `PGPASSFILE` names, or of
/// `~/.pgpass`.
///
/// A host that is not this machine is reached by TLS, with its certificate checked, unless the address or `PGSSLMODE`
/// says otherwise.
pub(in crate::ledger) fn connect_options(
    address: &DatabaseAddress,
) -> Result<PgConnectOptions, sqlx::Error> {
    let url = address.url();
    let has_mode = url.query_pairs().any(|(name, _)| name == "sslmode");
    let mut options = PgConnectOptions::from_url(url)?
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
    if options.get_application_name().is_none() {
        options = options.application_name("offboard");
    }
    Ok(options)
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
    fn a_mode_of_tls_that_does_not_exist_is_an_error() {
        let address = DatabaseAddress::parse("postgres://ada@db/ledger?sslmode=maybe").unwrap();
        let why = connect_options(&address).unwrap_err().to_string();
        assert!(why.contains("maybe"), "{why}");
    }
}
