//! Which job a command means: one that is in the ledger, or one that is loaded from a roster now.

use std::path::Path;

use crate::domain::{Change, ChangeError, Clock, JobId, and_more};
use crate::job::latest::describe_latest;
use crate::job::{ChosenJob, JobError, Setup, Voice, choose_begun};
use crate::ledger::{Job, JobSelector, Ledger, LedgerError, Reader};
use crate::plan::{
    Intake, JobIdentity, ProfileReading, differences, intake, loaded, may_be_loaded, provider,
    reading,
};
use crate::roster::{self, LISTED};
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
            && settings.ledger.may_exist()
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
            if selector == JobSelector::Latest {
                self.voice.note(&describe_latest(&job, Clock::System.now()));
            }
            check_change(&job, request)?;
            self.check_fit(&job)?;
            return Ok((ledger, job));
        }
        let Some(change) = &request.change else {
            return Err(ChangeError::Nothing.into());
        };
        check_supported(change, settings)?;
        if !request.new
            && let Some(found) = self.find_loaded(path, change, request.strict).await?
        {
            return Ok(found);
        }
        let survey = roster::check(path, &settings.roster)?;
        let voice = self.voice.as_ref();
        report_remarks(&survey.remarks(), voice);
        let rejections = survey.rejections.iter();
        let rejections = rejections.map(|(line, why)| (*line, why.to_string()));
        report_rejections(
            rejections,
            survey.rejected,
            survey.lines,
            request.strict,
            voice,
        )?;
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

    /// Finds the job that was loaded from a roster with the same bytes. Its lines were checked then, and are not
    /// checked again.
    async fn find_loaded(
        &self,
        path: &Path,
        change: &Change,
        strict: bool,
    ) -> Result<Option<(Ledger, Job)>, JobError> {
        let settings = self.settings;
        if !settings.ledger.may_exist() {
            return Ok(None);
        }
        // What is wrong with the roster or the ledger is found again, and said, where the roster is loaded.
        let Ok(glance) = roster::glance(path, &settings.roster) else {
            return Ok(None);
        };
        let Ok(mut reader) = Reader::open(&settings.ledger).await else {
            return Ok(None);
        };
        let reading = reading(&glance.reading, provider_of(settings));
        let identity = JobIdentity {
            roster: path,
            digest: &glance.digest,
            change,
            target: settings.connection.scim.as_str(),
            reading: &reading,
        };
        if !may_be_loaded(&mut reader, &identity).await? {
            return Ok(None);
        }
        drop(reader);
        let mut ledger = Ledger::open(&settings.ledger, Clock::System).await?;
        let Some(job) = loaded(&mut ledger, &identity).await? else {
            return Ok(None);
        };
        let voice = self.voice.as_ref();
        report_remarks(&glance.reading.remarks(), voice);
        let rejected = ledger.rejected(&job, LISTED).await?;
        let rejections = rejected.first.into_iter();
        let rejections = rejections.map(|row| (row.line.0, row.detail.unwrap_or_default()));
        report_rejections(rejections, rejected.lines, job.lines, strict, voice)?;
        Ok(Some((ledger, job)))
    }

    /// Makes sure that a job fits the settings: the address, the profile, and what the provider can do.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn check_fit(&self, job: &Job) -> Result<(), SelectionError> {
        check_target(job, self.settings)?;
        check_reading(job, self.settings)?;
        check_supported(&job.change, self.settings)
    }

    /// Finds a job that is in the ledger already.
    ///
    /// # Errors
    /// There is no such job, or it is of another provider or profile.
    pub async fn pick_job(&self, name: &str) -> Result<(Ledger, Job), JobError> {
        let settings = self.settings;
        let mut reader = Reader::open(&settings.ledger).await?;
        let ChosenJob { job, notes } = choose_begun(&mut reader, name, Clock::System.now()).await?;
        drop(reader);
        let ledger = Ledger::open(&settings.ledger, Clock::System).await?;
        for note in &notes {
            self.voice.note(note);
        }
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

/// Reports what is remarkable in the roster.
fn report_remarks(remarks: &[String], voice: &dyn Voice) {
    for remark in remarks {
        voice.note(remark);
    }
}

/// Reports the lines that cannot be used: the first of them, each with the reason, and how many there are.
///
/// # Errors
/// [`SelectionError::BadLines`] if there are any, and `strict` allows none.
fn report_rejections(
    first: impl ExactSizeIterator<Item = (u64, String)>,
    rejected: u64,
    lines: u64,
    strict: bool,
    voice: &dyn Voice,
) -> Result<(), SelectionError> {
    let listed = first.len();
    for (line, why) in first {
        voice.note(&format!("line {line}: {why}"));
    }
    if let Some(more) = and_more(rejected, listed) {
        voice.note(&format!("… {more} bad lines"));
    }
    if rejected == 0 {
        return Ok(());
    }
    let bad = format!("{rejected} of {lines} lines cannot be used");
    if strict {
        return Err(SelectionError::BadLines(bad));
    }
    voice.note(&format!("{bad}; the others go on"));
    Ok(())
}
