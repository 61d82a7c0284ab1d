//! The orders as a worker sees them: it takes one together with the lease of its target, and reports what has become of
//! it.
//!
//! An order is taken for as long as the lease of its target is held. So an order whose worker has died is free again as
//! soon as the lease is, and nothing has to be put right.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};

use crate::domain::{DatabaseAddress, JobId};
use crate::ledger::model::{Order, OrderReport};
use crate::ledger::postgres::{
    self, HeldLease, LeaseKeeper, LeaseTimes, free_leases, take_free_lease,
};
use crate::ledger::sql::{Count, SqlConnection, given, now_ms, query, query_scalar};
use crate::ledger::store::targets::orders::{ORDER, OrderRow};
use crate::ledger::{Job, LedgerError};

/// A target for which a worker can work.
#[derive(Debug, Clone)]
pub(crate) struct ServedTarget {
    /// The SCIM base URL.
    pub(crate) target: String,
    /// How long its lease lasts.
    pub(crate) times: LeaseTimes,
}

/// An order that this process has taken.
#[derive(Debug)]
pub(crate) struct TakenOrder {
    /// What is to be done.
    pub(crate) order: Order,
    /// The job.
    pub(crate) job: Job,
    /// The lease of the target. The order is free again when it is dropped.
    pub(crate) lease: Arc<HeldLease>,
}

/// The orders of a database, and what renews the leases that are taken.
#[derive(Debug)]
pub(crate) struct OrderBook {
    connection: SqlConnection,
    keeper: LeaseKeeper,
}

/// What is told by the database when an order may be free.
#[derive(Debug)]
pub(crate) struct OrderListener(PgListener);

/// How many orders wait, and for how long the first of them does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Backlog {
    /// Orders that no worker has taken.
    pub(crate) orders: u64,
    /// How long the oldest of them has waited.
    pub(crate) oldest: Duration,
}

/// The oldest order for one of these targets that no other worker is about to take.
const NEXT: &str = concat!(
    "SELECT orders.job, jobs.target FROM orders JOIN jobs ON jobs.number = orders.job
     WHERE orders.state = 'waiting' AND orders.not_before_ms <= ",
    now_ms!(),
    " AND jobs.target IN (SELECT value FROM ",
    given!(postgres, "?", "text"),
    ") ORDER BY orders.ordered_at_ms, orders.job LIMIT 1 FOR UPDATE OF orders SKIP LOCKED"
);

