//! The path of an output file. It is checked before the work for it begins, and again when it is written.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use super::{Draft, FileError};
use crate::platform::{self, FileId};

/// How many bytes of an existing file are read to recognise it.
const HEAD: u64 = 4096;

/// How to recognise a file that the same command wrote before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature {
    /// The name of such a file in messages, such as "plan table".
    pub what: &'static str,
    /// Whether a file that begins with these bytes (at most 4096) was written by this command.
    pub is_ours: fn(&[u8]) -> bool,
}

impl Signature {
    /// Whether the open file may be replaced: the same command wrote it, or it is empty. Afterwards the file is
    /// at its beginning again.
    fn fits(&self, file: &mut File) -> io::Result<bool> {
        let mut head = Vec::new();
        file.rewind()?;
        file.by_ref().take(HEAD).read_to_end(&mut head)?;
        file.rewind()?;
        Ok(head.is_empty() || (self.is_ours)(&head))
    }
}

/// A path to which this command may write.
#[derive(Debug, Clone)]
pub(crate) struct OutputPath {
    pub(super) path: PathBuf,
    signature: Signature,
    /// The files that the command reads, and what each is.
    inputs: Vec<(FileId, &'static str)>,
}

/// What exists at the path of an output.
pub(super) enum AtPath {
    /// Nothing.
    Nothing,
    /// A regular file, open for reading and with the options that the caller gave.
    Regular(File),
    /// A terminal, a pipe or `/dev/null`. It is written directly, since it holds nothing that could be lost.
    Stream,
}

impl OutputPath {
    /// Checks the path of a file that is recognised by this signature.
    ///
    /// # Errors
    /// [`FileError`]: the path is something else.
    pub(crate) fn new(path: &Path, signature: Signature) -> Result<Self, FileError> {
        Self::apart_from(path, signature, &[])
    }

