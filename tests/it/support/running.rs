//! A program that is running: what it has said so far, signals to it, and its end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::Ran;

/// Longest wait for anything: far more than a loaded machine needs, so that only a hang meets it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The time between two looks at a condition.
const LOOK: Duration = Duration::from_millis(1);

/// A running program. It is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    stderr: Arc<Mutex<Vec<String>>>,
    stderr_reader: Option<JoinHandle<()>>,
    stdout: Arc<Mutex<Vec<u8>>>,
    stdout_reader: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = Arc::new(Mutex::new(Vec::new()));
        let (lines, pipe) = (Arc::clone(&stderr), child.stderr.take().unwrap());
        let stderr_reader = std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines() {
                lines.lock().unwrap().push(line.unwrap());
            }
        });
        let mut pipe = child.stdout.take().unwrap();
        let stdout = Arc::new(Mutex::new(Vec::new()));
        let printed = Arc::clone(&stdout);
        let stdout_reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut piece) {
                printed.lock().unwrap().extend_from_slice(&piece[..length]);
            }
        });
        Self {
            child,
            stderr,
            stderr_reader: Some(stderr_reader),
            stdout,
            stdout_reader: Some(stdout_reader),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal; one to a program that has ended already is lost.
    pub(crate) fn signal(&mut self, signal: Signal) {
        if !self.has_ended() {
            kill_process(Pid::from_child(&self.child), signal).unwrap();
        }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until the condition holds; false if the program ends before that.
    pub(crate) async fn reaches(&mut self, mut condition: impl FnMut() -> bool) -> bool {
        let mut met = false;
        until("a running program gets on", || {
            met = condition();
            met || self.has_ended()
        })
        .await;
        met
    }

    /// Waits until a line on standard error contains the text.
    pub(crate) async fn says(&mut self, text: &str) {
        let stderr = Arc::clone(&self.stderr);
        let said = move || {
            let lines = stderr.lock().unwrap();
            lines.iter().any(|line| line.contains(text))
        };
        // What was said last may still be in the pipe when the program has ended.
        let met = self.reaches(&said).await || {
            self.read_out();
            said()
        };
        assert!(met, "never said `{text}`: {:?}", self.stderr.lock());
    }

    /// Waits until a whole line on standard output contains the text, and returns it.
    pub(crate) async fn prints(&mut self, text: &str) -> String {
        let stdout = Arc::clone(&self.stdout);
        let line = || {
            let printed = String::from_utf8_lossy(&stdout.lock().unwrap()).into_owned();
            let mut lines = printed
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            lines.find(|line| line.contains(text)).map(str::to_owned)
        };
        assert!(
            self.reaches(|| line().is_some()).await,
            "never printed `{text}`"
        );
        line().unwrap()
    }

    /// Waits for the end.
    pub(crate) async fn end(mut self) -> Ran {
        until("a program ends", || self.has_ended()).await;
        let status = self.child.wait().unwrap();
        let stdout = self.read_out();
        let stderr = self.stderr.lock().unwrap().join("\n");
        Ran {
            code: status.code(),
            stdout,
            stderr,
        }
    }

    /// Kills the program at once, as a power cut would.
    pub(crate) async fn kill(mut self) -> Ran {
        self.signal(Signal::KILL);
        self.end().await
    }

    fn read_out(&mut self) -> String {
        if let Some(reader) = self.stderr_reader.take() {
            reader.join().unwrap();
        }
        if let Some(reader) = self.stdout_reader.take() {
            reader.join().unwrap();
        }
        String::from_utf8(self.stdout.lock().unwrap().clone()).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A failed test leaves no process behind; both calls fail only for a program that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Plays all cases of a test at the same time: most of each is waiting.
pub(crate) async fn at_once<C: Future<Output = ()>>(cases: impl IntoIterator<Item = C>) {
    futures_util::future::join_all(cases).await;
}

/// Waits until the condition holds.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited too long until {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until a condition holds that takes a while to find out.
pub(crate) async fn until_async(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < PATIENCE, "waited too long until {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// A started command, without blocking the provider, which shares this process.
pub(crate) fn start(mut command: Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the end of a started command.
pub(crate) async fn ended(child: Child) -> Ran {
    tokio::task::spawn_blocking(move || Ran::from(child.wait_with_output().unwrap()))
        .await
        .unwrap()
}

/// Sends a signal to a started command.
pub(crate) fn send(child: &Child, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, signal).unwrap();
}
