//! Archives of environments for other machines.
//!
//! | module | contains |
//! |---|---|
//! | `manifest` | what an archive needs, as its first entry says it |

mod manifest;

pub use manifest::{
    FORMAT, Libc, LibcFamily, MANIFEST, Manifest, ManifestError, Mode, PackedPython, System,
};
