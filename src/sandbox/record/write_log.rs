//! A file with one JSON line for each write that took effect and for each sign-in.
//!
//! The lines have the order in which the writes took effect. A line is in the file when the call returns, so
//! a test may kill the client or this process and still read it. Requests without effect are not logged. From
//! the same lines a later process can restore the tenant.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::platform;
use crate::sandbox::fault::fault_settings::FaultKind;
use crate::sandbox::shared_state::hold;
use crate::sandbox::tenant::user_profile::UserProfile;
use crate::sandbox::tenant::user_store::Tenant;

/// The open file.
#[derive(Debug)]
pub(crate) struct WriteLog(Mutex<File>);

impl WriteLog {
    /// Starts a new file; an older one of the same name is emptied.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let options = OpenOptions::new().write(true).truncate(true).clone();
        let file = platform::open_or_create_private(path, &options)?;
        Ok(Self(Mutex::new(file)))
    }

    /// Continues an older file, after applying its writes to `tenant`. A line that was cut when the writer
    /// died is ignored.
    pub(crate) fn take_up(path: &Path, tenant: &mut Tenant) -> io::Result<Self> {
        if path.exists() {
            for line in BufReader::new(File::open(path)?).lines() {
                restore(tenant, &line?);
            }
        }
        let options = OpenOptions::new().append(true).clone();
        let file = platform::open_or_create_private(path, &options)?;
        Ok(Self(Mutex::new(file)))
    }

    /// Logs one write that took effect.
    pub(crate) fn write(
        &self,
        at_ms: u64,
        user: u128,
        profile: &UserProfile,
        changed: bool,
        fault: Option<FaultKind>,
    ) {
        self.line(&json!({
            "event": "write",
            "at_ms": at_ms,
            "user": format!("{user:032x}"),
            "active": profile.active,
            "workspaces": profile.workspaces.count_ones(),
            "set": format!("{:x}", profile.workspaces),
            "changed": changed,
            "fault": fault.map(FaultKind::name),
        }));
    }

    /// Logs one sign-in.
    pub(crate) fn sign_in(&self, at_ms: u64, account: &str) {
        self.line(&json!({ "event": "sign-in", "at_ms": at_ms, "account": account }));
    }

    fn line(&self, value: &Value) {
        let line = format!("{value}\n");
        // A full disk must not cause an answer that the provider would never send.
        if let Err(error) = hold(&self.0).write_all(line.as_bytes()) {
            tracing::error!(%error, "cannot write to the sandbox log");
        }
    }
}

/// Applies the write of one line to the tenant. Sign-ins and incomplete lines are ignored.
fn restore(tenant: &mut Tenant, line: &str) {
    let Ok(event) = serde_json::from_str::<Value>(line) else {
        return;
    };
    let hex = |name: &str| u128::from_str_radix(event[name].as_str()?, 16).ok();
    let number = hex("user").and_then(|id| tenant.find(id));
    if let (Some(number), Some(active), Some(set)) = (number, event["active"].as_bool(), hex("set"))
        && let Ok(workspaces) = u64::try_from(set)
    {
        let row = tenant.row_mut(number);
        row.active = active;
        row.workspaces = workspaces;
    }
}
