//! The registry's server through its own doors: what it answers, and what it refuses.

mod answers;
#[cfg(all(unix, feature = "postgres"))]
mod database;
mod hostile;
mod limits;
mod lists;
mod program;
mod schemathesis;
mod timing;
mod tls;
