//! Orders: a job is planned and confirmed here, and left to the workers; and what the person has decided who left it to
//! them, for the worker that takes it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{FailureLimitError, Timestamp, Tolerance};
use crate::job::gate::{check_rails, confirm};
use crate::job::work::lifecycle::{PlanRule, Ready, ready};
use crate::job::{JobError, RunOptions, Setup};
use crate::ledger::{Job, Ledger, NewOrder, Order};
use crate::settings::Settings;

/// What a person decides about a job, apart from what is in its plan. Where the provider is, how to sign in and how fast
/// to send is the worker's. An order with a member that is not known here is not carried out: it may forbid something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OrderTerms {
    /// The digest of the plan that was confirmed.
    plan: Option<String>,
    ticket: Option<String>,
    reason: Option<String>,
    approver: Option<String>,
    /// Patterns of users who are never written. The plan has asked them about the names that it has seen; names that are
    /// shown later are asked about right before the write.
    protect: Vec<String>,
    self_id: Option<String>,
    allow_mismatch: bool,
    canary: Option<u64>,
    max_failures: Option<String>,
    max_duration_ms: Option<u64>,
    until_ms: Option<i64>,
    no_lookup: bool,
    tolerate: Tolerance,
}

impl OrderTerms {
    fn decided(job: &Job, settings: &Settings, options: &RunOptions) -> Self {
        let Settings {
            grounds,
            safety,
            limits,
            ..
        } = settings;
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            plan: digest(job),
            ticket: grounds.ticket.clone(),
            reason: grounds.reason.clone(),
            approver: grounds.approver.clone(),
            protect: safety.protect.clone(),
            self_id: safety.self_id.clone(),
            allow_mismatch: safety.allow_mismatch,
            canary: safety.canary,
            max_failures: limits.failures.map(|most| most.to_string()),
            max_duration_ms: limits.duration.map(millis),
            until_ms: limits.until.map(Timestamp::as_millis),
            no_lookup: options.no_lookup,
            tolerate: options.tolerate.clone(),
        }
    }

    /// Lays this over the settings of a worker. Whom either protects is protected.
    fn lay_over(self, settings: &mut Settings) -> Result<(), OrderError> {
        let Settings {
            grounds,
            safety,
            limits,
            ..
        } = settings;
        grounds.ticket = self.ticket;
        grounds.reason = self.reason;
        grounds.approver = self.approver;
        safety.protect.extend(self.protect);
        safety.self_id = safety.self_id.take().or(self.self_id);
        safety.allow_mismatch = self.allow_mismatch;
        safety.canary = self.canary;
        if let Some(most) = self.max_failures {
            limits.failures = Some(most.parse()?);
        }
        limits.duration = self
            .max_duration_ms
            .map(Duration::from_millis)
            .or(limits.duration);
        limits.until = self.until_ms.map(Timestamp::from_millis).or(limits.until);
        Ok(())
    }
}

/// The digest of a job's plan.
fn digest(job: &Job) -> Option<String> {
    job.plan.as_ref().map(|plan| plan.digest.clone())
}

