//! Which user a line means. Ids are compared by the rule of the profile, names after normalisation, and
//! a secret inside a name changes neither.

mod ids;
mod names;
mod secret_inside_names;
mod who_is_meant;
