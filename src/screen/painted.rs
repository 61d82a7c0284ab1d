//! Text with colours: what a word means, and not which colour that has, is said where it is written.

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::domain::escape_controls;

/// What a piece of text is, for the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Nothing of its own.
    Plain,
    /// It went well.
    Good,
    /// It went wrong.
    Bad,
    /// To be looked at.
    Caution,
    /// A heading, or a command that may be pasted.
    Strong,
}

impl Paint {
    fn style(self) -> Style {
        let color = |color: AnsiColor| color.on_default();
        match self {
            Self::Plain => Style::new(),
            Self::Good => color(AnsiColor::Green),
            Self::Bad => color(AnsiColor::Red).bold(),
            Self::Caution => color(AnsiColor::Yellow),
            Self::Strong => Style::new().bold(),
        }
    }
}

/// Text in pieces, each with its paint. What is written by [`Write`] is plain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Painted {
    pieces: Vec<(Paint, String)>,
}

impl Painted {
    /// Adds a piece.
    pub(crate) fn paint(&mut self, paint: Paint, text: impl Into<String>) {
        self.pieces.push((paint, text.into()));
    }

    /// The same, for a text that is made in one go.
    #[must_use]
    pub(crate) fn with(mut self, paint: Paint, text: impl Into<String>) -> Self {
        self.paint(paint, text);
        self
    }

    /// Adds all pieces of another text.
    pub(crate) fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
    }

    /// The text with escape sequences for its colours, and with all control characters of its own escaped.
    pub(super) fn colored(&self) -> String {
        let mut text = String::new();
        for (paint, piece) in &self.pieces {
            let (style, piece) = (paint.style(), escape_controls(piece));
            let _ = write!(text, "{style}{piece}{style:#}");
        }
        text
    }
}

impl Write for Painted {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.pieces.last_mut() {
            Some((Paint::Plain, last)) => last.push_str(text),
            _ => self.paint(Paint::Plain, text),
        }
        Ok(())
    }
}

impl From<&str> for Painted {
    fn from(text: &str) -> Self {
        Self::default().with(Paint::Plain, text)
    }
}

impl From<&String> for Painted {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Painted {
    fn from(text: String) -> Self {
        Self::default().with(Paint::Plain, text)
    }
}

/// The text without colours.
impl fmt::Display for Painted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces
            .iter()
            .try_for_each(|(_, piece)| f.write_str(piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_escapes_are_written() {
        let mut text = Painted::from("line ");
        let _ = write!(text, "{}: ", 7);
        text.paint(Paint::Bad, "\u{1b}[32mfailed");
        assert_eq!(
            text.colored(),
            "line 7: \u{1b}[1m\u{1b}[31m\\u{1b}[32mfailed\u{1b}[0m"
        );
        assert_eq!(text.to_string(), "line 7: \u{1b}[32mfailed");
    }
}
