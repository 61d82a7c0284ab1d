//! scripted ports
