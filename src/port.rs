//! The traits between the engine and the world.
