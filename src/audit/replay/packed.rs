//! How parts of the replay are stored in a temporary file: as bytes that only the same process reads back.
//!
//! A type names its fields once, in [`packed!`], and is written and read in that order. A field that is not
//! named does not compile.

use crate::domain::{Effect, Finding, Status};

/// A value that can be stored as bytes and read back.
pub(super) trait Packed: Sized {
    /// Appends the bytes of the value.
    fn pack(&self, to: &mut Vec<u8>);

    /// Takes the value from the front of the bytes; `None` if they are not those of such a value.
    fn unpack(from: &mut &[u8]) -> Option<Self>;
}

/// Stores a struct, or an enum whose variants have named fields, as its fields in this order.
macro_rules! packed {
    (struct $name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::audit::replay::packed::Packed for $name {
            fn pack(&self, to: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($crate::audit::replay::packed::Packed::pack($field, to);)*
            }

            fn unpack(from: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: $crate::audit::replay::packed::Packed::unpack(from)?),* })
            }
        }
    };
    (enum $name:ident { $($tag:literal => $variant:ident { $($field:ident),* $(,)? }),* $(,)? }) => {
        impl $crate::audit::replay::packed::Packed for $name {
            fn pack(&self, to: &mut Vec<u8>) {
                match self {
                    $(Self::$variant { $($field),* } => {
                        to.push($tag);
                        $($crate::audit::replay::packed::Packed::pack($field, to);)*
                    })*
                }
            }

            fn unpack(from: &mut &[u8]) -> Option<Self> {
                let (tag, rest) = from.split_first()?;
                *from = rest;
                match *tag {
                    $($tag => Some(Self::$variant {
                        $($field: $crate::audit::replay::packed::Packed::unpack(from)?),*
                    }),)*
                    _ => None,
                }
            }
        }
    };
}

pub(super) use packed;

impl Packed for u64 {
    /// Seven bits a byte, the lowest first: small numbers are short.
    fn pack(&self, to: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            to.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        to.push(rest.to_le_bytes()[0]);
    }

    fn unpack(from: &mut &[u8]) -> Option<Self> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, rest) = from.split_first()?;
            *from = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

impl Packed for bool {
    fn pack(&self, to: &mut Vec<u8>) {
        to.push(u8::from(*self));
    }

    fn unpack(from: &mut &[u8]) -> Option<Self> {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        Some(*byte != 0)
    }
}

impl Packed for String {
    /// Its length and its bytes. Hashes are most of what is stored: a text of lower-case hexadecimal digits
    /// is stored as the bytes that they stand for, and marked in the lowest bit of the length.
    fn pack(&self, to: &mut Vec<u8>) {
        let length = self.len() as u64;
        let start = to.len();
        if length != 0 && length.is_multiple_of(2) {
            (length << 1 | 1).pack(to);
            let pairs = self.as_bytes().chunks_exact(2);
            let is_hex = pairs
                .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
                .all(|byte| byte.map(|byte| to.push(byte)).is_some());
            if is_hex {
                return;
            }
            to.truncate(start);
        }
        (length << 1).pack(to);
        to.extend_from_slice(self.as_bytes());
    }

    fn unpack(from: &mut &[u8]) -> Option<Self> {
        let length = u64::unpack(from)?;
        let is_hex = length & 1 == 1;
        let length = usize::try_from(length >> 1).ok()?;
        let (bytes, rest) = from.split_at_checked(if is_hex { length / 2 } else { length })?;
        *from = rest;
        if is_hex {
            return Some(crate::domain::hex(bytes));
        }
        Self::from_utf8(bytes.to_vec()).ok()
    }
}

/// The value of a lower-case hexadecimal digit.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, to: &mut Vec<u8>) {
        self.is_some().pack(to);
        if let Some(value) = self {
            value.pack(to);
        }
    }

    fn unpack(from: &mut &[u8]) -> Option<Self> {
        Some(if bool::unpack(from)? {
            Some(T::unpack(from)?)
        } else {
            None
        })
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn pack(&self, to: &mut Vec<u8>) {
        self.0.pack(to);
        self.1.pack(to);
    }

    fn unpack(from: &mut &[u8]) -> Option<Self> {
        Some((A::unpack(from)?, B::unpack(from)?))
    }
}

/// Stores a value as its place among all of its type.
macro_rules! packed_place {
    ($($type:ty, $all:expr;)*) => {
        $(impl Packed for $type {
            fn pack(&self, to: &mut Vec<u8>) {
                let place = $all.iter().position(|value| value == self);
                (place.unwrap_or(usize::MAX) as u64).pack(to);
            }

            fn unpack(from: &mut &[u8]) -> Option<Self> {
                let place = usize::try_from(u64::unpack(from)?).ok()?;
                $all.get(place).copied()
            }
        })*
    };
}

packed_place! {
    Status, Status::ALL;
    Finding, Finding::ALL;
    Effect, [Effect::None, Effect::Maybe, Effect::Part];
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check<T: Packed + PartialEq + std::fmt::Debug>(value: &T) {
        let mut bytes = Vec::new();
        value.pack(&mut bytes);
        let mut rest = bytes.as_slice();
        assert_eq!(T::unpack(&mut rest).as_ref(), Some(value));
        assert!(rest.is_empty(), "{value:?} leaves {rest:?}");
        for end in 0..bytes.len() {
            assert_eq!(
                T::unpack(&mut &bytes[..end]),
                None,
                "{value:?} cut at {end}"
            );
        }
    }

    #[test]
    fn each_word_is_read_back() {
        Status::ALL.iter().for_each(check);
        Finding::ALL.iter().for_each(check);
        [Effect::None, Effect::Maybe, Effect::Part]
            .iter()
            .for_each(check);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn each_value_is_read_back(
            number in any::<u64>(),
            text in "\\PC{0,40}",
            hex in "[0-9a-f]{0,70}",
            optional in proptest::option::of("[a-z0-9]{0,4}"),
        ) {
            check(&number);
            check(&(text, hex));
            check(&(optional, number & 1 == 1));
        }
    }
}
