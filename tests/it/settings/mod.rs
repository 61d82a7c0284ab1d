//! Where settings come from, which source wins, and which settings are refused.

mod protect_patterns;
mod refused;
mod sources;
