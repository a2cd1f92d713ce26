//! `--with-python`: the interpreter, its library and the standard library in the archive.
//!
//! The environment becomes an installation: the standard library is where the interpreter looks for it
//! first, in `lib` above its own directory. So no path has to be known, and no variable to be set.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::archive::Content;
use super::contents::{Contents, archive_path};
use super::tree::{file, unreadable};
use super::{Error, Result};
use crate::dist::record::BYTECODE;
use crate::formats::elf;
use crate::formats::elf::Elf;
use crate::fs;
use crate::support::limits;
use crate::venv::aliases;

/// The parts of the standard library that are left out: tests, graphical interfaces, the installer of pip,
/// the converter from Python 2, and installed packages and settings of the packing machine.
const LEFT_OUT: [&str; 11] = [
    "test",
    "idlelib",
    "turtledemo",
    "tkinter",
    "turtle.py",
    "ensurepip",
    "lib2to3",
    "site-packages",
    "dist-packages",
    "EXTERNALLY-MANAGED",
    "sitecustomize.py",
];
/// The prefixes of further ones: files for linking C programs, and the library of `tkinter`.
const LEFT_OUT_PREFIXES: [&str; 2] = ["config-", "_tkinter."];
/// The default directories of the dynamic linker (ld.so(8)), below `/`.
const SYSTEM: [&str; 4] = ["usr/lib", "usr/lib64", "lib64", "lib"];
/// In bytes; a smaller program is copied under each of its names. One that loads the interpreter from a
/// library has some 10 KiB; one that contains the interpreter has several MiB, and gets scripts instead.
const SMALL: u64 = 256 * 1024;
/// The script for each further name, which runs `python` beside it.
const ALIAS: &[u8] = b"#!/bin/sh\nexec \"$(dirname -- \"$(realpath -- \"$0\")\")\"/python \"$@\"\n";

