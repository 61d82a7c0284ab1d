//! One comparison, `attribute operator value`, as list filters and PATCH paths contain it.
//!
//! It splits text into words and knows the operators. Its callers know which attributes there are and how
//! comparisons may be joined.

/// A piece of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Open,
    Close,
    /// An attribute, an operator, `and`, `or`, `true`, `false`.
    Word(String),
    /// A text in double quotes.
    Text(String),
}

/// A filter that is not well formed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Pr,
    Gt,
    Ge,
    Lt,
    Le,
}

/// What an attribute is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Text(String),
    Bool(bool),
}

/// One comparison; only `pr` has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) attribute: String,
    pub(crate) operator: Operator,
    pub(crate) value: Option<Literal>,
}

impl Operator {
    /// The supported operators; `co`, `sw` and `ew` are not.
    fn named(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "pr" => Self::Pr,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            "lt" => Self::Lt,
            "le" => Self::Le,
            _ => return None,
        })
    }

    /// Whether the comparison holds; an attribute without a value differs from every value.
    pub(crate) fn holds(self, actual: Option<&str>, wanted: &str) -> bool {
        let Some(actual) = actual else {
            return self == Self::Ne;
        };
        match self {
            Self::Eq => actual == wanted,
            Self::Ne => actual != wanted,
            Self::Pr => !actual.is_empty(),
            Self::Gt => actual > wanted,
            Self::Ge => actual >= wanted,
            Self::Lt => actual < wanted,
            Self::Le => actual <= wanted,
        }
    }
}

/// Splits a filter into its pieces.
pub(crate) fn split(text: &str) -> Result<Vec<Piece>, Malformed> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => {
                pieces.push(if first == '(' {
                    Piece::Open
                } else {
                    Piece::Close
                });
                1
            }
            '"' => {
                let length = quoted_length(rest).ok_or(Malformed)?;
                // Quoting follows JSON, so the JSON reader removes the escapes.
                let text = serde_json::from_str(&rest[..length]).map_err(|_| Malformed)?;
                pieces.push(Piece::Text(text));
                length
            }
            _ => {
                let ends = |letter: char| letter.is_whitespace() || "()\"".contains(letter);
                let length = rest.find(ends).unwrap_or(rest.len());
                pieces.push(Piece::Word(rest[..length].to_owned()));
                length
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(pieces)
}

/// Length of the quoted text at the start, with both quotes.
fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, letter)| {
        let closes = *letter == '"' && !escaped;
        escaped = *letter == '\\' && !escaped;
        closes
    });
    end.map(|(place, _)| place + 1)
}

/// Takes one comparison from the front.
pub(crate) fn take(pieces: &mut &[Piece]) -> Result<Comparison, Malformed> {
    let [Piece::Word(attribute), Piece::Word(operator), rest @ ..] = *pieces else {
        return Err(Malformed);
    };
    let attribute = attribute.clone();
    let operator = Operator::named(operator).ok_or(Malformed)?;
    if operator == Operator::Pr {
        *pieces = rest;
        return Ok(Comparison {
            attribute,
            operator,
            value: None,
        });
    }
    let (value, rest) = match rest {
        [Piece::Text(text), rest @ ..] => (Literal::Text(text.clone()), rest),
        [Piece::Word(word), rest @ ..] => match word.to_ascii_lowercase().as_str() {
            "true" => (Literal::Bool(true), rest),
            "false" => (Literal::Bool(false), rest),
            _ => return Err(Malformed),
        },
        _ => return Err(Malformed),
    };
    *pieces = rest;
    Ok(Comparison {
        attribute,
        operator,
        value: Some(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_anything() {
        let pieces = split(r#"a EQ "x ) \" \\" b"#).unwrap();
        assert_eq!(pieces[2], Piece::Text(r#"x ) " \"#.to_owned()));
        assert_eq!(pieces.len(), 4);
        assert_eq!(split(r#"a eq "open"#), Err(Malformed));
    }

    #[test]
    fn comparisons_are_taken_from_the_front() {
        let pieces = split("active eq true and id pr").unwrap();
        let mut rest = pieces.as_slice();
        let first = take(&mut rest).unwrap();
        assert_eq!(
            (first.operator, first.value),
            (Operator::Eq, Some(Literal::Bool(true)))
        );
        assert_eq!(rest.len(), 3);
        for text in [
            "id",
            "id eq",
            "id eq bare",
            "id co \"x\"",
            "id sw \"x\"",
            "(id pr)",
        ] {
            assert!(
                take(&mut split(text).unwrap().as_slice()).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn operators_compare_text() {
        assert!(Operator::Ge.holds(Some("b"), "a") && !Operator::Ge.holds(Some("a"), "b"));
        assert!(Operator::Le.holds(Some("a"), "a") && !Operator::Lt.holds(Some("a"), "a"));
        assert!(Operator::Ne.holds(None, "a") && !Operator::Eq.holds(None, "a"));
        assert!(!Operator::Pr.holds(Some(""), "") && Operator::Gt.holds(Some("b"), "a"));
    }
}
