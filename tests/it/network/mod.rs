//! A bad line between the program and the provider. A proxy on a real socket cuts connections, delays
//! and makes up answers; the records of the provider show how each user ended.

mod answer_forms;
mod cut_connections;
pub(crate) mod faulty_proxy;
pub(crate) mod http_message;
mod odd_answers;
mod other_hosts;
