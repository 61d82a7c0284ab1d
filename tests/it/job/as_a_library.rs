//! The job called as a library, with a scripted voice: no command line, no terminal, no process of its own.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use offboard::domain::{Access, Change};
use offboard::engine::{Listener, Notice, Signal, StopReason};
use offboard::job::{
    CanaryError, JobEnd, JobError, JobRequest, JobResult, RailError, RunOptions, RunProgress,
    Sessions, Setup, Signals, VerifyOptions, Voice, run, verify,
};
use offboard::ledger::{JobSelector, Reader};
use offboard::lookup::LookUpStatus;
use offboard::pace::Rate;
use offboard::report::{Privacy, Summary};
use offboard::settings::{Layer, SecretSource, Settings};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::support::Bed;

/// What the person answers to one question.
enum Scripted {
    Type(&'static str),
    /// The person presses Ctrl-C while the question is open.
    Interrupt,
}

/// A voice that answers from a script and keeps what the job says.
#[derive(Default)]
struct ScriptedVoice {
    script: Mutex<VecDeque<Scripted>>,
    signals: Mutex<Option<mpsc::Sender<Signal>>>,
    /// A signal comes as soon as so many users have an outcome.
    interrupt_after: Option<u64>,
    said: Mutex<Vec<String>>,
    has_person: bool,
}

impl ScriptedVoice {
    fn nobody() -> Arc<Self> {
        Arc::default()
    }

    fn person(script: impl IntoIterator<Item = Scripted>) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(script.into_iter().collect()),
            has_person: true,
            ..Self::default()
        })
    }

    fn has_said(&self, text: &str) -> bool {
        let said = self.said.lock().unwrap();
        said.iter().any(|line| line.contains(text))
    }
}

impl Voice for ScriptedVoice {
    fn note(&self, text: &str) {
        self.said.lock().unwrap().push(text.to_owned());
    }

    fn warn(&self, text: &str) {
        self.note(text);
    }

    fn can_ask(&self) -> bool {
        self.has_person
    }

    fn ask(&self, question: &str) -> io::Result<String> {
        self.note(question);
        let next = self.script.lock().unwrap().pop_front();
        match next {
            Some(Scripted::Type(text)) => Ok(text.to_owned()),
            Some(Scripted::Interrupt) => {
                let signals = self.signals.lock().unwrap();
                let signals = signals.as_ref().unwrap();
                signals.blocking_send(Signal::Interrupt).unwrap();
                // The question is still open when the signal arrives.
                std::thread::sleep(Duration::from_millis(500));
                Err(io::Error::other("the question was left open"))
            }
            None => Err(io::Error::other("the script has no answer")),
        }
    }

    fn ask_secret(&self, question: &str) -> io::Result<String> {
        self.ask(question)
    }

    fn listen(&self) -> io::Result<Signals> {
        let (sender, receiver) = mpsc::channel(8);
        *self.signals.lock().unwrap() = Some(sender);
        Ok(Signals::new(receiver, JoinSet::new()))
    }

    fn look_up_progress(&self) -> Box<dyn FnMut(LookUpStatus)> {
        Box::new(|_| {})
    }

    fn run_progress(&self) -> Box<dyn RunProgress> {
        let signals = self.signals.lock().unwrap().clone();
        Box::new(Interrupting {
            after: self.interrupt_after,
            signals,
        })
    }
}

struct Interrupting {
    after: Option<u64>,
    signals: Option<mpsc::Sender<Signal>>,
}

impl Listener for Interrupting {
    fn on(&mut self, event: &Notice) {
        if let Notice::Settled { .. } = event
            && let Some(after) = &mut self.after
        {
            *after = after.saturating_sub(1);
            if *after == 0 {
                self.signals
                    .take()
                    .map(|signals| signals.try_send(Signal::Interrupt));
            }
        }
    }
}

impl RunProgress for Interrupting {
    fn is_seen(&self) -> bool {
        false
    }
}

