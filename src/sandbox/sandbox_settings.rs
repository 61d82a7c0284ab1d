//! The settings of a sandbox. Plain values, read once at the start.
//!
//! Where the provider's documentation is unclear, a setting offers both behaviours, so that the client can be
//! tested with each. It must not know how a setting is carried out.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::sandbox::fault::fault_settings::FaultSettings;
use crate::sandbox::fault::request_allowance::RequestAllowance;
use crate::sandbox::token::certificate_check::CertificateRules;
use crate::sandbox::token::oauth_grants::OAuthRules;

/// The settings of one sandbox.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Where to listen; port 0 picks a free one.
    pub bind: SocketAddr,
    /// How many generated people the tenant has.
    pub users: usize,
    /// Seeds people, workspaces and faults.
    pub seed: u64,
    /// The login of the account that may administer users.
    pub username: String,
    /// The login of an account that may sign in but not administer users: SCIM answers it 403.
    pub onlooker: String,
    /// The password of both accounts.
    pub password: String,
    /// A key accepted as `Bearer`, acting for the administering account.
    pub api_key: Option<String>,
    /// Sign-in with a certificate, as the administering account.
    pub certificate: CertificateRules,
    /// Sign-in by OAuth, as the administering account.
    pub oauth: OAuthRules,
    /// The number of the generated person that the administering account is; without one the account is not
    /// a user of the tenant.
    pub caller: Option<usize>,
    /// How long a token lives, counted from sign-in or refresh.
    pub token_life: Duration,
    /// How many people, spread evenly, no write may change: they are answered 403.
    pub refused: usize,
    /// What the operation `add` does to a set of entitlements.
    pub add: AddMeans,
    /// What removing something that is not there is answered.
    pub remove_none: RemoveNone,
    /// The value of `itemsPerPage` in list answers.
    pub items_per_page: ItemsPerPage,
    /// What goes wrong.
    pub faults: FaultSettings,
    /// The request allowance of the tenant; without one there is no limit.
    pub allowance: Option<RequestAllowance>,
    /// Whether every request is remembered for [`Books::requests`](crate::sandbox::Books::requests).
    pub request_log: bool,
    /// A file that gets one JSON line per applied write and per sign-in.
    pub log: Option<PathBuf>,
    /// Whether to continue an older log of that name: its writes are applied again first, as if the sandbox
    /// had never stopped.
    pub take_up: bool,
}

impl Default for SandboxSettings {
    /// 100 people on a free local port, 35 minute tokens, nothing going wrong.
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            users: 100,
            seed: 1,
            username: "admin@example.com".to_owned(),
            onlooker: "onlooker@example.com".to_owned(),
            password: "sandbox".to_owned(),
            api_key: None,
            certificate: CertificateRules::default(),
            oauth: OAuthRules::default(),
            caller: None,
            token_life: Duration::from_mins(35),
            refused: 0,
            add: AddMeans::default(),
            remove_none: RemoveNone::default(),
            items_per_page: ItemsPerPage::default(),
            faults: FaultSettings::none(),
            allowance: None,
            request_log: true,
            log: None,
            take_up: false,
        }
    }
}

/// What `add` on entitlements does; the documentation can be read both ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AddMeans {
    /// The named workspaces join those the user has.
    #[default]
    Append,
    /// The named workspaces replace those the user has.
    Replace,
}

/// What removing entitlements that are not there is answered; the documentation does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RemoveNone {
    /// 200, as if something had been removed.
    #[default]
    Accept,
    /// 400 with the SCIM type `noTarget`.
    Refuse,
}

/// What `itemsPerPage` says in list answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ItemsPerPage {
    /// The number of users in the answer.
    #[default]
    Returned,
    /// Always this number, as the live service does on its discovery lists.
    Fixed(usize),
}
