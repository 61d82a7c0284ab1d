//! How values are stored in columns: each type binds and decodes itself.
//!
//! A stored value that cannot be read is [`Unreadable`]; [`crate::ledger::LedgerError`] names the column.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteTypeInfo, SqliteValueRef};
use sqlx::{Database, Decode, Encode, Sqlite, Type, ValueRef};

use crate::domain::{Change, Effect, Finding, IdRule, JobId, Line, RunId, Status, Timestamp};
use crate::ledger::RunKind;
use crate::ledger::record::word::Word;

type Arguments = <Sqlite as Database>::ArgumentBuffer;

/// A stored value that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read stored `{0}`")]
pub(in crate::ledger) struct Unreadable(pub(in crate::ledger) String);

/// A number that is never negative, such as a count, which SQLite stores as a signed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) struct Count(pub(in crate::ledger) u64);

impl Count {
    /// The number of rows that a statement gives at most.
    pub(in crate::ledger) fn limit(rows: usize) -> Self {
        Self(rows as u64)
    }

    /// A length of time in milliseconds.
    pub(in crate::ledger) fn millis(time: Duration) -> Self {
        Self(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }
}

impl From<Count> for u64 {
    fn from(count: Count) -> Self {
        count.0
    }
}

/// A value that is stored as the text of its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ledger) struct Json<T>(pub(in crate::ledger) T);

impl<T> From<Json<Vec<T>>> for Vec<T> {
    fn from(json: Json<Self>) -> Self {
        json.0
    }
}

/// A column that may be `NULL`, for fields that hold a plain `Option`.
#[derive(Debug)]
pub(in crate::ledger) struct Nullable<T>(pub(in crate::ledger) Option<T>);

impl From<Nullable<Count>> for Option<u64> {
    fn from(value: Nullable<Count>) -> Self {
        value.0.map(|count| count.0)
    }
}

impl<T> From<Nullable<Json<T>>> for Option<T> {
    fn from(value: Nullable<Json<T>>) -> Self {
        value.0.map(|json| json.0)
    }
}

/// Stores a type as another one that SQLite knows.
macro_rules! stored_as {
    ($type:ty as $column:ty, $store:expr, $read:expr) => {
        impl Type<Sqlite> for $type {
            fn type_info() -> SqliteTypeInfo {
                <$column as Type<Sqlite>>::type_info()
            }

            fn compatible(found: &SqliteTypeInfo) -> bool {
                <$column as Type<Sqlite>>::compatible(found)
            }
        }

        impl Encode<'_, Sqlite> for $type {
            fn encode_by_ref(&self, arguments: &mut Arguments) -> Result<IsNull, BoxDynError> {
                let store: fn(&$type) -> $column = $store;
                Encode::<Sqlite>::encode(store(self), arguments)
            }
        }

        impl<'r> Decode<'r, Sqlite> for $type {
            fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
                let read: fn($column) -> Result<$type, Unreadable> = $read;
                Ok(read(<$column as Decode<'r, Sqlite>>::decode(value)?)?)
            }
        }
    };
}

stored_as!(Line as i64, |line| signed(line.0), |stored| {
    unsigned(stored).map(Line)
});
stored_as!(Count as i64, |count| signed(count.0), |stored| {
    unsigned(stored).map(Count)
});
stored_as!(Timestamp as i64, |time| time.as_millis(), |stored| {
    Ok(Timestamp::from_millis(stored))
});
stored_as!(JobId as String, |id| id.as_str().to_owned(), |stored| {
    Ok(JobId::from_stored(stored))
});
stored_as!(RunId as String, |id| id.as_str().to_owned(), |stored| {
    Ok(RunId::from_stored(stored))
});
stored_as!(Change as String, ToString::to_string, |stored| {
    stored.parse().map_err(|_| Unreadable(stored))
});

macro_rules! stored_as_words {
    ($($type:ty),*) => {
        $(stored_as!($type as String, |value| value.word().to_owned(), |stored| {
            <$type>::from_word(&stored).ok_or(Unreadable(stored))
        });)*
    };
}

stored_as_words!(Status, Effect, Finding, IdRule, RunKind);

/// Numbers beyond what SQLite can store stand for "no limit": there are never so many rows.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(stored: i64) -> Result<u64, Unreadable> {
    u64::try_from(stored).map_err(|_| Unreadable(stored.to_string()))
}

impl<T> Type<Sqlite> for Json<T> {
    fn type_info() -> SqliteTypeInfo {
        <String as Type<Sqlite>>::type_info()
    }

    fn compatible(found: &SqliteTypeInfo) -> bool {
        <String as Type<Sqlite>>::compatible(found)
    }
}

impl<T: Serialize> Encode<'_, Sqlite> for Json<T> {
    fn encode_by_ref(&self, arguments: &mut Arguments) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(serde_json::to_string(&self.0)?, arguments)
    }
}

impl<'r, T: DeserializeOwned> Decode<'r, Sqlite> for Json<T> {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&str as Decode<'r, Sqlite>>::decode(value)?;
        let read = serde_json::from_str(text);
        Ok(Self(read.map_err(|_| Unreadable(text.to_owned()))?))
    }
}

impl<T: Type<Sqlite>> Type<Sqlite> for Nullable<T> {
    fn type_info() -> SqliteTypeInfo {
        T::type_info()
    }

    fn compatible(found: &SqliteTypeInfo) -> bool {
        T::compatible(found)
    }
}

impl<'r, T: Decode<'r, Sqlite>> Decode<'r, Sqlite> for Nullable<T> {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.is_null() {
            return Ok(Self(None));
        }
        Ok(Self(Some(T::decode(value)?)))
    }
}
