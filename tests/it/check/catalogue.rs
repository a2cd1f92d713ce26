//! `rvenv help findings` lists the catalogue.

use rvenv::check::{Code, Severity};

#[test]
fn the_page_of_findings_lists_every_code_with_its_severity() {
    let page = include_str!("../../../src/help/pages/findings.md");
    for code in Code::ALL {
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let cells = format!("| `{}` | {severity} |", code.name());
        assert!(page.contains(&cells), "no row with {cells}");
    }
}
