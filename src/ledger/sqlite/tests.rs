//! Rules that hold for all statements.

use std::path::Path;

use crate::ledger::RunKind;
use crate::ledger::record::EventKind;
use crate::ledger::record::word::Word;

/// The words with which a statement compares a column `kind`.
fn kinds_in(text: &str) -> Vec<&str> {
    let mut kinds = Vec::new();
    for operator in ["kind = ", "kind <> ", "kind IN ("] {
        for (_, after) in text
            .match_indices(operator)
            .map(|(at, _)| text.split_at(at))
        {
            let words = &after[operator.len()..];
            let end = if operator.ends_with('(') { ')' } else { '\n' };
            let words = words.split(end).next().unwrap_or_default();
            let count = if operator.ends_with('(') {
                usize::MAX
            } else {
                1
            };
            let quoted = words.split('\'').skip(1).step_by(2);
            kinds.extend(quoted.take(count));
        }
    }
    kinds
}

fn each_source(dir: &Path, see: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, see);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("tests.rs") {
            see(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_kind_in_a_statement_is_a_kind_of_event_or_of_run() {
    assert_eq!(
        kinds_in("WHERE kind = 'a' AND x = 'b'\nOR kind IN ('c', 'd') OR kind <> 'e'"),
        ["a", "e", "c", "d"]
    );
    let mut count = 0;
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ledger");
    each_source(&dir, &mut |text| {
        for kind in kinds_in(text) {
            count += 1;
            let is_known =
                EventKind::from_word(kind).is_some() || RunKind::from_word(kind).is_some();
            assert!(is_known, "no event and no run is of the kind `{kind}`");
        }
    });
    assert!(count > 10, "only {count} kinds were found");
}
