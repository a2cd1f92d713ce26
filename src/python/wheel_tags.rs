//! The tags of the wheels that an interpreter can use (PEP 425, PEP 600, PEP 656), as
//! `packaging.tags` computes them, which pip uses.

use serde::{Deserialize, Serialize};

use super::{Implementation, Interpreter};

/// The platform that the platform part of a tag describes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WheelPlatform {
    /// `sysconfig.get_platform()`, with `_` for other characters: `linux_x86_64`.
    pub name: String,
    /// `glibc`, `musl` or `macos`, with its major and minor version; `None` where none is known.
    pub library: Option<(String, u32, u32)>,
}

/// The tags that an interpreter accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelTags {
    /// Python and ABI tags that go with a platform of the list.
    native: Vec<(String, String)>,
    /// Python tags that go with `none-any`.
    pure: Vec<String>,
    platforms: Vec<String>,
}

impl WheelTags {
    /// Those of `interpreter`; `None` where its probe did not find out enough.
    pub fn of(interpreter: &Interpreter) -> Option<Self> {
        let platform = interpreter.wheel_platform.as_ref()?;
        let platforms = platforms(platform, interpreter.pointer_bits == 32)?;
        let major = interpreter.version.major;
        let minor = interpreter.version.minor;
        let digits = format!("{major}{minor}");
        let (mut native, own) = match interpreter.implementation {
            Implementation::CPython => (cpython(interpreter, &digits), format!("cp{digits}")),
            Implementation::PyPy => {
                let own = format!("pp{digits}");
                let abi = pypy_abi(&interpreter.extension_suffix)?;
                (vec![(own.clone(), abi), (own.clone(), "none".to_owned())], own)
            }
            Implementation::GraalPy | Implementation::Other(_) => return None,
        };
        let general = [format!("py{digits}"), format!("py{major}")].into_iter();
        let earlier = (0..minor).rev().map(|minor| format!("py{major}{minor}"));
        let general: Vec<String> = general.chain(earlier).collect();
        native.extend(general.iter().map(|python| (python.clone(), "none".to_owned())));
        Some(Self { native, pure: [vec![own], general].concat(), platforms })
    }

