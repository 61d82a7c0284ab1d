//! What a PATCH or a PUT asks for, carried out on a copy of the user's profile.
//!
//! Pure: who may call, what is stored and which fault strikes are decided elsewhere.

pub(crate) mod entitlement;
pub(crate) mod patch;
pub(crate) mod patch_path;
pub(crate) mod put;
