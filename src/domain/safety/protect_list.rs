//! The protect list and the acting account: users that are never written, even if the roster names them.
//! Pure rules. Names compare by [`name_key`], ids as the provider compares them.

use wildmatch::WildMatch;

use crate::domain::{IdRule, name_key};

/// The patterns of the users that are never written.
#[derive(Debug, Clone, Default)]
pub struct ProtectList(Vec<Pattern>);

#[derive(Debug, Clone)]
struct Pattern {
    /// The pattern as it was written.
    text: String,
    rule: Rule,
}

#[derive(Debug, Clone)]
enum Rule {
    /// A user's id or name; a name's domain, if it may be one.
    Exactly(String),
    /// All names of this domain, written with its `@`.
    Domain(String),
    /// `*` stands for any text, `?` for one character.
    Wild(WildMatch),
}

impl ProtectList {
    /// Makes a list from patterns. Blank patterns, and those that begin with `#`, are left out.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let patterns = patterns.into_iter().map(str::trim);
        let meant = patterns.filter(|text| !text.is_empty() && !text.starts_with('#'));
        Self(meant.map(Pattern::new).collect())
    }

    /// Whether the list has no pattern, so that it protects no user.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first pattern that covers a user with this id and these names. An id that is an address counts
    /// as a name too.
    pub(super) fn covers<'a>(
        &self,
        ids: IdRule,
        id: Option<&str>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<&str> {
        if self.is_empty() {
            return None;
        }
        let known = keys(id, names);
        let covering = self
            .0
            .iter()
            .find(|pattern| pattern.covers(ids, id, &known));
        covering.map(|pattern| pattern.text.as_str())
    }

    /// Removes the patterns that cover this user. After all users were passed, the patterns that are left
    /// cover no user.
    pub(super) fn leave_out_met<'a>(
        &mut self,
        ids: IdRule,
        id: Option<&str>,
        names: impl IntoIterator<Item = &'a str>,
    ) {
        if self.is_empty() {
            return;
        }
        let known = keys(id, names);
        self.0.retain(|pattern| !pattern.covers(ids, id, &known));
    }

    /// The patterns as they were written, in their order.
    pub fn patterns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|pattern| pattern.text.as_str())
    }
}

/// The names of a user in the form in which they are compared.
fn keys<'a>(id: Option<&str>, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut known: Vec<String> = names.into_iter().map(name_key).collect();
    known.extend(id.filter(|id| id.contains('@')).map(name_key));
    known
}

impl Pattern {
    fn new(text: &str) -> Self {
        let key = name_key(text);
        let rule = if key.contains(['*', '?']) {
            // Any name may stand before the `@` of a domain.
            let any = if key.starts_with('@') { "*" } else { "" };
            Rule::Wild(WildMatch::new(&format!("{any}{key}")))
        } else if key.starts_with('@') {
            Rule::Domain(key)
        } else {
            Rule::Exactly(key)
        };
        Self {
            text: text.to_owned(),
            rule,
        }
    }

    fn covers(&self, ids: IdRule, id: Option<&str>, known: &[String]) -> bool {
        id.is_some_and(|id| self.matches_id(ids, id)) || known.iter().any(|name| self.matches(name))
    }

    fn matches_id(&self, ids: IdRule, id: &str) -> bool {
        match &self.rule {
            Rule::Domain(_) => false,
            Rule::Wild(_) => WildMatch::new(&ids.key(&self.text)).matches(&ids.key(id)),
            Rule::Exactly(_) => ids.is_same(&self.text, id),
        }
    }

    fn matches(&self, name: &str) -> bool {
        match &self.rule {
            Rule::Domain(domain) => name.ends_with(domain),
            Rule::Wild(wild) => wild.matches(name),
            // `example.com` may be meant as a domain: in doubt, the pattern protects.
            Rule::Exactly(text) => {
                name == text || name.rsplit_once('@').is_some_and(|(_, of)| of == text)
            }
        }
    }
}

/// The account that signs in, by the ids and names that are known of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    /// Its ids at the provider.
    pub ids: Vec<String>,
    /// Its user names.
    pub names: Vec<String>,
}