    /// As [`OutputPath::new`]. In addition the path must not be one of the files that the same command reads,
    /// under any name.
    ///
    /// # Errors
    /// [`FileError`]: the path is something else.
    pub(crate) fn apart_from(
        path: &Path,
        signature: Signature,
        inputs: &[(&Path, &'static str)],
    ) -> Result<Self, FileError> {
        let known = |(path, what): &(&Path, &'static str)| Some((FileId::at(path).ok()?, *what));
        let this = Self {
            path: path.to_owned(),
            signature,
            inputs: inputs.iter().filter_map(known).collect(),
        };
        this.check()?;
        Ok(this)
    }

    /// The path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Begins to write the file, under another name.
    ///
    /// # Errors
    /// [`FileError`]: the path is something else by now, or the system reports an error.
    pub(crate) fn begin(&self) -> Result<Draft, FileError> {
        Draft::begin(self.clone())
    }

    /// Returns what exists at the path, if it may be written.
    pub(super) fn check(&self) -> Result<AtPath, FileError> {
        let found = look(&self.path, &mut OpenOptions::new())?;
        self.check_existing(found)
    }

    pub(super) fn check_existing(&self, mut found: AtPath) -> Result<AtPath, FileError> {
        if let AtPath::Regular(file) = &mut found {
            let failed = |source| FileError::io(&self.path, source);
            let mine = FileId::of(file).map_err(failed)?;
            if let Some((_, what)) = self.inputs.iter().find(|(input, _)| *input == mine) {
                let path = self.path.clone();
                return Err(FileError::Input { path, what });
            }
            if !self.signature.fits(file).map_err(failed)? {
                let (path, what) = (self.path.clone(), self.signature.what);
                return Err(FileError::Stranger { path, what });
            }
        }
        Ok(found)
    }
}

/// Finds out what exists at a path, without changing it and without following a link. A file is opened only
/// if it is regular. After opening it is checked to be the same file.
pub(super) fn look(path: &Path, options: &mut OpenOptions) -> Result<AtPath, FileError> {
    let failed = |source| FileError::io(path, source);
    if platform::is_stream(path) {
        return Ok(AtPath::Stream);
    }
    let kind = match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(AtPath::Nothing),
        other => other.map_err(failed)?.file_type(),
    };
    if kind.is_symlink() {
        return Err(FileError::Link(path.to_owned()));
    }
    if !kind.is_file() {
        return Err(FileError::Special(path.to_owned()));
    }
    let seen = match FileId::of_name(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(AtPath::Nothing),
        other => other.map_err(failed)?,
    };
    let file = match options.read(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(AtPath::Nothing),
        file => file.map_err(failed)?,
    };
    if FileId::of(&file).map_err(failed)? != seen {
        let swapped = io::Error::other("another file has taken its place");
        return Err(failed(swapped));
    }
    Ok(AtPath::Regular(file))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    const MARK: Signature = Signature {
        what: "test table",
        is_ours: |head| head.starts_with(b"ours"),
    };

    fn write(path: &Path, text: &str) -> Result<(), FileError> {
        let mut draft = OutputPath::new(path, MARK)?.begin()?;
        draft.write_all(text.as_bytes()).unwrap();
        draft.finish()
    }

    fn names(dir: &Path) -> usize {
        fs::read_dir(dir).unwrap().count()
    }

    #[test]
    fn a_file_of_this_command_is_replaced_and_any_other_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write(&path, "ours 1").unwrap();
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        write(&path, "ours 2").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "ours 2");
        fs::write(&path, "theirs").unwrap();
        let refused = write(&path, "ours 3");
        assert!(
            matches!(refused, Err(FileError::Stranger { .. })),
            "{refused:?}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        fs::write(&path, "").unwrap();
        write(&path, "ours 4").unwrap();
        assert_eq!(names(dir.path()), 1);
    }

    #[test]
    fn no_link_is_followed_and_a_hard_link_keeps_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let (path, victim) = (dir.path().join("a"), dir.path().join("victim"));
        for content in ["precious", "ours: precious"] {
            fs::write(&victim, content).unwrap();
            symlink(&victim, &path).unwrap();
            let refused = write(&path, "ours");
            assert!(matches!(refused, Err(FileError::Link(_))), "{refused:?}");
            fs::remove_file(&path).unwrap();
            fs::hard_link(&victim, &path).unwrap();
            // Refused, or only the name is replaced.
            let _ = write(&path, "ours");
            assert_eq!(fs::read_to_string(&victim).unwrap(), content);
            fs::remove_file(&path).unwrap();
        }
        symlink("nowhere", &path).unwrap();
        assert!(matches!(write(&path, "ours"), Err(FileError::Link(_))));
        assert!(!dir.path().join("nowhere").exists());
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(matches!(write(&path, "ours"), Err(FileError::Special(_))));
    }

    #[test]
    fn another_file_that_appears_meanwhile_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        for (there, is_kept) in [("theirs", true), ("ours", false)] {
            let mut draft = OutputPath::new(&path, MARK).unwrap().begin().unwrap();
            draft.write_all(b"ours, new").unwrap();
            fs::write(&path, there).unwrap();
            assert_eq!(draft.finish().is_err(), is_kept, "{there}");
            assert_eq!(fs::read_to_string(&path).unwrap() == there, is_kept);
            assert_eq!(names(dir.path()), 1);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn an_input_of_the_command_is_not_overwritten_under_any_name() {
        let dir = tempfile::tempdir().unwrap();
        let (input, other) = (dir.path().join("input"), dir.path().join("other"));
        fs::write(&input, "ours, and the roster now").unwrap();
        fs::hard_link(&input, &other).unwrap();
        for path in [&input, &other, &dir.path().join("./other")] {
            let refused = OutputPath::apart_from(path, MARK, &[(&input, "roster")]);
            assert!(
                matches!(refused, Err(FileError::Input { what: "roster", .. })),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn a_stream_is_written_as_it_is() {
        write(Path::new("/dev/null"), "anything").unwrap();
        assert!(Path::new("/dev/null").exists());
    }
}
