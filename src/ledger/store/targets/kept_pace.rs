//! The pace of a target, kept beyond the process: a hold that the provider asked for, and a pace that was lowered.
//!
//! It is stored at once, and not by the connection of the job: while users are looked up nothing else may be stored for
//! minutes, and a process can be killed at any moment. In a database it is stored by the connection that renews leases,
//! which is open.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::FutureExt;

use crate::domain::{Clock, LedgerAddress, Restraint, Slowed};
use crate::ledger::postgres::{Errand, LeaseKeeper};
use crate::ledger::sql::{SqlConnection, now_ms, query, query_scalar};
use crate::ledger::sqlite;
use crate::ledger::{Ledger, LedgerError};

/// The restraint of a target, as an earlier process has left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct KeptPace {
    /// What is left of it.
    pub(crate) restraint: Restraint,
    /// For how long nothing has been sent since, as far as the ledger knows.
    pub(crate) rested: Duration,
}

const KEEP: &str = "
    INSERT INTO paces (target, held_until_ms, held_for_ms, slowed_us, full_us, at_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (target) DO UPDATE
    SET held_for_ms = CASE WHEN excluded.held_until_ms > paces.held_until_ms
                           THEN excluded.held_for_ms ELSE paces.held_for_ms END,
        held_until_ms = CASE WHEN excluded.held_until_ms > paces.held_until_ms
                             THEN excluded.held_until_ms ELSE paces.held_until_ms END,
        slowed_us = excluded.slowed_us, full_us = excluded.full_us, at_ms = excluded.at_ms";

const KEPT: &str = "
    SELECT held_until_ms, held_for_ms, slowed_us, full_us, at_ms FROM paces WHERE target = ?";

/// The clock of the database: machines that share a ledger may differ in theirs.
const NOW: &str = concat!("SELECT ", now_ms!());

/// The present moment, in milliseconds since 1970-01-01T00:00:00Z. A file has the clock of its machine.
async fn now(connection: &mut SqlConnection, clock: Clock) -> Result<i64, LedgerError> {
    if connection.is_postgres() {
        return Ok(query_scalar(NOW).fetch_one(connection).await?);
    }
    Ok(clock.now().as_millis())
}

impl Ledger {
    /// What holds back the requests to a target, as the last process has left it.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub(crate) async fn kept_pace(&mut self, target: &str) -> Result<KeptPace, LedgerError> {
        type Row = (i64, i64, Option<i64>, Option<i64>, i64);
        let row: Option<Row> = query(KEPT)
            .bind(target)
            .fetch_optional(&mut self.connection)
            .await?;
        let Some((until, length, slowed, full, at)) = row else {
            return Ok(KeptPace::default());
        };
        let now = now(&mut self.connection, self.clock).await?;
        let slowed = slowed.zip(full).map(|(period, full)| Slowed {
            period: micros(period),
            full: micros(full),
        });
        Ok(KeptPace {
            restraint: Restraint {
                hold: millis(until.saturating_sub(now).min(length)),
                slowed,
            },
            rested: millis(now.saturating_sub(until.max(at))),
        })
    }
}

/// Where the pace of a target is stored.
#[derive(Debug, Clone)]
pub(crate) struct PaceStore {
    target: String,
    by: StoredBy,
}

#[derive(Debug, Clone)]
enum StoredBy {
    /// A connection to this file, opened for each change.
    File(PathBuf),
    /// What renews the leases of this process.
    Keeper(LeaseKeeper),
}

impl Ledger {
    /// Where the pace of this target is stored; `None` in a database without a lease of the target.
    pub(crate) fn pace_store(&self, target: &str) -> Option<PaceStore> {
        let by = match self.address() {
            LedgerAddress::File(path) => StoredBy::File(path.clone()),
            LedgerAddress::Database(_) => StoredBy::Keeper(self.keeper_of(target)?),
        };
        Some(PaceStore {
            target: target.to_owned(),
            by,
        })
    }
}

impl PaceStore {
    /// Stores what holds back the requests to the target now. A longer hold is never shortened.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub(crate) async fn keep(&self, restraint: Restraint) -> Result<(), LedgerError> {
        match &self.by {
            StoredBy::File(path) => {
                let mut connection = SqlConnection::from(sqlite::open_beside(path).await?);
                keep(&mut connection, &self.target, restraint).await?;
                Ok(connection.close().await?)
            }
            StoredBy::Keeper(keeper) => {
                let target = self.target.clone();
                let errand: Errand = Box::new(move |connection| {
                    let target = target.clone();
                    async move { keep(connection, &target, restraint).await }.boxed()
                });
                keeper.run(errand).await
            }
        }
    }
}

