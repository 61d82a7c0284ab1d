//! Tests whose ledger is in a database of PostgreSQL.

use std::future::Future;
use std::path::PathBuf;

#[path = "../../servers/postgres_server.rs"]
mod postgres_server;

pub(crate) use postgres_server::psql;

tokio::task_local! {
    /// Beds that are made within it have their ledgers in databases.
    static IN_POSTGRES: ();
}

/// Carries a test out with its ledgers in databases. Where PostgreSQL is not installed, it says so and does nothing.
pub(crate) async fn in_postgres(test: impl Future<Output = ()>) {
    if postgres_server::new_database().is_some() {
        IN_POSTGRES.scope((), test).await;
    }
}

/// The certificate of the authority that vouches for the server, by the name `localhost` alone.
pub(crate) fn authority() -> PathBuf {
    postgres_server::folder().join("ca.pem")
}

/// A new database, if the test wants its ledger in one. The variable `OFFBOARD_TEST_LEDGER=postgres` wants it for all
/// tests, of which those fail that look into a file.
pub(crate) fn database() -> Option<String> {
    let of_all = std::env::var_os("OFFBOARD_TEST_LEDGER").is_some_and(|word| word == "postgres");
    let is_wanted = of_all || IN_POSTGRES.try_with(|()| ()).is_ok();
    is_wanted.then(|| postgres_server::new_database().expect("PostgreSQL is installed"))
}

/// A test of the whole program without parameters: it runs with a ledger in a file, and with one in a database.
macro_rules! on_each_ledger {
    ($(#[$meta:meta])* async fn $name:ident() $body:block) => {
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn test() $body

            #[apply(end_to_end!)]
            async fn in_a_file() {
                test().await;
            }

            #[apply(end_to_end!)]
            async fn in_postgres() {
                $crate::fleet::in_postgres::in_postgres(test()).await;
            }
        }
    };
}

pub(crate) use on_each_ledger;

/// A server of one test alone, which may restart it.
pub(crate) struct OwnServer {
    server: postgres_server::Server,
    folder: tempfile::TempDir,
}

impl OwnServer {
    /// Starts it; `None`, with a visible word, where PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let server = postgres_server::start_in(folder.path())?;
        Some(Self { server, folder })
    }

    /// The address of its database, in which nothing is stored at first.
    pub(crate) fn address(&self) -> String {
        format!("{}/postgres", self.server.address)
    }

    /// Restarts it, as after a power cut: all connections are lost, and none is possible for a moment.
    pub(crate) fn restart(&self) {
        let mut restart = postgres_server::script();
        restart.arg(self.folder.path()).arg("restart");
        let restarted = restart.stdin(std::process::Stdio::null()).output();
        let restarted = restarted.unwrap();
        assert!(restarted.status.success(), "{restarted:?}");
    }
}
