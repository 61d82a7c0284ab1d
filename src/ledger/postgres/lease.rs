//! The lease of a target. It is taken by one statement, renewed by a thread of its own, and compared in each transaction
//! of its holder.
//!
//! The time of a lease is that of the database. It decides only when another process may take the lease over, and until
//! when the holder may send requests. Whether a transaction may write is decided by the token, which grows with each
//! new holder: it does not matter how late that transaction comes.

use std::fmt;
use std::time::Duration;

use sqlx::{FromRow, PgConnection};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::{Clock, DatabaseAddress, LeaseTerm};
use crate::ledger::postgres::keeper::Keeper;
use crate::ledger::{Holder, LedgerError};
use crate::platform;

/// How often a lease that another process holds is asked for again.
const EVERY: Duration = Duration::from_secs(1);

/// A shorter heartbeat would only keep the database busy.
const SHORTEST: Duration = Duration::from_millis(100);

/// How long a lease lasts, and how often it is renewed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeaseTimes {
    /// The time between two renewals.
    pub(in crate::ledger) heartbeat: Duration,
    /// How long a lease lasts after it was taken or renewed.
    pub(in crate::ledger) length: Duration,
}

impl LeaseTimes {
    /// A lease that is renewed with this heartbeat, for requests that take at most this time. Without a renewal it
    /// lasts for three heartbeats and one request: so two renewals may fail before a request has to wait.
    pub(crate) fn new(heartbeat: Duration, longest_request: Duration) -> Self {
        let heartbeat = heartbeat.max(SHORTEST);
        Self {
            heartbeat,
            length: longest_request + 3 * heartbeat,
        }
    }
}

/// The wait for a lease whose holder may have died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaseWait {
    target: String,
    holder: Holder,
    left: Duration,
}

/// One line for people.
impl fmt::Display for LeaseWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} may be at work on {}: waiting for at most {} s until its lease has ended",
            self.holder,
            self.target,
            self.left.as_secs() + 1
        )
    }
}

/// A lease that this process holds. It is given back when this is dropped.
#[derive(Debug)]
pub(in crate::ledger) struct HeldLease {
    pub(in crate::ledger) target: String,
    pub(in crate::ledger) token: i64,
    /// Until when it lasts.
    pub(in crate::ledger) term: watch::Receiver<LeaseTerm>,
    _keeper: Keeper,
}

/// A lease that another process holds.
#[derive(Debug, FromRow)]
struct ForeignLease {
    token: i64,
    holder: String,
    mark: Option<String>,
    /// When it ends if it is not renewed.
    ends_ms: i64,
    /// How long that is from now on.
    left_ms: i64,
}

/// It is taken if it has ended, or if this token is that of a process which has ended.
pub(super) const TAKE: &str = "
    INSERT INTO targets (target, token, holder, mark, ends_at)
    VALUES ($1, 1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
    ON CONFLICT (target) DO UPDATE
    SET token = targets.token + 1, holder = excluded.holder, mark = excluded.mark,
        ends_at = excluded.ends_at
    WHERE targets.ends_at <= clock_timestamp() OR targets.token = $5
    RETURNING token";

const HELD: &str = "
    SELECT token, holder, mark, CAST(extract(epoch FROM ends_at) * 1000 AS bigint) AS ends_ms,
           CAST(ceil(extract(epoch FROM ends_at - clock_timestamp()) * 1000) AS bigint) AS left_ms
    FROM targets WHERE target = $1 AND ends_at > clock_timestamp()";

/// A lease that has ended, and that nobody has taken since, is renewed too.
pub(super) const RENEW: &str = "
    UPDATE targets SET ends_at = clock_timestamp() + $3 * interval '1 millisecond'
    WHERE target = $1 AND token = $2";

pub(super) const GIVE_BACK: &str = "
    UPDATE targets SET ends_at = clock_timestamp() WHERE target = $1 AND token = $2";

/// Takes the lease of a target. While another process holds it that may have died, this waits until the lease has
/// ended, and calls `on_wait` once.
///
/// # Errors
/// [`LedgerError::Leased`] if another process holds the lease and is alive; or the database cannot be asked.
pub(in crate::ledger) async fn take_lease(
    connection: &mut PgConnection,
    address: &DatabaseAddress,
    target: &str,
    times: LeaseTimes,
    on_wait: &mut (dyn FnMut(&LeaseWait) + Send),
) -> Result<HeldLease, LedgerError> {
    let me = Holder::me(Clock::System.now());
    let mark = platform::process_mark();
    let mut first: Option<ForeignLease> = None;
    loop {
        let dead = first.as_ref().filter(|held| has_ended(held));
        let asked = (Instant::now(), Clock::System.now());
        let token: Option<i64> = sqlx::query_scalar(TAKE)
            .bind(target)
            .bind(me.to_string())
            .bind(&mark)
            .bind(millis(times.length))
            .bind(dead.map_or(-1, |held| held.token))
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(token) = token {
            let term = LeaseTerm::asked_at(asked.0.into_std(), asked.1, times.length);
            let (keeper, term) = Keeper::start(address, target, token, times, term)?;
            return Ok(HeldLease {
                target: target.to_owned(),
                token,
                term,
                _keeper: keeper,
            });
        }
        let held: Option<ForeignLease> = sqlx::query_as(HELD)
            .bind(target)
            .fetch_optional(&mut *connection)
            .await?;
        let Some(held) = held else { continue };
        let holder = Holder::named(&held.holder);
        if has_ended(&held) {
            first = Some(held);
            continue;
        }
        let left = Duration::from_millis(u64::try_from(held.left_ms).unwrap_or(0));
        match &first {
            // It was renewed, or another process has taken it: somebody is at work.
            Some(before) if before.token != held.token || before.ends_ms != held.ends_ms => {
                return Err(LedgerError::Leased {
                    target: target.to_owned(),
                    holder,
                });
            }
            Some(_) => {}
            None => on_wait(&LeaseWait {
                target: target.to_owned(),
                holder,
                left,
            }),
        }
        first = Some(held);
        tokio::time::sleep(left.min(EVERY)).await;
    }
}

/// Who holds the lease of a target, if anybody does.
pub(in crate::ledger) async fn lease_holder(
    connection: &mut PgConnection,
    target: &str,
) -> Result<Option<Holder>, LedgerError> {
    let held: Option<ForeignLease> = sqlx::query_as(HELD)
        .bind(target)
        .fetch_optional(connection)
        .await?;
    let held = held.filter(|held| !has_ended(held));
    Ok(held.map(|held| Holder::named(&held.holder)))
}

/// Whether the holder is a process of this machine that has ended.
fn has_ended(held: &ForeignLease) -> bool {
    held.mark.as_deref().is_some_and(platform::has_ended)
}

pub(super) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
