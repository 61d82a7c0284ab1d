//! What can be wrong with settings and secrets.

use std::path::PathBuf;

use crate::http::{ProxyError, TlsFileError, UrlError};
use crate::platform;
use crate::settings::SecretKind;

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A settings or profile file cannot be read.
    #[error("cannot read settings `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A settings or profile file is wrong.
    #[error("settings `{path}`{}", all_faults(faults))]
    Faulty {
        /// The file.
        path: PathBuf,
        /// All that is wrong, by line. There is one at least.
        faults: Vec<SettingFault>,
    },
    /// A profile extends one that is not built in.
    #[error("the profile `{path}` extends `{name}`, and no built-in profile is called so")]
    UnknownBase {
        /// The profile.
        path: PathBuf,
        /// What it extends.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// A settings file has a key of profiles.
    #[error("`extends` in the settings `{0}`: it is part of a profile")]
    OnlyInProfile(PathBuf),
    /// The file of a built-in profile cannot be used.
    #[error("the built-in profile `{name}` is broken: {why}")]
    BrokenProfile {
        /// The profile.
        name: &'static str,
        /// Why.
        why: String,
    },
    /// A profile has a setting that says nothing about a provider.
    #[error(
        "`{setting}` cannot be in the profile `{path}`: it is part of a settings file (`--config`)"
    )]
    NoPart {
        /// The profile.
        path: PathBuf,
        /// The setting.
        setting: String,
    },
    /// A settings file that no flag or variable names could have been written by another account.
    #[error("`{path}` in the current folder is not used: {why}")]
    Untrusted {
        /// The file.
        path: PathBuf,
        /// Why.
        why: &'static str,
    },
    /// A settings file that no flag or variable names decides what only a named one may.
    #[error("`{path}` in the current folder sets `{}`: a file that is not named may say neither which \
             program runs nor where secrets go", settings.join("`, `"))]
    Unnamed {
        /// The file.
        path: PathBuf,
        /// The settings.
        settings: Vec<String>,
    },
    /// A pattern of the protect list looks like a file.
    #[error("`--protect {word}` looks like a file, and it takes patterns only")]
    ProtectWord {
        /// The pattern.
        word: String,
    },
    /// A pattern of the protect list cannot name a user.
    #[error("`{word}` of `--protect` (or `protect`) names no user: {why}")]
    ProtectPattern {
        /// The pattern.
        word: String,
        /// Why.
        why: String,
    },
    /// A line of a file of the protect list cannot name a user.
    #[error("the protect list `{path}`, line {line}: {why}")]
    ProtectLine {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// Why.
        why: String,
    },
    /// A file of the protect list cannot be read.
    #[error("cannot read the protect list `{path}`: {source}")]
    ReadProtect {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file of the protect list names no user.
    #[error("the protect list `{path}` is empty")]
    EmptyProtect {
        /// The file.
        path: PathBuf,
    },
    /// A number or time is larger than anything that can be meant.
    #[error("`{flag}` can be {most} at most")]
    TooMuch {
        /// The flag that gave it.
        flag: &'static str,
        /// What it can be.
        most: String,
    },
    /// No such profile is built in.
    #[error("there is no profile `{name}`")]
    UnknownProfile {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// The profile knows no such region.
    #[error("there is no region `{name}`")]
    UnknownRegion {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The proxy cannot be used as it is written.
    #[error("`--proxy`: {0}")]
    Proxy(#[from] ProxyError),
    /// Certificates or a key cannot be used.
    #[error("`{flag}`: {source}")]
    Tls {
        /// The flag that names the file.
        flag: &'static str,
        /// Why.
        source: TlsFileError,
    },
    /// One of two settings that need each other.
    #[error("`{given}` needs `{lacking}`")]
    Half {
        /// The one that is there.
        given: &'static str,
        /// The one that is not.
        lacking: &'static str,
    },
    /// Two settings that contradict each other.
    #[error("`{one}` and `{other}` contradict each other")]
    Contrary {
        /// One of them.
        one: &'static str,
        /// The other one.
        other: &'static str,
    },
    /// Nothing says what these should be.
    #[error("nothing says {}", needed(needs))]
    Missing {
        /// All that is missing. There is one at least.
        needs: Vec<MissingSetting>,
    },
    /// A place of an address is empty.
    #[error("nothing says what stands for `{{{name}}}` in `{url}`")]
    UrlPart {
        /// The place.
        name: String,
        /// The address.
        url: String,
    },
    /// The user name cannot be used.
    #[error("the user name `{0}` holds a `:` or a control character, which HTTP cannot carry")]
    Username(String),
    /// A URL cannot be used.
    #[error("`{flag}`: {source}")]
    Url {
        /// The flag that gave it.
        flag: &'static str,
        /// Why.
        source: UrlError,
    },
    /// A moment cannot be read.
    #[error(
        "`--until`: `{0}` is no moment: write a time of day in local time, such as `18:00`, or a date and \
         time with an offset, such as `2030-01-31T18:00:00Z` or `2030-01-31T18:00:00+01:00`"
    )]
    Moment(String),
    /// A moment is over.
    #[error("`--until`: `{0}` is past")]
    PastMoment(String),
    /// No time at all is given for something that needs some.
    #[error("`{0}` leaves no time: it must be longer than zero")]
    NoTime(&'static str),
    /// No header has such a name, or it is needed for something else.
    #[error("`--token-header`: `{0}` is no header for a token")]
    Header(String),
    /// A scheme is one word.
    #[error("`--token-scheme`: `{0}` is no scheme: it is one word, such as `Bearer`")]
    Scheme(String),
    /// A quote in the command is never closed. The command is not shown: it may hold a secret.
    #[error("`--token-command` cannot be split into words: a quote is never closed")]
    TokenCommand,
    /// A secret cannot be read.
    #[error("cannot read the {} from {from}: {why}", kind.name())]
    Secret {
        /// Which secret.
        kind: SecretKind,
        /// The file, or standard input.
        from: String,
        /// Why.
        why: String,
    },
    /// There is no secret, and no terminal at which the user could be asked for it.
    #[error("there is no {}, and no terminal to ask for it", .0.name())]
    NoSecret(SecretKind),
    /// The settings of a target do not say where a worker finds its secret.
    #[error("no {} for a worker: the settings of the target do not say where it is", .0.name())]
    NoPlaceOfSecret(SecretKind),
}

impl SettingsError {
    /// What to do next, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownProfile { known, .. } => {
                Some(format!("built in: {}; or give a file", known.join(", ")))
            }
            Self::UnknownRegion { known, .. } if known.is_empty() => Some(
                "the profile has no regions: give `--scim-url` and `--auth-url` instead".to_owned(),
            ),
            Self::UnknownRegion { known, .. } => Some(format!("there are {}", known.join(", "))),
            Self::Proxy(error) => Some(error.hint().to_owned()),
            Self::Tls { source, .. } => source.hint(),
            Self::Half { .. } => Some(
                "a client certificate and its key belong together, and only a `--ca-file` can be \
                 the only one"
                    .to_owned(),
            ),
            Self::Contrary { one, other } => Some(format!("leave out `{one}` or `{other}`")),
            Self::Missing { needs } => Some(match needs.as_slice() {
                [MissingSetting { flag, .. }] => {
                    format!("give `{flag}`, or set it in offboard.toml or the environment")
                }
                _ => "give these flags, or set them in offboard.toml or the environment".to_owned(),
            }),
            Self::UrlPart { name, .. } => Some(format!(
                "give `--place {name}=…`, or set it in the `[places]` of offboard.toml"
            )),
            Self::NoSecret(kind) => Some(format!(
                "set {}, or give `{} FILE` (`-` for standard input)",
                kind.variable(),
                kind.flag()
            )),
            Self::NoPlaceOfSecret(kind) => Some(format!(
                "name a file with `{}`, or a variable of its own with `secret-variable`",
                kind.flag().trim_start_matches('-')
            )),
            Self::Untrusted { path, .. } => Some(format!(
                "if it is yours, take the right to write it from others (`{}`), or name it with \
                 `--config {}`",
                platform::how_to_forbid_writing(path),
                path.display()
            )),
            Self::Unnamed { path, .. } => Some(format!(
                "if you know what it says, name it: `--config {0}`, or OFFBOARD_CONFIG={0}",
                path.display()
            )),
            Self::ProtectWord { word } => Some(format!(
                "give `--protect-file {}`, or write the pattern otherwise",
                word.trim_start_matches('@')
            )),
            Self::ProtectPattern { .. } | Self::ProtectLine { .. } => Some(
                "a pattern is an id, a user name, a domain (`@example.com`), or any of these with `*` or \
                 `?` in it; a file has one on each line, and remarks behind `#`"
                    .to_owned(),
            ),
            Self::PastMoment(_) => Some("give a later moment, or leave it out".to_owned()),
            Self::EmptyProtect { .. } => {
                Some("write a pattern on each line, or leave `--protect-file` out".to_owned())
            }
            Self::Username(_) => Some("check `--username`".to_owned()),
            Self::Secret { kind, .. } => Some(format!(
                "`{}` names a file whose only line is the {}; {} may hold it instead",
                kind.flag(),
                kind.name(),
                kind.variable()
            )),
            Self::Faulty { faults, .. } => faults_hint(faults),
            Self::UnknownBase { known, .. } => Some(format!("built in: {}", known.join(", "))),
            Self::OnlyInProfile(path) => Some(format!(
                "if `{0}` is a profile, name it with `--profile {0}`",
                path.display()
            )),
            Self::TooMuch { .. }
            | Self::BrokenProfile { .. }
            | Self::Moment(_)
            | Self::NoTime(_)
            | Self::NoPart { .. }
            | Self::Read { .. }
            | Self::ReadProtect { .. }
            | Self::Header(_)
            | Self::TokenCommand
            | Self::Scheme(_)
            | Self::Url { .. } => None,
        }
    }
}