impl Actor {
    /// Whether a user with this id and these names is the account that signs in.
    pub fn is<'a>(
        &self,
        rule: IdRule,
        id: Option<&str>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> bool {
        let by_id = id.is_some_and(|id| rule.contains(&self.ids, id));
        let mine: Vec<_> = self.names.iter().map(|name| name_key(name)).collect();
        let same = |name: &str| mine.contains(&name_key(name));
        by_id || (!mine.is_empty() && names.into_iter().any(same))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_each_user_that_fits_a_pattern_is_protected() {
        let list = ProtectList::new([
            "# the board",
            "",
            " CEO@example.com ",
            "@board.example.com",
            "svc-*",
            "partner.example.org",
            "8A8B01",
            "@*.eu.example",
        ]);
        for (id, name, covered) in [
            ("1", "ceo@EXAMPLE.com", Some("CEO@example.com")),
            ("1", "ada@board.example.com", Some("@board.example.com")),
            ("1", "ada@xboard.example.com", None),
            ("1", "ada@a.eu.example", Some("@*.eu.example")),
            ("1", "ada@eu.example", None),
            ("1", "ada@a.board.example.com", None),
            ("1", "Svc-backup@example.com", Some("svc-*")),
            ("svc-1", "x@example.com", Some("svc-*")),
            ("1", "x@partner.example.org", Some("partner.example.org")),
            ("8a8b01", "x@example.com", Some("8A8B01")),
            ("8a8b012", "x@example.com", None),
            ("1", "ada@example.com", None),
        ] {
            assert_eq!(
                list.covers(IdRule::IgnoreCase, Some(id), [name]),
                covered,
                "{id} {name}"
            );
        }
        assert!(ProtectList::new(["#", " "]).is_empty());
        assert_eq!(list.covers(IdRule::Exact, None, []), None);
    }

    #[test]
    fn p7_the_patterns_that_cover_no_user_are_found() {
        let mut unmet = ProtectList::new(["a@x.com", "@y.com", "U3", "svc-*"]);
        unmet.leave_out_met(IdRule::Exact, Some("U1"), ["A@x.com"]);
        unmet.leave_out_met(IdRule::Exact, Some("U3"), ["c@z.com"]);
        assert_eq!(unmet.patterns().collect::<Vec<_>>(), ["@y.com", "svc-*"]);
    }

    #[test]
    fn p7_one_of_two_ids_that_differ_in_case_is_protected_without_the_other() {
        for (pattern, id, exact, folded) in [
            ("aB", "aB", true, true),
            ("aB", "ab", false, true),
            ("a*B", "axB", true, true),
            ("a*B", "axb", false, true),
            ("@x.com", "ab", false, false),
            // An id that is an address is a name.
            ("@x.com", "Ada@X.com", true, true),
        ] {
            let list = ProtectList::new([pattern]);
            for (rule, covered) in [(IdRule::Exact, exact), (IdRule::IgnoreCase, folded)] {
                let found = list.covers(rule, Some(id), []).is_some();
                assert_eq!(found, covered, "{pattern} {id} {rule:?}");
            }
        }
    }

    #[test]
    fn p7_a_name_is_protected_however_its_accents_are_composed() {
        let list = ProtectList::new(["jos\u{e9}@x.com", "@\u{fc}.com"]);
        assert!(
            list.covers(IdRule::Exact, None, ["JOSE\u{301}@x.com"])
                .is_some()
        );
        assert!(
            list.covers(IdRule::Exact, None, ["ada@u\u{308}.com"])
                .is_some()
        );
        assert_eq!(list.covers(IdRule::Exact, None, ["jose@x.com"]), None);
    }

    #[test]
    fn p7_the_acting_account_is_recognised_by_id_and_by_name() {
        let actor = Actor {
            ids: vec!["8A8B".to_owned()],
            names: vec!["Admin@example.com".to_owned()],
        };
        let rule = IdRule::IgnoreCase;
        assert!(actor.is(rule, Some("8a8b"), []));
        assert!(!actor.is(IdRule::Exact, Some("8a8b"), []));
        assert!(actor.is(rule, Some("1"), ["admin@EXAMPLE.com"]));
        assert!(!actor.is(rule, Some("1"), ["admin2@example.com"]));
        assert!(!Actor::default().is(rule, Some(""), [""]));
    }
}
