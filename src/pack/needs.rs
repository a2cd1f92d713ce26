//! The requirements of an archive's compiled files.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Cursor, Read, Seek};

use super::archive::Content;
use super::contents::Contents;
use super::manifest::{Libc, LibcFamily, System};
use super::{Error, Result};
use crate::formats::elf;
use crate::formats::elf::Elf;
use crate::fs;
use crate::support::host::Platform;

/// The prefix of the versions of glibc's symbols.
const GLIBC: &str = "GLIBC_";
/// The libraries of the C library, and of the compiler's that every Python needs anyway, by how their
/// names begin.
const C_LIBRARIES: [&str; 11] = [
    "libc.",
    "libm.",
    "libdl.",
    "librt.",
    "libpthread.",
    "libutil.",
    "libresolv.",
    "libcrypt.",
    "ld-",
    "libgcc_s.",
    "linux-vdso.",
];

impl Contents<'_> {
    /// The system that the files are for, read from each ELF file.
    ///
    /// # Errors
    /// A file that cannot be read, or files for several processors.
    pub(super) fn system(&self) -> Result<System> {
        let platform = self.state.host.platform();
        let mut needs = Needs::default();
        if platform == Platform::Linux {
            for (path, content) in &self.items {
                if let Some(elf) = read(path, content)? {
                    needs.add(elf);
                }
            }
        }
        needs.libraries.retain(|library| !needs.own.contains(library));
        let machine = if needs.machines.len() > 1 {
            // A wheel can have files for several; the interpreter's is the one that counts.
            Some(self.base.machine.clone())
        } else {
            needs.machines.into_iter().next().map(str::to_owned)
        };
        Ok(System {
            platform,
            machine: machine
                .or_else(|| (platform != Platform::Linux).then(|| self.base.machine.clone())),
            libc: needs.libc,
            libraries: needs.libraries.into_iter().collect(),
        })
    }
}

/// The needs of several files.
#[derive(Default)]
struct Needs {
    machines: BTreeSet<&'static str>,
    libc: Option<Libc>,
    libraries: BTreeSet<String>,
    /// The libraries that are in the archive.
    own: BTreeSet<String>,
}

impl Needs {
    fn add(&mut self, (name, elf): (String, Elf)) {
        self.machines.extend(elf.machine);
        self.own.insert(name);
        self.own.extend(elf.soname);
        for library in elf.needed {
            let is_musl = library.starts_with("libc.musl-");
            if is_musl || library.starts_with("libc.so.6") {
                let family = if is_musl { LibcFamily::Musl } else { LibcFamily::Glibc };
                self.libc.get_or_insert(Libc { family, version: Vec::new() });
            }
            if !C_LIBRARIES.iter().any(|start| library.starts_with(start)) {
                self.libraries.insert(library);
            }
        }
        for version in elf.versions.iter().filter_map(|version| version.strip_prefix(GLIBC)) {
            // `GLIBC_PRIVATE` and `GLIBC_ABI_DT_RELR` are not releases.
            let numbers: Option<Vec<u32>> =
                version.split('.').map(|number| number.parse().ok()).collect();
            let libc =
                self.libc.get_or_insert(Libc { family: LibcFamily::Glibc, version: Vec::new() });
            libc.version = numbers.unwrap_or_default().max(std::mem::take(&mut libc.version));
        }
    }
}

/// The file's name, and what the dynamic linker reads of it.
fn read(path: &str, content: &Content) -> Result<Option<(String, Elf)>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let executable = match content {
        Content::Directory => return Ok(None),
        Content::Bytes { executable, .. } | Content::File { executable, .. } => *executable,
    };
    if !executable && !name.contains(".so") {
        return Ok(None);
    }
    let elf = match content {
        Content::Directory => None,
        Content::Bytes { data, .. } => elf::read(&mut Cursor::new(data)),
        Content::File { from, .. } => {
            let mut file: File = fs::open_regular(from)?;
            let mut magic = [0; 4];
            let is_elf = file.read_exact(&mut magic).is_ok() && magic == *b"\x7fELF";
            file.rewind().map_err(Error::io("read", from))?;
            if is_elf { elf::read(&mut file) } else { None }
        }
    };
    Ok(elf.map(|elf| (name.to_owned(), elf)))
}
