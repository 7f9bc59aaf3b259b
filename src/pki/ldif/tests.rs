//! Files as the directory writes them, and damaged ones.
