//! What differs between operating systems: private files, which file it is, locks, signals, groups of processes, and
//! the surroundings of the program.
//!
//! Each name that this room gives has the same meaning on Unix and on Windows. Where a system has nothing of that kind,
//! the item of that system says what happens instead. It is the only room that asks for which system it is compiled,
//! and it knows nothing of users, jobs and ledgers.

mod file_access;
mod file_id;
mod process_group;
#[cfg(any(windows, test))]
mod sddl;
mod stop_signal;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub(crate) use file_access::{FileAccess, FileOwner};
pub(crate) use file_id::FileId;
pub(crate) use process_group::ProcessGroup;
pub(crate) use stop_signal::StopSignal;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub(crate) use system::{
    StatusSignal, StopSignals, create_private, create_private_folder, create_private_folders,
    file_access, has_ended, has_screen, how_to_forbid_writing, how_to_make_private, in_own_group,
    is_stream, keep_memory_private, keyring_store, link_count, make_private, make_readable,
    moves_cursor, open_or_create_private, outlive_file_limit, process_mark, quoted, quoted_program,
    read_what_is_there, set_variable, shell, split_words, state_folder, sync_folder, try_lock,
    try_lock_shared, with_variables,
};
