//! `offboard report`: from the ledger to a folder that a person reads and an auditor keeps.

use crate::cli::Exit;
use crate::cli::args::ReportArgs;
use crate::cli::failure::Failure;
use crate::cli::look::selector;
use crate::cli::terminal::Terminal;
use crate::ledger::Reader;
use crate::report::write_bundle;

pub(in crate::cli) async fn report(args: ReportArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let selector = selector(&args.job)?;
    let mut reader = Reader::open(&args.files.ledger()?).await?;
    let job = reader.select_job(&selector).await?;
    if let Some(holder) = reader.holder() {
        terminal.warn(&format!(
            "note: {holder} works on this ledger: the report shows this moment"
        ));
    }
    let summary = write_bundle(&mut reader, &job, &args.output).await?;
    let files = ["report.csv", "summary.json"].map(|name| args.output.join(name));
    if args.json {
        terminal.data(&serde_json::json!(summary).to_string())?;
    } else {
        for file in files {
            terminal.data(&file.display().to_string())?;
        }
    }
    if summary.balanced {
        Ok(Exit::Done)
    } else {
        let lines = summary.lines;
        Err(Failure::new(
            Exit::Imbalance,
            format!("the outcomes do not add up to the {lines} lines of the roster"),
        ))
    }
}
