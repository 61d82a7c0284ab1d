//! Writes the made users of a sandbox as a roster.

use std::io;
use std::path::Path;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::files::{Draft, OutputPath, Signature};
use crate::report::Rows;
use crate::sandbox::Person;

/// The columns of a model's users export; the header of the addresses is empty there.
pub(crate) const ROSTER_HEADER: [&str; 5] =
    ["", "First Name", "Last Name", "User ID", "Model Role"];

/// One user as such an export shows them.
pub(crate) fn roster_record(person: &Person) -> [String; 5] {
    [
        person.user_name.clone(),
        person.given_name.clone(),
        person.family_name.clone(),
        person.id.clone(),
        "Viewer".to_owned(),
    ]
}

/// How a roster of made users is recognised. A model's own export has the same header, and never an
/// address at this domain.
const ROSTER: Signature = Signature {
    what: "roster of a sandbox",
    is_ours: |head| {
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(head);
        let is_header = csv
            .headers()
            .is_ok_and(|header| header == ROSTER_HEADER.as_slice());
        let first = csv.records().next().and_then(Result::ok);
        is_header
            && first.is_none_or(|row| {
                row.get(0)
                    .is_some_and(|name| name.ends_with("@example.com"))
            })
    },
};

/// Writes a roster of made users with these rows after the header.
pub(crate) fn write_roster(
    path: &Path,
    rows: impl FnOnce(&mut Rows<Draft>) -> io::Result<()>,
) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let path = path.display();
        Failure::new(Exit::Settings, format!("cannot write `{path}`: {error}"))
    };
    let mut csv = Rows::new(OutputPath::new(path, ROSTER)?.begin()?);
    csv.write(ROSTER_HEADER).map_err(failed)?;
    rows(&mut csv).map_err(failed)?;
    Ok(csv.finish().map_err(failed)?.finish()?)
}
