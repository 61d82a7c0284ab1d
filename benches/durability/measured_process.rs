//! One process from its start to its end: the time it took, its work on the processors, and its memory.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use tokio::time::Instant;

use crate::Failed;

/// The unit of the times in `/proc/PID/stat`, in seconds. Linux has the same everywhere.
const TICK: f64 = 0.01;

/// The time between two looks at the memory of a process.
const LOOK: Duration = Duration::from_millis(5);

/// What a process has taken.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// Seconds from start to end.
    pub(crate) seconds: f64,
    /// Seconds of work on the processors, for the program and for the system on its behalf.
    pub(crate) cpu: f64,
    /// The largest resident memory, in MB.
    pub(crate) peak: f64,
}

/// Runs a command to its end, which must be a success.
pub(crate) fn run(mut command: Command) -> Result<Cost, Failed> {
    let start = Instant::now();
    let (child, notes) = spawn(&mut command)?;
    let (cpu, seconds, peak) = watch(&child, start)?;
    end(child, notes, &command)?;
    Ok(Cost { seconds, cpu, peak })
}

/// Runs a command that changes nothing several times, until its work can be told from the length of a tick,
/// and takes the mean.
pub(crate) fn run_often(
    mut command: impl FnMut() -> Result<Command, Failed>,
) -> Result<Cost, Failed> {
    let (mut sum, mut times) = (Cost::default(), 0.0);
    while sum.cpu < 50.0 * TICK {
        let one = run(command()?)?;
        sum.seconds += one.seconds;
        sum.cpu += one.cpu;
        sum.peak = one.peak.max(sum.peak);
        times += 1.0;
    }
    Ok(Cost {
        seconds: sum.seconds / times,
        cpu: sum.cpu / times,
        peak: sum.peak,
    })
}

/// Starts a command and kills it as soon as the condition holds.
pub(crate) fn kill_when(mut command: Command, condition: impl Fn() -> bool) -> Result<(), Failed> {
    let (mut child, notes) = spawn(&mut command)?;
    while !condition() {
        if child.try_wait()?.is_some() {
            end(child, notes, &command)?;
            return Err(format!("ended before it was killed: {command:?}").into());
        }
        std::thread::sleep(LOOK);
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// Starts a command. Its notes go to a file, so that no pipe can be full.
fn spawn(command: &mut Command) -> Result<(Child, File), Failed> {
    let notes = tempfile::tempfile()?;
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(notes.try_clone()?)
        .spawn()?;
    Ok((child, notes))
}

/// Takes the exit code of a process that has ended.
fn end(mut child: Child, mut notes: File, command: &Command) -> Result<(), Failed> {
    let status = child.wait()?;
    if status.success() {
        return Ok(());
    }
    let mut text = String::new();
    std::io::Seek::rewind(&mut notes)?;
    std::io::Read::read_to_string(&mut notes, &mut text)?;
    Err(format!("{status}: {command:?}\n{text}").into())
}

/// Waits for the end of a process, which stays for its parent to take. Returns its work, the seconds since
/// its start, and its largest memory.
///
/// The system keeps the largest memory only as long as the process lives, so it is read every few
/// milliseconds: what was added right before the end is not seen.
fn watch(child: &Child, start: Instant) -> Result<(f64, f64, f64), Failed> {
    let has_ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let memory = scope.spawn(|| {
            let mut peak = 0.0;
            while !has_ended.load(Ordering::Relaxed) {
                peak = peak_memory(child.id()).unwrap_or(peak);
                // A short process is looked at more often.
                std::thread::sleep(LOOK.min(start.elapsed() / 20));
            }
            peak
        });
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let waited = waitid(WaitId::Pid(Pid::from_child(child)), ended);
        let seconds = start.elapsed().as_secs_f64();
        has_ended.store(true, Ordering::Relaxed);
        let peak = memory.join().map_err(|_| "the memory could not be read")?;
        waited?;
        Ok((cpu_seconds(child.id())?, seconds, peak))
    })
}

/// The largest resident memory that a process has had so far, in MB; none once it has ended.
fn peak_memory(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

/// The work of all threads of a process that has ended and is not yet taken by its parent.
fn cpu_seconds(process: u32) -> Result<f64, Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = stat.rsplit_once(')').ok_or("no name in /proc/PID/stat")?;
    // The third field follows the name; the program's own time is the 14th, and the system's the 15th.
    let times = after_name.split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = times.map(str::parse).collect::<Result<_, _>>()?;
    // Each of the two is cut to whole ticks, which takes half a tick in the mean.
    Ok((ticks.iter().sum::<f64>() + 1.0) * TICK)
}
