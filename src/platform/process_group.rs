//! A program together with the programs that it has started.

use tokio::process::Child;

use crate::platform::system;

/// The process group of a program: it is killed when this is dropped, unless it was released.
///
/// Drop it before the [`Child`]: until then the process id cannot be given to another process.
#[derive(Debug)]
pub(crate) struct ProcessGroup(Option<system::Group>);

impl ProcessGroup {
    /// The group of a program that was started with [`in_own_group`](crate::platform::in_own_group).
    pub(crate) fn of(child: &Child) -> Self {
        Self(system::Group::of(child))
    }

    /// The program has ended by itself: processes that it left may continue.
    pub(crate) fn release(mut self) {
        self.0 = None;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = &self.0 {
            group.kill();
        }
    }
}
