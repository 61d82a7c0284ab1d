//! `offboard sandbox`: the SCIM server by itself, until it is told to stop.

use std::fs::File;
use std::io::BufWriter;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use crate::cli::Exit;
use crate::cli::args::SandboxArgs;
use crate::cli::failure::Failure;
use crate::cli::signals::Signals;
use crate::cli::terminal::Terminal;
use crate::sandbox::{Bucket, Faults, Person, Sandbox, SandboxSettings, people};

pub(in crate::cli) async fn sandbox(
    args: SandboxArgs,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let faults = Faults::parse(&args.fault).map_err(|error| Failure::new(Exit::Usage, error))?;
    let settings = SandboxSettings {
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
        users: args.users,
        seed: args.seed,
        token_life: args.token_life.0,
        refused: args.refused,
        faults,
        bucket: args.throttle.then(Bucket::default),
        request_log: false,
        log: args.log,
        ..SandboxSettings::default()
    };
    if let Some(path) = &args.roster {
        write_roster(path, people(args.seed, args.users))?;
    }
    let (username, password) = (settings.username.clone(), settings.password.clone());
    let sandbox = start(settings).await?;
    let (_listening, mut signals) = Signals::listen()?;
    terminal.data(&format!("scim-url  {}", sandbox.scim_url()))?;
    terminal.data(&format!("auth-url  {}", sandbox.auth_url()))?;
    terminal.data(&format!("username  {username}\npassword  {password}"))?;
    // The channel closes only with the listener, which lives as long as this function.
    signals.recv().await;
    sandbox.stop().await;
    Ok(Exit::Done)
}

/// Starts a sandbox, or says why its port cannot be had.
pub(super) async fn start(settings: SandboxSettings) -> Result<Sandbox, Failure> {
    let bind = settings.bind;
    Sandbox::start(settings).await.map_err(|error| {
        Failure::new(
            Exit::Settings,
            format!("cannot start the sandbox on {bind}: {error}"),
        )
    })
}

/// The columns of a model's users export; the header of the addresses is empty there.
pub(super) const ROSTER_HEADER: [&str; 5] =
    ["", "First Name", "Last Name", "User ID", "Model Role"];

/// One user as such an export shows them.
pub(super) fn roster_record(person: &Person) -> [String; 5] {
    [
        person.user_name.clone(),
        person.given_name.clone(),
        person.family_name.clone(),
        person.id.clone(),
        "Viewer".to_owned(),
    ]
}

fn write_roster(path: &Path, people: impl Iterator<Item = Person>) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| {
        Failure::new(
            Exit::Settings,
            format!("cannot write `{}`: {error}", path.display()),
        )
    };
    let file = File::create(path).map_err(|error| failed(&error))?;
    let mut csv = csv::Writer::from_writer(BufWriter::new(file));
    csv.write_record(ROSTER_HEADER)
        .map_err(|error| failed(&error))?;
    for person in people {
        csv.write_record(roster_record(&person))
            .map_err(|error| failed(&error))?;
    }
    csv.flush().map_err(|error| failed(&error))
}
