//! The engine's events in the log, for `-v` and `--log-file`. A user is named by the roster line alone: no name, token or
//! body is logged.

use crate::engine::{Listener, Notice, StopMode};

/// Writes events to the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventLog;

impl Listener for EventLog {
    fn on(&mut self, notice: &Notice) {
        match notice {
            Notice::Setback {
                line,
                verdict,
                detail,
                ..
            } => tracing::debug!(
                roster.line = line.0,
                verdict = verdict.as_str(),
                detail = detail.as_deref().unwrap_or_default(),
                "a request did not bring the user further"
            ),
            Notice::Settled {
                line, settlement, ..
            } => tracing::debug!(
                roster.line = line.0,
                outcome = settlement.outcome.status().as_str(),
                reason = settlement
                    .outcome
                    .reason()
                    .map_or("", |reason| reason.as_str()),
                "the user has an outcome"
            ),
            Notice::Panicked { line, message } => {
                tracing::error!(roster.line = line.0, message, "a unit panicked");
            }
            Notice::Stopping { reason, mode, .. } => {
                let abort = *mode == StopMode::Abort;
                tracing::info!(reason = ?reason, abort, "stopping");
            }
            Notice::Started(snapshot) => tracing::info!(
                users = snapshot.users,
                done = snapshot.done,
                "the run begins"
            ),
            Notice::Ended(snapshot) => tracing::info!(
                done = snapshot.done,
                requests = snapshot.requests,
                "the run is over"
            ),
            Notice::Outage { why } => tracing::warn!(why, "the target fails for all users"),
            Notice::Recovered { after } => {
                tracing::info!(out_ms = after.as_millis(), "the target answers again");
            }
            Notice::Tick(_) => {}
        }
    }
}
