//! Whatever is put in: a clear message, the right exit code, and a ledger that stays as it was.

mod confirmation;
mod ledger;
mod roster;
mod settings;
mod sign_in;
mod spreadsheets;

use crate::support::Bed;

/// The bytes of the ledger; none if there is no file.
fn ledger_bytes(bed: &Bed) -> Option<Vec<u8>> {
    std::fs::read(bed.ledger()).ok()
}

/// Neither a ledger nor anything beside one.
fn assert_no_ledger(bed: &Bed, what: &str) {
    let found: Vec<_> = std::fs::read_dir(bed.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("ledger.db"))
        .collect();
    assert!(found.is_empty(), "{what}: {found:?} appeared");
}
