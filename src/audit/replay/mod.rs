//! The replay of a job from its events alone: its identity, its runs, and the state of each line.

mod job_replay;
mod line_event;
mod line_sorter;
mod line_state;
mod line_states;
mod packed;
mod replay_event;

pub(crate) use job_replay::Replay;
pub(super) use job_replay::RunState;
pub(super) use line_state::LineState;
pub(super) use line_states::LineStates;
pub(super) use replay_event::{LinkedText, ReplayEvent};
