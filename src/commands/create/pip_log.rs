//! The package and the reason of a failed installation, from the log of pip (`--log`).

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use rvenv::formats::normalized_name;

/// The reason of pip's failure.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// One of the requirements that pip was given: `numpy==1.24.4`.
    pub(super) requirement: Option<String>,
    pub(super) reason: String,
}

impl Failure {
    /// From the log of a pip that was given a file of requirements with the text `requested`.
    pub(super) fn of_log(log: &Path, requested: &str) -> Option<Self> {
        // The log lists every link of an index: several megabytes.
        let lines = BufReader::new(File::open(log).ok()?).split(b'\n').map_while(Result::ok);
        Self::of_lines(lines.map(|line| String::from_utf8_lossy(&line).into_owned()), requested)
    }

    /// The first error of a log, whose lines begin with a time.
    fn of_lines(mut lines: impl Iterator<Item = String>, requested: &str) -> Option<Self> {
        let is_requested = |found: &str| requested.lines().any(|line| is_same(found, line));
        let mut collected = None;
        let error = lines.find_map(|line| {
            let requirement = after(&line, "Collecting ").and_then(|rest| rest.split(' ').next());
            if let Some(found) = requirement.filter(|found| is_requested(found)) {
                collected = Some(found.to_owned());
            }
            after(&line, "ERROR: ").map(str::to_owned)
        })?;
        if let Some((found, reason)) = explained(&error)
            && is_requested(found)
        {
            return Some(Self { requirement: Some(found.to_owned()), reason });
        }
        if error.starts_with("Could not install packages due to ") {
            return Some(Self { requirement: None, reason: error });
        }
        // pip reports an exception of its own by that word and a traceback.
        let is_exception = error == "Exception:";
        let cause = if is_exception { exception(lines).unwrap_or(error) } else { error };
        // The requirements of a build are collected after the package that is built: the last one that
        // was requested is the package at fault.
        let reason = match collected {
            Some(_) => format!("building it failed: {cause}"),
            None => cause,
        };
        Some(Self { requirement: collected, reason })
    }
}

/// The name that a requirement begins with.
pub(super) fn name(requirement: &str) -> &str {
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c));
    requirement.split(is_end).next().unwrap_or_default()
}

/// Whether a requirement or name in a log is a requested one. A build can require another version of a
/// requested package.
fn is_same(found: &str, requested: &str) -> bool {
    let rest = |text: &str| {
        let rest: String = text[name(text).len()..].split_whitespace().collect();
        if rest.starts_with('@') { "@".to_owned() } else { rest }
    };
    let (found_rest, requested_rest) = (rest(found), rest(requested));
    normalized_name(name(found)) == normalized_name(name(requested))
        && (found_rest.is_empty() || found_rest == requested_rest)
}

fn after<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    line.split_once(mark).map(|(_, rest)| rest)
}

/// The requirement that an error of pip names, and the reason.
fn explained(error: &str) -> Option<(&str, String)> {
    for mark in ["No matching distribution found for ", "that satisfies the requirement "] {
        if let Some(rest) = after(error, mark) {
            let requirement = rest.split(" (from").next().unwrap_or(rest).trim();
            return Some((requirement, "the index has no such version for it".to_owned()));
        }
    }
    for mark in ["Failed building wheel for ", "Failed to build "] {
        if let Some(rest) = after(error, mark) {
            return Some((rest.split(' ').next()?, "building it failed".to_owned()));
        }
    }
    let (package, reason) = after(error, "Package '")?.split_once("' ")?;
    Some((package, format!("it {reason}")))
}

/// The last exception of a traceback: `ModuleNotFoundError: No module named 'x'`.
fn exception(lines: impl Iterator<Item = String>) -> Option<String> {
    let text = |line: String| line.split_once(' ').map(|(_time, rest)| rest.to_owned());
    lines.filter_map(text).filter(|line| names_exception(line)).last()
}

fn names_exception(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(name, _)| {
        (name.ends_with("Error") || name.ends_with("Exception"))
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(lines: &[&str]) -> Failure {
        let time = "2026-11-28T15:00:00,000 ";
        let lines = lines.iter().map(|line| format!("{time}{line}"));
        Failure::of_lines(lines, "--no-deps\na==1\nB_b==2\nc[x]==3\nd @ file:///d\n").unwrap()
    }

    #[test]
    fn the_package_and_the_reason_are_read_from_the_log_of_pip() {
        let version = "the index has no such version for it";
        for (lines, requirement, reason) in [
            (
                &[
                    "ERROR: Could not find a version that satisfies the requirement a==1 (from versions: 2)",
                    "ERROR: No matching distribution found for a==1",
                ][..],
                Some("a==1"),
                version,
            ),
            (&["  ERROR: Failed building wheel for b-b"], Some("b-b"), "building it failed"),
            (
                &["ERROR: Package 'c' requires a different Python: 3.13.0 not in '<3.13'"],
                Some("c"),
                "it requires a different Python: 3.13.0 not in '<3.13'",
            ),
            (
                &[
                    "Collecting a==1",
                    "ERROR: Could not install packages due to an OSError: [Errno 28]",
                ],
                None,
                "Could not install packages due to an OSError: [Errno 28]",
            ),
            (&["ERROR: something else"], None, "something else"),
        ] {
            let found = failure(lines);
            assert_eq!(found.requirement.as_deref(), requirement, "{lines:?}");
            assert_eq!(found.reason, reason, "{lines:?}");
        }
        let lines = std::iter::once("Successfully installed a".to_owned());
        assert_eq!(Failure::of_lines(lines, "a==1"), None);
    }

    #[test]
    fn a_requirement_of_a_build_is_not_the_package_at_fault() {
        let collected =
            ["Collecting a==1", "Collecting d@ file:///d (from -r x)", "Collecting B_b<2"];
        for (errors, reason) in [
            (
                &[
                    "ERROR: Exception:",
                    "Traceback (most recent call last):",
                    "ModuleNotFoundError: No module named 'x'",
                ][..],
                "building it failed: ModuleNotFoundError: No module named 'x'",
            ),
            (&["ERROR: Command errored out"], "building it failed: Command errored out"),
            (
                &["ERROR: No matching distribution found for cython<3"],
                "building it failed: No matching distribution found for cython<3",
            ),
        ] {
            let found = failure(&[&collected[..], errors].concat());
            assert_eq!(found.requirement.as_deref(), Some("d@"), "{errors:?}");
            assert_eq!(found.reason, reason);
        }
    }
}
