//! Filters (RFC 7644 §3.4.2.2), as far as these tests need them: comparisons joined by `and` and
//! `or`, without brackets but those of `attribute[value eq "…"]`.

use super::books::Person;
use super::habits::{Filters, Habits, Joined, Names};

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Test {
    attribute: String,
    operator: String,
    value: String,
}

/// What a filter finds, or why it is refused.
pub(super) fn finds(
    habits: &Habits,
    filter: &str,
    people: &[(String, Person)],
) -> Result<Vec<String>, &'static str> {
    let everybody = || people.iter().map(|(id, _)| id.clone()).collect();
    match habits.filters {
        Filters::Refused => return Err("filters are not supported"),
        Filters::Ignored => return Ok(everybody()),
        Filters::Obeyed | Filters::NamesOnly => {}
    }
    let mut ways = split(filter, " or ");
    if ways.len() > 1 {
        match habits.joined {
            Joined::Understood => {}
            Joined::Refused => return Err("one condition is supported"),
            Joined::Nobody => return Ok(Vec::new()),
            Joined::LastOnly => ways = ways.split_off(ways.len() - 1),
            Joined::OneName => {
                let (_, rest) = filter.split_once("eq").unwrap_or_default();
                let name = rest.trim().trim_matches('"');
                let mut named = people.iter().filter(|(_, person)| person.name == name);
                return Ok(named.next().map(|(id, _)| id.clone()).into_iter().collect());
            }
        }
    }
    let mut parsed = Vec::new();
    for way in &ways {
        let tests: Option<Vec<_>> = split(way, " and ").iter().map(|text| test(text)).collect();
        let tests = tests.ok_or("the filter is not understood")?;
        let foreign = |test: &Test| !test.attribute.eq_ignore_ascii_case("username");
        if habits.filters == Filters::NamesOnly && tests.iter().any(foreign) {
            return Err("only userName can be searched for");
        }
        parsed.push(tests);
    }
    let fits = |id: &str, person: &Person| {
        let holds = |tests: &Vec<Test>| tests.iter().all(|test| test.holds(habits, id, person));
        parsed.iter().any(holds)
    };
    let found = people.iter().filter(|(id, person)| fits(id, person));
    Ok(found.map(|(id, _)| id.clone()).collect())
}

impl Test {
    fn holds(&self, habits: &Habits, id: &str, person: &Person) -> bool {
        let exact = |has: &str| self.compares(has, &self.value);
        match self.attribute.to_ascii_lowercase().as_str() {
            "id" => exact(id),
            "active" => exact(if person.active { "true" } else { "false" }),
            "username" if habits.names == Names::Folded => {
                self.compares(&person.name.to_lowercase(), &self.value.to_lowercase())
            }
            "username" => exact(&person.name),
            "entitlements" | "entitlements.value" => person.access.iter().any(|id| exact(id)),
            "groups" | "groups.value" => person.groups.iter().any(|id| exact(id)),
            _ => false,
        }
    }

    fn compares(&self, has: &str, value: &str) -> bool {
        match self.operator.as_str() {
            "eq" => has == value,
            "ne" => has != value,
            "sw" => has.starts_with(value),
            "co" => has.contains(value),
            "pr" => true,
            _ => false,
        }
    }
}

/// One comparison: `attribute operator value`, `attribute pr`, or `attribute[value eq "…"]`.
fn test(text: &str) -> Option<Test> {
    let text = text.trim();
    if let Some((attribute, inner)) = text.split_once('[') {
        let inner = test(inner.strip_suffix(']')?)?;
        return Some(Test {
            attribute: attribute.to_owned(),
            ..inner
        });
    }
    let mut words = text.splitn(3, ' ');
    let (attribute, operator) = (words.next()?.to_owned(), words.next()?.to_ascii_lowercase());
    let value = words.next().unwrap_or_default().trim();
    let value = if value.starts_with('"') {
        serde_json::from_str(value).ok()?
    } else {
        value.to_owned()
    };
    Some(Test {
        attribute,
        operator,
        value,
    })
}

/// Splits at a word outside quotation marks.
fn split(text: &str, word: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if !quoted && rest.starts_with(word) {
            parts.push(String::new());
            rest = &rest[word.len()..];
            continue;
        }
        if first == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = first == '\\' && !escaped;
        parts.last_mut().unwrap().push(first);
        rest = &rest[first.len_utf8()..];
    }
    parts
}

#[test]
fn a_filter_is_split_outside_quotation_marks() {
    let filter = r#"userName eq "a or b" or userName eq "c\" or d""#;
    let parts = split(filter, " or ");
    assert_eq!(
        parts,
        [r#"userName eq "a or b""#, r#"userName eq "c\" or d""#]
    );
    let last = test(&parts[1]).unwrap();
    assert_eq!(last.value, "c\" or d");
    let inner = test(r#"entitlements[value eq "w1"]"#).unwrap();
    assert_eq!(
        (inner.attribute.as_str(), inner.value.as_str()),
        ("entitlements", "w1")
    );
}
