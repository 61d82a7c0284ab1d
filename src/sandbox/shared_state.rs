//! What the requests of one running sandbox share.
//!
//! Each part has its own lock, which is held for a few lines and never across an await. Nothing is decided
//! here.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::sandbox::fault::fault_draw::Dice;
use crate::sandbox::fault::outage_window::Window;
use crate::sandbox::fault::request_allowance::AllowanceLevel;
use crate::sandbox::record::request_log::RequestLog;
use crate::sandbox::record::write_log::WriteLog;
use crate::sandbox::sandbox_settings::SandboxSettings;
use crate::sandbox::tenant::user_store::Tenant;
use crate::sandbox::tenant::workspace::WorkspaceList;
use crate::sandbox::token::certificate_check::UsedMessages;
use crate::sandbox::token::oauth_grants::Grants;
use crate::sandbox::token::token_store::Tokens;

/// The shared parts.
#[derive(Debug)]
pub(crate) struct SandboxState {
    /// As they were at the start: no request changes them.
    pub(crate) settings: SandboxSettings,
    /// The root of all addresses, such as `http://127.0.0.1:4321`.
    pub(crate) root: String,
    /// The workspaces that exist. Their list never changes, so it needs no lock.
    pub(crate) directory: WorkspaceList,
    /// All users, with the counters of each.
    pub(crate) tenant: Mutex<Tenant>,
    /// The access tokens, until a logout or a revocation.
    pub(crate) tokens: Mutex<Tokens>,
    /// The device codes that wait for approval, and the refresh tokens.
    pub(crate) grants: Mutex<Grants>,
    /// The signed messages of certificate sign-ins: each is accepted once.
    pub(crate) seen: Mutex<UsedMessages>,
    /// Decides which requests meet a fault.
    pub(crate) dice: Mutex<Dice>,
    /// Decides whether the planned outage is on.
    pub(crate) window: Mutex<Window>,
    /// The permits that the tenant has left; `None` if requests are not limited.
    pub(crate) level: Option<Mutex<AllowanceLevel>>,
    /// Counts requests, and lists them if the settings ask for it.
    pub(crate) tally: RequestLog,
    /// The file that gets each applied write and each sign-in; `None` if the settings name no file.
    pub(crate) applied: Option<WriteLog>,
    /// Ends every wait when the sandbox stops.
    pub(crate) stop: CancellationToken,
}

impl SandboxState {
    /// Makes the users, and applies the writes of an older log if the settings continue one. It fails if the log
    /// cannot be read or written.
    pub(crate) fn new(settings: SandboxSettings, root: String) -> io::Result<Arc<Self>> {
        let start = Instant::now();
        let mut tenant = Tenant::made(settings.seed, settings.users, settings.refused);
        let applied = match &settings.log {
            None => None,
            Some(path) if settings.take_up => Some(WriteLog::take_up(path, &mut tenant)?),
            Some(path) => Some(WriteLog::create(path)?),
        };
        Ok(Arc::new(Self {
            directory: WorkspaceList::made(settings.seed),
            tenant: Mutex::new(tenant),
            tokens: Mutex::default(),
            grants: Mutex::default(),
            seen: Mutex::default(),
            dice: Mutex::new(Dice::new(settings.faults.clone(), settings.seed)),
            window: Mutex::new(Window::new(settings.faults.outage, start)),
            level: settings
                .allowance
                .map(|allowance| Mutex::new(AllowanceLevel::full(allowance, start))),
            tally: RequestLog::new(start, settings.request_log),
            applied,
            stop: CancellationToken::new(),
            settings,
            root,
        }))
    }

    /// Waits for this time, or until the sandbox stops.
    pub(crate) async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            self.stop
                .run_until_cancelled(tokio::time::sleep(time))
                .await;
        }
    }
}

/// Locks, also after a panic elsewhere: each change under these locks is a single step.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