    /// Whether a tag, which can name several values of a part (`py2.py3-none-any`), has one in
    /// common.
    pub fn accept(&self, tag: &str) -> bool {
        let mut parts = tag.splitn(3, '-');
        let (Some(pythons), Some(abis), Some(platforms)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        pythons.split('.').any(|python| {
            abis.split('.')
                .any(|abi| platforms.split('.').any(|platform| self.has(python, abi, platform)))
        })
    }

    fn has(&self, python: &str, abi: &str, platform: &str) -> bool {
        if platform == "any" {
            return abi == "none" && self.pure.iter().any(|own| own == python);
        }
        self.platforms.iter().any(|own| own == platform)
            && self.native.iter().any(|own| (&*own.0, &*own.1) == (python, abi))
    }

    /// Every tag.
    pub fn all(&self) -> impl Iterator<Item = String> {
        let native = self.native.iter().flat_map(|(python, abi)| {
            self.platforms.iter().map(move |platform| format!("{python}-{abi}-{platform}"))
        });
        native.chain(self.pure.iter().map(|python| format!("{python}-none-any")))
    }
}

/// `cpython_tags` of `packaging.tags`, without the platforms.
fn cpython(interpreter: &Interpreter, digits: &str) -> Vec<(String, String)> {
    let own = format!("cp{digits}");
    let threads = if interpreter.build.free_threaded { "t" } else { "" };
    let mut tags = Vec::new();
    if interpreter.build.debug {
        tags.push((own.clone(), format!("{own}{threads}d")));
    }
    tags.push((own.clone(), format!("{own}{threads}")));
    let has_stable_abi = !interpreter.build.free_threaded;
    if has_stable_abi {
        tags.push((own.clone(), "abi3".to_owned()));
    }
    tags.push((own, "none".to_owned()));
    if has_stable_abi {
        // The stable ABI exists since 3.2 (PEP 384).
        let earlier = (2..interpreter.version.minor).rev();
        tags.extend(earlier.map(|minor| (format!("cp3{minor}"), "abi3".to_owned())));
    }
    tags
}

/// `pypy39_pp73` of `.pypy39-pp73-x86_64-linux-gnu.so` (`_generic_abi` of `packaging.tags`).
fn pypy_abi(extension_suffix: &str) -> Option<String> {
    let mut parts = extension_suffix.strip_prefix('.')?.split('.').next()?.split('-');
    let (python, abi) = (parts.next()?, parts.next()?);
    python.starts_with("pypy").then(|| format!("{python}_{abi}"))
}

fn platforms(platform: &WheelPlatform, is_32_bit: bool) -> Option<Vec<String>> {
    let Some(machine) = platform.name.strip_prefix("linux_") else {
        return match &platform.library {
            Some((name, major, minor)) if name == "macos" => mac(&platform.name, *major, *minor),
            _ => Some(vec![platform.name.clone()]),
        };
    };
    let machines: &[&str] = match (machine, is_32_bit) {
        ("x86_64", true) => &["i686"],
        ("aarch64", true) | ("armv8l", _) => &["armv8l", "armv7l"],
        (machine, _) => &[machine],
    };
    let mut names = Vec::new();
    if let Some((library, major, minor)) = &platform.library {
        let (major, minor) = (*major, *minor);
        let machines = machines.iter();
        match &**library {
            "glibc" => {
                names.extend(machines.flat_map(|machine| manylinux(machine, major, minor)));
            }
            "musl" => names.extend(machines.flat_map(|machine| {
                (0..=minor).map(move |minor| format!("musllinux_{major}_{minor}_{machine}"))
            })),
            _ => return None,
        }
    }
    names.extend(machines.iter().map(|machine| format!("linux_{machine}")));
    Some(names)
}

/// PEP 600, and the names that earlier PEPs gave to three versions of glibc.
fn manylinux(machine: &str, major: u32, minor: u32) -> Vec<String> {
    // Before them no policy was defined.
    let oldest = match machine {
        "x86_64" | "i686" => 5,
        "aarch64" | "ppc64" | "ppc64le" | "s390x" | "loongarch64" | "riscv64" => 17,
        // Whether a Python for ARM has the right float ABI only its file shows.
        _ => return Vec::new(),
    };
    if major != 2 {
        return Vec::new();
    }
    let mut names = Vec::new();
    for minor in (oldest..=minor).rev() {
        names.push(format!("manylinux_2_{minor}_{machine}"));
        let legacy = match minor {
            17 => "manylinux2014",
            12 => "manylinux2010",
            5 => "manylinux1",
            _ => continue,
        };
        names.push(format!("{legacy}_{machine}"));
    }
    names
}

/// The kinds of program files that an Intel Mac runs.
const INTEL: &[&str] = &["x86_64", "intel", "fat64", "fat32", "universal2", "universal"];

/// `mac_platforms` of `packaging.tags`.
fn mac(name: &str, major: u32, minor: u32) -> Option<Vec<String>> {
    let (new, old) = match name {
        "macosx_arm64" => (&["arm64", "universal2"][..], &["universal2"][..]),
        "macosx_x86_64" => (INTEL, INTEL),
        _ => return None,
    };
    let of = |major: u32, minor: u32, formats: &'static [&'static str]| {
        formats.iter().map(move |format| format!("macosx_{major}_{minor}_{format}"))
    };
    let newest_old = match (major, minor) {
        (11.., _) => 16,
        // 10.16 is what every later system says to an old Python.
        (10, 4..16) => minor,
        _ => return None,
    };
    let new = (11..=major).rev().flat_map(|major| of(major, 0, new));
    Some(new.chain((4..=newest_old).rev().flat_map(|minor| of(10, minor, old))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, library: (&str, u32, u32)) -> Option<Vec<String>> {
        let library = Some((library.0.to_owned(), library.1, library.2));
        platforms(&WheelPlatform { name: name.to_owned(), library }, false)
    }

    #[test]
    fn the_library_decides_which_platforms_there_are() {
        let musl = named("linux_aarch64", ("musl", 1, 2)).unwrap();
        let expected = ["musllinux_1_0", "musllinux_1_1", "musllinux_1_2", "linux"];
        assert_eq!(musl, expected.map(|name| format!("{name}_aarch64")));
        let glibc = named("linux_aarch64", ("glibc", 2, 18)).unwrap();
        let expected = ["manylinux_2_18", "manylinux_2_17", "manylinux2014", "linux"];
        assert_eq!(glibc, expected.map(|name| format!("{name}_aarch64")));
        assert_eq!(named("linux_armv7l", ("glibc", 2, 36)).unwrap(), ["linux_armv7l"]);
        assert_eq!(named("linux_x86_64", ("uclibc", 1, 0)), None);
    }

    #[test]
    fn a_mac_has_those_of_every_earlier_release() {
        let arm = named("macosx_arm64", ("macos", 12, 6)).unwrap();
        assert_eq!(arm[..3], ["macosx_12_0_arm64", "macosx_12_0_universal2", "macosx_11_0_arm64"]);
        assert_eq!(arm.last().unwrap(), "macosx_10_4_universal2");
        let intel = named("macosx_x86_64", ("macos", 10, 15)).unwrap();
        assert_eq!(intel[..2], ["macosx_10_15_x86_64", "macosx_10_15_intel"]);
        assert_eq!(named("macosx_x86_64", ("macos", 10, 16)), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*", tag in "[a-z0-9._-]{0,30}") {
            let tags = WheelTags { native: Vec::new(), pure: Vec::new(), platforms: Vec::new() };
            let _ = (tags.accept(&text), tags.accept(&tag), pypy_abi(&text));
            let _ = named(&text, ("glibc", 2, 36));
        }
    }
}
