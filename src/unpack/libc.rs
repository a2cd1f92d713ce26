//! The C library of this machine, described from its files: nothing is started.

use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::fs::read_bounded;
use crate::pack::LibcFamily;
use crate::support::limits;
use crate::support::path::canonicalize;

/// The dynamic loader of each processor: a fixed path that each program contains. glibc's `sysdeps`
/// (`shlib-versions`) and the ABI list of sourceware.org/glibc/wiki/ABIList.
const LOADERS: [(&str, &str); 8] = [
    ("x86_64", "lib64/ld-linux-x86-64.so.2"),
    ("aarch64", "lib/ld-linux-aarch64.so.1"),
    ("i686", "lib/ld-linux.so.2"),
    ("arm", "lib/ld-linux-armhf.so.3"),
    ("ppc64le", "lib64/ld64.so.2"),
    ("s390x", "lib/ld64.so.1"),
    ("riscv64", "lib/ld-linux-riscv64-lp64d.so.1"),
    ("loongarch64", "lib64/ld-linux-loongarch-lp64d.so.1"),
];

/// The C library of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is not there.
    Missing,
    /// It is there, in this release; empty if its files do not say which.
    Release(Vec<u32>),
}

/// The C library of a family for `machine`, in the file system at `root`; `None` where its place is
/// unknown.
pub(super) fn find(family: LibcFamily, machine: &str, root: &Path) -> Option<Found> {
    match family {
        LibcFamily::Glibc => {
            let (_, loader) = LOADERS.into_iter().find(|(name, _)| *name == machine)?;
            let Ok(loader) = canonicalize(root.join(loader)) else { return Some(Found::Missing) };
            let library = loader.with_file_name("libc.so.6");
            let bytes = read_bounded(&library, limits::C_LIBRARY).unwrap_or_default();
            Some(Found::Release(release(&bytes).unwrap_or_default()))
        }
        LibcFamily::Musl => {
            // musl's dynlink.c; "armhf" is the usual one of its names for ARM.
            let names: &[&str] = match machine {
                "arm" => &["armhf", "arm"],
                "i686" => &["i386"],
                "ppc64le" => &["powerpc64le"],
                _ => &[machine],
            };
            let is_there = |name: &&str| root.join(format!("lib/ld-musl-{name}.so.1")).exists();
            let is_there = names.iter().any(is_there);
            Some(if is_there { Found::Release(Vec::new()) } else { Found::Missing })
        }
    }
}

/// The text before the number in the output of [`release`].
const BEFORE: &[u8] = b"release version ";

/// The release in the text that glibc prints when it is run: `GNU C Library (Debian GLIBC 2.36-9) stable
/// release version 2.36.`
fn release(library: &[u8]) -> Option<Vec<u32>> {
    let text = &library[memmem::find(library, b"GNU C Library ")?..];
    let text = &text[..text.len().min(200)];
    let number = &text[memmem::find(text, BEFORE)? + BEFORE.len()..];
    let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let end = number.iter().position(|byte| !is_number(byte)).unwrap_or(number.len());
    let number = std::str::from_utf8(&number[..end]).ok()?;
    number.trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect()
}

/// The libraries among `wanted` that the dynamic loader does not find: not in its cache, and not in its
/// default directories (ld.so(8)).
pub(super) fn missing_libraries<'a>(wanted: &'a [String], root: &Path) -> Vec<&'a str> {
    let cache = root.join("etc/ld.so.cache");
    let cache = read_bounded(&cache, limits::LIBRARY_CACHE).unwrap_or_default();
    let directories: Vec<PathBuf> = ["lib", "usr/lib", "lib64", "usr/lib64", "usr/local/lib"]
        .iter()
        .map(|directory| root.join(directory))
        .collect();
    // A name can be the end of a path there.
    let is_in_cache = |name: &str| {
        let before = [b"\0", b"/"].into_iter();
        let mut texts = before.map(|before| [before, name.as_bytes(), b"\0"].concat());
        texts.any(|text| memmem::find(&cache, &text).is_some())
    };
    let is_found = |name: &str| {
        is_in_cache(name) || directories.iter().any(|directory| directory.join(name).exists())
    };
    wanted.iter().map(String::as_str).filter(|name| !is_found(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_from_the_library() {
        for (bytes, expected) in [
            (
                &b"\0GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.\nCopy"[..],
                Some(vec![2, 36]),
            ),
            (b"GNU C Library (GNU libc) development release version 2.40.9000.\n", Some(vec![2, 40, 9000])),
            (b"GNU C Library stable release version 2.17, by Roland", Some(vec![2, 17])),
            (b"another library", None),
            (b"GNU C Library release version x", None),
        ] {
            assert_eq!(release(bytes), expected);
        }
    }

    #[test]
    fn a_machine_without_the_library_has_none() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for family in [LibcFamily::Glibc, LibcFamily::Musl] {
            assert_eq!(find(family, "x86_64", root), Some(Found::Missing));
        }
        std::fs::create_dir(root.join("lib")).unwrap();
        std::fs::write(root.join("lib/ld-musl-x86_64.so.1"), "").unwrap();
        assert_eq!(find(LibcFamily::Musl, "x86_64", root), Some(Found::Release(Vec::new())));
        std::fs::create_dir(root.join("lib64")).unwrap();
        std::fs::write(root.join("lib64/ld-linux-x86-64.so.2"), "").unwrap();
        let text = "GNU C Library (x) stable release version 2.31.\n";
        std::fs::write(root.join("lib64/libc.so.6"), text).unwrap();
        assert_eq!(find(LibcFamily::Glibc, "x86_64", root), Some(Found::Release(vec![2, 31])));
        assert_eq!(find(LibcFamily::Glibc, "vax", root), None);
    }

    #[test]
    fn libraries_are_looked_up_in_the_loaders_cache() {
        let root = tempfile::tempdir().unwrap();
        let wanted = ["liba.so.1", "libb.so.1", "libc.so.1", "libd.so.1"].map(str::to_owned);
        std::fs::create_dir_all(root.path().join("etc")).unwrap();
        std::fs::create_dir_all(root.path().join("usr/lib")).unwrap();
        std::fs::write(root.path().join("etc/ld.so.cache"), b"x\0liba.so.1\0/x/libd.so.1\0")
            .unwrap();
        std::fs::write(root.path().join("usr/lib/libb.so.1"), b"").unwrap();
        assert_eq!(missing_libraries(&wanted, root.path()), ["libc.so.1"]);
    }
}
