//! The voice of a job that a worker works on: what it says goes to the log, nobody answers questions, and its progress
//! becomes metrics.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::engine::{Listener, Notice, Signal};
use crate::job::{RunProgress, Signals, Voice};
use crate::lookup::LookUpStatus;
use crate::progress::EventLog;
use crate::worker::metrics::TargetMetrics;

/// The voice of one job.
#[derive(Debug)]
pub(super) struct WorkerVoice {
    /// What the worker tells the job: until the job listens, it is kept.
    stop: Mutex<Option<mpsc::Receiver<Signal>>>,
    metrics: Arc<TargetMetrics>,
    has_settled: Arc<AtomicBool>,
}

impl WorkerVoice {
    /// A voice for a job that `stop` can stop.
    pub(super) fn new(stop: mpsc::Receiver<Signal>, metrics: Arc<TargetMetrics>) -> Self {
        Self {
            stop: Mutex::new(Some(stop)),
            metrics,
            has_settled: Arc::default(),
        }
    }

    /// Whether a user has got an outcome.
    pub(super) fn has_settled(&self) -> bool {
        self.has_settled.load(Ordering::Relaxed)
    }
}

impl Voice for WorkerVoice {
    fn note(&self, text: &str) {
        tracing::info!("{text}");
    }

    fn warn(&self, text: &str) {
        tracing::warn!("{text}");
    }

    fn can_ask(&self) -> bool {
        false
    }

    fn ask(&self, _question: &str) -> io::Result<String> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn ask_secret(&self, _question: &str) -> io::Result<String> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn listen(&self) -> io::Result<Signals> {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        let stop = stop
            .take()
            .ok_or_else(|| io::Error::other("the job listens already"))?;
        Ok(Signals::new(stop, JoinSet::new()))
    }

    fn look_up_progress(&self) -> Box<dyn FnMut(LookUpStatus)> {
        let metrics = Arc::clone(&self.metrics);
        let mut counted = 0;
        Box::new(move |status| {
            metrics.count_requests(status.requests.saturating_sub(counted));
            counted = status.requests;
        })
    }

    fn run_progress(&self) -> Box<dyn RunProgress> {
        Box::new(RunLog {
            metrics: Arc::clone(&self.metrics),
            has_settled: Arc::clone(&self.has_settled),
            counted: 0,
        })
    }
}

/// The progress of one run, in the log and in metrics.
#[derive(Debug)]
struct RunLog {
    metrics: Arc<TargetMetrics>,
    has_settled: Arc<AtomicBool>,
    /// Requests that the metrics have counted.
    counted: u64,
}

impl Listener for RunLog {
    fn on(&mut self, notice: &Notice) {
        EventLog.on(notice);
        match notice {
            Notice::Started(now) | Notice::Tick(now) | Notice::Ended(now) => {
                // Before a canary is passed and after it, a run counts anew.
                if now.requests < self.counted {
                    self.counted = 0;
                }
                self.metrics.count_requests(now.requests - self.counted);
                self.counted = now.requests;
                self.metrics.show(now);
            }
            Notice::Settled { settlement, .. } => {
                self.has_settled.store(true, Ordering::Relaxed);
                self.metrics.count_outcome(settlement.outcome.status());
            }
            Notice::Setback { verdict, .. } => self.metrics.count_setback(verdict),
            Notice::Outage { .. } => self.metrics.show_outage(true),
            Notice::Recovered { .. } => self.metrics.show_outage(false),
            Notice::Panicked { .. } | Notice::Stopping { .. } => {}
        }
    }
}

impl RunProgress for RunLog {
    /// The job says itself why it stopped early.
    fn is_seen(&self) -> bool {
        false
    }
}
