//! What is stored of a target beside its jobs: its pace.

mod kept_pace;

pub(crate) use kept_pace::keep_pace;
