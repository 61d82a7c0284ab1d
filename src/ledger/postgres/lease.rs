//! The lease of a target. It is taken by one statement, renewed by a thread of its own, and compared in each transaction
//! of its holder.
//!
//! The time of a lease is that of the database. It decides only when another process may take the lease over, and until
//! when the holder may send requests. Whether a transaction may write is decided by the token, which grows with each
//! new holder: it does not matter how late that transaction comes.

use std::fmt;
use std::time::Duration;

use sqlx::FromRow;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::{Clock, LeaseTerm};
use crate::ledger::postgres::keeper::{LeaseKeeper, RenewedLease};
use crate::ledger::sql::{SqlConnection, query, query_scalar};
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

/// What to do if another process holds a lease, and is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contention {
    /// Say who it is, and give up.
    Refuse,
    /// Wait until it is done.
    Wait,
}

/// The wait for a lease whose holder may have died, or is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaseWait {
    target: String,
    holder: Holder,
    left: Duration,
    contention: Contention,
}

/// One line for people.
impl fmt::Display for LeaseWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (holder, target) = (&self.holder, &self.target);
        let left = self.left.as_secs() + 1;
        match self.contention {
            Contention::Refuse => write!(
                f,
                "{holder} may be at work on {target}: waiting for at most {left} s until its lease has ended"
            ),
            Contention::Wait => write!(
                f,
                "{holder} holds the lease of {target}: waiting until it is done, or until its lease has ended"
            ),
        }
    }
}

/// A lease that this process holds. It is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct HeldLease {
    /// The SCIM base URL.
    pub(in crate::ledger) target: String,
    /// It tells this holder from all others.
    pub(crate) token: i64,
    /// Until when it lasts.
    pub(in crate::ledger) term: watch::Receiver<LeaseTerm>,
    renewed: RenewedLease,
}

impl HeldLease {
    /// What renews it.
    pub(in crate::ledger) fn keeper(&self) -> LeaseKeeper {
        self.renewed.keeper()
    }

    /// How long it lasts if it is not renewed.
    pub(crate) fn left(&self) -> Duration {
        self.term.borrow().left(Instant::now().into_std())
    }
}

/// A lease that nobody holds who is alive.
#[derive(Debug)]
pub(in crate::ledger) struct FreeLease {
    pub(in crate::ledger) target: String,
    /// The token of a holder that has ended, and whose lease has not.
    ended: Option<i64>,
}

/// A lease that was just taken, and that nothing renews yet.
#[derive(Debug)]
pub(in crate::ledger) struct GrantedLease {
    target: String,
    token: i64,
    times: LeaseTimes,
    term: LeaseTerm,
}

