//! What the tests of look-ups share: one look-up at a scripted provider.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::lookup::tests::fake_provider::FakeProvider;
use crate::lookup::tests::memory_register::MemoryRegister;
use crate::lookup::tests::oddities::Oddity;
use crate::lookup::{
    CountActive, Inquirer, InquirySettings, LookUpError, LookUpOptions, LookUpResult, look_up,
};
use crate::pace::{Pace, Rate};

/// What came of a look-up.
pub(super) struct EndedLookUp {
    pub(super) register: MemoryRegister,
    pub(super) result: Result<LookUpResult, LookUpError>,
    /// The requests that were sent, in their order.
    pub(super) requests: Vec<String>,
}

/// Counts all active users, and needs the attribute of access.
pub(super) const ALL: LookUpOptions = LookUpOptions {
    count: CountActive::All,
    needs_attribute: true,
};

/// A look-up at a provider with so many users, which also counts all active users.
pub(super) async fn look(users: u64, odd: Oddity, register: MemoryRegister) -> EndedLookUp {
    look_for(users, odd, register, ALL).await
}

/// A look-up with these options.
pub(super) async fn look_for(
    users: u64,
    odd: Oddity,
    mut register: MemoryRegister,
    options: LookUpOptions,
) -> EndedLookUp {
    let supports = odd.supports;
    let provider = Arc::new(FakeProvider {
        users,
        odd,
        start: Instant::now(),
        seen: Mutex::default(),
        renewed: Mutex::default(),
        shows: false.into(),
        has_addresses: false.into(),
    });
    let settings = InquirySettings {
        concurrency: NonZeroUsize::new(4).unwrap(),
        throttle_wait: Duration::from_secs(10),
        max_outage: Duration::from_mins(30),
        supports,
    };
    let pace = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
    let inquirer = Inquirer::new(Arc::clone(&provider), pace, settings);
    let result = look_up(&inquirer, &mut register, options, &mut |_| {}).await;
    let requests = provider.seen.lock().unwrap().clone();
    EndedLookUp {
        register,
        result,
        requests,
    }
}