async fn keep(
    connection: &mut SqlConnection,
    target: &str,
    restraint: Restraint,
) -> Result<(), LedgerError> {
    let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    // Rounded up: a request that comes a moment too early is refused.
    let hold = restraint.hold.as_millis() + u128::from(!restraint.hold.is_zero());
    let hold = i64::try_from(hold).unwrap_or(i64::MAX);
    let now = now(connection, Clock::System).await?;
    query(KEEP)
        .bind(target)
        .bind(now.saturating_add(hold))
        .bind(hold)
        .bind(restraint.slowed.map(|slowed| micros(slowed.period)))
        .bind(restraint.slowed.map(|slowed| micros(slowed.full)))
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

fn millis(time: i64) -> Duration {
    Duration::from_millis(u64::try_from(time).unwrap_or(0))
}

fn micros(time: i64) -> Duration {
    Duration::from_micros(u64::try_from(time).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use macro_rules_attribute::apply;

    use super::*;
    use crate::domain::Timestamp;
    use crate::ledger::testing::{TestStore, on_each_store};
    use crate::ledger::{Contention, LeaseTimes};

    const S: Duration = Duration::from_secs(1);

    /// A ledger that works on the target `a`, and where its pace is stored.
    async fn opened(store: &TestStore) -> (Ledger, PaceStore) {
        let mut ledger = Ledger::open(store.address(), Clock::System).await.unwrap();
        let times = LeaseTimes::new(S, S * 60);
        let taken = ledger
            .take_lease("a", times, Contention::Refuse, &mut |_| {})
            .await;
        taken.unwrap();
        let paces = ledger.pace_store("a").unwrap();
        (ledger, paces)
    }

    fn held(hold: Duration) -> Restraint {
        Restraint { hold, slowed: None }
    }

    #[apply(on_each_store)]
    async fn p6_a_hold_is_kept_until_it_is_over_and_never_shortened(store: TestStore) {
        let (mut ledger, paces) = opened(&store).await;
        assert_eq!(ledger.kept_pace("a").await.unwrap(), KeptPace::default());
        let slowed = Some(Slowed {
            period: S / 4,
            full: S / 8,
        });
        let hold = S * 60;
        paces.keep(Restraint { hold, slowed }).await.unwrap();
        assert_eq!(
            ledger.kept_pace("a").await.unwrap().restraint.slowed,
            slowed
        );
        paces.keep(held(S)).await.unwrap();
        let kept = ledger.kept_pace("a").await.unwrap();
        let near = |time: Duration| time > S * 50 && time <= S * 60 + S / 1000;
        assert!(near(kept.restraint.hold), "{kept:?}");
        assert_eq!((kept.restraint.slowed, kept.rested), (None, Duration::ZERO));
        assert_eq!(ledger.kept_pace("b").await.unwrap(), KeptPace::default());
        // The longest hold that can be asked for.
        paces.keep(held(Duration::MAX)).await.unwrap();
        assert!(ledger.kept_pace("a").await.unwrap().restraint.hold > S * 60);
    }

    #[apply(on_each_store)]
    async fn a_clock_that_was_set_back_makes_no_hold_longer(store: TestStore) {
        let (mut ledger, paces) = opened(&store).await;
        paces.keep(held(S)).await.unwrap();
        let later = "UPDATE paces SET held_until_ms = held_until_ms + ?, at_ms = at_ms + ?";
        let day = Timestamp::from_millis(86_400_000);
        let query = query(later).bind(day).bind(day);
        query.execute(&mut ledger.connection).await.unwrap();
        let kept = ledger.kept_pace("a").await.unwrap();
        assert_eq!(
            (kept.restraint.hold, kept.rested),
            (S + S / 1000, Duration::ZERO)
        );
    }

    #[apply(on_each_store)]
    async fn what_is_over_has_rested_since(store: TestStore) {
        let (mut ledger, paces) = opened(&store).await;
        paces.keep(held(Duration::ZERO)).await.unwrap();
        let before = "UPDATE paces SET held_until_ms = held_until_ms - 9000, at_ms = at_ms - 60000";
        query(before).execute(&mut ledger.connection).await.unwrap();
        let kept = ledger.kept_pace("a").await.unwrap();
        assert_eq!(kept.restraint, Restraint::default());
        assert!(kept.rested >= S * 9 && kept.rested < S * 59, "{kept:?}");
    }
}
