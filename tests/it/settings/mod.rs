//! Where settings come from, which source wins, which settings are refused, and that each is declared in one place.

mod declared;
mod protect_patterns;
mod refused;
mod sources;
