//! A search for the name of a type finds one type: names that are visible in the crate are unique, also
//! among test code.

use std::collections::BTreeMap;

use super::scan::{code_only, published};
use super::sources::{Source, sources};

/// The types that a file makes visible outside itself.
fn visible_types(text: &str) -> Vec<String> {
    let code = code_only(text);
    let mut found = Vec::new();
    for line in code.lines() {
        let Some(rest) = published(line) else {
            continue;
        };
        let mut words = rest.split(|c: char| !c.is_alphanumeric() && c != '_');
        let is_type = |word: &str| ["struct", "enum", "trait", "type", "union"].contains(&word);
        if words.find(|word| !word.is_empty()).is_some_and(is_type)
            // A macro writes `$name`, which is no name.
            && let Some(name) = words.next().filter(|name| !name.is_empty())
        {
            found.push(name.to_owned());
        }
    }
    found
}

#[test]
fn each_visible_type_has_a_name_of_its_own() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources("src") {
        // What `platform` has for Unix it has for Windows under the same name, and a program contains one of them.
        if source.path.starts_with("src/platform/windows") {
            continue;
        }
        for name in visible_types(&source.text) {
            places.entry(name).or_default().push(Source::name(&source));
        }
    }
    assert!(places.len() > 100, "only {} types were found", places.len());
    let twice: Vec<_> = places
        .iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    assert!(twice.is_empty(), "\n{}", twice.join("\n"));
}

#[test]
fn types_are_found_whatever_their_visibility() {
    let text = "pub struct A;\npub(crate) enum B {\n    pub(in crate::x) trait C {\n\
                struct D;\npub fn e() {}\n// pub struct F;\npub(super) type G<T> = T;\npub struct $h {\n";
    assert_eq!(visible_types(text), ["A", "B", "C", "G"]);
}
