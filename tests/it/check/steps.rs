//! The steps of several findings together.

use std::path::PathBuf;

use rvenv::check::{Code, Finding, Remedy, Report, SCHEMA, Severity};
use rvenv::venv::repair::Step;
use rvenv::venv::{Content, Entry};

fn finding(steps: &[Step]) -> Finding {
    let remedy = Remedy::Fix { steps: steps.to_vec() };
    Finding { code: Code::ALL[0], severity: Severity::Error, seen: String::new(), remedy }
}

fn report(findings: Vec<Finding>) -> Report {
    Report {
        version: SCHEMA,
        active: false,
        healthy: false,
        virtual_env: None,
        python_on_path: None,
        environment: None,
        findings,
        ignored: Vec::new(),
        judged: None,
    }
}

fn put(path: &str, text: &str) -> Step {
    Step::Put(Entry { path: path.into(), content: Content::Text(text.into()) })
}

#[test]
fn of_two_findings_that_write_a_file_differently_the_second_is_left_with_all_its_steps() {
    let (first, second) = (put("bin/activate", "one"), put("bin/activate", "two"));
    let removal = Step::Remove(PathBuf::from("bin/pip3"));
    let report = report(vec![
        finding(std::slice::from_ref(&first)),
        finding(&[removal, second]),
        finding(&[Step::Sweep]),
    ]);
    assert_eq!(report.steps(), [first, Step::Sweep]);
}

#[test]
fn a_step_that_two_findings_share_is_taken_once() {
    let (shared, own) = (put("pyvenv.cfg", "one"), Step::Remove(PathBuf::from("bin/pip3")));
    let report = report(vec![
        finding(std::slice::from_ref(&shared)),
        finding(&[own.clone(), shared.clone()]),
    ]);
    assert_eq!(report.steps(), [shared, own]);
}
