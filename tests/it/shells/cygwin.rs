//! POSIX' shells on Windows: Git Bash, MSYS2 and Cygwin have paths of their own.

use std::ffi::OsStr;
use std::path::Path;

use rvenv::shell;
use rvenv::shell::Activation;

use super::dialect::{note, read_code};
use super::{Fixture, real};

#[test]
fn a_path_of_windows_is_translated() {
    let labels = ["bash", "bash-posix", "zsh", "dash", "busybox", "ksh93", "mksh", "fish", "tcsh"];
    for label in labels {
        let Some(real) = real(label) else { continue };
        let fixture = Fixture::new();
        fixture.fake("cygpath", "system/cygpath");
        let root = Path::new(r"C:\my env\.venv");
        let activation = Activation { root, scripts: "Scripts", prompt: OsStr::new("my env") };
        let code = shell::activate(real.shell, &activation, &fixture.host(&[])).unwrap();
        let code = read_code(real.shell, &fixture.code(&code));
        fixture.quiet(&real, code + &note("active") + "deactivate\n" + &note("inactive"));
        let (active, inactive) = (fixture.seen("active"), fixture.seen("inactive"));
        assert_eq!(active["VIRTUAL_ENV"], "/c/my env/.venv", "{label}");
        let path = active["PATH"].to_str().unwrap();
        assert!(path.starts_with("/c/my env/.venv/Scripts:"), "{label}: {path}");
        assert_eq!(inactive["PATH"], fixture.path, "{label}");
        assert!(!inactive.contains_key("VIRTUAL_ENV"), "{label}");
    }
}
