//! The sheet `summary`: the job, its outcomes and its runs, one fact a row.

use rust_xlsxwriter::{Workbook, XlsxError};

use crate::domain::{NamedZone, Timestamp};
use crate::ledger::{Job, RunRow};
use crate::report::workbook::sheet::{Sheet, SheetColumn};
use crate::report::{RunSummary, Summary};

/// A value of the sheet.
enum FactValue<'a> {
    Text(&'a str),
    Number(u64),
    Time(Timestamp),
}

/// The rows that were written so far.
struct Facts<'a> {
    sheet: Sheet,
    zone: Option<&'a NamedZone>,
    /// What the next rows are about.
    about: String,
}

/// Writes the sheet. `summary` is masked already if it has to be; `runs` has the times of its runs.
pub(super) fn write(
    workbook: &mut Workbook,
    job: &Job,
    summary: &Summary,
    runs: &[RunRow],
    zone: Option<&NamedZone>,
) -> Result<(), XlsxError> {
    let column = |name: &str, width: f64| SheetColumn {
        name: name.to_owned(),
        width,
    };
    let mut columns = vec![
        column("about", 16.0),
        column("fact", 28.0),
        column("value", 70.0),
    ];
    columns.extend(zone.map(|zone| column(&format!("time in {zone}"), 26.0)));
    let mut facts = Facts {
        sheet: Sheet::begin(workbook, "summary", &columns)?,
        zone,
        about: "job".to_owned(),
    };
    facts.of_the_job(job, summary)?;
    facts.of_the_outcomes(summary)?;
    for (number, (run, row)) in summary.runs.iter().zip(runs).enumerate() {
        facts.about = format!("run {}", number + 1);
        facts.of_a_run(run, row)?;
    }
    facts.sheet.finish(workbook)
}

impl Facts<'_> {
    fn push(&mut self, name: &str, value: &FactValue<'_>) -> Result<(), XlsxError> {
        self.sheet.text(0, &self.about)?;
        self.sheet.text(1, name)?;
        match value {
            FactValue::Text(text) => self.sheet.text(2, text)?,
            FactValue::Number(number) => self.sheet.number(2, Some(*number))?,
            FactValue::Time(time) => {
                self.sheet.time(2, Some(*time), None)?;
                if self.zone.is_some() {
                    self.sheet.time(3, Some(*time), self.zone)?;
                }
            }
        }
        self.sheet.end_row();
        Ok(())
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), XlsxError> {
        self.push(name, &FactValue::Text(text))
    }

    fn number(&mut self, name: &str, number: u64) -> Result<(), XlsxError> {
        self.push(name, &FactValue::Number(number))
    }

    /// A text that may be unknown; then it has no row.
    fn known(&mut self, name: &str, text: Option<&String>) -> Result<(), XlsxError> {
        text.map_or(Ok(()), |text| self.text(name, text))
    }

    fn of_the_job(&mut self, job: &Job, summary: &Summary) -> Result<(), XlsxError> {
        self.text("job", &summary.job)?;
        self.known("undoes job", summary.undoes.as_ref())?;
        self.text("target", &summary.target)?;
        self.text("change", &summary.change)?;
        self.text("roster", &summary.roster)?;
        self.text("SHA-256 of the roster", &summary.roster_digest)?;
        self.push("loaded at (UTC)", &FactValue::Time(job.created_at))?;
        self.number("lines", summary.lines)?;
        self.number("distinct users", summary.users)?;
        let yes_or_no = |yes: bool| if yes { "yes" } else { "no" };
        self.text("finished", yes_or_no(summary.finished))?;
        self.text("outcomes add up to the lines", yes_or_no(summary.balanced))?;
        self.number("requests recorded", summary.requests)?;
        self.number("of these answered with 429", summary.throttled)?;
        if let Some(chain) = &summary.chain {
            self.number("events in the chain", chain.events)?;
            self.text("head of the chain", &chain.head)?;
        }
        Ok(())
    }

    fn of_the_outcomes(&mut self, summary: &Summary) -> Result<(), XlsxError> {
        "outcomes".clone_into(&mut self.about);
        for (outcome, lines) in &summary.outcomes {
            self.number(outcome, *lines)?;
        }
        self.number("sum", summary.sum)?;
        "verification".clone_into(&mut self.about);
        for (finding, users) in &summary.verification {
            self.number(finding, *users)?;
        }
        "undo".clone_into(&mut self.about);
        if let Some(undone) = &summary.undone {
            self.number("taken", undone.taken)?;
            self.number("given back", undone.given_back)?;
            for by in &undone.jobs {
                self.text("by job", &by.job)?;
            }
        }
        Ok(())
    }

    fn of_a_run(&mut self, run: &RunSummary, row: &RunRow) -> Result<(), XlsxError> {
        self.text("kind", &run.kind)?;
        self.text("id", &run.id)?;
        self.push("began at (UTC)", &FactValue::Time(row.started_at))?;
        if let Some(at) = row.ended_at {
            self.push("ended at (UTC)", &FactValue::Time(at))?;
        }
        self.known("how it ended", run.ending.as_ref())?;
        self.known("why it stopped early", run.stopped.as_ref())?;
        self.text("operator", &run.operator)?;
        self.text("signed in as", &run.account)?;
        self.known("ticket", run.ticket.as_ref())?;
        self.known("reason given", run.reason.as_ref())?;
        self.known("approver", run.approver.as_ref())?;
        self.text("machine", &run.host)?;
        self.text("version", &run.version)?;
        let requests = run
            .requests
            .map(|requests| self.number("requests", requests));
        requests.unwrap_or(Ok(()))
    }
}
