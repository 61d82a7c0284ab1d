//! Unix: Linux, macOS and the BSDs.

mod access;
mod identity;
mod processes;
mod signals;
mod surroundings;

pub(super) use identity::{file_id_at, file_id_of, file_id_of_name};
pub(super) use processes::ProcessGroupId as Group;

pub(crate) use access::{
    create_private, create_private_folder, create_private_folders, file_access,
    how_to_forbid_writing, how_to_make_private, make_private, make_readable,
    open_or_create_private, sync_folder,
};
pub(crate) use identity::{is_stream, link_count, try_lock, try_lock_shared};
pub(crate) use processes::{
    has_ended, in_own_group, process_mark, quoted, quoted_program, read_what_is_there, shell,
    split_words,
};
pub(crate) use signals::{StatusSignal, StopSignals, keep_memory_private, outlive_file_limit};
pub(crate) use surroundings::{
    has_screen, keyring_store, moves_cursor, set_variable, state_folder, with_variables,
};