fn settings(bed: &Bed, canary: Option<u64>) -> Settings {
    let mut layer = Layer::profile("anaplan").unwrap();
    layer.hosts.scim_url = Some(bed.sandbox.scim_url());
    layer.hosts.auth_url = Some(bed.sandbox.auth_url());
    layer.sign_in.username = Some("admin@example.com".to_owned());
    layer.files.ledger = Some(bed.address());
    layer.requests.rate = Some(Rate::Unlimited);
    layer.requests.concurrency = NonZeroUsize::new(2);
    layer.rails.cap_share = Some("100%".parse().unwrap());
    layer.rails.canary = canary;
    Settings::resolve(layer).unwrap()
}

/// Runs the whole roster of the bed.
async fn removal(
    bed: &Bed,
    settings: &Settings,
    voice: &Arc<ScriptedVoice>,
    confirm: Option<u64>,
) -> Result<JobResult, JobError> {
    let roster = bed.write_roster(&[]);
    let secret = SecretSource::Known("sandbox".to_owned().into());
    let voice = Arc::clone(voice) as Arc<dyn Voice>;
    let setup = Setup::with_secret(settings, voice, &Sessions::default(), secret);
    let request = JobRequest {
        subject: roster.to_str().unwrap(),
        change: Some(Change::new(true, Access::RemoveAll).unwrap()),
        new: false,
        strict: false,
    };
    let (ledger, job) = setup.find_job(&request).await?;
    let options = RunOptions {
        confirm,
        ..RunOptions::default()
    };
    run(&setup, ledger, job, &options).await
}

/// Users of the provider that have lost their access.
fn removed(bed: &Bed) -> usize {
    let ids = bed.people.iter().map(|person| &person.id);
    ids.filter(|id| bed.is_gone(id)).count()
}

/// How the runs of the latest job ended, by what the ledger says.
async fn endings(bed: &Bed) -> Vec<(String, Option<String>)> {
    let mut reader = Reader::open(bed.address()).await.unwrap();
    let job = reader.select_job(&JobSelector::Latest).await.unwrap();
    let summary = Summary::gather(&mut reader, &job, Privacy::Open)
        .await
        .unwrap();
    let runs = summary.runs.into_iter();
    runs.map(|run| (run.kind, run.ending)).collect()
}

fn ended(kind: &str, ending: &str) -> (String, Option<String>) {
    (kind.to_owned(), Some(ending.to_owned()))
}

#[apply(end_to_end!)]
async fn a_job_runs_from_roster_to_verification_without_the_command_line() {
    let bed = Bed::with_users(5).await;
    let settings = settings(&bed, None);
    let voice = ScriptedVoice::person([Scripted::Type("5")]);
    let done = removal(&bed, &settings, &voice, None).await.unwrap();
    assert_eq!(done.end, JobEnd::Complete);
    assert_eq!(removed(&bed), 5);
    // The person who types it sees how the users add up, and the first of them by name.
    assert!(voice.has_said("5 users: 5 to write"));
    assert!(voice.has_said("line 2: User 00000 <user00000@example.com> ("));
    assert!(voice.has_said("Type 5 to go on:"));
    let secret = SecretSource::Known("sandbox".to_owned().into());
    let setup = Setup::with_secret(&settings, voice, &Sessions::default(), secret);
    let (mut ledger, job) = setup.pick_job("latest").await.unwrap();
    let verification = verify(&setup, &mut ledger, &job, &VerifyOptions::default())
        .await
        .unwrap();
    assert_eq!(verification.end(), JobEnd::Complete);
}

#[apply(end_to_end!)]
async fn p7_without_a_person_the_number_must_be_given() {
    let bed = Bed::with_users(3).await;
    let settings = settings(&bed, None);
    let voice = ScriptedVoice::nobody();
    for given in [None, Some(2)] {
        let error = removal(&bed, &settings, &voice, given).await.unwrap_err();
        let JobError::Rail(RailError::Unconfirmed { users: 3, .. }) = &error else {
            panic!("{error:?}");
        };
        let hint = error.hint().unwrap();
        assert!(hint.contains("`--confirm 3`"), "{hint}");
    }
    assert_eq!(removed(&bed), 0);
}