/// An order cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    /// What was confirmed is another plan.
    #[error(
        "the job was planned anew after it was confirmed: look at the plan, and leave it to the workers again"
    )]
    OtherPlan,
    /// It has a part that this version does not know.
    #[error("the order is of another version of the program: {0}")]
    Terms(#[from] serde_json::Error),
    /// It has a limit that this version does not know.
    #[error("the order is of another version of the program: {0}")]
    Limit(#[from] FailureLimitError),
}

/// A job that was left to the workers.
#[derive(Debug)]
pub(crate) struct OrderedJob {
    /// The job.
    pub(crate) job: Job,
    /// Users that a worker will write; `None` if nothing is left to do, and nothing was ordered.
    pub(crate) users: Option<u64>,
}

/// Plans a job with something left to do, has it confirmed, and leaves it to the workers. No user is written here.
///
/// # Errors
/// As for [`crate::job::run`]; and [`crate::ledger::LedgerError::NoWorkers`] if the ledger is a file.
pub(crate) async fn order(
    setup: &Setup<'_>,
    mut ledger: Ledger,
    job: Job,
    options: &RunOptions,
) -> Result<OrderedJob, JobError> {
    let voice = &setup.voice;
    let ready = ready(setup, &mut ledger, job, PlanRule::Fresh, options).await?;
    let Ready {
        site,
        job,
        scope,
        mut signals,
    } = ready;
    if !ledger.is_open(&job).await? {
        // Another process has finished it while this one waited for the target.
        return Ok(OrderedJob { job, users: None });
    }
    check_rails(&mut ledger, &job, &scope, &site).await?;
    let account = &site.directory.account;
    let given = options.confirm;
    confirm(
        &mut ledger,
        &job,
        &scope,
        account,
        given,
        voice,
        &mut signals,
    )
    .await?;
    let terms = OrderTerms::decided(&job, setup.settings, options);
    let order = NewOrder {
        confirmed: scope.to_write,
        terms: serde_json::to_value(&terms).unwrap_or_default(),
        operator: site.mandate.operator.clone(),
    };
    ledger.place_order(&job, &order).await?;
    ledger.close().await?;
    Ok(OrderedJob {
        job,
        users: Some(scope.to_write),
    })
}

/// What a worker works with on an order: its own settings with what the person has decided laid over them, the options
/// of the run, and who has ordered it.
///
/// # Errors
/// The job has another plan than the one that was confirmed, or the order is of another version of the program.
pub(crate) fn by_order(
    order: &Order,
    job: &Job,
    mut settings: Settings,
) -> Result<(Settings, RunOptions, String), OrderError> {
    let terms: OrderTerms = serde_json::from_value(order.decided.terms.clone())?;
    if terms.plan != digest(job) {
        return Err(OrderError::OtherPlan);
    }
    let options = RunOptions {
        confirm: Some(order.decided.confirmed),
        no_lookup: terms.no_lookup,
        retry: None,
        tolerate: terms.tolerate.clone(),
    };
    terms.lay_over(&mut settings)?;
    Ok((settings, options, order.decided.operator.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{IdRule, JobId};
    use crate::ledger::{JobPlan, NewOrder, OrderState};
    use crate::settings::Layer;

    fn settings(text: &str) -> Settings {
        let text = format!(
            "scim-url = \"https://scim.example.com\"\nsign-in = \"bearer\"\nrate = \"8/s\"\n\
             timeout = \"30s\"\nconnect-timeout = \"5s\"\n{text}"
        );
        let layer = Layer::parse(std::path::Path::new("t.toml"), &text).unwrap();
        Settings::resolve(layer).unwrap()
    }

    fn job() -> Job {
        Job {
            number: 1,
            id: JobId::from_stored("0193af".to_owned()),
            target: "https://scim.example.com/".to_owned(),
            change: "disable".parse().unwrap(),
            roster_path: "/r.csv".to_owned(),
            roster_digest: String::new(),
            roster_header: Vec::new(),
            ids: IdRule::Exact,
            reading: None,
            lines: 1,
            users: 1,
            created_at: Timestamp::from_millis(0),
            parent: None,
            plan: Some(JobPlan {
                at: Timestamp::from_millis(0),
                digest: "d1".to_owned(),
                to_write: 1,
                looked_up: String::new(),
            }),
            canary_at: None,
            retry: None,
        }
    }

    fn laid(person: &Settings, worker: Settings) -> Settings {
        let terms = OrderTerms::decided(&job(), person, &RunOptions::default());
        let stored = serde_json::to_value(&terms).unwrap();
        let read: OrderTerms = serde_json::from_value(stored).unwrap();
        assert_eq!(read, terms);
        let mut laid = worker;
        read.lay_over(&mut laid).unwrap();
        laid
    }

    #[test]
    fn p7_whom_the_person_or_the_worker_protects_is_protected() {
        let person = settings("protect = [\"ceo@*\"]\nself = \"a1\"\nallow-mismatch = true");
        let both = laid(&person, settings("protect = [\"cfo@*\"]"));
        assert_eq!(both.safety.protect, ["cfo@*", "ceo@*"]);
        assert_eq!(both.safety.self_id.as_deref(), Some("a1"));
        assert!(both.safety.allow_mismatch);
        // The account of the worker may be another one.
        let own = laid(&person, settings("self = \"b2\""));
        assert_eq!(own.safety.self_id.as_deref(), Some("b2"));
        // What the person did not allow is not allowed.
        let strict = laid(&settings(""), settings("allow-mismatch = true"));
        assert!(!strict.safety.allow_mismatch);
    }

    #[test]
    fn the_limits_of_the_person_count_and_otherwise_those_of_the_worker() {
        let person =
            settings("max-failures = \"5%\"\nuntil = \"2999-01-31T18:00:00Z\"\ncanary = 3");
        let both = laid(
            &person,
            settings("max-failures = 9\nmax-duration = \"1h\"\ncanary = 7"),
        );
        assert_eq!(both.limits.failures, person.limits.failures);
        assert_eq!(both.limits.until, person.limits.until);
        assert_eq!(both.limits.duration, Some(Duration::from_hours(1)));
        assert_eq!(both.safety.canary, Some(3));
    }

    #[test]
    fn p7_an_order_is_of_the_plan_that_was_confirmed() {
        let (mut job, person) = (job(), settings(""));
        let terms = OrderTerms::decided(&job, &person, &RunOptions::default());
        let order = Order {
            job: job.id.clone(),
            target: job.target.clone(),
            state: OrderState::Waiting,
            why: None,
            decided: NewOrder {
                confirmed: 1,
                terms: serde_json::to_value(&terms).unwrap(),
                operator: "ada".to_owned(),
            },
            host: "here".to_owned(),
            ordered_at: Timestamp::from_millis(0),
            tries: 0,
        };
        by_order(&order, &job, person.clone()).unwrap();
        for digest in [Some("d2"), None] {
            job.plan = job.plan.zip(digest).map(|(plan, digest)| JobPlan {
                digest: digest.to_owned(),
                ..plan
            });
            let other = by_order(&order, &job, person.clone());
            assert!(matches!(other, Err(OrderError::OtherPlan)), "{digest:?}");
        }
    }

    #[test]
    fn p7_an_order_with_a_part_that_is_not_known_is_not_carried_out() {
        let newer = json!({"ticket": "HR-1", "only_after_approval": true});
        serde_json::from_value::<OrderTerms>(newer).unwrap_err();
    }
}
