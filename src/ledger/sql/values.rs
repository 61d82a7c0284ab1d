//! The values of a statement. Both databases store whole numbers and texts, and nothing else.

use std::borrow::Cow;
use std::sync::Arc;

use sqlx::Arguments;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

/// A value on its way into a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ledger) enum BoundValue {
    /// A whole number or `NULL`.
    Number(Option<i64>),
    /// A text or `NULL`.
    Text(Option<Arc<str>>),
}

impl BoundValue {
    /// `NULL` in a column of the same type: PostgreSQL wants to know which.
    pub(super) fn null(&self) -> Self {
        match self {
            Self::Number(_) => Self::Number(None),
            Self::Text(_) => Self::Text(None),
        }
    }
}

/// What can be bound to a statement.
pub(in crate::ledger) trait ToColumn {
    /// `NULL` in a column of this type.
    const NULL: BoundValue;

    /// The value as it is stored.
    fn to_column(&self) -> BoundValue;
}

impl<T: ToColumn + ?Sized> ToColumn for &T {
    const NULL: BoundValue = T::NULL;

    fn to_column(&self) -> BoundValue {
        T::to_column(self)
    }
}

impl<T: ToColumn> ToColumn for Option<T> {
    const NULL: BoundValue = T::NULL;

    fn to_column(&self) -> BoundValue {
        self.as_ref().map_or(T::NULL, T::to_column)
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {
        $(impl ToColumn for $type {
            const NULL: BoundValue = BoundValue::Number(None);

            fn to_column(&self) -> BoundValue {
                BoundValue::Number(Some(i64::from(*self)))
            }
        })*
    };
}

numbers!(i64, u32, u16, bool);

macro_rules! texts {
    ($($type:ty),*) => {
        $(impl ToColumn for $type {
            const NULL: BoundValue = BoundValue::Text(None);

            fn to_column(&self) -> BoundValue {
                let text: &str = self;
                BoundValue::Text(Some(Arc::from(text)))
            }
        })*
    };
}

texts!(str, String, Cow<'_, str>);

/// The values of a statement, in the order of their places.
#[derive(Debug, Default)]
pub(in crate::ledger) struct BoundValues(pub(super) Vec<BoundValue>);

impl BoundValues {
    /// Takes the next value.
    pub(in crate::ledger) fn push(&mut self, value: impl ToColumn) {
        self.0.push(value.to_column());
    }

    /// Takes the next value, a text.
    pub(in crate::ledger) fn text(&mut self, text: &str) {
        self.push(text);
    }

    /// Takes the next value, a text or `NULL`.
    pub(in crate::ledger) fn optional(&mut self, text: Option<&str>) {
        self.push(text);
    }

    /// The values as SQLite takes them.
    pub(super) fn for_sqlite(self) -> Result<SqliteArguments, sqlx::Error> {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(self.0.len(), 0);
        for value in self.0 {
            let added = match value {
                BoundValue::Number(number) => arguments.add(number),
                BoundValue::Text(text) => arguments.add(text),
            };
            added.map_err(encode_error)?;
        }
        Ok(arguments)
    }

    /// About how many bytes the values are on their way to PostgreSQL.
    pub(super) fn bytes(&self) -> usize {
        let length = |value: &BoundValue| match value {
            BoundValue::Number(_) => size_of::<i64>(),
            BoundValue::Text(text) => text.as_deref().map_or(0, str::len),
        };
        // Each value has its length before it.
        self.0.iter().map(|value| 4 + length(value)).sum()
    }

    /// The values as PostgreSQL takes them.
    pub(super) fn for_postgres(self) -> Result<PgArguments, sqlx::Error> {
        let mut arguments = PgArguments::default();
        arguments.reserve(self.0.len(), 0);
        for value in self.0 {
            let added = match value {
                BoundValue::Number(number) => arguments.add(number),
                BoundValue::Text(text) => arguments.add(text.as_deref().map(storable)),
            };
            added.map_err(encode_error)?;
        }
        Ok(arguments)
    }
}

/// The text as PostgreSQL can store it. Its texts hold no character NUL: there is a replacement character in its place.
/// In the events, whose texts are JSON, it is escaped and stays.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

pub(super) fn encode_error(error: BoxDynError) -> sqlx::Error {
    sqlx::Error::Encode(error)
}
