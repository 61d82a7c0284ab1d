//! Stores refresh tokens between runs, in a file that only its owner can read.
//!
//! A service that rotates refresh tokens accepts each token once. A process that uses one must store the
//! new one before it does anything else, and two processes must not use the same one. So a process holds a
//! lock file from reading a token until the new one is durable.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::platform;

/// The version of the file format.
const VERSION: u32 = 1;

/// The longest time that another process may hold the lock: one request to the token endpoint, with its
/// timeouts. A process waits for nothing else while it holds the lock.
const PATIENCE: Duration = Duration::from_mins(2);

/// The time between two tries to get the lock.
const RETRY: Duration = Duration::from_millis(20);

/// The cache cannot be used. No message contains a token.
#[derive(Debug, thiserror::Error)]
pub(in crate::auth) enum CacheError {
    /// The system reports an error.
    #[error("`{path}`: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The file is something else, or was written by a newer version.
    #[error(
        "`{0}` is no token cache that this version can read; name another with `--token-cache`"
    )]
    Foreign(PathBuf),
    /// Other users may have read it.
    #[error(
        "`{0}` is open to other users, who may know its tokens: remove it to sign in anew, or keep it \
         with `{how}`",
        how = platform::how_to_make_private(.0)
    )]
    Open(PathBuf),
    /// Another process has held it for too long.
    #[error("`{0}` is held by another process")]
    Held(PathBuf),
}

impl CacheError {
    /// Whether a later try may succeed.
    pub(in crate::auth) fn is_passing(&self) -> bool {
        matches!(self, Self::Held(_))
    }
}

/// The file with the tokens, and which client at which service this cache is for.
#[derive(Debug)]
pub(in crate::auth) struct TokenCache {
    path: PathBuf,
    /// The token endpoint.
    service: String,
    client: String,
}

/// The cache while this process holds its lock. No other process can use it.
#[derive(Debug)]
pub(in crate::auth) struct Locked<'a> {
    cache: &'a TokenCache,
    _lock: File,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    version: u32,
    tokens: Vec<Kept>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    service: String,
    client: String,
    refresh_token: String,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept(..)")
    }
}

impl TokenCache {
    /// The tokens of this client at this service, in the file `path`. Nothing is opened yet.
    pub(in crate::auth) fn new(path: PathBuf, service: &str, client: &str) -> Self {
        Self {
            path,
            service: service.to_owned(),
            client: client.to_owned(),
        }
    }

    /// Waits until no other process uses the cache, and locks it.
    pub(in crate::auth) async fn lock(&self) -> Result<Locked<'_>, CacheError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(locked) = self.try_lock()? {
                return Ok(locked);
            }
            if Instant::now() >= deadline {
                return Err(CacheError::Held(self.path.clone()));
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Locks the cache; `None` if another process uses it.
    pub(in crate::auth) fn try_lock(&self) -> Result<Option<Locked<'_>>, CacheError> {
        if let Some(folder) = folder(&self.path) {
            platform::create_private_folders(folder).map_err(|source| failed(folder, source))?;
        }
        let path = beside(&self.path, ".lock");
        let options = OpenOptions::new().read(true).write(true).clone();
        let file = platform::open_or_create_private(&path, &options);
        let file = file.map_err(|source| failed(&path, source))?;
        match platform::try_lock(&file) {
            Ok(()) => Ok(Some(Locked {
                cache: self,
                _lock: file,
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(&path, source)),
        }
    }
}

impl Locked<'_> {
    /// The refresh token, if there is one.
    pub(in crate::auth) fn read(&self) -> Result<Option<SecretString>, CacheError> {
        let content = self.content()?;
        let mine = content.tokens.into_iter().find(|kept| self.is_mine(kept));
        Ok(mine.map(|kept| SecretString::from(kept.refresh_token)))
    }

    /// Replaces the stored refresh token by this one, or removes it. The change is durable when this
    /// returns. A process that reads the file at any moment sees the old content or the new one.
    pub(in crate::auth) fn write(&self, token: Option<&SecretString>) -> Result<(), CacheError> {
        let mut content = self.content()?;
        content.tokens.retain(|kept| !self.is_mine(kept));
        content.tokens.extend(token.map(|token| Kept {
            service: self.cache.service.clone(),
            client: self.cache.client.clone(),
            refresh_token: token.expose_secret().to_owned(),
        }));
        let text = SecretString::from(serde_json::json!(content).to_string());
        let path = &self.cache.path;
        let draft = beside(path, ".new");
        replace(path, &draft, text.expose_secret()).map_err(|source| failed(path, source))
    }

    fn content(&self) -> Result<Content, CacheError> {
        let path = &self.cache.path;
        let (text, is_private) = match read(path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Content {
                    version: VERSION,
                    tokens: Vec::new(),
                });
            }
            Err(source) => return Err(failed(path, source)),
        };
        match serde_json::from_str::<Content>(text.expose_secret()) {
            Ok(content) if content.version == VERSION && is_private => Ok(content),
            Ok(content) if content.version == VERSION => Err(CacheError::Open(path.clone())),
            // The message of serde is left out: it may quote the file.
            _ => Err(CacheError::Foreign(path.clone())),
        }
    }

    fn is_mine(&self, kept: &Kept) -> bool {
        kept.service == self.cache.service && kept.client == self.cache.client
    }
}

