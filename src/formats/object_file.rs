//! The system and the machine in the header of a compiled module: ELF (elf(5)), Mach-O
//! (`mach-o/loader.h`), PE ("PE Format" of Microsoft).

use std::fmt;

use crate::support::host::Platform;

/// The target of a compiled module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ObjectFile {
    system: Platform,
    /// `None` if it is unknown, or the file contains several (a universal binary).
    machine: Option<Machine>,
}

/// A processor: its name in `platform.machine()`, its `e_machine` in ELF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Machine {
    name: &'static str,
    elf: u16,
}

/// `e_machine` as `elf.h` defines it.
const MACHINES: [Machine; 8] = [
    Machine { name: "x86_64", elf: 62 },
    Machine { name: "aarch64", elf: 183 },
    Machine { name: "i686", elf: 3 },
    Machine { name: "arm", elf: 40 },
    Machine { name: "ppc64le", elf: 21 },
    Machine { name: "s390x", elf: 22 },
    Machine { name: "riscv64", elf: 243 },
    Machine { name: "loongarch64", elf: 258 },
];

impl ObjectFile {
    /// The number of bytes that [`ObjectFile::parse`] needs.
    pub(crate) const HEADER: u64 = 20;

    /// The number of bytes that [`ObjectFile::is_complete`] needs.
    pub(crate) const HEADER_WITH_SECTIONS: usize = 64;

    /// Whether a file of `length` bytes that begins so is complete, as far as its head says: an ELF file
    /// has its table of sections at the end, also when debug symbols were removed.
    pub(crate) fn is_complete(head: &[u8], length: u64) -> bool {
        let [0x7f, b'E', b'L', b'F', class, 1, ..] = head else { return false };
        let number = |at: usize, size: usize| -> Option<u64> {
            let bytes = head.get(at..at + size)?;
            Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        };
        // `e_shoff`, `e_shentsize`, `e_shnum` of `Elf64_Ehdr` and `Elf32_Ehdr`.
        let (offset, entry, count) = if *class == 2 {
            (number(0x28, 8), number(0x3a, 2), number(0x3c, 2))
        } else {
            (number(0x20, 4), number(0x2e, 2), number(0x30, 2))
        };
        let (Some(offset), Some(entry), Some(count)) = (offset, entry, count) else { return false };
        entry
            .checked_mul(count)
            .and_then(|size| size.checked_add(offset))
            .is_some_and(|end| end <= length)
    }

    /// Parses the beginning of a file; `None` if it is not a compiled module.
    pub(crate) fn parse(head: &[u8]) -> Option<Self> {
        match head {
            [0x7f, b'E', b'L', b'F', _, order, ..] => {
                let bytes: [u8; 2] = head.get(18..20)?.try_into().ok()?;
                let code =
                    if *order == 2 { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
                let machine = MACHINES.into_iter().find(|machine| machine.elf == code);
                Some(Self { system: Platform::Linux, machine })
            }
            [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => {
                Some(Self { system: Platform::MacOs, machine: None })
            }
            [b'M', b'Z', ..] => Some(Self { system: Platform::Windows, machine: None }),
            _ => None,
        }
    }

    /// The processor by its name in `platform.machine()`, if it is known.
    pub(crate) fn machine(self) -> Option<&'static str> {
        self.machine.map(|machine| machine.name)
    }

    /// The target of an interpreter's compiled modules; `None` if unknown.
    pub(crate) fn of(system: Platform, machine: &str, pointer_bits: u8) -> Option<Self> {
        let name = match (machine.to_ascii_lowercase().as_str(), pointer_bits) {
            ("x86_64" | "amd64" | "i386" | "i486" | "i586" | "i686" | "x86", 32) => "i686",
            ("aarch64" | "arm64", 32) => "arm",
            ("amd64", _) => "x86_64",
            ("arm64", _) => "aarch64",
            (name, _) if name.starts_with("armv") => "arm",
            (name, _) => return Self::named(system, name),
        };
        Self::named(system, name)
    }

    fn named(system: Platform, name: &str) -> Option<Self> {
        let machine = MACHINES.into_iter().find(|machine| machine.name == name)?;
        Some(Self { system, machine: Some(machine) })
    }

    /// Whether an interpreter that needs `other` can load it.
    pub(crate) fn runs_where(self, other: Self) -> bool {
        let is_machine = match (self.machine, other.machine) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.system == other.system && is_machine
    }
}

impl fmt::Display for ObjectFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.system {
            Platform::Linux => "Linux",
            Platform::MacOs => "macOS",
            Platform::Windows => "Windows",
        })?;
        self.machine.map_or(Ok(()), |machine| write!(f, " on {}", machine.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_other_systems_and_machines_are_told_apart() {
        let elf = |machine: u8| {
            let mut head = b"\x7fELF\x02\x01".to_vec();
            head.resize(18, 0);
            [head, vec![machine, 0]].concat()
        };
        let own = ObjectFile::of(Platform::Linux, "x86_64", 64).unwrap();
        for (head, expected) in [
            (elf(62), true),
            (elf(183), false),
            (elf(3), false),
            // One that is not in the table.
            (elf(99), true),
            (b"\xcf\xfa\xed\xfe\x07\0\0\x01".to_vec(), false),
            (b"\xca\xfe\xba\xbe".to_vec(), false),
            (b"MZ\x90".to_vec(), false),
        ] {
            let found = ObjectFile::parse(&head).unwrap();
            assert_eq!(found.runs_where(own), expected, "{head:?}");
        }
        assert_eq!(ObjectFile::parse(b"import x"), None);
        let of_32_bits = ObjectFile::of(Platform::Linux, "x86_64", 32).unwrap();
        assert!(ObjectFile::parse(&elf(3)).unwrap().runs_where(of_32_bits));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..70)) {
            let _ = ObjectFile::parse(&bytes);
            let elf = [b"\x7fELF", &*bytes].concat();
            let _ = (ObjectFile::parse(&elf), ObjectFile::is_complete(&elf, 100));
        }
    }
}
