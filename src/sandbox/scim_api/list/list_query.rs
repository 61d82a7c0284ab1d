//! The query part of a list request: `startIndex`, `count`, `filter`.
//!
//! Percent-decoding is implemented here, so that the sandbox shares no code with the client's encoder. It
//! does not know what a filter means.

use crate::sandbox::scim_api::scim_answer::Refusal;

/// The most users one answer may hold.
const MAX_COUNT: usize = 100;
const DEFAULT_COUNT: usize = 50;

/// A list request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ListQuery {
    /// Number of the first user wanted, from 1.
    pub(crate) start_index: usize,
    /// Most users wanted.
    pub(crate) count: usize,
    /// The filter as text.
    pub(crate) filter: Option<String>,
}

impl ListQuery {
    /// Reads the raw query; unknown parameters are ignored.
    pub(crate) fn parse(raw: &str) -> Result<Self, Refusal> {
        let mut query = Self {
            start_index: 1,
            count: DEFAULT_COUNT,
            filter: None,
        };
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            match name.as_str() {
                // Numbers below the smallest allowed one mean the smallest (RFC 7644, 3.4.2.4).
                "startIndex" => query.start_index = number(&name, &value)?.max(1),
                "count" => query.count = number(&name, &value)?,
                "filter" => query.filter = Some(value),
                _ => {}
            }
        }
        if query.count > MAX_COUNT {
            let detail = format!("count must not be more than {MAX_COUNT}");
            return Err(Refusal::bad("invalidValue", detail));
        }
        Ok(query)
    }
}

fn number(name: &str, value: &str) -> Result<usize, Refusal> {
    let number: i64 = value
        .parse()
        .map_err(|_| Refusal::bad("invalidValue", format!("{name} must be a whole number")))?;
    Ok(usize::try_from(number).unwrap_or(0))
}

fn decode(text: &str) -> Result<String, Refusal> {
    let refusal = || Refusal::bad("invalidValue", "the query is not percent-encoded UTF-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || (rest.next()? as char).to_digit(16);
                let (high, low) = digit().zip(digit()).ok_or_else(refusal)?;
                u8::try_from(high * 16 + low).map_err(|_| refusal())?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| refusal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_limits() {
        let query = ListQuery::parse("").unwrap();
        assert_eq!(
            (query.start_index, query.count, query.filter),
            (1, 50, None)
        );
        let query = ListQuery::parse("startIndex=0&count=-3").unwrap();
        assert_eq!((query.start_index, query.count), (1, 0));
        assert_eq!(ListQuery::parse("count=100").unwrap().count, 100);
        assert_eq!(
            ListQuery::parse("count=101").unwrap_err().scim_type,
            Some("invalidValue")
        );
        assert!(ListQuery::parse("startIndex=one").is_err());
    }

    #[test]
    fn filters_are_decoded() {
        let query = ListQuery::parse("filter=userName%20eq+%22a%2Bb%40x%22&x=1").unwrap();
        assert_eq!(query.filter.as_deref(), Some("userName eq \"a+b@x\""));
        assert!(ListQuery::parse("filter=%2").is_err());
        assert!(ListQuery::parse("filter=%zz").is_err());
        assert!(ListQuery::parse("filter=%ff").is_err());
    }
}
