//! The lines of the roster as data inside the page: compact JSON, written so that no text in it can end its
//! HTML element.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::domain::{Status, Timestamp};
use crate::ledger::{Job, Reader, UndoMark, UserRow};
use crate::report::ReportError;
use crate::report::mask::Privacy;

/// How many lines are read at a time.
const PAGE: usize = 500;

/// How many shared texts are kept in memory.
const MOST_WORDS: usize = 8192;

/// A longer text is written in each row that has it.
const LONGEST_WORD: usize = 400;

/// Writes JSON into an element of HTML. `<` becomes `\u003c`, which means the same in JSON. So nothing in the
/// text can end the element or begin a comment.
#[derive(Debug)]
pub(super) struct Embedded<W>(pub(super) W);

impl<W: Write> Write for Embedded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (index, piece) in bytes.split(|byte| *byte == b'<').enumerate() {
            if index > 0 {
                self.0.write_all(b"\\u003c")?;
            }
            self.0.write_all(piece)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A text: its index among the shared texts, or the text itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Text<'a> {
    Known(usize),
    Full(&'a str),
}

/// The texts that many rows have, such as reasons. Each is in the page once, and the rows refer to it by its
/// index.
#[derive(Debug, Default)]
pub(super) struct SharedTexts {
    places: HashMap<String, usize>,
    all: Vec<String>,
}

impl SharedTexts {
    fn text<'a>(&mut self, text: &'a str) -> Text<'a> {
        if let Some(place) = self.places.get(text) {
            return Text::Known(*place);
        }
        if self.all.len() == MOST_WORDS || text.len() > LONGEST_WORD {
            return Text::Full(text);
        }
        let place = self.all.len();
        self.places.insert(text.to_owned(), place);
        self.all.push(text.to_owned());
        Text::Known(place)
    }

    fn texts<'a>(&mut self, texts: &'a [String]) -> Vec<Text<'a>> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    /// All shared texts, in the order of their indexes.
    pub(super) fn all(&self) -> &[String] {
        &self.all
    }
}

/// One cell of the roster. A cell that equals another member of the row is not repeated.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Cell<'a> {
    /// 0 the id, 1 the user name, 2 the display name.
    Same(u8),
    Text(&'a str),
}

/// One line. The script reads the members by their index: see `templates/table.js`.
#[derive(Debug, Serialize)]
pub(super) struct Row<'a>(
    u64,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    usize,
    Option<Text<'a>>,
    Option<Text<'a>>,
    Option<bool>,
    Option<Vec<Text<'a>>>,
    Option<i64>,
    Option<bool>,
    Option<Vec<Text<'a>>>,
    u64,
    Option<u16>,
    Option<&'a str>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<Text<'a>>,
    Option<usize>,
    Option<Text<'a>>,
    Option<Text<'a>>,
    Option<i64>,
    Option<String>,
    Vec<Cell<'a>>,
);

/// What all rows refer to.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    /// Times are ms since this moment.
    pub(super) base: Timestamp,
    /// The ids of the runs.
    pub(super) runs: &'a [String],
}

impl Frame<'_> {
    /// A line as data.
    pub(super) fn row<'a>(
        &self,
        user: &'a UserRow,
        undo: Option<&UndoMark>,
        words: &mut SharedTexts,
    ) -> Row<'a> {
        let verified = user.verified.as_ref();
        let time = |at: Option<Timestamp>| at.map(|at| at.as_millis() - self.base.as_millis());
        let mut text = |text: &'a Option<String>| text.as_deref().map(|text| words.text(text));
        let (reason, detail) = (text(&user.reason), text(&user.detail));
        let confirmed_by = text(&user.confirmed_by);
        let finding_detail = text(&user.verified_detail);
        let finding = verified.map(|(_, finding)| words.text(finding));
        let before = user.before.as_ref();
        let mut ids = |ids: Option<&'a Vec<String>>| ids.map(|ids| words.texts(ids));
        let workspaces_before = ids(before.and_then(|seen| seen.state.workspaces.as_ref()));
        let workspaces_after = ids(user.workspaces_after.as_ref());
        Row(
            user.line.0,
            user.user_id.as_deref(),
            user.user_name.as_deref(),
            user.display_name.as_deref(),
            place(user.status),
            reason,
            detail,
            before.and_then(|seen| seen.state.active),
            workspaces_before,
            time(before.map(|seen| seen.at)),
            user.active_after,
            workspaces_after,
            user.attempts,
            user.http_status,
            user.request_id.as_deref(),
            time(user.first_attempt_at),
            time(user.done_at),
            time(user.confirmed_at),
            confirmed_by,
            user.run_id
                .as_ref()
                .and_then(|id| self.runs.iter().position(|run| run == id)),
            finding,
            finding_detail,
            time(verified.map(|(at, _)| *at)),
            undo.map(|undo| format!("{} by job {}", undo.outcome.replace('_', " "), undo.job)),
            user.known
                .cells
                .iter()
                .map(|cell| same(user, cell))
                .collect(),
        )
    }
}

