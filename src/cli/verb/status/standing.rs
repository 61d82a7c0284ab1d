//! The state of a job at one moment, as the ledger shows it.

use crate::cli::failure::Failure;
use crate::domain::{Clock, LedgerAddress, Status};
use crate::ledger::{Activity, Counts, Holder, Job, JobSelector, Order, OrderState, Reader};
use crate::platform::quoted;
use crate::progress::{Speed, WINDOW};
use crate::report::{Privacy, Summary};

/// A job at one moment.
pub(super) struct Standing {
    pub(super) job: Job,
    pub(super) counts: Counts,
    pub(super) summary: Summary,
    /// Which process works on the job, and what it does.
    pub(super) holder: Option<(Holder, Activity)>,
    pub(super) speed: Option<Speed>,
    /// If the job was left to the workers, what became of that.
    pub(super) order: Option<Order>,
    /// How the ledger was named.
    pub(super) ledger: LedgerAddress,
}

impl Standing {
    /// Reads the ledger at one moment. What is read further by the reader that is given back is of the same moment.
    pub(super) async fn read(
        ledger: &LedgerAddress,
        selector: &JobSelector,
    ) -> Result<(Self, Reader), Failure> {
        let mut reader = Reader::open(ledger).await?;
        reader.begin_snapshot().await?;
        let job = reader.select_job(selector).await?;
        let counts = reader.counts(&job).await?;
        let summary = Summary::gather(&mut reader, &job, Privacy::Open).await?;
        let order = reader.order(&job).await?;
        let holder = match reader.holder(&job).await? {
            Some(holder) => {
                let activity = match reader.activity(&job, &holder).await? {
                    // A worker asks nobody.
                    Activity::Waiting if is_waiting(order.as_ref()) => Activity::Elsewhere,
                    activity => activity,
                };
                Some((holder, activity))
            }
            None => None,
        };
        let (users, within) = reader
            .settled_lately(&job, Clock::System.now(), WINDOW)
            .await?;
        let mut standing = Self {
            order,
            summary,
            holder,
            counts,
            job,
            speed: None,
            ledger: ledger.clone(),
        };
        if standing.is_at_work() {
            standing.speed = Some(Speed { users, within });
        }
        Ok((standing, reader))
    }

    pub(super) fn is_at_work(&self) -> bool {
        let at = self.holder.as_ref().map(|(_, activity)| *activity);
        at == Some(Activity::Writing)
    }

    /// Users that a run works on: a request for them has left and is not answered yet, or waits for its turn. If no run
    /// is under way, they are in doubt.
    pub(super) fn in_flight(&self) -> u64 {
        let claimed = self.counts.of(Status::Claimed);
        if self.is_at_work() { claimed } else { 0 }
    }

    /// Users who failed, or are in doubt though no request is in flight.
    pub(super) fn trouble(&self) -> u64 {
        let of = |status| self.counts.of(status);
        let in_doubt = of(Status::InDoubt) + of(Status::Claimed) - self.in_flight();
        of(Status::Failed) + in_doubt
    }

    /// The outcomes that need a look: while a run is under way, users that it works on do not.
    pub(super) fn troubled(&self) -> Vec<Status> {
        let all = Status::ALL.iter().copied();
        let is_dead_claim = |status| status == Status::Claimed && !self.is_at_work();
        all.filter(|status| status.is_trouble() || is_dead_claim(*status))
            .collect()
    }

    /// How many lines have one of these outcomes.
    pub(super) fn count_troubled(&self) -> u64 {
        let troubled = self.troubled().into_iter();
        troubled.map(|status| self.counts.of(status)).sum()
    }

    /// Which process works on the job, and what it does, in words.
    pub(super) fn words(&self) -> String {
        let Some((holder, activity)) = &self.holder else {
            return "no process works on it".to_owned();
        };
        let what = match activity {
            Activity::LookingUp => "looking users up; ".to_owned(),
            Activity::Verifying => "verifying; ".to_owned(),
            Activity::Waiting => format!("waiting for confirmation{}; ", self.number()),
            Activity::Writing | Activity::Elsewhere => String::new(),
        };
        format!("{what}in use by {holder}")
    }

    /// ` of 12 users`, where the number is known.
    fn number(&self) -> String {
        let plan = self.job.plan.as_ref();
        plan.map_or_else(String::new, |plan| format!(" of {} users", plan.to_write))
    }

    /// Whether a worker will go on with the job, or is at work on it.
    pub(super) fn is_left_to_workers(&self) -> bool {
        is_waiting(self.order.as_ref()) && self.counts.open() > 0
    }

    /// That the job was left to the workers, and what became of that; `None` if it was not, or if that is over.
    pub(super) fn order_in_words(&self) -> Option<String> {
        let order = self.order.as_ref()?;
        let became = match order.state {
            OrderState::Waiting if self.is_at_work() => "a worker is at work".to_owned(),
            OrderState::Waiting if self.holder.is_some() => {
                "a process is at work on the target".to_owned()
            }
            OrderState::Waiting if order.tries > 0 => "it is tried again later".to_owned(),
            OrderState::Done => return None,
            state => state.as_str().to_owned(),
        };
        let why = order.why.as_ref().filter(|_| !self.is_at_work());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        Some(format!(
            "left to the workers by {} on {}, {}; {became}{why}",
            order.decided.operator, order.host, order.ordered_at
        ))
    }

    /// The command that continues the job; `None` if it is done, if a process works on it, or if it is left to the
    /// workers.
    pub(super) fn next(&self) -> Option<String> {
        if self.holder.is_some() || self.counts.open() == 0 || self.is_left_to_workers() {
            return None;
        }
        let (verb, job) = match &self.summary.undoes {
            Some(parent) => ("undo", parent.clone()),
            None if self.job.retry.is_some() => ("retry", self.job.id.to_string()),
            None => ("run", self.job.id.to_string()),
        };
        let ledger = quoted(&self.ledger.to_string());
        // A number that was confirmed is that of the whole job, or retry, and stays the same.
        let is_begun = self.summary.runs.iter().any(|run| run.kind == "run");
        let confirmed = match self.job.retry {
            Some(retry) => retry.extent.map(|extent| extent.users),
            None => self.job.plan.as_ref().map(|plan| plan.to_write),
        };
        let confirm = confirmed.filter(|_| is_begun);
        let confirm = confirm.map(|users| format!(" --confirm {users}"));
        let confirm = confirm.unwrap_or_default();
        let detach = if self.order.is_some() {
            " --detach"
        } else {
            ""
        };
        Some(format!(
            "offboard {verb} {job}{confirm}{detach} --ledger {ledger}"
        ))
    }
}

/// Whether an order is one that the workers go on with.
fn is_waiting(order: Option<&Order>) -> bool {
    order.is_some_and(|order| order.state == OrderState::Waiting)
}
