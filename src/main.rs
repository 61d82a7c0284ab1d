//! The `offboard` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    offboard::cli::main()
}