/// Only the process that had the lease last says what has become of an order.
const REPORT: &str = concat!(
    "UPDATE orders SET state = ?, why = ?, not_before_ms = moment.ms + ?, tries = ?, changed_at_ms = moment.ms
     FROM (SELECT ",
    now_ms!(),
    " AS ms) AS moment
     WHERE job = ? AND state = 'waiting'
           AND EXISTS (SELECT 1 FROM targets WHERE target = ? AND token = ?)"
);

/// A row that this version cannot read must not keep all others waiting.
const SET_ASIDE: &str = "UPDATE orders SET state = 'stopped', why = ? WHERE job = ?";

const CANCELLED: &str = concat!(
    "SELECT jobs.id FROM orders JOIN jobs ON jobs.number = orders.job
     WHERE orders.state = 'cancelled' AND jobs.id IN (SELECT value FROM ",
    given!(postgres, "?", "text"),
    ")"
);

const BACKLOG: &str = concat!(
    "SELECT count(*), coalesce(max(",
    now_ms!(),
    " - greatest(ordered_at_ms, not_before_ms)), 0)
     FROM orders JOIN jobs ON jobs.number = orders.job
     WHERE state = 'waiting' AND not_before_ms <= ",
    now_ms!(),
    " AND NOT EXISTS (SELECT 1 FROM targets
                       WHERE targets.target = jobs.target AND ends_at > clock_timestamp())"
);

impl OrderBook {
    /// Connects, makes the ledger if it is not there, and starts what renews leases.
    ///
    /// # Errors
    /// The database cannot be reached, or holds no ledger of this version.
    pub(crate) async fn open(address: &DatabaseAddress) -> Result<Self, LedgerError> {
        Ok(Self {
            connection: postgres::open(address).await?.into(),
            keeper: LeaseKeeper::start(address)?,
        })
    }

    /// Connects anew, after an error of the database. What renews leases goes on.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn reconnect(&mut self, address: &DatabaseAddress) -> Result<(), LedgerError> {
        self.connection = postgres::open(address).await?.into();
        Ok(())
    }

    /// Takes the oldest order for one of these targets whose lease is free, and the lease with it. This process must
    /// not be at work on any of the targets.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn take(
        &mut self,
        served: &[ServedTarget],
    ) -> Result<Option<TakenOrder>, LedgerError> {
        let names: Vec<&str> = served.iter().map(|one| one.target.as_str()).collect();
        let mut free = free_leases(&mut self.connection, &names).await?;
        while !free.is_empty() {
            let names: Vec<&str> = free.iter().map(|lease| lease.target.as_str()).collect();
            let given = serde_json::to_string(&names).unwrap_or_default();
            let mut transaction = self.connection.begin().await?;
            let next: Option<(i64, String)> = query(NEXT)
                .bind(given)
                .fetch_optional(&mut transaction)
                .await?;
            let next = next.and_then(|(number, target)| {
                let place = free.iter().position(|lease| lease.target == target)?;
                let served = served.iter().find(|one| one.target == target)?;
                Some((number, free.swap_remove(place), served.times))
            });
            let Some((number, lease, times)) = next else {
                transaction.rollback().await?;
                break;
            };
            let Some(granted) = take_free_lease(&mut transaction, &lease, times).await? else {
                // Another process was faster: an order for another target may be free.
                transaction.rollback().await?;
                continue;
            };
            match read(&mut transaction, number).await {
                Ok((order, job)) => {
                    transaction.commit().await?;
                    return Ok(Some(TakenOrder {
                        order,
                        job,
                        lease: Arc::new(granted.kept_by(&self.keeper)),
                    }));
                }
                Err(error) if error.may_pass() => return Err(error),
                Err(error) => {
                    transaction.rollback().await?;
                    query(SET_ASIDE)
                        .bind(error.to_string())
                        .bind(number)
                        .execute(&mut self.connection)
                        .await?;
                    free.push(lease);
                }
            }
        }
        Ok(None)
    }

    /// Stores what has become of an order. Nothing is stored if another process has taken it meanwhile, or if it was
    /// cancelled.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn report(
        &mut self,
        job: &Job,
        token: i64,
        report: &OrderReport,
    ) -> Result<(), LedgerError> {
        query(REPORT)
            .bind(report.state)
            .bind(&report.why)
            .bind(Count::millis(report.wait))
            .bind(Count(report.tries))
            .bind(job.number)
            .bind(&job.target)
            .bind(token)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Those of these jobs whose order was cancelled.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn cancelled_among(
        &mut self,
        jobs: &[&JobId],
    ) -> Result<Vec<JobId>, LedgerError> {
        let names: Vec<&str> = jobs.iter().map(|job| job.as_str()).collect();
        let given = serde_json::to_string(&names).unwrap_or_default();
        let jobs = query_scalar(CANCELLED)
            .bind(given)
            .fetch_all(&mut self.connection)
            .await?;
        Ok(jobs)
    }

    /// How many orders wait in the whole ledger.
    ///
    /// # Errors
    /// The database fails.
    pub(crate) async fn backlog(&mut self) -> Result<Backlog, LedgerError> {
        let (Count(orders), millis): (Count, i64) =
            query(BACKLOG).fetch_one(&mut self.connection).await?;
        let oldest = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        Ok(Backlog { orders, oldest })
    }
}

async fn read(connection: &mut SqlConnection, number: i64) -> Result<(Order, Job), LedgerError> {
    let row: OrderRow = query(ORDER).bind(number).fetch_one(connection).await?;
    let job = query("SELECT * FROM jobs WHERE number = ?")
        .bind(number)
        .fetch_one(connection)
        .await?;
    Ok((row.into(), job))
}

