//! The targets that a worker serves: a folder with one settings file for each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::ledger::{LeaseTimes, ServedTarget};
use crate::settings::{Layer, Settings, SettingsError, SettingsFile, Sources};

/// A target, by its settings file.
#[derive(Debug)]
pub(crate) struct WorkerTarget {
    /// The name of the file without `.toml`. Logs and metrics name the target so.
    pub(crate) name: String,
    /// The SCIM base URL, with how long its lease lasts.
    pub(super) served: ServedTarget,
    /// The variable that holds its secret. Programs that print tokens of other targets must not see it.
    pub(super) secret_variable: Option<String>,
    path: PathBuf,
    heartbeat: Duration,
    timeout: Duration,
}

impl WorkerTarget {
    /// What the file says now: it may have changed since the worker began. The two times that the length of the lease
    /// follows from are those of the beginning.
    ///
    /// # Errors
    /// The settings cannot be used.
    pub(super) fn settings(&self) -> Result<Settings, SettingsError> {
        let mut settings = settings_in(&self.path)?;
        settings.heartbeat = self.heartbeat;
        settings.connection.http.timeout = self.timeout;
        Ok(settings)
    }
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetFolderError {
    /// It cannot be read.
    #[error("cannot read the folder of targets `{}`: {error}", .path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It has no settings file.
    #[error("the folder of targets `{}` has no file whose name ends in `.toml`", .0.display())]
    Empty(PathBuf),
    /// The settings of a target cannot be used.
    #[error("target `{name}`: {error}")]
    Settings {
        /// The target.
        name: String,
        /// Why not.
        error: SettingsError,
    },
    /// One process at a time works on a target, so its settings are in one place.
    #[error("targets `{first}` and `{second}` are the same one: {url}")]
    Twice {
        /// A target.
        first: String,
        /// Another one with the same address.
        second: String,
        /// The SCIM base URL.
        url: String,
    },
}

impl TargetFolderError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Empty(_) => Some(
                "each target has a file with what `--config` would name: its profile, its address, and how to \
                 sign in"
                    .to_owned(),
            ),
            Self::Settings { error, .. } => error.hint(),
            Self::Twice { .. } => Some("remove one of the two files".to_owned()),
        }
    }
}

/// Reads the settings of all targets. A file whose name begins with a dot is none: Kubernetes keeps the versions of a
/// mounted folder in such places.
///
/// # Errors
/// The folder cannot be read or has no settings file, a file is wrong, or two are of the same target.
pub(crate) fn read_targets(folder: &Path) -> Result<Vec<WorkerTarget>, TargetFolderError> {
    let unreadable = |error| TargetFolderError::Unreadable {
        path: folder.to_owned(),
        error,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_hidden = |name: &str| name.starts_with('.');
        let name = path.file_name().and_then(std::ffi::OsStr::to_str);
        let is_settings = path.extension().is_some_and(|ending| ending == "toml");
        if is_settings && !name.is_none_or(is_hidden) {
            paths.push(path);
        }
    }
    paths.sort();
    let mut targets: Vec<WorkerTarget> = Vec::new();
    for path in paths {
        let name = path.file_stem().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let settings = match settings_in(&path) {
            Ok(settings) => settings,
            Err(error) => return Err(TargetFolderError::Settings { name, error }),
        };
        let (heartbeat, timeout) = (settings.heartbeat, settings.connection.http.timeout);
        let served = ServedTarget {
            target: settings.connection.scim.as_str().to_owned(),
            times: LeaseTimes::new(heartbeat, timeout),
        };
        let same = |known: &&WorkerTarget| known.served.target == served.target;
        if let Some(known) = targets.iter().find(same) {
            return Err(TargetFolderError::Twice {
                first: known.name.clone(),
                second: name,
                url: served.target,
            });
        }
        targets.push(WorkerTarget {
            name,
            served,
            secret_variable: settings.connection.sign_in.secret_variable.clone(),
            path,
            heartbeat,
            timeout,
        });
    }
    if targets.is_empty() {
        return Err(TargetFolderError::Empty(folder.to_owned()));
    }
    Ok(targets)
}

/// What a file says, over its profile. Flags and variables are not those of one target: they do not count.
fn settings_in(path: &Path) -> Result<Settings, SettingsError> {
    let file = SettingsFile::read(Some(path))?;
    let layer = Sources::read(Layer::default(), &file)?.layer();
    Settings::resolve_for_worker(layer)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn named(text: &str) -> String {
        format!(
            "profile = \"rfc7644\"\nsign-in = \"bearer\"\nrate = \"8/s\"\nscim-url = \"{text}\"\n"
        )
    }

    #[test]
    fn each_file_is_a_target_and_what_is_hidden_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        let read = || read_targets(dir.path());
        assert!(matches!(read(), Err(TargetFolderError::Empty(_))));
        write("b.toml", &named("https://b.example.com/scim"));
        write("a.toml", &named("https://a.example.com/scim"));
        write(".c.toml", "nonsense");
        write("README.md", "nonsense");
        let names: Vec<_> = read().unwrap().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["a", "b"]);
        write("c.toml", &named("https://b.example.com/scim/"));
        let why = read().unwrap_err().to_string();
        assert!(
            why.starts_with("targets `b` and `c` are the same one"),
            "{why}"
        );
        write("c.toml", "rat = \"8/s\"");
        let error = read().unwrap_err();
        assert!(error.to_string().starts_with("target `c`: "), "{error}");
        assert!(matches!(
            read_targets(&dir.path().join("none")),
            Err(TargetFolderError::Unreadable { .. })
        ));
    }
}
