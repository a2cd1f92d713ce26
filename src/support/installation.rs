//! Recognizes an installation of Python by its standard library.

use std::path::Path;

/// Whether `dir` is the prefix of an installation.
pub(crate) fn is_installation(dir: &Path) -> bool {
    // Windows' installations have `Lib/os.py`.
    dir.join("Lib/os.py").is_file()
        || ["lib", "lib64"].iter().any(|lib| has_library(&dir.join(lib)))
}

/// Whether `lib` has a `pythonX.Y/os.py`.
pub(crate) fn has_library(lib: &Path) -> bool {
    let mut entries = std::fs::read_dir(lib).into_iter().flatten().flatten();
    entries.any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        (name.starts_with("python") || name.starts_with("pypy"))
            && entry.path().join("os.py").is_file()
    })
}
