//! Which optional attributes a provider is known to have.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the provider is known to have the attribute that shows access, and the one with e-mail
/// addresses. Shared by all requests of a client.
///
/// A provider that leaves out an empty attribute and a provider without that attribute send the same
/// answer. So a missing attribute means "no access" only after this provider is known to have it (P2).
#[derive(Debug, Default)]
pub(in crate::scim) struct KnownAttributes {
    access: AtomicBool,
    addresses: AtomicBool,
}

impl KnownAttributes {
    /// Records that the attribute of access was shown or declared.
    pub(in crate::scim) fn note_access(&self) {
        self.access.store(true, Ordering::Relaxed);
    }

    /// Whether the attribute of access was ever shown or declared.
    pub(in crate::scim) fn has_access(&self) -> bool {
        self.access.load(Ordering::Relaxed)
    }

    /// Records that addresses of a user were shown, or that their attribute was declared.
    pub(in crate::scim) fn note_addresses(&self) {
        self.addresses.store(true, Ordering::Relaxed);
    }

    /// Records all that `other` knows.
    pub(in crate::scim) fn note_all_of(&self, other: &Self) {
        self.access.fetch_or(other.has_access(), Ordering::Relaxed);
        self.addresses
            .fetch_or(other.has_addresses(), Ordering::Relaxed);
    }

    /// Whether addresses were ever shown or declared.
    pub(in crate::scim) fn has_addresses(&self) -> bool {
        self.addresses.load(Ordering::Relaxed)
    }
}
