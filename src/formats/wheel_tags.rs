//! Whether a distribution was built for a Python (PEP 425, "platform compatibility tags").

use crate::support::host::Platform;

/// The Python that a wheel is installed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The interpreter's abbreviation in tags: `cp`, `pp`; `None` for one without.
    pub(crate) abbreviation: Option<&'static str>,
    pub(crate) version: (u32, u32),
    pub(crate) free_threaded: bool,
    pub(crate) system: Platform,
    /// The C library of Linux, `glibc` or `musl`; `None` if it is unknown.
    pub(crate) library: Option<String>,
}

/// Whether one of the tags of a `WHEEL` file suits the interpreter; true without a tag. Of the platform,
/// only the system and the C library are compared: installers compare versions, and the headers of the
/// modules name the machine.
pub(crate) fn suits(wheel: &str, target: &Target) -> bool {
    let mut tags = wheel.lines().filter_map(|line| line.strip_prefix("Tag:")).peekable();
    tags.peek().is_none() || tags.any(|tag| tag_suits(tag.trim(), target))
}

fn tag_suits(tag: &str, target: &Target) -> bool {
    let mut parts = tag.splitn(3, '-');
    let (Some(pythons), Some(abis)) = (parts.next(), parts.next()) else { return true };
    let mut platforms = parts.next().unwrap_or_default().split('.');
    if !platforms.any(|platform| platform_suits(platform, target)) {
        return false;
    }
    let mut pairs =
        pythons.split('.').flat_map(|python| abis.split('.').map(move |abi| (python, abi)));
    pairs.any(|(python, abi)| pair_suits(python, abi, target))
}

/// Whether a platform tag is for the system and its C library (PEP 425, 513, 600, 656).
fn platform_suits(platform: &str, target: &Target) -> bool {
    let is_library = |name| target.library.as_deref().is_none_or(|own| own == name);
    let is_on = |system| target.system == system;
    match platform.split(['_', '-']).next().unwrap_or_default() {
        "linux" => is_on(Platform::Linux),
        "musllinux" => is_on(Platform::Linux) && is_library("musl"),
        name if name.starts_with("manylinux") => is_on(Platform::Linux) && is_library("glibc"),
        "macosx" => is_on(Platform::MacOs),
        "win" | "win32" => is_on(Platform::Windows),
        _ => true,
    }
}

fn pair_suits(python: &str, abi: &str, target: &Target) -> bool {
    let version = target.version;
    let Some(split) = python.find(|c: char| c.is_ascii_digit()) else { return true };
    let (name, digits) = python.split_at(split);
    let (major, minor) = digits.split_at(1);
    let (Ok(major), minor) = (major.parse::<u32>(), minor.trim_matches('_').parse::<u32>().ok())
    else {
        return true;
    };
    let is_not_later = major == version.0 && minor.is_none_or(|minor| minor <= version.1);
    let is_same = (major, minor) == (version.0, Some(version.1));
    let Some(own) = target.abbreviation else { return true };
    match (name, abi) {
        ("py", "none") => is_not_later,
        (name, _) if name != own => false,
        (_, "none") => is_not_later,
        ("cp", "abi3") => is_not_later && !target.free_threaded,
        ("cp", "abi3t") => is_not_later && target.free_threaded,
        ("cp", abi) => {
            let flags =
                abi.trim_start_matches("cp").trim_start_matches(|c: char| c.is_ascii_digit());
            is_same && flags.contains('t') == target.free_threaded
        }
        _ => is_same,
    }
}

