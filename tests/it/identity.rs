//! Identity is exact: ids by the profile's rule, names after normalisation, and neither is rewritten for
//! the sake of a secret.

mod ids;
mod names;
mod secrets;
