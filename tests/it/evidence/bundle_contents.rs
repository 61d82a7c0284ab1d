//! The files of a bundle: their totals agree with the ledger and with the roster, no cell is run as a
//! formula by a spreadsheet, and names in any script are kept.

use std::collections::BTreeMap;

use offboard::report::Privacy;
use proptest::prelude::*;

use super::generated_job::{Fate, Made, ODD_NAMES, assert_holds, id};

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

fn plain(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

#[tokio::test]
async fn no_cell_is_a_formula_and_names_in_any_script_survive() {
    let fates: Vec<_> = ODD_NAMES.iter().map(|_| Fate::Removed).collect();
    let made = Made::new(&fates).await;
    let (dir, _) = made.bundle("open", Privacy::Open).await;
    for (file, name_at) in [("report.csv", 3), ("undo.csv", 1)] {
        let mut table = csv::Reader::from_path(dir.join(file)).unwrap();
        let rows: Vec<_> = table.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), ODD_NAMES.len(), "{file}");
        for (row, name) in rows.iter().zip(ODD_NAMES) {
            for cell in row {
                assert!(
                    !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                    "{cell}"
                );
            }
            if file == "report.csv" {
                assert_eq!(plain(&row[name_at]), name);
                assert_eq!(plain(&row[row.len() - 1]), name);
            }
        }
    }
}

#[tokio::test]
async fn p11_undo_csv_is_a_roster_of_the_users_that_may_have_been_changed() {
    let made = Made::new(&Fate::ALL).await;
    let (dir, _) = made.bundle("open", Privacy::Open).await;
    let survey = offboard::roster::check(
        dir.join("undo.csv"),
        &offboard::roster::RosterOptions::default(),
    )
    .unwrap();
    assert_eq!(survey.rejected, 0);
    let changed = [
        Fate::Removed,
        Fate::Reread,
        Fate::InDoubt,
        Fate::LeftInDoubt,
        Fate::Claimed,
        Fate::Verified,
        Fate::Drifted,
    ];
    let mut table = csv::Reader::from_path(dir.join("undo.csv")).unwrap();
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    let ids: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    let expected = made.fates.iter().enumerate();
    let expected: Vec<_> = expected
        .filter(|(_, fate)| changed.contains(fate))
        .map(|(index, _)| id(index))
        .collect();
    assert_eq!(ids, expected);
    assert!(
        rows.iter()
            .all(|row| &row[2] == "true" && &row[3] == "w1 w2")
    );
}
