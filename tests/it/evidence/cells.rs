//! Cells: nothing runs in a spreadsheet, and names in any script come through.

use offboard::report::Privacy;

use super::made::{Fate, Made, ODD_NAMES, id};

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
async fn p11_what_users_had_is_a_roster_of_those_who_may_have_been_changed() {
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
