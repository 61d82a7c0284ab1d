//! What lies in memory, secrets among it, is written to no core dump.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids core dumps of this process. A system that refuses is no reason not to work.
pub(super) fn keep_private() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    // Where a program collects dumps, the limit may not count.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
