//! Which job a command means: one that is in the ledger, or one that is loaded from a roster now.

use std::path::Path;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::job::Ask;
use crate::cli::look::selector;
use crate::cli::terminal::Terminal;
use crate::domain::{Change, ChangeError, Clock};
use crate::ledger::{Job, JobSelector, Ledger, LedgerError};
use crate::plan::{Intake, ProfileReading, differences, intake, provider, reading};
use crate::roster::{self, RosterSummary};
use crate::scim::AttributeName;
use crate::settings::Settings;

/// Finds or loads the job. The ledger is opened only if the roster can be used.
pub(in crate::cli) async fn find_job(
    ask: &Ask<'_>,
    settings: &Settings,
    terminal: Terminal,
) -> Result<(Ledger, Job), Failure> {
    let path = Path::new(ask.subject);
    if !path.exists()
        && let Some(selector) = JobSelector::parse(ask.subject)
        && settings.ledger.exists()
    {
        let mut ledger = Ledger::open(&settings.ledger, Clock::System).await?;
        let job = match ledger.select_job(&selector).await {
            Ok(job) => job,
            Err(error @ LedgerError::NoSuchJob(_)) => {
                let hint = format!("there is no file `{}` either", ask.subject);
                return Err(Failure::from(error).hint(hint));
            }
            Err(error) => return Err(error.into()),
        };
        check_target(&job, settings)?;
        check_provider(&job, settings)?;
        check_change(&job, ask)?;
        check_dialect(&job.change, settings)?;
        return Ok((ledger, job));
    }
    let Some(change) = &ask.change else {
        return Err(ChangeError::Nothing.into());
    };
    check_dialect(change, settings)?;
    let survey = roster::check(path, &settings.roster)?;
    tell_of_roster(&survey, terminal);
    if survey.rejected > 0 {
        let bad = format!(
            "{} of {} lines cannot be used",
            survey.rejected, survey.lines
        );
        if ask.strict {
            return Err(
                Failure::new(Exit::Roster, format!("{bad}, and `--strict` allows none"))
                    .hint("correct the roster, or leave `--strict` out".to_owned()),
            );
        }
        terminal.note(&format!("{bad}; the others go on"));
    }
    let mut ledger = Ledger::open(&settings.ledger, Clock::System).await?;
    let job = intake(
        &mut ledger,
        Intake {
            roster: path,
            options: &settings.roster,
            summary: &survey,
            change,
            target: settings.connection.scim.as_str(),
            ids: settings.connection.dialect.ids,
            reading: reading(&survey.reading, provider_of(settings)),
            new: ask.new,
        },
    )
    .await?;
    Ok((ledger, job))
}

/// Nothing is asked of a provider that its profile does not have.
fn check_dialect(change: &Change, settings: &Settings) -> Result<(), Failure> {
    match settings.connection.dialect.objection(change) {
        None => Ok(()),
        Some(why) => Err(Failure::new(Exit::Usage, why).hint(
            "if the provider can do it, say how in a copy of the profile, and give that by \
             `--profile FILE`"
                .to_owned(),
        )),
    }
}

/// A job that is in the ledger, by what a person calls it.
pub(in crate::cli) async fn pick_job(
    name: &str,
    settings: &Settings,
) -> Result<(Ledger, Job), Failure> {
    let selector = selector(name)?;
    if !settings.ledger.exists() {
        return Err(LedgerError::Missing(settings.ledger.clone()).into());
    }
    let mut ledger = Ledger::open(&settings.ledger, Clock::System).await?;
    let job = ledger.select_job(&selector).await?;
    check_target(&job, settings)?;
    check_provider(&job, settings)?;
    Ok((ledger, job))
}

/// A job that is named by its id must be one of the provider that the command line means.
fn check_target(job: &Job, settings: &Settings) -> Result<(), Failure> {
    let target = settings.connection.scim.as_str();
    if job.target == target {
        return Ok(());
    }
    let message = format!("job {} works on {}, not on {target}", job.id, job.target);
    Err(Failure::new(Exit::Settings, message).hint(format!("give `--scim-url {}`", job.target)))
}

fn provider_of(settings: &Settings) -> ProfileReading<'_> {
    let dialect = &settings.connection.dialect;
    ProfileReading {
        profile: &settings.profile,
        ids: dialect.ids,
        access: dialect.access.attribute.as_ref().map(AttributeName::as_str),
    }
}

/// Nor is a job worked on by another profile than the one that it was loaded with: whom its lines mean
/// depends on it.
fn check_provider(job: &Job, settings: &Settings) -> Result<(), Failure> {
    let now = provider(provider_of(settings));
    let differences = differences(job.reading.as_ref(), &now);
    if differences.is_empty() {
        return Ok(());
    }
    let message = format!(
        "job {} was loaded otherwise: {}",
        job.id,
        differences.join("; ")
    );
    let hint =
        "give the `--profile` that the job was loaded with, or start a new job from the roster";
    Err(Failure::new(Exit::Settings, message).hint(hint.to_owned()))
}

fn check_change(job: &Job, ask: &Ask<'_>) -> Result<(), Failure> {
    match &ask.change {
        Some(change) if *change != job.change => Err(Failure::new(
            Exit::Usage,
            format!("job {} is to {}, not to {change}", job.id, job.change),
        )),
        _ => Ok(()),
    }
}

fn tell_of_roster(survey: &RosterSummary, terminal: Terminal) {
    for remark in survey.remarks() {
        terminal.note(&remark);
    }
    for (line, rejection) in &survey.rejections {
        terminal.note(&format!("line {line}: {rejection}"));
    }
    let more = survey.rejected - survey.rejections.len() as u64;
    if more > 0 {
        terminal.note(&format!("… and {more} more bad lines"));
    }
}
