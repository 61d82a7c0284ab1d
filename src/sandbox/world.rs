//! Everything one running sandbox shares between its requests.
//!
//! Each part has its own lock, held for a few lines and never across an await. It holds things
//! together and decides nothing.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::sandbox::fault::bucket::Level;
use crate::sandbox::fault::dice::Dice;
use crate::sandbox::fault::outage::Window;
use crate::sandbox::record::applied::Applied;
use crate::sandbox::record::tally::Tally;
use crate::sandbox::settings::SandboxSettings;
use crate::sandbox::tenant::state::Tenant;
use crate::sandbox::tenant::workspace::Directory;
use crate::sandbox::token::certificate::Seen;
use crate::sandbox::token::grant::Grants;
use crate::sandbox::token::store::Tokens;

/// The shared parts.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) settings: SandboxSettings,
    /// The root of all addresses, such as `http://127.0.0.1:4321`.
    pub(crate) root: String,
    pub(crate) directory: Directory,
    pub(crate) tenant: Mutex<Tenant>,
    pub(crate) tokens: Mutex<Tokens>,
    pub(crate) grants: Mutex<Grants>,
    pub(crate) seen: Mutex<Seen>,
    pub(crate) dice: Mutex<Dice>,
    pub(crate) window: Mutex<Window>,
    pub(crate) level: Option<Mutex<Level>>,
    pub(crate) tally: Tally,
    pub(crate) applied: Option<Applied>,
    /// Ends every wait when the sandbox stops.
    pub(crate) stop: CancellationToken,
}

impl World {
    pub(crate) fn new(settings: SandboxSettings, root: String) -> io::Result<Arc<Self>> {
        let start = Instant::now();
        let mut tenant = Tenant::made(settings.seed, settings.users, settings.refused);
        let applied = match &settings.log {
            None => None,
            Some(path) if settings.take_up => Some(Applied::take_up(path, &mut tenant)?),
            Some(path) => Some(Applied::create(path)?),
        };
        Ok(Arc::new(Self {
            directory: Directory::made(settings.seed),
            tenant: Mutex::new(tenant),
            tokens: Mutex::default(),
            grants: Mutex::default(),
            seen: Mutex::default(),
            dice: Mutex::new(Dice::new(settings.faults.clone(), settings.seed)),
            window: Mutex::new(Window::new(settings.faults.outage, start)),
            level: settings
                .bucket
                .map(|bucket| Mutex::new(Level::full(bucket, start))),
            tally: Tally::new(start, settings.request_log),
            applied,
            stop: CancellationToken::new(),
            settings,
            root,
        }))
    }

    /// Waits, but not beyond the end of the sandbox.
    pub(crate) async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            self.stop
                .run_until_cancelled(tokio::time::sleep(time))
                .await;
        }
    }
}

/// Locks, also after a panic elsewhere: every change under these locks is complete in itself.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
