//! What a provider is known to show.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the provider is known to have the attribute in which access is shown, and one of e-mail
/// addresses. Shared by all requests of a client.
///
/// A provider that leaves an empty attribute out and one that has no such attribute answer alike. Only
/// when it is known which of the two it is, a user without the attribute is a user without access.
#[derive(Debug, Default)]
pub(super) struct Shows {
    access: AtomicBool,
    addresses: AtomicBool,
}

impl Shows {
    /// The attribute was shown, or declared.
    pub(super) fn note(&self) {
        self.access.store(true, Ordering::Relaxed);
    }

    /// Whether it ever was.
    pub(super) fn is_known(&self) -> bool {
        self.access.load(Ordering::Relaxed)
    }

    /// Addresses of a user were shown, or their attribute was declared.
    pub(super) fn note_addresses(&self) {
        self.addresses.store(true, Ordering::Relaxed);
    }

    /// Whether they ever were.
    pub(super) fn has_addresses(&self) -> bool {
        self.addresses.load(Ordering::Relaxed)
    }
}
