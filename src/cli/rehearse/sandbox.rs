//! `offboard sandbox`: the SCIM server by itself, until a signal stops it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use crate::cli::Exit;
use crate::cli::args::SandboxArgs;
use crate::cli::failure::Failure;
use crate::cli::signals::Signals;
use crate::cli::terminal::Terminal;
use crate::files::{Draft, OutputPath, Signature};
use crate::report::Rows;
use crate::sandbox::{
    Approver, Bucket, CertificateRules, Faults, OAuthRules, Person, Sandbox, SandboxSettings,
    people,
};

pub(in crate::cli) async fn sandbox(
    args: SandboxArgs,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    if let Some(path) = &args.log {
        OutputPath::new(path, LOG)?;
    }
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
        write_roster(path, |csv| {
            people(args.seed, args.users).try_for_each(|person| csv.write(roster_record(&person)))
        })?;
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

/// How a roster of made users is recognised. A model's own export has the same header, and never an
/// address at this domain.
const ROSTER: Signature = Signature {
    what: "roster of a sandbox",
    is_ours: |head| {
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(head);
        let is_header = csv
            .headers()
            .is_ok_and(|header| header == ROSTER_HEADER.as_slice());
        let first = csv.records().next().and_then(Result::ok);
        is_header
            && first.is_none_or(|row| {
                row.get(0)
                    .is_some_and(|name| name.ends_with("@example.com"))
            })
    },
};

/// How the log of a sandbox is recognised.
const LOG: Signature = Signature {
    what: "log of a sandbox",
    is_ours: |head| {
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let event = serde_json::from_slice::<serde_json::Value>(line);
        event.is_ok_and(|event| event["at_ms"].is_u64() && event["event"].is_string())
    },
};

/// Writes a roster of made users with these rows after the header.
pub(super) fn write_roster(
    path: &Path,
    rows: impl FnOnce(&mut Rows<Draft>) -> io::Result<()>,
) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let path = path.display();
        Failure::new(Exit::Settings, format!("cannot write `{path}`: {error}"))
    };
    let mut csv = Rows::new(OutputPath::new(path, ROSTER)?.begin()?);
    csv.write(ROSTER_HEADER).map_err(failed)?;
    rows(&mut csv).map_err(failed)?;
    Ok(csv.finish().map_err(failed)?.finish()?)
}
