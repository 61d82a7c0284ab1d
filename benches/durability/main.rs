//! What a job costs: the real program as a child process, and beside it a bare loop of requests that keeps
//! nothing.
//!
//! ```text
//! cargo bench --bench durability                       10,000 and 100,000 users
//! cargo bench --bench durability -- 1000000            as many as are named; again for more
//! cargo bench --bench durability -- --rounds 1 --program ../old/offboard 10000
//! ```
//!
//! Both write the users of the same server, which answers from memory on a thread of this process and whose
//! work is not counted. The bare loop has the same HTTP client, on one thread, with as many requests in
//! flight. It runs right before each job that is compared with it, so that a change of the machine's speed
//! meets both. All figures are of whole processes, from their start to their end. They are printed as
//! Markdown tables, which `docs/speed.md` quotes. The benchmark reads `/proc`, so it needs Linux.
#![expect(clippy::print_stdout, reason = "the tables are what it is run for")]
#![expect(clippy::print_stderr, reason = "it says what it is measuring")]

mod bare_loop;
mod bench_folder;
mod bench_job;
mod bench_server;
mod machine;
mod measured_process;
mod results;
mod table;

use std::path::PathBuf;

use clap::Parser;

use crate::bench_folder::BenchFolder;
use crate::bench_job::BenchJob;
use crate::bench_server::BenchServer;
use crate::results::Results;

/// Requests in flight at the same time, of the program and of the bare loop.
const IN_FLIGHT: usize = 64;

/// The users that are written while each answer takes [`LATENCY_MS`].
const USERS_FAR_AWAY: usize = 5_000;

/// How long each answer takes in the part that stands for a provider far away.
const LATENCY_MS: u64 = 50;

/// An error of any of the libraries. It ends the benchmark, which prints it.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Measures what a job costs.
#[derive(Debug, Parser)]
struct Arguments {
    /// Numbers of users.
    #[arg(default_values_t = [10_000, 100_000])]
    users: Vec<usize>,
    /// How often each part is measured. The tables show medians.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The program to measure.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_offboard"))]
    program: PathBuf,
    /// Run the bare loop against this server, which the benchmark does by itself.
    #[arg(long, hide = true)]
    bare_loop: Option<String>,
    /// What cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Failed> {
    let mut arguments = Arguments::parse();
    if let Some(base) = arguments.bare_loop {
        return arguments
            .users
            .iter()
            .try_for_each(|users| bare_loop::run(&base, *users));
    }
    arguments.users.sort_unstable();
    let mut results = Results::default();
    for round in 1..=arguments.rounds {
        for users in &arguments.users {
            eprintln!("round {round} of {}: {users} users", arguments.rounds);
            let server = BenchServer::start(*users)?;
            BenchJob::new(&server, &BenchFolder::new(*users, &arguments.program)?)
                .measure_all(&mut results)?;
        }
        eprintln!(
            "round {round} of {}: {USERS_FAR_AWAY} users, {LATENCY_MS} ms",
            arguments.rounds
        );
        let server = BenchServer::start(USERS_FAR_AWAY)?;
        BenchJob::new(
            &server,
            &BenchFolder::new(USERS_FAR_AWAY, &arguments.program)?,
        )
        .measure_far_away(&mut results, LATENCY_MS)?;
    }
    println!("{}", machine::describe(arguments.rounds)?);
    println!("{}", table::costs(&results));
    println!("{}", table::growth(&results));
    Ok(())
}
