//! Reports that a device signs, and checking them on another machine.
