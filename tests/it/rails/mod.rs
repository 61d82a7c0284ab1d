//! The rails (P7): the rules that stop a job before its first write, judged on the users that the present
//! command will write, and the protect list, which every command asks before each write.

mod canary;
mod confirmation;
mod limits;
mod plan_sample;
mod protect_list;
mod retry;
mod share;
