use proptest::prelude::*;

use super::*;
use crate::python::{Build, Level, Scheme};
use crate::support::hint::Hint;

fn host() -> Host {
    Host::new([("HOME", "/home/u")], "/work")
}

fn parse(text: &str) -> Request {
    Request::parse(text, &host()).unwrap_or_else(|error| panic!("{error}"))
}

fn python(version: Version, change: impl FnOnce(&mut Interpreter)) -> Interpreter {
    let mut python = Interpreter {
        executable: "/opt/bin/python3".into(),
        real_executable: "/opt/bin/python3.12".into(),
        prefix: "/opt".into(),
        version,
        implementation: Implementation::CPython,
        build: Build::default(),
        platform: Platform::Linux,
        machine: "x86_64".into(),
        pointer_bits: 64,
        cache_tag: String::new(),
        bytecode_magic: String::new(),
        extension_suffix: String::new(),
        wheel_platform: None,
        scheme: Scheme {
            scripts: "bin".into(),
            include: "include".into(),
            purelib: "lib".into(),
            platlib: "lib".into(),
        },
        stdlib: "/opt/lib".into(),
        shared_library: None,
        wheels: Vec::new(),
        companions: Vec::new(),
        has_zlib: true,
        missing_modules: Vec::new(),
    };
    change(&mut python);
    python
}

/// Each form, and the canonical form that it is shown in.
#[cfg(unix)]
const FORMS: [(&str, &str); 57] = [
    ("python", "any Python"),
    ("3", "3"),
    ("python3", "3"),
    (" 3.12 ", "3.12"),
    ("312", "3.12"),
    ("3.12.1", "3.12.1"),
    ("python3.12", "3.12"),
    ("py312", "3.12"),
    ("3.14.0rc1", "3.14.0rc1"),
    ("3.15a2", "3.15.0a2"),
    (">=3.11,<3.14", ">=3.11,<3.14"),
    (">= 3.11, < 3.14", ">=3.11,<3.14"),
    ("~=3.12.0", "~=3.12.0"),
    ("==3.12.*", "==3.12.*"),
    ("!=3.12.1", "!=3.12.1"),
    ("cpython", "cpython"),
    ("CPython@3.12", "cpython3.12"),
    ("cpython-3.12", "cpython3.12"),
    ("cp312", "cpython3.12"),
    ("pypy", "pypy"),
    ("pypy3", "pypy3"),
    ("pypy3.10", "pypy3.10"),
    ("pypy@3.10", "pypy3.10"),
    ("pp310", "pypy3.10"),
    ("pypy3.10-7.3.12", "pypy3.10"),
    ("graalpy", "graalpy"),
    ("pypy>=3.9,<3.11", "pypy>=3.9,<3.11"),
    ("cpython@>=3.12", "cpython>=3.12"),
    ("3.13t", "3.13+freethreaded"),
    ("313t", "3.13+freethreaded"),
    ("3.14+freethreaded", "3.14+freethreaded"),
    ("3.14+gil", "3.14+gil"),
    ("3.12d", "3.12+debug"),
    ("3.12-dbg", "3.12+debug"),
    ("3.13td", "3.13+freethreaded+debug"),
    ("3.13+freethreaded+debug", "3.13+freethreaded+debug"),
    (">=3.13+freethreaded", ">=3.13+freethreaded"),
    ("3.12-64", "3.12-64"),
    ("cpython3.12-32-arm64", "cpython3.12-32-aarch64"),
    (">=3.12,<3.14-64", ">=3.12,<3.14-64"),
    ("cpython-3.12.3-linux-x86_64-gnu", "cpython3.12.3-linux-x86_64"),
    ("cpython-3.13.0+freethreaded-macos-aarch64-none", "cpython3.13.0+freethreaded-macos-aarch64"),
    ("cp313-cp313t", "cpython3.13+freethreaded"),
    ("3.13-dev", "3.13"),
    ("cp32", "cpython3.2"),
    ("cpython-32", "cpython-32"),
    ("python+freethreaded", "python+freethreaded"),
    ("./python", "/work/python"),
    ("bin/python", "/work/bin/python"),
    (".venv", "/work/.venv"),
    ("..", "/"),
    ("~/py/bin/python", "/home/u/py/bin/python"),
    ("/usr/bin/python3", "/usr/bin/python3"),
    ("pypy-c", "pypy-c"),
    ("micropython", "micropython"),
    ("py", "py"),
    ("venv", "venv"),
];

