//! Which job a command means: one that is in the ledger, or one that is loaded from a roster now.

use std::path::Path;

use crate::domain::{Change, ChangeError, Clock, JobId, and_more};
use crate::job::{JobError, Setup, Voice};
use crate::ledger::{Job, JobSelector, Ledger, LedgerError};
use crate::plan::{Intake, ProfileReading, differences, intake, provider, reading};
use crate::roster::{self, RosterSummary};
use crate::scim::AttributeName;
use crate::settings::Settings;

/// What a command asks for, apart from settings.
#[derive(Debug)]
pub struct JobRequest<'a> {
    /// The roster file, or a job: the beginning of its id, or `latest`.
    pub subject: &'a str,
    /// What is asked for every user. A job in the ledger has its own.
    pub change: Option<Change>,
    /// Whether a new job is made although the same one is in the ledger.
    pub new: bool,
    /// Whether one line that cannot be used refuses the whole roster.
    pub strict: bool,
}

/// Why a command means no job, or one that it does not fit.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// The text is neither `latest` nor the beginning of an id.
    #[error("`{0}` is no job")]
    NotAJob(String),
    /// There is neither such a job nor such a file.
    #[error("{error}")]
    NeitherJobNorFile {
        /// What the ledger says.
        error: LedgerError,
        /// What the command names.
        subject: String,
    },
    /// The job is of another provider than the one that the settings name.
    #[error("job {job} works on {its}, not on {here}")]
    OtherTarget {
        /// The job.
        job: JobId,
        /// Its SCIM address.
        its: String,
        /// The SCIM address of the settings.
        here: String,
    },
    /// The job was loaded with another profile, or with other columns.
    #[error("job {job} was loaded otherwise: {differences}")]
    OtherReading {
        /// The job.
        job: JobId,
        /// What differs, in words.
        differences: String,
    },
    /// The command asks for another change than the job's.
    #[error("job {job} is to {its}, not to {asked}")]
    OtherChange {
        /// The job.
        job: JobId,
        /// Its change.
        its: Change,
        /// What the command asks for.
        asked: Change,
    },
    /// The profile of the provider has no such change.
    #[error("{0}")]
    Unsupported(String),
    /// The roster has lines that cannot be used.
    #[error("{0}, and `--strict` allows none")]
    BadLines(String),
}

impl SelectionError {
    /// What to do about it.
    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotAJob(_) => {
                "give the beginning of its id (four digits or more), or `latest`".to_owned()
            }
            Self::NeitherJobNorFile { subject, .. } => {
                format!("there is no file `{subject}` either")
            }
            Self::OtherTarget { its, .. } => format!("give `--scim-url {its}`"),
            Self::OtherReading { .. } => {
                "give the `--profile` that the job was loaded with, or start a new job from the roster"
                    .to_owned()
            }
            Self::OtherChange { .. } => return None,
            Self::Unsupported(_) => "if the provider can do it, say how in a copy of the profile, and \
                                     give that by `--profile FILE`"
                .to_owned(),
            Self::BadLines(_) => "correct the roster, or leave `--strict` out".to_owned(),
        })
    }
}

/// Reads how a person names a job: the beginning of its id, or `latest`.
///
/// # Errors
/// [`SelectionError::NotAJob`] for any other text.
pub(crate) fn select(name: &str) -> Result<JobSelector, SelectionError> {
    JobSelector::parse(name).ok_or_else(|| SelectionError::NotAJob(name.to_owned()))
}

