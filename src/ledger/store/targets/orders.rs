//! Orders, as those who place, cancel and look at them see them. There are orders in PostgreSQL only: one process at a
//! time can work on a file.

use serde_json::Value;
use sqlx::FromRow;

use crate::domain::{DatabaseAddress, JobId, LedgerAddress, Timestamp};
use crate::ledger::model::{NewOrder, Order, OrderState};
use crate::ledger::sql::{Count, Json, SqlConnection, now_ms, query};
use crate::ledger::{Holder, Job, Ledger, LedgerError, Reader};

/// The row of an order, with its job.
#[derive(Debug, FromRow)]
pub(super) struct OrderRow {
    id: JobId,
    target: String,
    state: OrderState,
    why: Option<String>,
    #[sqlx(try_from = "Count")]
    confirmed: u64,
    terms: Json<Value>,
    host: String,
    operator: String,
    ordered_at_ms: Timestamp,
    #[sqlx(try_from = "Count")]
    tries: u64,
}

impl From<OrderRow> for Order {
    fn from(row: OrderRow) -> Self {
        Self {
            job: row.id,
            target: row.target,
            state: row.state,
            why: row.why,
            decided: NewOrder {
                confirmed: row.confirmed,
                terms: row.terms.0,
                operator: row.operator,
            },
            host: row.host,
            ordered_at: row.ordered_at_ms,
            tries: row.tries,
        }
    }
}

/// The columns of [`OrderRow`].
macro_rules! order_columns {
    () => {
        "jobs.id, jobs.target, orders.state, orders.why, orders.confirmed, orders.terms, orders.host, \
         orders.operator, orders.ordered_at_ms, orders.tries"
    };
}

/// Wakes the workers, once the transaction is committed.
const NOTIFY: &str = "SELECT pg_notify('offboard_orders', '')";

const PLACE: &str = concat!(
    "INSERT INTO orders (job, state, confirmed, terms, host, operator, ordered_at_ms, changed_at_ms)
    SELECT ?1, 'waiting', ?2, ?3, ?4, ?5, moment.ms, moment.ms FROM (SELECT ",
    now_ms!(),
    " AS ms) AS moment
    ON CONFLICT (job) DO UPDATE
    SET state = 'waiting', why = NULL, confirmed = excluded.confirmed, terms = excluded.terms,
        host = excluded.host, operator = excluded.operator, ordered_at_ms = excluded.ordered_at_ms,
        changed_at_ms = excluded.changed_at_ms, not_before_ms = 0, tries = 0"
);

const CANCEL: &str = "
    UPDATE orders SET state = 'cancelled', why = ?, changed_at_ms = ? WHERE job = ? AND state = 'waiting'";

/// The order of a job, by the number of the job.
pub(super) const ORDER: &str = concat!(
    "SELECT ",
    order_columns!(),
    " FROM orders JOIN jobs ON jobs.number = orders.job WHERE orders.job = ?"
);

/// The database of a ledger in which jobs can be left to workers.
///
/// # Errors
/// [`LedgerError::NoWorkers`] for a file.
pub(crate) fn with_workers(address: &LedgerAddress) -> Result<&DatabaseAddress, LedgerError> {
    match address {
        LedgerAddress::Database(database) => Ok(database),
        LedgerAddress::File(path) => Err(LedgerError::NoWorkers(path.display().to_string())),
    }
}

impl Ledger {
    /// Leaves a job to the workers. An earlier order of the same job is replaced.
    ///
    /// # Errors
    /// [`LedgerError::NoWorkers`] in a file; [`LedgerError::TakenOver`] if the lease of the target was lost; or the
    /// ledger cannot be written.
    pub(crate) async fn place_order(
        &mut self,
        job: &Job,
        order: &NewOrder,
    ) -> Result<(), LedgerError> {
        with_workers(self.address())?;
        let mut transaction = self.begin(job.number).await?;
        query(PLACE)
            .bind(job.number)
            .bind(Count(order.confirmed))
            .bind(order.terms.to_string())
            .bind(Holder::host())
            .bind(&order.operator)
            .execute(&mut transaction)
            .await?;
        query(NOTIFY).execute(&mut transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Cancels the order of a job: no worker takes it any more, and the one that works on it stops. Returns whether
    /// there was one to cancel.
    ///
    /// # Errors
    /// [`LedgerError::NoWorkers`] in a file; or the ledger cannot be written.
    pub(crate) async fn cancel_order(&mut self, job: &Job, why: &str) -> Result<bool, LedgerError> {
        with_workers(self.address())?;
        let now = self.clock.now();
        let mut transaction = self.connection.begin().await?;
        let cancelled = query(CANCEL)
            .bind(why)
            .bind(now)
            .bind(job.number)
            .execute(&mut transaction)
            .await?;
        query(NOTIFY).execute(&mut transaction).await?;
        transaction.commit().await?;
        Ok(cancelled > 0)
    }

    /// Whether the job is left to the workers, and they are to go on with it.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub(crate) async fn is_left_to_workers(&mut self, job: &Job) -> Result<bool, LedgerError> {
        let order = order_of(&mut self.connection, job).await?;
        Ok(order.is_some_and(|order| order.state == OrderState::Waiting))
    }
}

impl Reader {
    /// The order of a job, if it was left to the workers.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub(crate) async fn order(&mut self, job: &Job) -> Result<Option<Order>, LedgerError> {
        order_of(&mut self.connection, job).await
    }
}

async fn order_of(connection: &mut SqlConnection, job: &Job) -> Result<Option<Order>, LedgerError> {
    if !connection.is_postgres() {
        return Ok(None);
    }
    let row: Option<OrderRow> = query(ORDER)
        .bind(job.number)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(Order::from))
}
