//! Plays a story with the real program, and asks the oracle after each command.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::Signal;

use super::oracle::{Oracle, Told};
use super::script::{Change, End, Silence, Step, Story, Twist, Verb, id, name};
use crate::support::{Desk, Ran, asked_for};
use crate::test_provider::{Act, Books, Gate, person};

/// The user whose account signs in.
pub(super) const SELF: &str = "U2";

/// Plays it. An error contains the story up to the step that went wrong.
pub(super) async fn play(story: Story) -> Result<(), String> {
    let mut player = Player::new(&story).await;
    let mut text = format!(
        "story {}: {} {}{}, roster {:?}\n",
        story.seed,
        story.change,
        story.flags,
        if story.by_name { " (by name)" } else { "" },
        story.roster,
    );
    let end = [
        Step::Command {
            verb: Verb::Plan,
            protect: None,
            twist: Twist::default(),
            ask: true,
        },
        Step::Command {
            verb: Verb::Run,
            protect: None,
            twist: Twist::default(),
            ask: true,
        },
    ];
    for step in story.steps.iter().chain(&end) {
        let _ = write!(text, "  {step:?}");
        let (code, wrong) = match player.step(step).await {
            Ok(code) => (code, None),
            Err(wrong) => (None, Some(wrong)),
        };
        let _ = writeln!(text, " -> {code:?}");
        if let Some(wrong) = wrong {
            return Err(format!("{text}{wrong}"));
        }
    }
    let last = player.end().await;
    last.map_err(|wrong| format!("{text}{wrong}"))
}

struct Player<'a> {
    story: &'a Story,
    desk: Desk,
    oracle: Oracle<'a>,
}

impl<'a> Player<'a> {
    async fn new(story: &'a Story) -> Self {
        let mut desk = Desk::plain(story.people.clone()).await;
        let mut roster = String::from(if story.by_name {
            "Email\n"
        } else {
            "User ID\n"
        });
        for number in &story.roster {
            let id = id(*number);
            roster.push_str(&if story.by_name { name(&id) } else { id });
            roster.push('\n');
        }
        desk.write("r.csv", &roster);
        for (name, value) in [
            ("OFFBOARD_SELF", SELF),
            ("OFFBOARD_CAP_SHARE", "100%"),
            ("OFFBOARD_MAX_OUTAGE", "300ms"),
            ("OFFBOARD_MAX_ATTEMPTS", "2"),
        ] {
            desk.set(name, value);
        }
        Self {
            oracle: Oracle::new(story, desk.books()),
            story,
            desk,
        }
    }

    /// Plays a step. The exit code, if it was a command.
    async fn step(&mut self, step: &Step) -> Result<Option<i32>, String> {
        match step {
            Step::Others(change) => {
                others(&self.desk.books(), change);
                self.oracle.touched(change.user());
                Ok(None)
            }
            Step::Lists(lists) => {
                self.desk.provider.change_habits(|habits| lists.set(habits));
                Ok(None)
            }
            Step::Command {
                verb,
                protect,
                twist,
                ask,
            } => self.command(*verb, protect.as_deref(), twist, *ask).await,
        }
    }

    async fn command(
        &mut self,
        verb: Verb,
        protect: Option<&str>,
        twist: &Twist,
        ask: bool,
    ) -> Result<Option<i32>, String> {
        let Story { change, flags, .. } = self.story;
        let mut words = match verb {
            Verb::Plan => format!("plan r.csv {change}"),
            Verb::Run => format!("run r.csv {change} {flags}"),
            Verb::Retry => "retry".to_owned(),
            Verb::Verify => "verify".to_owned(),
            Verb::Undo => "undo".to_owned(),
            Verb::Report => "report --format json".to_owned(),
        };
        if let Some(pattern) = protect.filter(|_| verb != Verb::Report) {
            let _ = write!(words, " --protect '{pattern}'");
        }
        let confirms = matches!(verb, Verb::Run | Verb::Retry | Verb::Undo);
        let mut twist = twist.clone();
        let first = if confirms && !ask {
            // A guess: where it is wrong, the answer names the number.
            let guess = self.story.roster.len() - 2;
            let words = format!("{words} --confirm {guess}");
            let ran = self.once(verb, protect, &words, &twist).await?;
            twist = Twist::default();
            ran
        } else {
            let calm = Twist::default();
            let met = if confirms { &calm } else { &twist };
            self.once(verb, protect, &words, met).await?
        };
        let Some(number) = asked_for(&first).filter(|_| confirms) else {
            return Ok(first.code);
        };
        let words = format!("{words} --confirm {number}");
        let ran = self.once(verb, protect, &words, &twist).await?;
        Ok(ran.code)
    }

