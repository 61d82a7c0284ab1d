//! `offboard sandbox`: the SCIM server by itself, until a signal stops it.

use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{SCHEMA, SandboxForm, VERSION};
use crate::cli::output::Terminal;
use crate::cli::process::signals;
use crate::cli::verb::sandbox::{roster_record, write_roster};
use crate::files::{OutputPath, Signature};
use crate::job::JobError;
use crate::platform;
use crate::sandbox::{
    Approver, CertificateRules, FaultSettings, OAuthRules, RequestAllowance, Sandbox,
    SandboxSettings, people,
};
use crate::screen::{Paint, Painted};
use crate::settings::Span;

/// Run the built-in SCIM server by itself, for rehearsals.
#[derive(Debug, Args)]
#[command(after_help = "\
Faults are drawn from one seeded generator: `throttle=0.05`, `reset-after=0.02`, `latency=20ms`, …
Example:
  offboard sandbox --users 1000 --port 8080 --fault error500=0.1,reset-after=0.05")]
pub(crate) struct SandboxArgs {
    /// The loopback port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,

    /// How many made users it has.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) users: usize,

    /// What users and faults follow from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Faults to inject: `none`, `mild`, `harsh`, or a list.
    #[arg(long, value_name = "FAULTS", default_value = "none")]
    pub(crate) fault: String,

    /// Users that it refuses to change.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) refused: usize,

    /// Throttle as Anaplan documents it: 600 requests, 10 more each second.
    #[arg(long)]
    pub(crate) throttle: bool,

    /// Time until a token ends.
    #[arg(long, value_name = "TIME", default_value = "35m")]
    pub(crate) token_life: Span,

    /// A PEM certificate that signs in.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,

    /// Approve an OAuth code by itself at this poll; without it, its address has to be opened.
    #[arg(long, value_name = "N")]
    pub(crate) approve: Option<u32>,

    /// Give refresh tokens that are good more than once.
    #[arg(long)]
    pub(crate) no_rotation: bool,

    /// Append what is really applied to this file, a JSON line each.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,

    /// Write a roster of all its users to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) roster: Option<PathBuf>,

    /// Print the addresses and the ways to sign in as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A static token that the sandbox takes.
const API_KEY: &str = "auk_sandbox";

/// The secret of its OAuth client.
const CLIENT_SECRET: &str = "sandbox";

pub(crate) async fn sandbox(args: SandboxArgs, terminal: Terminal) -> Result<Exit, Failure> {
    if let Some(path) = &args.log {
        OutputPath::new(path, LOG)?;
    }
    let faults =
        FaultSettings::parse(&args.fault).map_err(|error| Failure::new(Exit::Usage, error))?;
    let settings = SandboxSettings {
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
        users: args.users,
        seed: args.seed,
        token_life: args.token_life.0,
        api_key: Some(API_KEY.to_owned()),
        certificate: certificate(args.certificate.as_deref())?,
        oauth: OAuthRules {
            client_secret: Some(CLIENT_SECRET.to_owned()),
            rotation: !args.no_rotation,
            person: args.approve.map(|polls| (polls, Approver::Approves)),
            ..OAuthRules::default()
        },
        refused: args.refused,
        faults,
        allowance: args.throttle.then(RequestAllowance::default),
        request_log: false,
        log: args.log,
        ..SandboxSettings::default()
    };
    if let Some(path) = &args.roster {
        write_roster(path, |csv| {
            people(args.seed, args.users).try_for_each(|person| csv.write(roster_record(&person)))
        })?;
    }
    let form = SandboxForm {
        schema: SCHEMA,
        version: VERSION,
        username: settings.username.clone(),
        password: settings.password.clone(),
        api_key: API_KEY.to_owned(),
        client_id: settings.oauth.client_id.clone(),
        client_secret: CLIENT_SECRET.to_owned(),
        ..SandboxForm::default()
    };
    let sandbox = start(settings).await?;
    let mut signals = signals::listen().map_err(JobError::Signals)?;
    let root = sandbox.auth_url();
    let form = SandboxForm {
        scim_url: sandbox.scim_url(),
        token_url: format!("{root}/oauth/token"),
        device_url: format!("{root}/oauth/device/code"),
        auth_url: root,
        ..form
    };
    if args.json {
        terminal.json(&form)?;
    } else {
        terminal.data(to_text(&form))?;
    }
    signals.next().await;
    sandbox.stop().await;
    Ok(Exit::Done)
}

/// Where the sandbox listens, and the lines that let another terminal use it.
fn to_text(form: &SandboxForm) -> Painted {
    let SandboxForm {
        scim_url,
        auth_url,
        username,
        password,
        api_key,
        client_id,
        client_secret,
        token_url,
        device_url,
        ..
    } = form;
    let facts = format!(
        "scim-url  {scim_url}\nauth-url  {auth_url}\nusername  {username}\npassword  {password}\n\
         api-key   {api_key}\nclient-id {client_id}, its secret: {client_secret}\n\
         token-url {token_url}\ndevice-url {device_url}\n"
    );
    let variables = [
        ("SCIM_URL", scim_url),
        ("AUTH_URL", auth_url),
        ("USERNAME", username),
        ("PASSWORD", password),
    ];
    let mut text = Painted::from(facts);
    text.paint(
        Paint::Strong,
        "\nIn another terminal, `offboard` works on it after:",
    );
    for (name, value) in variables {
        let line = platform::set_variable(&format!("OFFBOARD_{name}"), value);
        let _ = write!(text, "\n{line}");
    }
    text
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
pub(crate) async fn start(settings: SandboxSettings) -> Result<Sandbox, Failure> {
    let bind = settings.bind;
    Sandbox::start(settings).await.map_err(|error| {
        Failure::new(
            Exit::Settings,
            format!("cannot start the sandbox on {bind}: {error}"),
        )
    })
}

/// How the log of a sandbox is recognised.
const LOG: Signature = Signature {
    what: "log of a sandbox",
    is_ours: |head| {
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let event = serde_json::from_slice::<serde_json::Value>(line);
        event.is_ok_and(|event| event["at_ms"].is_u64() && event["event"].is_string())
    },
};
