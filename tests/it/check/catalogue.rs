//! The README's list of faults is the catalogue.

use rvenv::check::{Code, Severity};

#[test]
fn the_readme_lists_every_code_with_its_severity() {
    let readme = include_str!("../../../README.md");
    for code in Code::ALL {
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let cells = format!("| `{}` | {severity} |", code.name());
        assert!(readme.contains(&cells), "no row with {cells}");
    }
}
