//! The errors that make a whole roster unusable, as opposed to one line of it.
//!
//! An error names the file, the line if there is one, and what the user can do about it. It quotes the file
//! only in excerpts, since the file may be binary data.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::excerpt::{
    CandidateColumns, ColumnNames, FileAndLine, FirstRejection, NAME_SHOWN, OpenQuote, excerpt,
};
use super::line::Rejection;

/// Why a roster cannot be used, with the file and the line.
#[derive(Debug, Clone, Error)]
#[error("{}: {kind}", FileAndLine(.path, *.line))]
pub struct RosterError {
    path: PathBuf,
    line: Option<u64>,
    #[source]
    kind: RosterErrorKind,
}

/// Why a roster cannot be used.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub(super) enum RosterErrorKind {
    /// There is no file at the path.
    #[error("no such file")]
    NotFound,
    /// The path is a directory.
    #[error("is a directory")]
    Directory,
    /// The path is a pipe, a socket or a device.
    #[error("is not a regular file")]
    NotRegular,
    /// This account may not read the file.
    #[error("permission denied")]
    PermissionDenied,
    /// The file holds nothing, or only blank lines.
    #[error("is empty")]
    Empty,
    /// The file ends after its header.
    #[error("has a header but no lines")]
    HeaderOnly,
    /// The file is not text in any known encoding.
    #[error("is not text")]
    NotText,
    /// The header is text in another encoding than UTF-8 or UTF-16.
    #[error("the header is not UTF-8")]
    HeaderNotUtf8,
    /// The encoding that was named is not the one that the file's first bytes show.
    #[error("its first bytes say {marked}, and the encoding was named as {named}")]
    OtherEncoding {
        /// The encoding that was named.
        named: &'static str,
        /// The encoding that the byte order mark shows.
        marked: &'static str,
    },
    /// The lines above the header may be users.
    #[error("this line is no header that is known, and line {line} looks like the header")]
    HeaderFurtherDown {
        /// The line that looks like the header, from 1.
        line: u64,
    },
    /// A cell of the header looks like the users below it.
    #[error("the header's cell `{header}` looks like a user, such as `{other}`")]
    HeaderIsUser {
        /// The cell, shortened.
        header: String,
        /// A cell below it, shortened.
        other: String,
    },
    /// No record begins on the line that was named as the header.
    #[error("there is no header on this line")]
    NoHeaderLine,
    /// The file has no header and several columns, so it is not known which of them names the users.
    #[error("a file without a header does not say which of its {columns} columns names the users")]
    NoNames {
        /// How many columns there are.
        columns: usize,
    },
    /// No column has a known name for ids or for e-mail addresses.
    #[error("no id column among {}", ColumnNames(.found))]
    NoIdColumn {
        /// The names of the columns that are there.
        found: Vec<String>,
    },
    /// The column that was named does not exist.
    #[error("no column `{}` among {}", excerpt(.wanted, NAME_SHOWN), ColumnNames(.found))]
    NoSuchColumn {
        /// The flag that named it.
        flag: &'static str,
        /// The name or number that was given.
        wanted: String,
        /// The names of the columns that are there.
        found: Vec<String>,
    },
    /// Several columns could be meant. A guess could remove the wrong people.
    #[error("several columns could be meant: {}", CandidateColumns(.candidates))]
    AmbiguousColumn {
        /// The flag with which to choose one.
        flag: &'static str,
        /// Number (from 1) and name of each column that could be meant.
        candidates: Vec<(usize, String)>,
    },
    /// A quote was opened and never closed. The error's line is the one with the opening quote.
    #[error("a quote is opened here and never closed")]
    UnclosedQuote,
    /// A record is longer than the limit.
    #[error("the record that begins here is longer than {limit} bytes{}", OpenQuote(*.quote))]
    RecordTooLong {
        /// The most bytes that a record may have.
        limit: u64,
        /// The line of the quote that was still open when the limit was reached.
        quote: Option<u64>,
    },
    /// Every line was rejected.
    #[error("no usable line: {}", FirstRejection(*.lines, *.line, .reason))]
    NoUsableLine {
        /// How many lines there are.
        lines: u64,
        /// The first rejected line.
        line: u64,
        /// Why the first line was rejected.
        reason: Rejection,
    },
    /// No temporary file can be written. Repeated users are counted with its help.
    #[error("repeated users cannot be counted: no temporary file can be written")]
    Scratch(#[source] Arc<io::Error>),
    /// The system could not open or read the file.
    #[error("cannot be read")]
    Io(#[source] Arc<io::Error>),
}

impl RosterError {
    pub(super) fn new(path: &Path, line: Option<u64>, kind: RosterErrorKind) -> Self {
        Self {
            path: path.to_owned(),
            line,
            kind,
        }
    }

    /// The physical line on which the problem begins, if it has one.
    #[cfg(test)]
    pub(super) fn line(&self) -> Option<u64> {
        self.line
    }

    /// Which kind of error it is.
    #[cfg(test)]
    pub(super) fn kind(&self) -> &RosterErrorKind {
        &self.kind
    }

    /// What the user can do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        use RosterErrorKind as Kind;
        Some(match &self.kind {
            Kind::NotFound => "check the path".into(),
            Kind::Directory | Kind::NotRegular => {
                "name a CSV file: a roster is read more than once and identified by its bytes, so it cannot be a pipe".into()
            }
            Kind::PermissionDenied => "make the file readable for this account".into(),
            Kind::Empty | Kind::HeaderOnly => "check that the export is complete".into(),
            Kind::NotText => {
                "export it as CSV; a workbook must first be saved as `CSV UTF-8`".into()
            }
            Kind::HeaderNotUtf8 => {
                "save the file as `CSV UTF-8`, or name its encoding with `--encoding`".into()
            }
            Kind::OtherEncoding { .. } => "leave out `--encoding`".into(),
            Kind::HeaderFurtherDown { line } => {
                format!("if it is the header, add `--header-line {line}`; the lines above it are then left out")
            }
            Kind::HeaderIsUser { .. } => {
                let line = self.line.unwrap_or(1);
                format!("if the file has no header, add `--no-header`; if this is one, `--header-line {line}`")
            }
            Kind::NoHeaderLine => "give `--header-line` the line, from 1, on which the header begins".into(),
            Kind::NoNames { .. } => {
                "name the column by number, as in `--id-column '#1'` or `--email-column '#2'`".into()
            }
            Kind::NoIdColumn { .. } => {
                "name the column with `--id-column NAME` or `--email-column NAME`, or by number, as in `--id-column '#1'`; \
                 `--header-line N` says where the header is, and `--no-header` that there is none"
                    .into()
            }
            Kind::NoSuchColumn { flag, .. } => {
                format!("give `{flag}` one of these names, or a number, as in `{flag} '#1'`")
            }
            Kind::AmbiguousColumn { flag, candidates } => {
                let number = candidates.first().map_or(1, |(number, _)| *number);
                format!("choose one with `{flag}`, by number where the names are alike: `{flag} '#{number}'`")
            }
            Kind::UnclosedQuote | Kind::RecordTooLong { quote: Some(_), .. } => {
                "close the quote, or double it if it is part of the text".into()
            }
            Kind::RecordTooLong { quote: None, .. } => {
                "check that the file is a CSV with one user to a line".into()
            }
            Kind::NoUsableLine { .. } => {
                "check that `--id-column` or `--email-column` names the right column".into()
            }
            Kind::Scratch(_) => "make room in the folder of temporary files".into(),
            Kind::Io(_) => return None,
        })
    }
}

/// Maps an error of the system on opening or reading to a kind.
impl From<io::Error> for RosterErrorKind {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::PermissionDenied => Self::PermissionDenied,
            io::ErrorKind::IsADirectory => Self::Directory,
            _ => Self::Io(Arc::new(error)),
        }
    }
}
