//! The file of what was really applied: one JSON line per applied write and per sign-in.
//!
//! Lines are written in the order in which writes took effect and are in the file when the call
//! returns, so that a test may kill the client, or this process, and still read them. It knows
//! nothing of requests that had no effect.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::sandbox::fault::kind::FaultKind;
use crate::sandbox::tenant::profile::Profile;
use crate::sandbox::world::hold;

/// The open file.
#[derive(Debug)]
pub(crate) struct Applied(Mutex<File>);

impl Applied {
    /// Starts a new file; an older one of the same name is emptied.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        File::create(path).map(|file| Self(Mutex::new(file)))
    }

    /// One write that took effect.
    pub(crate) fn write(
        &self,
        at_ms: u64,
        user: u128,
        profile: &Profile,
        changed: bool,
        fault: Option<FaultKind>,
    ) {
        self.line(&json!({
            "event": "write",
            "at_ms": at_ms,
            "user": format!("{user:032x}"),
            "active": profile.active,
            "workspaces": profile.workspaces.count_ones(),
            "changed": changed,
            "fault": fault.map(FaultKind::name),
        }));
    }

    /// One sign-in.
    pub(crate) fn sign_in(&self, at_ms: u64, account: &str) {
        self.line(&json!({ "event": "sign-in", "at_ms": at_ms, "account": account }));
    }

    fn line(&self, value: &Value) {
        let line = format!("{value}\n");
        // A full disk must not turn into an answer that the provider would never give.
        if let Err(error) = hold(&self.0).write_all(line.as_bytes()) {
            tracing::error!(%error, "cannot write to the sandbox log");
        }
    }
}