fn same<'a>(user: &UserRow, cell: &'a str) -> Cell<'a> {
    let known = [&user.user_id, &user.user_name, &user.display_name];
    let place = known
        .iter()
        .zip(0_u8..)
        .find(|(text, _)| text.as_deref() == Some(cell));
    place.map_or(Cell::Text(cell), |(_, place)| Cell::Same(place))
}

/// The index of an outcome among those that are reported.
fn place(status: Status) -> usize {
    let reported = status.reported();
    outcomes().position(|known| known == reported).unwrap_or(0)
}

/// The outcomes that are reported, in the order of reports.
pub(super) fn outcomes() -> impl Iterator<Item = Status> {
    let all = Status::ALL.iter().copied();
    all.filter(|status| status.reported() == *status)
}

/// Writes these lines of the roster as data, in this order.
pub(super) async fn write_lines(
    reader: &mut Reader,
    job: &Job,
    privacy: Privacy,
    frame: &Frame<'_>,
    lines: &[u64],
    file: &mut impl Write,
) -> Result<(), ReportError> {
    let mut words = SharedTexts::default();
    let mut text = Vec::new();
    file.write_all(b"<script type=\"application/json\" id=\"lines\">[")?;
    for (nth, numbers) in lines.chunks(PAGE).enumerate() {
        let page = reader.lines_at(job, numbers).await?;
        let marks = reader.undo_marks(job, &page).await?;
        for (index, mut row) in page.into_iter().enumerate() {
            if nth + index > 0 {
                file.write_all(b",\n")?;
            }
            privacy.row(&mut row);
            let data = frame.row(&row, marks.get(&row.line), &mut words);
            // The file gets a row at once and not each token of it.
            text.clear();
            serde_json::to_writer(&mut text, &data).map_err(io::Error::from)?;
            Embedded(&mut *file).write_all(&text)?;
        }
    }
    file.write_all(b"]</script>\n<script type=\"application/json\" id=\"words\">")?;
    serde_json::to_writer(Embedded(&mut *file), words.all()).map_err(io::Error::from)?;
    file.write_all(b"</script>\n")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_breaks_out_of_its_element(text in "(<|!|-|/|script|>|\\PC|\"|\\\\){0,40}") {
            let mut page = Vec::new();
            serde_json::to_writer(Embedded(&mut page), &text).unwrap();
            prop_assert!(!page.contains(&b'<'));
            let back: String = serde_json::from_slice(&page).unwrap();
            prop_assert_eq!(back, text);
        }
    }

    #[test]
    fn shared_texts_are_stored_once_and_memory_is_bounded() {
        let mut words = SharedTexts::default();
        assert_eq!(words.text("a"), Text::Known(0));
        assert_eq!(words.text("b"), Text::Known(1));
        assert_eq!(words.text("a"), Text::Known(0));
        let long = "x".repeat(LONGEST_WORD + 1);
        assert_eq!(words.text(&long), Text::Full(&long));
        for n in 0..MOST_WORDS {
            words.text(&n.to_string());
        }
        assert_eq!(words.all().len(), MOST_WORDS);
        assert_eq!(words.text("new"), Text::Full("new"));
        assert_eq!(words.text("b"), Text::Known(1));
    }
}
