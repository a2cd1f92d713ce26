//! The system libraries and symbol versions that an ELF file needs: `DT_NEEDED` and `DT_VERNEED` of its
//! dynamic section (elf(5), and
//! "Symbol Versioning" of the Linux Standard Base Core Specification).

use std::io::{self, Read, Seek, SeekFrom};

use super::object_file::ObjectFile;

/// Program headers, entries of the dynamic section, libraries and versions: more than any file has.
const MOST: u64 = 65_536;
/// The longest string table that is read, in bytes. The largest of wheels on `PyPI` have 60 MiB.
const STRINGS: u64 = 256 << 20;

const PT_LOAD: u64 = 1;
const PT_DYNAMIC: u64 = 2;
const PT_INTERP: u64 = 3;
const DT_NULL: u64 = 0;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_STRSZ: u64 = 10;
const DT_SONAME: u64 = 14;
const DT_RPATH: u64 = 15;
const DT_RUNPATH: u64 = 29;
const DT_VERNEED: u64 = 0x6fff_fffe;
const DT_VERNEEDNUM: u64 = 0x6fff_ffff;

/// The dynamic section of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Elf {
    /// Its processor, by its name in `platform.machine()`.
    pub(crate) machine: Option<&'static str>,
    /// The libraries that it names.
    pub(crate) needed: Vec<String>,
    /// The versions that it requires, such as `GLIBC_2.34`.
    pub(crate) versions: Vec<String>,
    /// Its own name as a library.
    pub(crate) soname: Option<String>,
    /// The directories in which libraries are also searched: `DT_RPATH` or `DT_RUNPATH`.
    pub(crate) search: Vec<String>,
    /// The dynamic linker, which only programs name.
    pub(crate) linker: Option<String>,
}

/// Reads a file; `None` if it is not an ELF file, or a damaged one.
pub(crate) fn read(file: &mut (impl Read + Seek)) -> Option<Elf> {
    let head = at(file, 0, 64).ok()?;
    let object = ObjectFile::parse(&head).filter(|_| head.starts_with(b"\x7fELF"))?;
    let layout = Layout { wide: head[4] == 2, big: head[5] == 2 };
    let mut elf = Elf { machine: object.machine(), ..Elf::default() };
    let segments = layout.segments(file, &head)?;
    if let Some(segment) = segments.iter().find(|segment| segment.kind == PT_INTERP) {
        let bytes = at(file, segment.offset, segment.length.min(4096)).ok()?;
        elf.linker = text(&bytes, 0);
    }
    let Some(dynamic) = segments.iter().find(|segment| segment.kind == PT_DYNAMIC) else {
        return Some(elf);
    };
    let entries = layout.entries(&at(file, dynamic.offset, dynamic.length.min(MOST * 16)).ok()?);
    let value = |tag| entries.iter().find(|entry| entry.0 == tag).map(|entry| entry.1);
    let offset = |address| {
        let inside = |segment: &&Segment| {
            segment.kind == PT_LOAD
                && (segment.address..segment.address.saturating_add(segment.length))
                    .contains(&address)
        };
        let segment = segments.iter().find(inside)?;
        segment.offset.checked_add(address - segment.address)
    };
    let length = value(DT_STRSZ)?.min(STRINGS);
    let strings = at(file, offset(value(DT_STRTAB)?)?, length).ok()?;
    for (tag, value) in &entries {
        match *tag {
            DT_NEEDED => elf.needed.extend(text(&strings, *value)),
            DT_SONAME => elf.soname = text(&strings, *value),
            DT_RPATH | DT_RUNPATH => {
                let search = text(&strings, *value).unwrap_or_default();
                elf.search.extend(search.split(':').map(str::to_owned));
            }
            _ => {}
        }
    }
    if let (Some(address), Some(count)) = (value(DT_VERNEED), value(DT_VERNEEDNUM)) {
        elf.versions = layout.versions(file, offset(address)?, count, &strings)?;
    }
    Some(elf)
}

/// A program header.
struct Segment {
    kind: u64,
    offset: u64,
    address: u64,
    /// In the file.
    length: u64,
}

/// The sizes and the order of the bytes in a file.
#[derive(Clone, Copy)]
struct Layout {
    wide: bool,
    big: bool,
}

