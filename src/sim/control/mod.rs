//! Virtual cards told what to do over HTTP, by test frameworks: `docs/virtual-card.md` lists the
//! requests.
//!
//! For this machine alone: the address must be a loopback address, the Host header must name it, and a
//! request that a browser made on behalf of a page is refused. Tests in Rust need none of this: they
//! hold a [`Handle`](crate::sim::Handle) of a [`VirtualCard`](crate::sim::VirtualCard), or a
//! [`Place`](crate::sim::stand::Place) on a reader.

mod board;
mod request;
mod server;

pub use board::Board;
pub use board::Card;
pub use server::Control;
pub use server::Texts;
