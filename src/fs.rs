//! File operations that name their path when they fail.
