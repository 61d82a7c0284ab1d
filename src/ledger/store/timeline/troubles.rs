//! What went wrong, grouped by outcome and reason, with what was said most often.

use std::collections::HashMap;

use sqlx::FromRow;

use crate::domain::Status;
use crate::ledger::sql::{Count, Sql, SqlConnection, given, query, twin};
use crate::ledger::store::users::status_words;
use crate::ledger::{Job, LedgerError, Reader};

/// Lines that ended the same way for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// How they ended.
    pub status: Status,
    /// The code of why, where there is one.
    pub reason: Option<String>,
    /// How many they are.
    pub lines: u64,
    /// What was said about them, the most frequent first.
    pub words: Vec<CommonWords>,
    /// How many of them are covered by those words.
    pub lines_with_words: u64,
}

/// What was said about some lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommonWords {
    /// The provider's words, or ours where it had none. If they differ between the lines: what they have in common.
    pub text: String,
    /// About how many lines.
    pub lines: u64,
}

/// A text that was said about one or more lines, and one of the users that it is about.
#[derive(Debug, Clone, FromRow)]
pub struct SaidText {
    /// The text.
    #[sqlx(rename = "detail")]
    pub text: String,
    /// The user's id.
    pub user_id: Option<String>,
    /// The user's name at the provider.
    pub user_name: Option<String>,
    /// The name that the provider shows.
    pub display_name: Option<String>,
    #[sqlx(try_from = "Count")]
    lines: u64,
}

/// Texts that say the same.
struct SameWords {
    /// The first of the texts.
    first: String,
    /// How many different texts they are.
    texts: u64,
    lines: u64,
}

/// The most patterns that are counted at a time. If there are more, the rarest half of them is dropped: the page
/// shows only the most frequent ones.
const MOST_PATTERNS: usize = 400;

/// Lines that ended the same way for the same reason, without the words.
#[derive(FromRow)]
struct TroubleGroup {
    status: Status,
    reason: Option<String>,
    #[sqlx(try_from = "Count")]
    lines: u64,
}

macro_rules! trouble_groups {
    ($database:ident) => {
        concat!(
            "SELECT status, reason, count(*) AS lines FROM users
             WHERE job = ?1 AND status IN (SELECT value FROM ",
            given!($database, "?2", "text"),
            ") GROUP BY status, reason ORDER BY count(*) DESC, status, reason NULLS FIRST"
        )
    };
}

const TROUBLE_GROUPS: Sql = twin!(trouble_groups);

// The names are those of any of the users. If there are several, the text names none of them.
const TEXTS: &str = "
    SELECT detail, min(user_id) AS user_id, min(user_name) AS user_name,
           min(display_name) AS display_name, count(*) AS lines
    FROM users
    WHERE job = ? AND status = ? AND reason IS NOT DISTINCT FROM ? AND detail IS NOT NULL
    GROUP BY detail";

impl Reader {
    /// The lines of a job with one of these statuses, grouped, each group with at most `most_words`
    /// different words; the most frequent first. Texts with the same `pattern` are the same words.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn troubles(
        &mut self,
        job: &Job,
        statuses: &[Status],
        most_words: usize,
        pattern: impl Fn(&SaidText) -> String,
    ) -> Result<Vec<Trouble>, LedgerError> {
        let groups: Vec<TroubleGroup> = query(TROUBLE_GROUPS)
            .bind(job.number)
            .bind(status_words(statuses))
            .fetch_all(&mut self.connection)
            .await?;
        let mut troubles = Vec::with_capacity(groups.len());
        for group in groups {
            let words = common_words(&mut self.connection, job, &group, &pattern).await?;
            let words: Vec<_> = words.into_iter().take(most_words).collect();
            troubles.push(Trouble {
                status: group.status,
                reason: group.reason,
                lines: group.lines,
                lines_with_words: words.iter().map(|words| words.lines).sum(),
                words,
            });
        }
        Ok(troubles)
    }
}

async fn common_words(
    connection: &mut SqlConnection,
    job: &Job,
    group: &TroubleGroup,
    pattern: &impl Fn(&SaidText) -> String,
) -> Result<Vec<CommonWords>, LedgerError> {
    let texts = query(TEXTS)
        .bind(job.number)
        .bind(group.status)
        .bind(&group.reason);
    let mut patterns: HashMap<String, SameWords> = HashMap::new();
    let count = |said: SaidText| {
        let pattern = pattern(&said);
        if let Some(same) = patterns.get_mut(&pattern) {
            same.texts += 1;
            same.lines += said.lines;
        } else {
            if patterns.len() == MOST_PATTERNS {
                drop_rarest(&mut patterns);
            }
            let same = SameWords {
                first: said.text,
                texts: 1,
                lines: said.lines,
            };
            patterns.insert(pattern, same);
        }
    };
    texts.each(connection, count).await?;
    Ok(most_frequent(patterns))
}

/// Drops the half of the patterns that the fewest lines have.
fn drop_rarest(patterns: &mut HashMap<String, SameWords>) {
    let mut lines: Vec<_> = patterns.values().map(|same| same.lines).collect();
    lines.sort_unstable();
    let middle = lines.get(lines.len() / 2).copied().unwrap_or(0);
    patterns.retain(|_, same| same.lines > middle);
}

/// The words of all patterns, those of the most lines first.
fn most_frequent(patterns: HashMap<String, SameWords>) -> Vec<CommonWords> {
    let words = patterns.into_iter().map(|(pattern, same)| CommonWords {
        text: if same.texts == 1 { same.first } else { pattern },
        lines: same.lines,
    });
    let mut words: Vec<_> = words.collect();
    words.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.text.cmp(&b.text)));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_patterns_the_frequent_ones_stay() {
        let same = |lines| SameWords {
            first: format!("text {lines}"),
            texts: 2,
            lines,
        };
        let mut patterns: HashMap<_, _> = (1..=40).map(|n| (n.to_string(), same(n))).collect();
        drop_rarest(&mut patterns);
        assert!(patterns.len() <= 20, "{}", patterns.len());
        let words = most_frequent(patterns);
        assert_eq!((words[0].text.as_str(), words[0].lines), ("40", 40));
        // If all are equally rare, there is room for new ones afterwards.
        let mut rare: HashMap<_, _> = (1..=40).map(|n| (n.to_string(), same(1))).collect();
        drop_rarest(&mut rare);
        assert!(rare.is_empty());
    }
}
