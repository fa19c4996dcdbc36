//! Behaviour that spans both formats: what is written reads back equal, and no bytes make a reader panic.

mod generated;
mod mutated;
mod round_trip;
