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
use crate::sandbox::{
    Approver, Bucket, CertificateRules, Faults, OAuthRules, Person, Sandbox, SandboxSettings,
    people,
};

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
        api_key: Some("auk_sandbox".to_owned()),
        certificate: certificate(args.certificate.as_deref())?,
        oauth: OAuthRules {
            client_secret: Some("sandbox".to_owned()),
            rotation: !args.no_rotation,
            person: args.approve.map(|polls| (polls, Approver::Approves)),
            ..OAuthRules::default()
        },
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
    let client_id = settings.oauth.client_id.clone();
    let sandbox = start(settings).await?;
    let (_listening, mut signals) = Signals::listen()?;
    terminal.data(&format!("scim-url  {}", sandbox.scim_url()))?;
    terminal.data(&format!("auth-url  {}", sandbox.auth_url()))?;
    terminal.data(&format!("username  {username}\npassword  {password}"))?;
    terminal.data(&format!(
        "api-key   auk_sandbox\nclient-id {client_id}, its secret: sandbox"
    ))?;
    let root = sandbox.auth_url();
    terminal.data(&format!(
        "token-url {root}/oauth/token\ndevice-url {root}/oauth/device/code"
    ))?;
    // The channel closes only with the listener, which lives as long as this function.
    signals.recv().await;
    sandbox.stop().await;
    Ok(Exit::Done)
}

fn certificate(path: Option<&Path>) -> Result<CertificateRules, Failure> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| {
            let message = format!("cannot read the certificate `{}`: {error}", path.display());
            Failure::new(Exit::Settings, message)
        })
    };
    Ok(CertificateRules {
        registered: path.map(read).transpose()?,
        ..CertificateRules::default()
    })
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
