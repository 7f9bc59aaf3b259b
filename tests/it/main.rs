//! Behaviour through the public interface, in one binary.