    /// One process, and what the oracle says of it.
    async fn once(
        &mut self,
        verb: Verb,
        protect: Option<&str>,
        words: &str,
        twist: &Twist,
    ) -> Result<Ran, String> {
        let from = self.desk.books().mark();
        self.oracle.begins();
        let ran = self.twisted(words, twist).await;
        if let Some((_, change)) = &twist.others {
            self.oracle.touched(change.user());
        }
        let to = self.desk.books().mark();
        let rows = self.desk.rows().await;
        let told = Told {
            verb,
            protect,
            from,
            to,
            code: ran.code,
            calm: twist.outage.is_none() && twist.end.is_none(),
        };
        let judged = self.oracle.judge(&told, &ran, rows);
        judged.map_err(|wrong| format!("  WRONG: {wrong}\n  `{words}`: {ran:?}"))?;
        Ok(ran)
    }

    /// Runs a command while this meets it.
    async fn twisted(&self, words: &str, twist: &Twist) -> Ran {
        let count = Arc::new(AtomicUsize::new(0));
        let gate = Gate::closed();
        let (number, inside, own) = (Arc::clone(&count), gate.clone(), twist.clone());
        let books = self.desk.books();
        self.desk.provider.on_call(move |_| {
            let now = number.fetch_add(1, Ordering::SeqCst);
            if let Some((at, change)) = &own.others
                && now == *at
            {
                others(&books, change);
            }
            if let Some((at, end)) = own.end
                && now >= at
            {
                return match end {
                    End::KilledBefore => Act::Drop.after(&inside),
                    End::KilledHalf => Act::Half(inside.clone()),
                    End::KilledAfter => Act::HoldAnswer(inside.clone()),
                    End::Stopped => Act::Pass.after(&inside),
                };
            }
            match own.outage {
                Some(out) if now >= out.after && now < out.after + out.requests => match out.kind {
                    Silence::Unavailable => Act::refuse(503, "maintenance"),
                    Silence::Dropped => Act::Drop,
                    Silence::Lost => Act::LoseAnswer,
                    Silence::Half => Act::Half(Gate::opened()),
                },
                _ => Act::Pass,
            }
        });
        let mut running = self.desk.start(words);
        let ran = match twist.end {
            Some((at, end)) if running.reaches(|| count.load(Ordering::SeqCst) > at).await => {
                match end {
                    End::Stopped => {
                        running.signal(Signal::TERM);
                        gate.open();
                        running.end().await
                    }
                    _ => running.kill().await,
                }
            }
            _ => running.end().await,
        };
        gate.open();
        self.desk.provider.calm();
        ran
    }

    /// What must hold when all is over.
    async fn end(&self) -> Result<(), String> {
        let rows = self.desk.rows().await;
        if rows.is_empty() {
            return Ok(());
        }
        self.oracle.adds_up(&rows)?;
        let audit = self.desk.run("audit verify latest").await;
        if audit.code != Some(0) {
            return Err(format!("  WRONG: the evidence does not hold: {audit:?}"));
        }
        Ok(())
    }
}

/// Another administrator at work.
fn others(books: &Books, change: &Change) {
    match change {
        Change::Enable(id) => {
            books.change(id, |user| user.active = true);
        }
        Change::Disable(id) => {
            books.change(id, |user| user.active = false);
        }
        Change::Grant(id, workspace) => {
            books.change(id, |user| {
                if !user.access.iter().any(|has| has == workspace) {
                    user.access.push((*workspace).to_owned());
                }
            });
        }
        Change::Take(id, workspace) => {
            books.change(id, |user| user.access.retain(|has| has != workspace));
        }
        Change::Delete(id) => {
            books.delete(id);
        }
        Change::Create(id) => {
            if books.state(id).is_none() {
                books.add(id, person(&name(id)));
            }
        }
    }
}
