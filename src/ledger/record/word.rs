//! Words: enums of the domain that the ledger stores as one word, in a column or in the text of an event.
//!
//! The functions are for serde's `with` attribute.

use std::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use crate::domain::{Confirmation, Effect, Finding, IdRule, RequestKind, Status};
use crate::ledger::model::{OrderState, RunKind};

/// A value that is stored as one word.
pub(in crate::ledger) trait Word: Copy + 'static {
    /// What a message calls such a value.
    const WHAT: &'static str;

    /// The stored word.
    fn word(self) -> &'static str;

    /// The value that is stored as this word.
    fn from_word(text: &str) -> Option<Self>;
}

macro_rules! word {
    ($type:ty, $what:literal, $all:expr) => {
        impl Word for $type {
            const WHAT: &'static str = $what;

            fn word(self) -> &'static str {
                self.as_str()
            }

            fn from_word(text: &str) -> Option<Self> {
                $all.iter().copied().find(|value| value.word() == text)
            }
        }
    };
}

word!(Status, "outcome", Status::ALL);
word!(Finding, "finding", Finding::ALL);
word!(Effect, "effect", [Self::None, Self::Maybe, Self::Part]);
word!(IdRule, "rule for ids", [Self::Exact, Self::IgnoreCase]);
word!(Confirmation, "confirmation", [Self::Body, Self::Reread]);
word!(
    RunKind,
    "kind of run",
    [Self::Plan, Self::Run, Self::Verify]
);

word!(OrderState, "state of an order", OrderState::ALL);

impl Word for RequestKind {
    const WHAT: &'static str = "kind of request";

    fn word(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Read => "read",
            Self::List => "list",
        }
    }

    fn from_word(text: &str) -> Option<Self> {
        [Self::Write, Self::Read, Self::List]
            .into_iter()
            .find(|kind| kind.word() == text)
    }
}

/// Writes the word.
pub(super) fn serialize<T: Word, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.word())
}

/// Reads the word.
pub(super) fn deserialize<'de, T: Word, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    T::from_word(&text).ok_or_else(|| D::Error::custom(format!("there is no {} `{text}`", T::WHAT)))
}

/// A word that may not be there.
pub(super) mod optional {
    use super::{Cow, Deserialize, Deserializer, Error, Serializer, Word};

    /// Writes the word, or `null`.
    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(in crate::ledger::record) fn serialize<T: Word, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads the word, or `null`.
    pub(in crate::ledger::record) fn deserialize<'de, T: Word, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let Some(text) = Option::<Cow<'_, str>>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let value = T::from_word(&text);
        let unknown = || D::Error::custom(format!("there is no {} `{text}`", T::WHAT));
        value.ok_or_else(unknown).map(Some)
    }
}