/// The content of the file, and whether only its owner can read and write it.
fn read(path: &Path) -> std::io::Result<(SecretString, bool)> {
    let mut file = File::open(path)?;
    let is_private = platform::file_access(&file)?.is_private();
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((SecretString::from(text), is_private))
}

/// Writes a new file, makes it durable, and renames it to `path`.
fn replace(path: &Path, draft: &Path, text: &str) -> std::io::Result<()> {
    // A draft that an earlier process left may have other permissions.
    match std::fs::remove_file(draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = platform::create_private(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(draft, path)?;
    // The rename is durable only after its folder is synced.
    platform::sync_folder(folder(path).unwrap_or(Path::new(".")))
}

fn folder(path: &Path) -> Option<&Path> {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

fn failed(path: &Path, source: std::io::Error) -> CacheError {
    CacheError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn shown(token: Option<SecretString>) -> Option<String> {
        token.map(|token| token.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn p10_tokens_are_kept_apart_in_a_file_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/offboard/tokens.json");
        let mine = TokenCache::new(path.clone(), "https://a/token", "c1");
        let other = TokenCache::new(path.clone(), "https://a/token", "c2");
        assert_eq!(shown(mine.lock().await.unwrap().read().unwrap()), None);
        for token in ["t1", "t2"] {
            mine.lock()
                .await
                .unwrap()
                .write(Some(&token.into()))
                .unwrap();
            other
                .lock()
                .await
                .unwrap()
                .write(Some(&"o".into()))
                .unwrap();
            let kept = mine.lock().await.unwrap().read().unwrap();
            assert_eq!(shown(kept), Some(token.to_owned()));
        }
        mine.lock().await.unwrap().write(None).unwrap();
        assert_eq!(shown(mine.lock().await.unwrap().read().unwrap()), None);
        assert_eq!(
            shown(other.lock().await.unwrap().read().unwrap()),
            Some("o".to_owned())
        );
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        // Lock and file, and no draft.
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            2
        );
    }

    #[tokio::test(start_paused = true)]
    async fn one_process_at_a_time_uses_the_cache() {
        let dir = tempfile::tempdir().unwrap();
        let cache = |name: &str| TokenCache::new(dir.path().join(name), "s", "c");
        let (first, second) = (cache("t.json"), cache("t.json"));
        let held = first.lock().await.unwrap();
        assert!(matches!(second.lock().await, Err(CacheError::Held(_))));
        assert!(cache("other.json").lock().await.is_ok());
        drop(held);
        assert!(second.lock().await.is_ok());
    }

    #[tokio::test]
    async fn p10_a_file_that_is_something_else_is_neither_shown_nor_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.json");
        for text in ["planted", r#"{"version":2,"tokens":["planted"]}"#] {
            std::fs::write(&path, text).unwrap();
            let cache = TokenCache::new(path.clone(), "s", "c");
            let locked = cache.lock().await.unwrap();
            let error = locked.read().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("planted"));
            assert!(locked.write(Some(&"t".into())).is_err());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[tokio::test]
    async fn p10_a_cache_that_others_could_read_is_neither_used_nor_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.json");
        let cache = TokenCache::new(path.clone(), "s", "c");
        cache
            .lock()
            .await
            .unwrap()
            .write(Some(&"t".into()))
            .unwrap();
        for (mode, is_used) in [
            (0o640, false),
            (0o604, false),
            (0o602, false),
            (0o600, true),
        ] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let locked = cache.lock().await.unwrap();
            assert_eq!(locked.read().is_ok(), is_used, "{mode:o}");
            assert_eq!(locked.write(Some(&"u".into())).is_ok(), is_used, "{mode:o}");
        }
    }
}
