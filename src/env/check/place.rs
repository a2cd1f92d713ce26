//! The place of an environment: its path, and what stands beside it.

use super::finding::{Code, Finding, Remedy};
use super::subject::Subject;
use crate::env::ensure_usable;
use crate::env::fix::Step;
use crate::fs;

/// What a script's first line may hold on every Linux.
const SHORT_ENOUGH: usize = 127;

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<_> = path(subject).into_iter().collect();
    if fs::is_littered(&subject.root) {
        let seen = "a process that was killed left temporary files";
        let remedy = Remedy::Fix { steps: vec![Step::Sweep] };
        findings.push(Finding::new(Code::CreateLeftover, seen, remedy));
    }
    findings
}

fn path(subject: &Subject<'_>) -> Option<Finding> {
    let remedy = || Remedy::advice("move it to another place, then run `rvenv check --fix`");
    if let Err(error) = ensure_usable(&subject.root, subject.host.platform()) {
        return Some(Finding::new(Code::PathUnusable, error.to_string(), remedy()));
    }
    let python = subject.root.join(subject.python());
    let text = python.to_string_lossy();
    let seen = if text.contains(char::is_whitespace) {
        "there is a space in its path"
    } else if text.len() + "#!\n".len() > SHORT_ENOUGH {
        "its path is too long for the first line of a script"
    } else {
        return None;
    };
    Some(Finding::new(Code::PathAwkward, seen, remedy()))
}
