//! Activation code for every shell.
