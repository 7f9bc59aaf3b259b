//! The agent's pages in a real Chromium: what a clerk, a citizen and a hostile page see of it.

mod agent;
mod aloud;
mod axe;
mod chromium;
mod clerk;
mod closing;
mod counter;
mod devtools;
mod elsewhere;
mod harness;
mod key;
mod kiosk;
mod program;
mod seen;
mod tab;
mod typed;
