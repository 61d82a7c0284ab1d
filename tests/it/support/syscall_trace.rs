//! What the program gives to its disk and to the network, in the order in which it does so: a library that is
//! loaded before the C library records the calls (`syscall_trace.c`).

use std::path::{Path, PathBuf};
use std::process::Command;

/// What one record says. A call that a record names has not begun before the record of another call that
/// has to have ended by then, so the order of records is an order of what happened.
#[derive(Debug)]
pub(crate) enum Step {
    /// A file has taken these bytes. They may be in memory only.
    Wrote { file: PathBuf, bytes: Vec<u8> },
    /// A sync of a file begins: what was written before is on the disk once it has ended.
    SyncBegan(PathBuf),
    /// A sync of a file has ended without an error.
    SyncEnded(PathBuf),
    /// These bytes are about to leave through a socket.
    Sends(Vec<u8>),
}

/// A program whose calls are recorded.
#[derive(Debug)]
pub(crate) struct SyscallTrace(PathBuf);

impl SyscallTrace {
    /// Has the calls of the command recorded. The library and the trace are made in the folder.
    pub(crate) fn of(command: &mut Command, folder: &Path) -> Self {
        let library = folder.join("syscall_trace.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/syscall_trace.c");
        let compiled = Command::new("cc")
            .args([
                "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o",
            ])
            .args([&library, &source])
            .output()
            .unwrap();
        assert!(compiled.status.success(), "{compiled:?}");
        let trace = Self(folder.join("syscall_trace"));
        command.env("LD_PRELOAD", library);
        command.env("SYSCALL_TRACE", &trace.0);
        trace
    }

    /// What was recorded up to now.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let trace = std::fs::read(&self.0).unwrap();
        let mut rest = Bytes(&trace);
        let mut steps = Vec::new();
        while !rest.0.is_empty() {
            steps.push(rest.step());
        }
        steps
    }
}

/// The part of a trace that is still to be read.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    /// The next bytes, so many.
    fn take(&mut self, length: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    /// A number of 32 bits.
    fn short(&mut self) -> u32 {
        u32::from_ne_bytes(self.take(4).try_into().unwrap())
    }

    /// A number of 64 bits.
    fn long(&mut self) -> usize {
        usize::from_ne_bytes(self.take(8).try_into().unwrap())
    }

    /// One record, as `struct header` in `syscall_trace.c` lays it out.
    fn step(&mut self) -> Step {
        let (kind, name_length) = (self.short(), self.short());
        let (_offset, length) = (self.long(), self.long());
        let name = self.take(usize::try_from(name_length).unwrap());
        let file = PathBuf::from(String::from_utf8(name.to_owned()).unwrap());
        let bytes = self.take(length).to_owned();
        match kind {
            1 => Step::Wrote { file, bytes },
            2 => Step::SyncBegan(file),
            3 => Step::SyncEnded(file),
            4 => Step::Sends(bytes),
            other => panic!("no kind of record: {other}"),
        }
    }
}
