//! The sandbox as a client sees it: over real sockets, judged by its books.

mod bed;
mod faults;
mod grants;
mod life;
mod lists;
mod sign_in;
mod writes;
