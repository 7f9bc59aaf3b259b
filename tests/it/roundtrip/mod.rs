//! What the simulator encodes is what the decoder gives back.

mod lds2;