impl OrderListener {
    /// Listens from now on.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(crate) async fn listen(address: &DatabaseAddress) -> Result<Self, LedgerError> {
        let options = postgres::connect_options(address)?;
        let pool = PgPoolOptions::new().max_connections(1);
        let pool = pool.connect_with(options).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen("offboard_orders").await?;
        Ok(Self(listener))
    }

    /// Waits until an order was placed or cancelled, or a lease was given back.
    ///
    /// # Errors
    /// The connection was lost: whoever listens has to begin anew, and may have missed something.
    pub(crate) async fn notified(&mut self) -> Result<(), LedgerError> {
        if self.0.try_recv().await?.is_none() {
            return Err(LedgerError::Sql(sqlx::Error::PoolClosed));
        }
        // Several notifications are answered by one look.
        while self.0.next_buffered().is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{Clock, IdRule, LedgerAddress};
    use crate::ledger::model::{NewOrder, OrderState};
    use crate::ledger::testing::{LedgerBed, TestStore, id};
    use crate::ledger::{Contention, Ledger, RunKind};

    const OFTEN: Duration = Duration::from_millis(100);

    /// A job in a database, ordered, and two workers.
    struct OrderBed {
        bed: LedgerBed,
        books: [OrderBook; 2],
        served: Vec<ServedTarget>,
    }

    impl OrderBed {
        async fn new() -> Option<Self> {
            let store = TestStore::postgres()?;
            let LedgerAddress::Database(address) = store.address() else {
                return None;
            };
            let mut bed =
                LedgerBed::within(store, IdRule::Exact, RunKind::Plan, vec![id("a1")]).await;
            bed.ledger.place_order(&bed.job, &order()).await.unwrap();
            let served = ServedTarget {
                target: bed.job.target.clone(),
                times: LeaseTimes::new(OFTEN, Duration::from_mins(1)),
            };
            let open = || OrderBook::open(&address);
            Some(Self {
                bed,
                books: [open().await.unwrap(), open().await.unwrap()],
                served: vec![served],
            })
        }

        async fn take(&mut self, worker: usize) -> Option<TakenOrder> {
            self.books[worker].take(&self.served).await.unwrap()
        }

        async fn state(&mut self) -> (OrderState, Option<String>) {
            let mut reader = self.bed.ledger.reader().await.unwrap();
            let order = reader.order(&self.bed.job).await.unwrap().unwrap();
            (order.state, order.why)
        }

        /// As if another process held the lease.
        async fn take_over(&mut self) {
            let sql = "UPDATE targets SET token = token + 1, mark = NULL, \
                       ends_at = clock_timestamp() + interval '1 hour'";
            let connection = &mut self.bed.ledger.connection;
            query(sql).execute(connection).await.unwrap();
        }
    }

    fn order() -> NewOrder {
        NewOrder {
            confirmed: 1,
            terms: json!({"canary": 3}),
            operator: "ada".to_owned(),
        }
    }

    #[tokio::test]
    async fn p6_an_order_is_taken_with_the_lease_of_its_target_by_one_worker() {
        let Some(mut bed) = OrderBed::new().await else {
            return;
        };
        let taken = bed.take(0).await.unwrap();
        assert_eq!(
            (&taken.order.decided, &taken.job.id),
            (&order(), &bed.bed.job.id)
        );
        // Each of the books is one of another process. This one is the same process: what it has left behind it may
        // take, so it is told that it is another one.
        bed.take_over().await;
        assert!(bed.take(1).await.is_none());
        // The order is still there for whoever gets the lease next.
        assert_eq!(bed.state().await, (OrderState::Waiting, None));
        let free = "UPDATE targets SET ends_at = clock_timestamp()";
        query(free)
            .execute(&mut bed.bed.ledger.connection)
            .await
            .unwrap();
        let again = bed.take(1).await.unwrap();
        assert!(again.lease.token > taken.lease.token);
        // A target that is not served is left to others.
        let other = [ServedTarget {
            target: "https://other.example.com/".to_owned(),
            ..bed.served[0].clone()
        }];
        assert!(bed.books[0].take(&other).await.unwrap().is_none());
        assert!(bed.books[0].take(&[]).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn p7_a_worker_that_was_taken_over_says_nothing_of_the_order() {
        let Some(mut bed) = OrderBed::new().await else {
            return;
        };
        let taken = bed.take(0).await.unwrap();
        let (job, mine) = (taken.job.clone(), taken.lease.token);
        bed.take_over().await;
        let [book, _] = &mut bed.books;
        let stopped = OrderReport::new(OrderState::Stopped, Some("why".to_owned()));
        book.report(&job, mine, &stopped).await.unwrap();
        assert_eq!(bed.state().await, (OrderState::Waiting, None));
        let [book, _] = &mut bed.books;
        book.report(&job, mine + 1, &stopped).await.unwrap();
        assert_eq!(bed.state().await, (stopped.state, stopped.why));
        assert!(bed.take(0).await.is_none());
    }

    #[tokio::test]
    async fn an_order_that_is_postponed_or_cancelled_is_not_taken() {
        let Some(mut bed) = OrderBed::new().await else {
            return;
        };
        let taken = bed.take(0).await.unwrap();
        let mine = taken.lease.token;
        let (job, hour) = (taken.job.clone(), Duration::from_hours(1));
        let [book, _] = &mut bed.books;
        let down = OrderReport {
            wait: hour,
            tries: 3,
            ..OrderReport::new(OrderState::Waiting, Some("down".to_owned()))
        };
        book.report(&job, mine, &down).await.unwrap();
        assert_eq!(book.backlog().await.unwrap(), Backlog::default());
        assert!(book.cancelled_among(&[&job.id]).await.unwrap().is_empty());
        assert!(bed.take(0).await.is_none());
        let cancelled = bed.bed.ledger.cancel_order(&job, "by ada").await;
        assert!(cancelled.unwrap());
        assert!(!bed.bed.ledger.cancel_order(&job, "by ada").await.unwrap());
        let [book, _] = &mut bed.books;
        let cancelled = book.cancelled_among(&[&job.id]).await.unwrap();
        assert_eq!(cancelled.first(), Some(&job.id));
        assert!(bed.take(0).await.is_none());
        // To order it again makes it free.
        bed.bed.ledger.place_order(&job, &order()).await.unwrap();
        drop(taken);
        assert!(bed.take(0).await.is_some());
    }

    #[tokio::test]
    async fn an_order_that_cannot_be_read_keeps_no_other_waiting() {
        let Some(mut bed) = OrderBed::new().await else {
            return;
        };
        let spoil = "UPDATE orders SET terms = 'no JSON'";
        query(spoil)
            .execute(&mut bed.bed.ledger.connection)
            .await
            .unwrap();
        assert!(bed.take(0).await.is_none());
        let stopped = "SELECT count(*) FROM orders WHERE state = 'stopped' AND why LIKE '%terms%'";
        let Count(stopped) = query_scalar(stopped)
            .fetch_one(&mut bed.bed.ledger.connection)
            .await
            .unwrap();
        assert_eq!(stopped, 1);
        // The lease is free for the next order.
        let job = bed.bed.job.clone();
        bed.bed.ledger.place_order(&job, &order()).await.unwrap();
        assert!(bed.take(1).await.is_some());
    }

    #[tokio::test]
    async fn a_notification_comes_with_an_order_and_with_a_lease_that_is_given_back() {
        let Some(mut bed) = OrderBed::new().await else {
            return;
        };
        let LedgerAddress::Database(address) = bed.bed.store.address() else {
            return;
        };
        let mut listener = OrderListener::listen(&address).await.unwrap();
        let job = bed.bed.job.clone();
        bed.bed.ledger.place_order(&job, &order()).await.unwrap();
        listener.notified().await.unwrap();
        drop(bed.take(0).await.unwrap());
        listener.notified().await.unwrap();
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        query(cut)
            .execute(&mut bed.bed.ledger.connection)
            .await
            .unwrap();
        listener.notified().await.unwrap_err();
    }

    #[tokio::test]
    async fn p6_a_lease_is_renewed_while_its_holder_is_in_a_transaction() {
        let Some(store) = TestStore::postgres() else {
            return;
        };
        let mut bed = LedgerBed::within(store, IdRule::Exact, RunKind::Plan, vec![id("a1")]).await;
        let times = LeaseTimes::new(OFTEN, Duration::from_mins(1));
        let target = bed.job.target.clone();
        let address = bed.store.address();
        let mut ledger = Ledger::open(address, Clock::System).await.unwrap();
        let taken = ledger
            .take_lease(&target, times, Contention::Refuse, &mut |_| {})
            .await;
        let mut term = taken.unwrap().unwrap();
        let transaction = ledger.begin(bed.job.number).await.unwrap();
        for _ in 0..3 {
            term.mark_unchanged();
            term.changed().await.unwrap();
        }
        // Whoever takes it over waits for the transaction.
        let sql = "SET lock_timeout = '200ms'";
        query(sql)
            .execute(&mut bed.ledger.connection)
            .await
            .unwrap();
        let sql = "UPDATE targets SET token = token + 1";
        let waited = query(sql).execute(&mut bed.ledger.connection).await;
        assert!(waited.is_err(), "{waited:?}");
        transaction.rollback().await.unwrap();
        query(sql)
            .execute(&mut bed.ledger.connection)
            .await
            .unwrap();
    }
}