#[cfg(unix)]
#[test]
fn every_form_is_read() {
    for (text, expected) in FORMS {
        assert_eq!(parse(text).to_string(), expected, "{text}");
    }
    for name in ["pypy-c", "micropython", "py", "venv"] {
        assert_eq!(parse(name), Request::Name(name.into()));
    }
}

#[test]
fn an_unknown_form_is_answered_with_the_known_forms() {
    for text in [
        "",
        " ",
        "3.",
        "3..12",
        "3.12.1.4",
        "3.x",
        "3.12 3.13",
        ">=",
        ">=3.12,",
        "=>3.12",
        "3.12;rm",
        "-3",
        "99999999999",
        "3.99999999999",
        "$(id)",
        "3.12z",
        "-dbg",
        "-64",
    ] {
        let error = Request::parse(text, &host()).unwrap_err();
        let told = error.to_string();
        assert!(
            matches!(error, Error::UnreadableRequest { .. })
                && told.lines().count() == 1
                && told.len() < 100,
            "{text}: {told}"
        );
    }
}

#[test]
fn a_form_of_other_tools_is_answered_with_the_request_that_was_meant() {
    for (text, meant) in [
        ("3.12+", ">=3.12"),
        ("3.12.x", "3.12"),
        ("3.12.*", "3.12"),
        ("3.x", "3"),
        ("^3.12", ">=3.12,<4"),
        ("3.11-3.13", ">=3.11,<3.14"),
        ("3.9..3.12", ">=3.9,<3.13"),
        ("python 3.12", "3.12"),
        ("Python 3.12.1", "3.12.1"),
    ] {
        let error = Request::parse(text, &host()).unwrap_err();
        assert_eq!(error.hint(), Some(Hint::DidYouMean(vec![meant.to_owned()])), "{text}");
        Request::parse(meant, &host()).unwrap();
    }
    for text in ["3.12 3.13", ">=", "3.12z", "-3", "$(id)", "2.7+", "3..12"] {
        let error = Request::parse(text, &host()).unwrap_err();
        assert_eq!(error.hint(), Some(Hint::FormsOfRequests), "{text}");
    }
}

