//! The wheels that seed an environment.
