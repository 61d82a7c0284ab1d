//! How values are stored in columns: each type binds and decodes itself.
//!
//! A stored value that cannot be read is [`Unreadable`]; [`crate::ledger::LedgerError`] names the column.

use std::num::TryFromIntError;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Type, ValueRef};

use crate::domain::{Change, Effect, Finding, IdRule, JobId, Line, RunId, Status, Timestamp};
use crate::ledger::model::{OrderState, RunKind};
use crate::ledger::record::word::Word;
use crate::ledger::sql::values::{BoundValue, ToColumn};

/// A stored value that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read stored `{0}`")]
pub(in crate::ledger) struct Unreadable(pub(in crate::ledger) String);

/// A number that is never negative, such as a count, which databases store as a signed one.
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

/// Yes or no, stored as 1 or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) struct Flag(pub(in crate::ledger) bool);

impl From<Flag> for bool {
    fn from(flag: Flag) -> Self {
        flag.0
    }
}

impl From<Nullable<Flag>> for Option<bool> {
    fn from(value: Nullable<Flag>) -> Self {
        value.0.map(|flag| flag.0)
    }
}

impl TryFrom<Count> for u32 {
    type Error = TryFromIntError;

    fn try_from(count: Count) -> Result<Self, TryFromIntError> {
        count.0.try_into()
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

/// Stores a type as another one that the databases know.
macro_rules! stored_as {
    ($type:ty as $column:ty, $store:expr, $read:expr) => {
        impl<DB: Database> Type<DB> for $type
        where
            $column: Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <$column as Type<DB>>::type_info()
            }

            fn compatible(found: &DB::TypeInfo) -> bool {
                <$column as Type<DB>>::compatible(found)
            }
        }

        impl<'r, DB: Database> Decode<'r, DB> for $type
        where
            $column: Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
                let read: fn($column) -> Result<$type, Unreadable> = $read;
                Ok(read(<$column as Decode<'r, DB>>::decode(value)?)?)
            }
        }

        impl ToColumn for $type {
            const NULL: BoundValue = <$column as ToColumn>::NULL;

            fn to_column(&self) -> BoundValue {
                let store: fn(&$type) -> $column = $store;
                store(self).to_column()
            }
        }
    };
}

stored_as!(Flag as i64, |flag| i64::from(flag.0), |stored| {
    Ok(Flag(stored != 0))
});
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

stored_as_words!(Status, Effect, Finding, IdRule, RunKind, OrderState);

/// Numbers beyond what a database can store stand for "no limit": there are never so many rows.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(stored: i64) -> Result<u64, Unreadable> {
    u64::try_from(stored).map_err(|_| Unreadable(stored.to_string()))
}

impl<DB: Database, T> Type<DB> for Json<T>
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <String as Type<DB>>::type_info()
    }

    fn compatible(found: &DB::TypeInfo) -> bool {
        <String as Type<DB>>::compatible(found)
    }
}

impl<'r, DB: Database, T: DeserializeOwned> Decode<'r, DB> for Json<T>
where
    &'r str: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&str as Decode<'r, DB>>::decode(value)?;
        let read = serde_json::from_str(text);
        Ok(Self(read.map_err(|_| Unreadable(text.to_owned()))?))
    }
}

impl<T: Serialize> ToColumn for Json<T> {
    const NULL: BoundValue = BoundValue::Text(None);

    fn to_column(&self) -> BoundValue {
        let text = serde_json::to_string(&self.0);
        text.expect("a value of plain parts is JSON").to_column()
    }
}

impl<DB: Database, T: Type<DB>> Type<DB> for Nullable<T> {
    fn type_info() -> DB::TypeInfo {
        T::type_info()
    }

    fn compatible(found: &DB::TypeInfo) -> bool {
        T::compatible(found)
    }
}

impl<'r, DB: Database, T: Decode<'r, DB>> Decode<'r, DB> for Nullable<T> {
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.is_null() {
            return Ok(Self(None));
        }
        Ok(Self(Some(T::decode(value)?)))
    }
}
