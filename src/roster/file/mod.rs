//! From the bytes of a roster file to its records: the file is opened and hashed, its encoding is
//! found, and each record gets the number of the line on which it begins.

mod encoding;
mod record_scan;
mod source;

pub(crate) use encoding::TextEncoding;
pub(in crate::roster) use encoding::{Text, is_text};
pub(in crate::roster) use record_scan::{RECORD_LIMIT, RecordMark, Scanned, Scanner};
pub(crate) use source::Digest;
pub(in crate::roster) use source::{Digested, RunningDigest, digest_of_file, open_regular};