#[test]
fn matching_and_preferring() {
    let plain = python(Version::new(3, 12, 1), |_| {});
    let threaded = python(Version::new(3, 13, 0), |python| python.build.free_threaded = true);
    let debug = python(Version::new(3, 12, 4), |python| python.build.debug = true);
    let pypy =
        python(Version::new(3, 10, 16), |python| python.implementation = Implementation::PyPy);
    let early = Version { level: Level::Candidate, serial: 1, ..Version::new(3, 14, 0) };
    let early = python(early, |_| {});
    let arm = python(Version::new(3, 12, 1), |python| python.machine = "arm64".into());
    // What is asked, of whom, whether it fits, whether it is what is meant.
    let rows = [
        ("python", &plain, true, true),
        ("3", &plain, true, true),
        ("2", &plain, false, true),
        ("3.1", &plain, false, true),
        ("3.12", &plain, true, true),
        ("3.12.1", &plain, true, true),
        ("3.12.10", &plain, false, true),
        (">=3.11,<3.13", &plain, true, true),
        ("~=3.12.2", &plain, false, true),
        ("cpython", &plain, true, true),
        ("pypy", &plain, false, true),
        ("3.13", &threaded, true, false),
        ("3.13t", &threaded, true, true),
        ("3.13+gil", &threaded, false, true),
        ("3.12t", &plain, false, true),
        ("3.12", &debug, true, false),
        ("3.12d", &debug, true, true),
        ("3.12d", &plain, false, true),
        ("3.10", &pypy, true, false),
        ("pypy3.10", &pypy, true, true),
        ("cpython3.10", &pypy, false, true),
        ("python", &early, true, false),
        ("3.14", &early, true, false),
        (">=3.14", &early, true, false),
        ("<3.14", &early, false, false),
        ("3.14.0rc1", &early, true, true),
        ("3.14.0rc2", &early, false, true),
        (">=3.14.0rc1", &early, true, true),
        (">=3.14.0rc2", &early, false, true),
        ("3.12-64", &plain, true, true),
        ("3.12-32", &plain, false, true),
        ("3.12-arm64", &plain, false, true),
        ("3.12-aarch64", &arm, true, true),
        ("cpython-3.12-linux-x86_64-gnu", &plain, true, true),
        ("cpython-3.12-macos-x86_64-none", &plain, false, true),
        ("/opt/bin/python3", &plain, true, true),
        ("/opt/bin/python3.12", &plain, true, true),
        ("/opt/bin/python", &plain, false, true),
    ];
    for (text, python, matches, prefers) in rows {
        let request = parse(text);
        assert_eq!(
            (request.matches(python), request.prefers(python)),
            (matches, prefers),
            "{text} of {python}"
        );
    }
}

#[test]
fn a_name_rules_out_what_it_cannot_be() {
    let rows = [
        ("3.11.7", "3.12", true),
        ("3.12.1", "3.12", false),
        ("3.12", "3.12.1", false),
        ("3.12.2", "3.12.1", true),
        ("3", "3.12", false),
        ("2.7.18", ">=3.8", true),
        ("3.12", ">=3.12.4", false),
        ("3.12.3", ">=3.12.4", true),
        ("3.11", ">=3.12", true),
        ("pypy3.10-7.3.12", "3.10", false),
        ("pypy3.10-7.3.12", "cpython3.10", true),
        ("3.12", "pypy3.12", false),
        ("cp313-cp313t", "3.13+gil", true),
        ("3.14.0rc1", "3.14", false),
        ("3.14.0rc1", "3.14.0rc2", true),
        ("3.14.0", "3.14.0rc2", false),
    ];
    for (name, wanted, ruled_out) in rows {
        let [told, wanted] = [name, wanted].map(|text| Wanted::parse(text).unwrap());
        assert_eq!(told.rules_out(&wanted), ruled_out, "{name} for {wanted}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    // Windows takes more apart in a path than this.
    #[cfg(unix)]
    #[test]
    fn reading_never_panics_and_what_is_shown_reads_back(text in r"(?s).{0,24}|(cpython|pypy|cp|python)?[@-]?[0-9.]{0,6}(rc[0-9])?[td]{0,2}([+-](gil|freethreaded|64|arm64|dbg|linux)){0,3}") {
        if let Ok(request) = Request::parse(&text, &host())
            && request != Request::Any
        {
            prop_assert_eq!(Request::parse(request.to_string(), &host()).ok(), Some(request));
        }
    }

    #[test]
    fn a_name_that_is_the_whole_truth_rules_out_nothing_that_matches(
        minor in 8u32..20, micro in 0u32..20, range in "(>=|<|~=|==|!=|>|<=)3\\.(8|1[0-9])(\\.[0-9])?",
    ) {
        let python = python(Version::new(3, minor, micro), |_| {});
        let request = parse(&range);
        let Request::Wanted(wanted) = &request else { panic!("{range} is a range") };
        for name in [format!("3.{minor}.{micro}"), format!("3.{minor}"), "3".to_owned()] {
            let told = Wanted::parse(&name).unwrap();
            prop_assert!(!(told.rules_out(wanted) && request.matches(&python)), "{} of {}", range, name);
        }
    }
}
