//! A file that grows: a log, or a table that an interrupted command left half done.

use std::fs::{File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::output_path::{AtPath, OutputPath, look};
use super::{FileError, Signature, create};

/// How often another process may make or remove the file while it is being opened.
const TRIES: u32 = 16;

/// Opens a file of ours to add lines to it, or makes it.
///
/// # Errors
/// [`FileError`]: something else is there, or the system refuses.
pub fn append(path: &Path, mark: Signature) -> Result<File, FileError> {
    let file = open(path, mark, OpenOptions::new().append(true))?;
    if file.metadata().is_ok_and(|meta| meta.is_file()) {
        // An older version may have made it for others to read. A file of another owner stays as it is.
        let _ = file.set_permissions(Permissions::from_mode(0o600));
    }
    Ok(file)
}

/// Opens a file of ours to go on with it, or makes it. It may have no other name, since whatever it
/// holds may be cut off.
///
/// # Errors
/// [`FileError`]: something else is there, or the system refuses.
pub fn resume(path: &Path, mark: Signature) -> Result<File, FileError> {
    let file = open(path, mark, OpenOptions::new().write(true))?;
    let meta = file.metadata();
    let meta = meta.map_err(|source| FileError::io(path, source))?;
    if !meta.is_file() {
        return Err(FileError::Special(path.to_owned()));
    }
    if meta.nlink() > 1 {
        return Err(FileError::Link(path.to_owned()));
    }
    Ok(file)
}

/// Whether the file is the present user's own: others may have made it to read what is written to it.
pub fn is_own(file: &File) -> bool {
    let me = rustix::process::geteuid().as_raw();
    file.metadata().is_ok_and(|meta| meta.uid() == me)
}

fn open(path: &Path, mark: Signature, options: &mut OpenOptions) -> Result<File, FileError> {
    let place = OutputPath::new(path, mark)?;
    let mut tries = 0;
    loop {
        let opened = match place.judge_found(look(path, options)?)? {
            AtPath::Nothing => create(path),
            AtPath::Stream => options.open(path),
            AtPath::Regular(file) => return Ok(file),
        };
        match opened {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < TRIES => tries += 1,
            opened => return opened.map_err(|source| FileError::io(path, source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use super::*;

    const MARK: Signature = Signature {
        what: "test log",
        is_ours: |head| head.starts_with(b"log"),
    };

    #[test]
    fn lines_are_added_to_a_log_and_to_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        for _ in 0..2 {
            append(&path, MARK).unwrap().write_all(b"log\n").unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "log\nlog\n");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        append(&path, MARK).unwrap();
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let link = dir.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(append(&link, MARK), Err(FileError::Link(_))));
        fs::write(&path, "User ID\n").unwrap();
        assert!(matches!(
            append(&path, MARK),
            Err(FileError::Stranger { .. })
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "User ID\n");
    }

    #[test]
    fn what_is_gone_on_with_has_one_name_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("part");
        resume(&path, MARK).unwrap().write_all(b"log\n").unwrap();
        resume(&path, MARK).unwrap();
        fs::hard_link(&path, dir.path().join("other")).unwrap();
        assert!(matches!(resume(&path, MARK), Err(FileError::Link(_))));
        fs::remove_file(&path).unwrap();
        symlink(dir.path().join("other"), &path).unwrap();
        assert!(matches!(resume(&path, MARK), Err(FileError::Link(_))));
        assert!(matches!(
            resume(Path::new("/dev/null"), MARK),
            Err(FileError::Special(_))
        ));
    }
}