impl Layout {
    /// The number of `length` bytes at an offset.
    fn number(self, bytes: &[u8], offset: usize, length: usize) -> Option<u64> {
        let bytes = bytes.get(offset..offset.checked_add(length)?)?;
        let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        Some(if self.big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    fn segments(self, file: &mut (impl Read + Seek), head: &[u8]) -> Option<Vec<Segment>> {
        // e_phoff, e_phentsize, e_phnum
        let fields =
            if self.wide { [(32, 8), (54, 2), (56, 2)] } else { [(28, 4), (42, 2), (44, 2)] };
        let [offset, size, count] = fields.map(|(at, length)| self.number(head, at, length));
        let (size, count) = (size?, count?.min(MOST));
        let bytes = at(file, offset?, size.checked_mul(count)?).ok()?;
        // p_type, p_offset, p_vaddr, p_filesz
        let fields = if self.wide {
            [(0, 4), (8, 8), (16, 8), (32, 8)]
        } else {
            [(0, 4), (4, 4), (8, 4), (16, 4)]
        };
        let segment = |bytes: &[u8]| {
            let [kind, offset, address, length] =
                fields.map(|(at, length)| self.number(bytes, at, length));
            Some(Segment { kind: kind?, offset: offset?, address: address?, length: length? })
        };
        bytes
            .chunks_exact(usize::try_from(size).ok().filter(|size| *size > 0)?)
            .map(segment)
            .collect()
    }

    /// Tag and value of each entry of a dynamic section.
    fn entries(self, bytes: &[u8]) -> Vec<(u64, u64)> {
        let word = if self.wide { 8 } else { 4 };
        let entries = bytes.chunks_exact(2 * word).filter_map(|entry| {
            Some((self.number(entry, 0, word)?, self.number(entry, word, word)?))
        });
        entries.take_while(|(tag, _)| *tag != DT_NULL).collect()
    }

    /// The names of the versions in a `.gnu.version_r` section.
    fn versions(
        self,
        file: &mut (impl Read + Seek),
        mut library: u64,
        count: u64,
        strings: &[u8],
    ) -> Option<Vec<String>> {
        let mut versions = Vec::new();
        for _ in 0..count.min(MOST) {
            // vn_version, vn_cnt, vn_file, vn_aux, vn_next
            let bytes = at(file, library, 16).ok()?;
            let mut version = library.checked_add(self.number(&bytes, 8, 4)?)?;
            for _ in 0..self.number(&bytes, 2, 2)? {
                // vna_hash, vna_flags, vna_other, vna_name, vna_next
                let bytes = at(file, version, 16).ok()?;
                versions.extend(text(strings, self.number(&bytes, 8, 4)?));
                if versions.len() as u64 > MOST {
                    return None;
                }
                version = version.checked_add(self.number(&bytes, 12, 4)?)?;
            }
            library = library.checked_add(self.number(&bytes, 12, 4)?)?;
        }
        Some(versions)
    }
}

/// The bytes at an offset.
fn at(file: &mut (impl Read + Seek), offset: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.by_ref().take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length.min(16) {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(bytes)
    }
}

/// The string that begins at an offset and ends at a zero.
fn text(strings: &[u8], offset: u64) -> Option<String> {
    let rest = strings.get(usize::try_from(offset).ok()?..)?;
    let end = memchr::memchr(0, rest)?;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_of_this_system_names_its_linker_and_its_libraries() {
        let mut file = std::fs::File::open("/bin/sh").unwrap();
        let elf = read(&mut file).unwrap();
        assert_eq!(elf.machine, Some(std::env::consts::ARCH));
        assert!(elf.linker.is_some_and(|path| path.contains("ld-")));
        assert!(elf.needed.iter().any(|name| name.starts_with("libc.")), "{:?}", elf.needed);
        assert!(elf.versions.iter().all(|name| name.starts_with("GLIBC_")), "{:?}", elf.versions);
    }

    #[test]
    fn other_files_are_not_elf_files() {
        for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF", b"MZ"] {
            assert_eq!(read(&mut Cursor::new(bytes)), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..300), wide in 1..3_u8) {
            let mut file = b"\x7fELF".to_vec();
            file.extend([wide, 1]);
            file.extend(bytes);
            let _ = read(&mut Cursor::new(file));
        }
    }
}
