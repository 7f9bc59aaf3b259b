//! What the simulator encodes is what the decoder gives back.

mod dg13;
mod lds2;
