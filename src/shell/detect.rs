//! Which shell is calling.

use super::Shell;
use crate::host::Host;

/// The shell that called, found from the parents of this process.
pub fn detect(host: &Host) -> Option<Shell> {
    let _ = host;
    None
}
