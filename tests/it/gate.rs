//! One door to a write (P7): whatever the command, nobody is written whom that command may not write,
//! and its rails are judged on those whom it will write.

mod canary;
mod meant;
mod protected;
mod retried;
mod sample;
mod share;
