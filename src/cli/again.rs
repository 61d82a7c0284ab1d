//! The command that continues, ready to be pasted.

use std::ffi::OsString;

use crate::domain::JobId;

/// The present command line again. `--new` is left out, since it would start another job: the job's
/// id takes the place of the roster instead.
pub(super) fn command(job: &JobId, subject: &str) -> String {
    from_words(std::env::args_os(), job, subject)
}

fn from_words(words: impl Iterator<Item = OsString>, job: &JobId, subject: &str) -> String {
    let words: Vec<_> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let new = words.iter().any(|word| word == "--new");
    words
        .iter()
        .filter(|word| *word != "--new")
        .map(|word| {
            let word = if new && word == subject {
                job.as_str()
            } else {
                word
            };
            quote(word)
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The word as a POSIX shell reads it back.
fn quote(word: &str) -> String {
    // NUL cannot be in an argument, and that is all that this refuses.
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(words: &[&str]) -> String {
        let job = JobId::from_stored("0193af".to_owned());
        from_words(words.iter().map(OsString::from), &job, "my leavers.csv")
    }

    #[test]
    fn the_same_command_continues() {
        assert_eq!(
            again(&["offboard", "run", "my leavers.csv", "--disable"]),
            "offboard run 'my leavers.csv' --disable"
        );
        assert_eq!(
            again(&["offboard", "run", "--new", "my leavers.csv", "--disable"]),
            "offboard run 0193af --disable"
        );
    }
}