/// Whether an extension module's name says that it is for another Python than this suffix:
/// `x.cpython-311-x86_64-linux-gnu.so` where modules are `.cpython-312-x86_64-linux-gnu.so`.
pub(crate) fn is_foreign_module(name: &str, suffix: &str) -> bool {
    let told = |text: &str| {
        let text = text.strip_suffix(".so").or_else(|| text.strip_suffix(".pyd"))?;
        let (_, tag) = text.split_once('.')?;
        let mut parts = tag.split('-');
        let tag = match parts.next()? {
            "cpython" => format!("cpython-{}", parts.next()?),
            other => other.to_owned(),
        };
        (tag.starts_with("cpython") || tag.starts_with("pypy") || tag.starts_with("cp3"))
            .then_some(tag)
    };
    matches!((told(name), told(suffix)), (Some(one), Some(other)) if one != other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(abbreviation: &'static str, version: (u32, u32)) -> Target {
        Target {
            abbreviation: Some(abbreviation),
            version,
            free_threaded: false,
            system: Platform::Linux,
            library: Some("glibc".to_owned()),
        }
    }

    #[test]
    fn tags_of_real_wheels() {
        let mut python = target("cp", (3, 12));
        for (tag, expected) in [
            ("py3-none-any", true),
            ("py2.py3-none-any", true),
            ("py2-none-any", false),
            ("py310-none-any", true),
            ("py313-none-any", false),
            ("cp312-cp312-manylinux_2_17_x86_64", true),
            ("cp311-cp311-manylinux_2_17_x86_64", false),
            ("cp39-abi3-manylinux_2_17_x86_64", true),
            ("cp313-abi3-linux_x86_64", false),
            ("cp312-cp312t-linux_x86_64", false),
            ("py3-none-manylinux_2_17_x86_64", true),
            ("cp36.cp37-abi3-linux_x86_64", true),
            ("pp39-pypy39_pp73-linux_x86_64", false),
            ("cp312-cp312-musllinux_1_2_x86_64", false),
            ("cp312-cp312-manylinux1_x86_64.musllinux_1_2_x86_64", true),
            ("py3-none-macosx_11_0_arm64", false),
            ("py3-none-win_amd64", false),
            ("cp312-cp312-win32", false),
        ] {
            assert_eq!(
                suits(&format!("Wheel-Version: 1.0\nTag: {tag}\n"), &python),
                expected,
                "{tag}"
            );
        }
        assert!(suits("Tag: cp311-cp311-a\nTag: cp312-cp312-a\n", &python));
        assert!(suits("", &python));
        python.free_threaded = true;
        assert!(suits("Tag: cp312-cp312t-a\n", &python));
        assert!(!suits("Tag: cp39-abi3-a\n", &python));
        let mut musl = target("cp", (3, 12));
        musl.library = Some("musl".to_owned());
        assert!(suits("Tag: cp312-cp312-musllinux_1_2_x86_64\n", &musl));
        assert!(!suits("Tag: cp312-cp312-manylinux_2_17_x86_64\n", &musl));
        musl.library = None;
        assert!(suits("Tag: cp312-cp312-manylinux_2_17_x86_64\n", &musl));
        let pypy = target("pp", (3, 9));
        assert!(suits("Tag: pp39-pypy39_pp73-linux_x86_64\n", &pypy));
        assert!(!suits("Tag: cp39-cp39-linux_x86_64\n", &pypy));
    }

    #[test]
    fn names_of_extension_modules() {
        let suffix = ".cpython-312-x86_64-linux-gnu.so";
        for (name, expected) in [
            ("_x.cpython-311-x86_64-linux-gnu.so", true),
            ("_x.cpython-312-x86_64-linux-gnu.so", false),
            ("_x.pypy39-pp73-x86_64-linux-gnu.so", true),
            ("_x.abi3.so", false),
            ("_x.so", false),
            ("x.py", false),
        ] {
            assert_eq!(is_foreign_module(name, suffix), expected, "{name}");
        }
        assert!(is_foreign_module("x.cp311-win_amd64.pyd", ".cp312-win_amd64.pyd"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*", tag in "[a-z0-9._-]{0,20}") {
            let target = target("cp", (3, 12));
            let _ = (suits(&text, &target), suits(&format!("Tag: {tag}"), &target));
            let _ = is_foreign_module(&text, &tag);
        }
    }
}