/// A lease that another process holds.
#[derive(Debug, FromRow)]
struct ForeignLease {
    target: String,
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

/// The leases in force of the targets in a JSON array.
const HELD: &str = "
    SELECT target, token, holder, mark, CAST(extract(epoch FROM ends_at) * 1000 AS bigint) AS ends_ms,
           CAST(ceil(extract(epoch FROM ends_at - clock_timestamp()) * 1000) AS bigint) AS left_ms
    FROM targets WHERE ends_at > clock_timestamp()
         AND target IN (SELECT json_array_elements_text(CAST($1 AS json)))";

/// Renews the leases in a JSON array of targets, tokens and lengths. A lease that has ended, and that nobody has taken
/// since, is renewed too.
pub(super) const RENEW: &str = "
    UPDATE targets
    SET ends_at = clock_timestamp() + CAST(given ->> 2 AS bigint) * interval '1 millisecond'
    FROM json_array_elements(CAST($1 AS json)) AS given
    WHERE target = given ->> 0 AND token = CAST(given ->> 1 AS bigint)
    RETURNING target, token";

/// Ends a lease, and wakes the workers: an order may have waited for it.
pub(super) const GIVE_BACK: &str = "
    WITH given_back AS (
        UPDATE targets SET ends_at = clock_timestamp() WHERE target = $1 AND token = $2 RETURNING token)
    SELECT pg_notify('offboard_orders', '') FROM given_back";

/// Takes the lease of a target. While another process holds it that may have died, or that is to be waited for, this
/// waits until the lease has ended. It calls `on_wait` once for each process that it waits for.
///
/// # Errors
/// [`LedgerError::Leased`] if another process holds the lease, is alive, and is not to be waited for; or the database
/// cannot be asked.
pub(in crate::ledger) async fn take_lease(
    connection: &mut SqlConnection,
    target: &str,
    times: LeaseTimes,
    contention: Contention,
    keeper: &LeaseKeeper,
    on_wait: &mut (dyn FnMut(&LeaseWait) + Send),
) -> Result<HeldLease, LedgerError> {
    let mut first: Option<ForeignLease> = None;
    loop {
        let dead = first.as_ref().filter(|held| has_ended(held));
        let free = FreeLease {
            target: target.to_owned(),
            ended: dead.map(|held| held.token),
        };
        if let Some(granted) = take_free_lease(connection, &free, times).await? {
            return Ok(granted.kept_by(keeper));
        }
        let held = held_leases(connection, &[target]).await?.into_iter().next();
        let Some(held) = held else { continue };
        let holder = Holder::named(&held.holder);
        if has_ended(&held) {
            first = Some(held);
            continue;
        }
        let left = Duration::from_millis(u64::try_from(held.left_ms).unwrap_or(0));
        match &first {
            // It was renewed, or another process has taken it: somebody is at work.
            Some(before)
                if contention == Contention::Refuse
                    && (before.token != held.token || before.ends_ms != held.ends_ms) =>
            {
                return Err(LedgerError::Leased {
                    target: target.to_owned(),
                    holder,
                });
            }
            Some(before) if before.token == held.token => {}
            _ => on_wait(&LeaseWait {
                target: target.to_owned(),
                holder,
                left,
                contention,
            }),
        }
        first = Some(held);
        tokio::time::sleep(left.min(EVERY)).await;
    }
}

/// Takes a lease that was free a moment ago; `None` if another process was faster.
///
/// # Errors
/// The database cannot be asked.
pub(in crate::ledger) async fn take_free_lease(
    connection: &mut SqlConnection,
    free: &FreeLease,
    times: LeaseTimes,
) -> Result<Option<GrantedLease>, LedgerError> {
    let asked = (Instant::now(), Clock::System.now());
    let token: Option<i64> = query_scalar(TAKE)
        .bind(&free.target)
        .bind(Holder::me(asked.1).to_string())
        .bind(platform::process_mark())
        .bind(millis(times.length))
        .bind(free.ended.unwrap_or(-1))
        .fetch_optional(connection)
        .await?;
    Ok(token.map(|token| GrantedLease {
        target: free.target.clone(),
        token,
        times,
        term: LeaseTerm::asked_at(asked.0.into_std(), asked.1, times.length),
    }))
}

/// The leases of these targets that nobody holds who is alive. This process works on none of them: a lease that it has
/// left behind, since the database could not be reached, is free, too.
///
/// # Errors
/// The database cannot be asked.
pub(in crate::ledger) async fn free_leases(
    connection: &mut SqlConnection,
    targets: &[&str],
) -> Result<Vec<FreeLease>, LedgerError> {
    let held = held_leases(connection, targets).await?;
    let me = platform::process_mark();
    let is_mine = |lease: &ForeignLease| me.is_some() && lease.mark == me;
    let free = targets.iter().filter_map(|target| {
        let lease = held.iter().find(|lease| lease.target == *target);
        if lease.is_some_and(|lease| !has_ended(lease) && !is_mine(lease)) {
            return None;
        }
        Some(FreeLease {
            target: (*target).to_owned(),
            ended: lease.map(|lease| lease.token),
        })
    });
    Ok(free.collect())
}

async fn held_leases(
    connection: &mut SqlConnection,
    targets: &[&str],
) -> Result<Vec<ForeignLease>, LedgerError> {
    let given = serde_json::to_string(targets).unwrap_or_default();
    Ok(query(HELD).bind(given).fetch_all(connection).await?)
}

impl GrantedLease {
    /// Lets this keeper renew the lease.
    pub(in crate::ledger) fn kept_by(self, keeper: &LeaseKeeper) -> HeldLease {
        let (renewed, term) = keeper.keep(&self.target, self.token, self.times, self.term);
        HeldLease {
            target: self.target,
            token: self.token,
            term,
            renewed,
        }
    }
}

/// Who holds the lease of a target, if anybody does.
pub(in crate::ledger) async fn lease_holder(
    connection: &mut SqlConnection,
    target: &str,
) -> Result<Option<Holder>, LedgerError> {
    let held = held_leases(connection, &[target]).await?;
    let held = held.iter().find(|held| !has_ended(held));
    Ok(held.map(|held| Holder::named(&held.holder)))
}

/// Whether the holder is a process of this machine that has ended.
fn has_ended(held: &ForeignLease) -> bool {
    held.mark.as_deref().is_some_and(platform::has_ended)
}

pub(super) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