/// Something that is wrong in a settings file or a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// The line. It may hold a secret that was put there by mistake, so it is not shown.
    pub line: usize,
    /// What is wrong.
    pub why: String,
    /// Whether no setting has such a name.
    pub is_unknown: bool,
    /// The secret that the line seems to hold.
    pub secret: Option<SecretKind>,
}

/// Something that has to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingSetting {
    /// What it is, as the end of "nothing says …".
    pub what: &'static str,
    /// The flag that says it.
    pub flag: &'static str,
}

impl MissingSetting {
    /// What nothing says, and the flag that would say it.
    pub(in crate::settings) const fn new(what: &'static str, flag: &'static str) -> Self {
        Self { what, flag }
    }

    /// The error that this alone is missing.
    pub(in crate::settings) fn missing(self) -> SettingsError {
        SettingsError::Missing { needs: vec![self] }
    }
}

/// The faults as the end of a message: one behind the name of the file, several below it.
fn all_faults(faults: &[SettingFault]) -> String {
    let one = |fault: &SettingFault| format!("line {}: {}", fault.line, fault.why);
    if let [fault] = faults {
        return format!(", {}", one(fault));
    }
    let lines = faults.iter().map(|fault| format!("\n  {}", one(fault)));
    let lines: Vec<_> = lines.collect();
    format!(", {} faults:{}", faults.len(), lines.concat())
}

fn faults_hint(faults: &[SettingFault]) -> Option<String> {
    if let Some(kind) = faults.iter().find_map(|fault| fault.secret) {
        return Some(format!(
            "secrets do not belong in this file: set {}, or name a file with `{}`",
            kind.variable(),
            kind.flag().trim_start_matches('-')
        ));
    }
    faults.iter().any(|fault| fault.is_unknown).then(|| {
        "`offboard config init FILE` writes a file in which every setting is explained".to_owned()
    })
}

/// What is missing, as the end of a sentence: by one flag, or by several with their names.
fn needed(needs: &[MissingSetting]) -> String {
    if let [need] = needs {
        return need.what.to_owned();
    }
    let each = needs
        .iter()
        .map(|need| format!("{} (`{}`)", need.what, need.flag));
    let each: Vec<_> = each.collect();
    each.join(", ")
}
