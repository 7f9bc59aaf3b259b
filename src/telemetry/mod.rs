//! What a service tells whoever runs it: log lines, and figures in the text form of Prometheus.
//!
//! Neither knows what it is told. Which words and numbers there are is the service's to say, in a closed
//! list of its own, so that nothing of a person can get here by accident.

pub mod figures;
pub mod lines;