#[apply(end_to_end!)]
async fn p7_a_mistyped_number_writes_no_user() {
    let bed = Bed::with_users(3).await;
    let settings = settings(&bed, None);
    for typed in [
        &[""][..],
        &["4", ""],
        &["4", "yes", "30"],
        // A fourth try is not asked for.
        &["4", "5", "6", "3"],
    ] {
        let voice = ScriptedVoice::person(typed.iter().copied().map(Scripted::Type));
        let error = removal(&bed, &settings, &voice, None).await.unwrap_err();
        assert_eq!(error.to_string(), "not confirmed", "{typed:?}");
    }
    assert_eq!(removed(&bed), 0);
}

#[apply(end_to_end!)]
async fn p7_a_mistyped_number_may_be_typed_again() {
    let bed = Bed::with_users(3).await;
    let settings = settings(&bed, None);
    let voice = ScriptedVoice::person(["4", "three", "3"].map(Scripted::Type));
    removal(&bed, &settings, &voice, None).await.unwrap();
    assert!(voice.has_said("that is another number; an empty line stops here"));
    assert_eq!(removed(&bed), 3);
}

#[apply(end_to_end!)]
async fn a_signal_at_the_confirmation_names_the_job_that_resumes() {
    let bed = Bed::with_users(3).await;
    let settings = settings(&bed, None);
    let voice = ScriptedVoice::person([Scripted::Interrupt]);
    let error = removal(&bed, &settings, &voice, None).await.unwrap_err();
    let JobError::Resumable { error, .. } = error else {
        panic!("{error:?}");
    };
    assert!(
        matches!(
            *error,
            JobError::Interrupted {
                signal: Signal::Interrupt,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(removed(&bed), 0);
}

#[apply(end_to_end!)]
async fn a_no_at_the_canary_is_recorded_as_what_it_is() {
    let bed = Bed::with_users(6).await;
    let settings = settings(&bed, Some(2));
    let voice = ScriptedVoice::person([Scripted::Type("6"), Scripted::Type("n")]);
    let error = removal(&bed, &settings, &voice, None).await.unwrap_err();
    assert!(
        matches!(error, JobError::Canary(CanaryError::Declined { .. })),
        "{error:?}"
    );
    assert_eq!(removed(&bed), 2);
    let expected = [
        ended("plan", "finished"),
        ended("run", "not confirmed after the canary"),
    ];
    assert_eq!(endings(&bed).await, expected);

    let voice = ScriptedVoice::person([Scripted::Type("6"), Scripted::Type("y")]);
    let done = removal(&bed, &settings, &voice, None).await.unwrap();
    assert_eq!(done.end, JobEnd::Complete);
    assert_eq!(removed(&bed), 6);
}

#[apply(end_to_end!)]
async fn a_signal_at_the_canary_is_recorded_as_this_signal() {
    let bed = Bed::with_users(6).await;
    let settings = settings(&bed, Some(2));
    // While the question is open.
    let voice = ScriptedVoice::person([Scripted::Type("6"), Scripted::Interrupt]);
    let error = removal(&bed, &settings, &voice, None).await.unwrap_err();
    assert!(error.to_string().starts_with("SIGINT"), "{error}");
    assert_eq!(removed(&bed), 2);
    let expected = [ended("plan", "finished"), ended("run", "SIGINT")];
    assert_eq!(endings(&bed).await, expected);
}

#[apply(end_to_end!)]
async fn a_signal_while_the_canary_is_written_is_recorded_as_this_signal() {
    let bed = Bed::with_users(6).await;
    let settings = settings(&bed, Some(3));
    let voice = Arc::new(ScriptedVoice {
        interrupt_after: Some(1),
        ..ScriptedVoice::default()
    });
    let done = removal(&bed, &settings, &voice, Some(6)).await.unwrap();
    assert_eq!(
        done.end,
        JobEnd::Stopped(StopReason::Signal(Signal::Interrupt))
    );
    assert!(removed(&bed) <= 3);
    let expected = [ended("plan", "finished"), ended("run", "SIGINT")];
    assert_eq!(endings(&bed).await, expected);
}
