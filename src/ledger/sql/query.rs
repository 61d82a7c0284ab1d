//! A statement with its values, to be carried out by either database.

use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite};

use crate::ledger::sql::connection::{Database, within};
use crate::ledger::sql::values::ToColumn;
use crate::ledger::sql::{BoundValues, Sql, SqlConnection};

/// What can be read from a row of either database.
pub(in crate::ledger) trait StoredRow:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> StoredRow for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// A statement with its values.
#[derive(Debug)]
#[must_use]
pub(in crate::ledger) struct Query {
    sql: Sql,
    values: BoundValues,
}

/// A statement whose rows have one column.
#[derive(Debug)]
#[must_use]
pub(in crate::ledger) struct ScalarQuery(Query);

/// A statement whose rows are structures or tuples, or that gives no rows.
pub(in crate::ledger) fn query(sql: impl Into<Sql>) -> Query {
    Query {
        sql: sql.into(),
        values: BoundValues::default(),
    }
}

/// A statement of whose rows the first column counts.
pub(in crate::ledger) fn query_scalar(sql: impl Into<Sql>) -> ScalarQuery {
    ScalarQuery(query(sql))
}

/// Carries out a statement with these values. `text` gives its text, for SQLite or for PostgreSQL.
pub(super) async fn execute(
    connection: &mut SqlConnection,
    values: BoundValues,
    text: impl FnOnce(bool) -> SqlStr,
) -> Result<u64, sqlx::Error> {
    let lease = connection.lease();
    match connection.database().await? {
        Database::Sqlite(connection) => {
            let done = sqlx::query_with(text(false), values.for_sqlite()?).execute(connection);
            Ok(done.await?.rows_affected())
        }
        Database::Postgres(connection) => {
            let done = sqlx::query_with(text(true), values.for_postgres()?).execute(connection);
            Ok(within(lease, done).await?.rows_affected())
        }
    }
}

/// Carries out a statement of PostgreSQL with these values.
pub(super) async fn execute_in_postgres(
    connection: &mut SqlConnection,
    text: String,
    values: PgArguments,
) -> Result<(), sqlx::Error> {
    let lease = connection.lease();
    if let Database::Postgres(connection) = connection.database().await? {
        let done = sqlx::query_with(AssertSqlSafe(text), values).execute(connection);
        within(lease, done).await?;
    }
    Ok(())
}

impl Query {
    /// The next value, in the order of the places.
    pub(in crate::ledger) fn bind(mut self, value: impl ToColumn) -> Self {
        self.values.push(value);
        self
    }

    /// Carries the statement out, and returns how many rows it has changed.
    pub(in crate::ledger) async fn execute(
        self,
        connection: &mut SqlConnection,
    ) -> Result<u64, sqlx::Error> {
        let Self { sql, values } = self;
        execute(connection, values, |is_postgres| {
            if is_postgres {
                AssertSqlSafe(sql.postgres()).into_sql_str()
            } else {
                sql.sqlite.into_sql_str()
            }
        })
        .await
    }

    /// All rows.
    pub(in crate::ledger) async fn fetch_all<T: StoredRow>(
        self,
        connection: &mut SqlConnection,
    ) -> Result<Vec<T>, sqlx::Error> {
        let mut rows = Vec::new();
        self.each(connection, |row| rows.push(row)).await?;
        Ok(rows)
    }

    /// The first row, if there is any.
    pub(in crate::ledger) async fn fetch_optional<T: StoredRow>(
        self,
        connection: &mut SqlConnection,
    ) -> Result<Option<T>, sqlx::Error> {
        let lease = connection.lease();
        match connection.database().await? {
            Database::Sqlite(connection) => {
                let values = self.values.for_sqlite()?;
                let query = sqlx::query_as_with::<Sqlite, T, _>(self.sql.sqlite, values);
                query.fetch_optional(connection).await
            }
            Database::Postgres(connection) => {
                let (text, values) = (self.sql.postgres(), self.values.for_postgres()?);
                let query = sqlx::query_as_with::<Postgres, T, _>(AssertSqlSafe(text), values);
                within(lease, query.fetch_optional(connection)).await
            }
        }
    }

    /// The first row.
    pub(in crate::ledger) async fn fetch_one<T: StoredRow>(
        self,
        connection: &mut SqlConnection,
    ) -> Result<T, sqlx::Error> {
        let row = self.fetch_optional(connection).await?;
        row.ok_or(sqlx::Error::RowNotFound)
    }

    /// Gives each row as it comes, so that they are never all in memory.
    pub(in crate::ledger) async fn each<T: StoredRow>(
        self,
        connection: &mut SqlConnection,
        mut take: impl FnMut(T),
    ) -> Result<(), sqlx::Error> {
        let lease = connection.lease();
        match connection.database().await? {
            Database::Sqlite(connection) => {
                let values = self.values.for_sqlite()?;
                let query = sqlx::query_as_with::<Sqlite, T, _>(self.sql.sqlite, values);
                let mut rows = query.fetch(connection);
                while let Some(row) = rows.try_next().await? {
                    take(row);
                }
            }
            Database::Postgres(connection) => {
                let (text, values) = (self.sql.postgres(), self.values.for_postgres()?);
                let query = sqlx::query_as_with::<Postgres, T, _>(AssertSqlSafe(text), values);
                let mut rows = query.fetch(connection);
                let all = async {
                    while let Some(row) = rows.try_next().await? {
                        take(row);
                    }
                    Ok::<_, sqlx::Error>(())
                };
                within(lease, all).await?;
            }
        }
        Ok(())
    }
}

impl ScalarQuery {
    /// The next value, in the order of the places.
    pub(in crate::ledger) fn bind(self, value: impl ToColumn) -> Self {
        Self(self.0.bind(value))
    }

    /// The first column of all rows.
    pub(in crate::ledger) async fn fetch_all<T>(
        self,
        connection: &mut SqlConnection,
    ) -> Result<Vec<T>, sqlx::Error>
    where
        (T,): StoredRow,
    {
        let rows: Vec<(T,)> = self.0.fetch_all(connection).await?;
        Ok(rows.into_iter().map(|(value,)| value).collect())
    }

    /// The first column of the first row, if there is any.
    pub(in crate::ledger) async fn fetch_optional<T>(
        self,
        connection: &mut SqlConnection,
    ) -> Result<Option<T>, sqlx::Error>
    where
        (T,): StoredRow,
    {
        let row: Option<(T,)> = self.0.fetch_optional(connection).await?;
        Ok(row.map(|(value,)| value))
    }

    /// The first column of the first row.
    pub(in crate::ledger) async fn fetch_one<T>(
        self,
        connection: &mut SqlConnection,
    ) -> Result<T, sqlx::Error>
    where
        (T,): StoredRow,
    {
        let (value,): (T,) = self.0.fetch_one(connection).await?;
        Ok(value)
    }
}