impl Setup<'_> {
    /// Finds the job that is meant, or loads it from the roster. The ledger is opened only if the roster can be
    /// used.
    ///
    /// # Errors
    /// There is no such job or roster, or it does not fit the command.
    pub async fn find_job(&self, request: &JobRequest<'_>) -> Result<(Ledger, Job), JobError> {
        let settings = self.settings;
        let path = Path::new(request.subject);
        if !path.exists()
            && let Some(selector) = JobSelector::parse(request.subject)
            && settings.ledger.exists()
        {
            let mut ledger = Ledger::open(&settings.ledger, Clock::System).await?;
            let job = match ledger.select_job(&selector).await {
                Ok(job) => job,
                Err(error @ LedgerError::NoSuchJob(_)) => {
                    let subject = request.subject.to_owned();
                    return Err(SelectionError::NeitherJobNorFile { error, subject }.into());
                }
                Err(error) => return Err(error.into()),
            };
            check_target(&job, settings)?;
            check_reading(&job, settings)?;
            check_change(&job, request)?;
            check_supported(&job.change, settings)?;
            return Ok((ledger, job));
        }
        let Some(change) = &request.change else {
            return Err(ChangeError::Nothing.into());
        };
        check_supported(change, settings)?;
        let survey = roster::check(path, &settings.roster)?;
        report_roster(&survey, self.voice.as_ref());
        if survey.rejected > 0 {
            let bad = format!(
                "{} of {} lines cannot be used",
                survey.rejected, survey.lines
            );
            if request.strict {
                return Err(SelectionError::BadLines(bad).into());
            }
            self.voice.note(&format!("{bad}; the others go on"));
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
                new: request.new,
            },
        )
        .await?;
        Ok((ledger, job))
    }

    /// Finds a job that is in the ledger already.
    ///
    /// # Errors
    /// There is no such job, or it is of another provider or profile.
    pub async fn pick_job(&self, name: &str) -> Result<(Ledger, Job), JobError> {
        let settings = self.settings;
        let selector = select(name)?;
        if !settings.ledger.exists() {
            return Err(LedgerError::Missing(settings.ledger.clone()).into());
        }
        let mut ledger = Ledger::open(&settings.ledger, Clock::System).await?;
        let job = ledger.select_job(&selector).await?;
        check_target(&job, settings)?;
        check_reading(&job, settings)?;
        Ok((ledger, job))
    }
}

/// Refuses a change that the provider's profile does not have.
fn check_supported(change: &Change, settings: &Settings) -> Result<(), SelectionError> {
    match settings.connection.dialect.objection(change) {
        None => Ok(()),
        Some(why) => Err(SelectionError::Unsupported(why.to_owned())),
    }
}

/// Refuses a job of another provider than the one that the settings name.
fn check_target(job: &Job, settings: &Settings) -> Result<(), SelectionError> {
    let here = settings.connection.scim.as_str();
    if job.target == here {
        return Ok(());
    }
    Err(SelectionError::OtherTarget {
        job: job.id.clone(),
        its: job.target.clone(),
        here: here.to_owned(),
    })
}

fn provider_of(settings: &Settings) -> ProfileReading<'_> {
    let dialect = &settings.connection.dialect;
    ProfileReading {
        profile: &settings.profile,
        ids: dialect.ids,
        access: dialect.access.attribute.as_ref().map(AttributeName::as_str),
    }
}

/// Refuses a job that was loaded with another profile: it decides which users the lines name.
fn check_reading(job: &Job, settings: &Settings) -> Result<(), SelectionError> {
    let now = provider(provider_of(settings));
    let differences = differences(job.reading.as_ref(), &now);
    if differences.is_empty() {
        return Ok(());
    }
    Err(SelectionError::OtherReading {
        job: job.id.clone(),
        differences: differences.join("; "),
    })
}

fn check_change(job: &Job, request: &JobRequest<'_>) -> Result<(), SelectionError> {
    match &request.change {
        Some(asked) if *asked != job.change => Err(SelectionError::OtherChange {
            job: job.id.clone(),
            its: job.change.clone(),
            asked: asked.clone(),
        }),
        _ => Ok(()),
    }
}

/// Reports what is remarkable in the roster, and the first lines that cannot be used.
fn report_roster(survey: &RosterSummary, voice: &dyn Voice) {
    for remark in survey.remarks() {
        voice.note(&remark);
    }
    for (line, rejection) in &survey.rejections {
        voice.note(&format!("line {line}: {rejection}"));
    }
    if let Some(more) = and_more(survey.rejected, survey.rejections.len()) {
        voice.note(&format!("… {more} bad lines"));
    }
}
