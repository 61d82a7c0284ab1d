//! Identifiers: of a user at the provider, of a roster line, of a job and of a run.

use std::fmt;

use uuid::Uuid;

/// A user's `id` at the provider (RFC 7643 §3.1): opaque text, as the roster spells it.
///
/// Anaplan compares ids without case, so [`UserId::key`] is what decides whether two are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// Takes an id that the roster has accepted.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as the roster spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one id are equal.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// Whether `other`, as a provider spells it, names the same user.
    pub fn is_same(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The physical line of the roster on which a record begins; the header is line 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(pub u64);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

macro_rules! time_ordered_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// A new id; later ids sort after earlier ones (UUID version 7, RFC 9562).
            pub fn generate() -> Self {
                Self(Uuid::now_v7().simple().to_string())
            }

            /// Takes an id that the ledger has stored.
            pub fn from_stored(id: String) -> Self {
                Self(id)
            }

            /// The id as 32 lower-case hexadecimal digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

time_ordered_id! {
    /// A job: the durable thing that one roster, one change and one target make.
    JobId
}
time_ordered_id! {
    /// A run: one process working on a job, from start to stop.
    RunId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_without_case() {
        let id = UserId::new("8A8B00ff");
        assert!(id.is_same("8a8b00FF"));
        assert!(!id.is_same("8a8b00fe"));
        assert_eq!(id.key(), "8a8b00ff");
        assert_eq!(id.to_string(), "8A8B00ff");
    }

    #[test]
    fn later_runs_sort_after_earlier_ones() {
        let (first, second) = (RunId::generate(), RunId::generate());
        assert!(first.as_str() < second.as_str());
        assert_eq!(first.as_str().len(), 32);
    }
}