impl Contents<'_> {
    /// Adds the base.
    pub(super) fn add_python(&mut self) -> Result<()> {
        let program = self.base.real_executable.clone();
        let elf = read(&program)?;
        let data = std::fs::read(&program).map_err(Error::io("read", &program))?;
        let data = self.add_library(&elf, data)?;
        let is_small = (data.len() as u64) < SMALL;
        for name in self.program_names() {
            let data = if is_small || name == "python" { data.clone() } else { ALIAS.to_vec() };
            self.add(format!("bin/{name}"), Content::Bytes { data, executable: true });
        }
        self.add_standard_library()?;
        self.add_site_of_debian();
        Ok(())
    }

    /// The names of the interpreter in the environment, and those of `venv`.
    pub(super) fn program_names(&self) -> Vec<String> {
        let present = std::fs::read_dir(self.state.scripts_dir()).into_iter().flatten().flatten();
        let present = present.filter_map(|entry| self.interpreter_name(&entry.path()));
        let standard = aliases(self.base).into_iter().filter_map(|name| name.into_string().ok());
        present.chain(standard).collect()
    }

    /// Adds the library that contains the interpreter, if it is not in the program; gives the program,
    /// which finds the library beside itself.
    fn add_library(&mut self, elf: &Elf, mut program: Vec<u8>) -> Result<Vec<u8>> {
        let is_python =
            |name: &&String| name.starts_with("libpython") || name.starts_with("libpypy");
        for name in elf.needed.iter().filter(is_python) {
            let no_place = || Error::LibraryNotFound {
                program: self.base.real_executable.clone(),
                library: name.clone(),
            };
            let from = self.library(elf, name).ok_or_else(no_place)?;
            let relative = elf.search.iter().find_map(|path| path.strip_prefix("$ORIGIN"));
            let directory = match relative.map(|path| path.trim_matches('/')) {
                Some("") => "bin",
                Some("../lib") => "lib",
                Some(_) => return Err(no_place()),
                None => {
                    let absolute = elf.search.join(":");
                    program = with_search_path(program, &absolute).ok_or_else(no_place)?;
                    "lib"
                }
            };
            let meta = from.metadata().map_err(Error::io("read", &from))?;
            self.add(format!("{directory}/{name}"), file(from, &meta));
        }
        Ok(program)
    }

    /// The path of a library of the interpreter.
    fn library(&self, elf: &Elf, name: &str) -> Option<PathBuf> {
        let program = &self.base.real_executable;
        let own = self.base.shared_library.clone().into_iter();
        let own = own.filter_map(|library| Some(library.parent()?.to_owned()));
        let origin = program.parent()?.to_string_lossy().into_owned();
        let searched =
            elf.search.iter().map(|path| PathBuf::from(path.replace("$ORIGIN", &origin)));
        let system = SYSTEM.iter().flat_map(|directory| {
            let directory = Path::new("/").join(directory);
            let multiarch = format!("{}-linux-gnu", self.base.machine);
            [directory.join(multiarch), directory]
        });
        let mut places = own.chain(searched).chain(system).map(|directory| directory.join(name));
        places.find(|path| path.is_file())
    }

    fn add_standard_library(&mut self) -> Result<()> {
        let stdlib = self.base.stdlib.clone();
        let name = stdlib.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_packed = |entry: &DirEntry| entry.depth() == 0 || !is_left_out(entry, &stdlib);
        let walk = WalkDir::new(&stdlib).follow_links(true).sort_by_file_name().min_depth(1);
        for entry in walk.into_iter().filter_entry(is_packed) {
            let entry = match entry {
                Ok(entry) => entry,
                // A link to a missing file is not a module.
                Err(error) if error.path().is_some_and(Path::is_symlink) => continue,
                Err(error) => return Err(unreadable(error, &stdlib)),
            };
            let Some(below) = archive_path(entry.path(), &stdlib) else { continue };
            let path = format!("lib/{name}/{below}");
            // A package of the environment is not replaced.
            if self.items.contains_key(&path) {
                continue;
            }
            let meta = entry.metadata().map_err(|error| unreadable(error, &stdlib))?;
            if meta.is_dir() {
                self.add(path, Content::Directory);
            } else if meta.is_file() {
                self.add(path, file(entry.into_path(), &meta));
            }
        }
        Ok(())
    }

    /// Debian's `site` looks for packages in `dist-packages` only, if it is not in an environment that
    /// has a base elsewhere. A `.pth` file there leads to `site-packages`.
    fn add_site_of_debian(&mut self) {
        let site = self.base.stdlib.join("site.py");
        let text = fs::read_bounded(&site, limits::SCRIPT).unwrap_or_default();
        if memchr::memmem::find(&text, b"dist-packages").is_none() {
            return;
        }
        let purelib = self.base.scheme.purelib.to_string_lossy().into_owned();
        let data = format!(
            "import os, site, sys; site.addsitedir(os.path.join(sys.prefix, {purelib:?}))\n"
        );
        let path = "lib/python3/dist-packages/rvenv-pack.pth".to_owned();
        self.add(path, Content::Bytes { data: data.into_bytes(), executable: false });
    }
}

fn read(program: &Path) -> Result<Elf> {
    let mut file = fs::open_regular(program)?;
    elf::read(&mut file).ok_or_else(|| Error::NotElf { path: program.to_owned() })
}

/// The program with `$ORIGIN/../lib` in place of its search path, which must be as long at least.
fn with_search_path(mut program: Vec<u8>, absolute: &str) -> Option<Vec<u8>> {
    const RELATIVE: &[u8] = b"$ORIGIN/../lib";
    let old = [absolute.as_bytes(), &[0]].concat();
    if absolute.len() < RELATIVE.len() {
        return None;
    }
    let at = memchr::memmem::find(&program, &old)?;
    let place = program.get_mut(at..at + absolute.len())?;
    place.fill(0);
    place[..RELATIVE.len()].copy_from_slice(RELATIVE);
    Some(program)
}

fn is_left_out(entry: &DirEntry, stdlib: &Path) -> bool {
    let name = entry.file_name().to_string_lossy();
    let is_top = entry.path().parent() == Some(stdlib);
    name == BYTECODE
        || name.ends_with(".pyc")
        || (is_top && LEFT_OUT.iter().any(|left_out| name == *left_out))
        || LEFT_OUT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_path_is_replaced_only_if_there_is_room() {
        let program = b"\0/opt/python/3.12/lib\0rest".to_vec();
        let new = with_search_path(program.clone(), "/opt/python/3.12/lib").unwrap();
        assert_eq!(new, b"\0$ORIGIN/../lib\0\0\0\0\0\0\0rest");
        assert_eq!(with_search_path(program.clone(), "/opt"), None);
        assert_eq!(with_search_path(program, "/opt/python/3.13/lib"), None);
    }
}
