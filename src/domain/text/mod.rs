//! Text from outside: how it is decoded when it is a secret, and how it is escaped when it is printed. Also
//! the words around a count.

mod count_words;
mod escape;
mod plain_text;
mod user_words;

pub(crate) use count_words::{and_more, counted, grouped, one_or_many};
pub use escape::is_unseen;
pub(crate) use escape::{escape_controls, escape_json, on_one_line};
pub(crate) use plain_text::{TextFault, pem_text, plain_text};
pub(crate) use user_words::{line_counts, name_user, user_counts};
