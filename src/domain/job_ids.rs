//! The ids of the program's own records: a line of the roster, a job, a run.

use std::fmt;

use uuid::Uuid;

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
            /// Makes a new id. Later ids sort after earlier ones (UUID version 7, RFC 9562).
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
    /// The id of a job: the durable record of one roster, one change and one target.
    JobId
}
time_ordered_id! {
    /// The id of a run: one process that works on a job, from start to stop.
    RunId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_runs_sort_after_earlier_ones() {
        let (first, second) = (RunId::generate(), RunId::generate());
        assert!(first.as_str() < second.as_str());
        assert_eq!(first.as_str().len(), 32);
    }
}
