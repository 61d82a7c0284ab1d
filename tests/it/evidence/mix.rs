//! Whatever becomes of the lines: the totals of all files agree with the ledger and with the roster.

use std::collections::BTreeMap;

use offboard::report::Privacy;
use proptest::prelude::*;

use super::made::{Fate, Made, assert_holds};

fn counts(outcomes: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome).or_default() += 1;
    }
    counts
}

/// The first line names a user of its own, for duplicates to repeat.
fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let any = proptest::sample::select(Fate::ALL.as_slice());
    proptest::collection::vec(any, 0..24).prop_map(|mut fates| {
        fates.insert(0, Fate::Removed);
        fates
    })
}

async fn agree(fates: &[Fate]) {
    let made = Made::new(fates).await;
    let expected = counts(fates.iter().map(|fate| fate.outcome().to_owned()));
    for (name, privacy) in [("open", Privacy::Open), ("masked", Privacy::Masked)] {
        let (dir, summary) = made.bundle(name, privacy).await;
        let audit = assert_holds(&dir);
        assert_eq!(audit.lines, fates.len() as u64);

        assert!(summary.balanced);
        assert_eq!((summary.sum, summary.lines), (audit.lines, audit.lines));
        let told = summary.outcomes.iter().filter(|(_, count)| **count > 0);
        let told: BTreeMap<_, _> = told
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect();
        assert_eq!(told, expected);

        let mut table = csv::Reader::from_path(dir.join("report.csv")).unwrap();
        let rows: Vec<_> = table.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), fates.len());
        assert_eq!(counts(rows.iter().map(|row| row[4].to_owned())), expected);

        let (mut reader, job) = made.reader().await;
        let stored = reader.counts(&job).await.unwrap();
        assert_eq!(stored.lines(), fates.len() as u64);
    }
    let audit = made.audit(None).await;
    assert!(audit.holds, "{:#?}", audit.faults.first);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p8_the_totals_of_all_files_agree_with_the_ledger_and_the_roster(fates in fates()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(&fates));
    }
}
