//! The `offboard` program: everything is in the library.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Allocates faster than the allocator of the system: a run allocates and frees for each user.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    offboard::cli::main()
}
