//! The requested distributions: each once, with its exact version.

use std::collections::BTreeMap;

use pep440_rs::{Operator, Version, VersionSpecifiers};

use super::reason::Reason;
use super::requirements_file::RequirementLine;
use crate::formats::requirement::normalized;
use crate::formats::requirement::{Environment, Requirement, is_name};

/// A distribution that the request pins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pin {
    /// `==VERSION`
    pub(super) versions: VersionSpecifiers,
    /// The version as written.
    pub(super) version: String,
    pub(super) extras: Vec<String>,
    /// `sha256:…`; empty where the request restricts none.
    pub(super) hashes: Vec<String>,
}

impl Pin {
    /// Whether a version is the requested one.
    pub(super) fn matches(&self, version: &Version) -> bool {
        self.versions.contains(version)
    }
}

/// The pins by normalized name: those of the lines that apply in the environment.
///
/// # Errors
/// [`Reason::NotPinned`], [`Reason::Marker`], [`Reason::Conflict`].
pub(super) fn of_lines(
    lines: &[RequirementLine],
    environment: &Environment,
) -> Result<BTreeMap<String, Pin>, Reason> {
    let mut pins = BTreeMap::<String, Pin>::new();
    for line in lines {
        let not_pinned = || Reason::NotPinned(line.text.clone());
        let requirement = Requirement::parse(&line.text).ok_or_else(not_pinned)?;
        let applies = requirement.evaluate(environment, "");
        if !applies.ok_or_else(|| Reason::Marker(line.text.clone()))? {
            continue;
        }
        let pin = pin(&requirement, line).ok_or_else(not_pinned)?;
        let name = normalized(&requirement.name);
        let Some(other) = pins.get_mut(&name) else {
            pins.insert(name, pin);
            continue;
        };
        if other.versions != pin.versions || other.hashes != pin.hashes {
            return Err(Reason::Conflict(name));
        }
        other.extras.extend(pin.extras);
    }
    Ok(pins)
}

/// The pin of a requirement; `None` where it is not exactly one `==`.
fn pin(requirement: &Requirement, line: &RequirementLine) -> Option<Pin> {
    let versions = requirement.versions.as_ref()?;
    let mut all = versions.iter();
    let only = all.next().filter(|first| *first.operator() == Operator::Equal)?;
    let is_one = all.next().is_none();
    let are_names =
        is_name(&requirement.name) && requirement.extras.iter().all(|extra| is_name(extra));
    (is_one && are_names).then(|| Pin {
        versions: versions.clone(),
        version: only.version().to_string(),
        extras: requirement.extras.clone(),
        hashes: line.hashes.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins(lines: &[&str]) -> Result<BTreeMap<String, Pin>, Reason> {
        let values = vec![("python_version", "3.12".to_owned())];
        let line = |text: &&str| RequirementLine { text: (*text).to_owned(), hashes: Vec::new() };
        let lines: Vec<_> = lines.iter().map(line).collect();
        of_lines(&lines, &Environment { values, sets: Vec::new() })
    }

    #[test]
    fn only_one_exact_version_is_a_pin() {
        for text in ["a==1.0", "A == 1", "a[x,y]==1.0rc1", "a (==1.0)", "a==1!1.0+local"] {
            assert!(pins(&[text]).is_ok(), "{text}");
        }
        for text in [
            "a",
            "a>=1",
            "a==1.*",
            "a===1",
            "a==1,<2",
            "a @ https://x.org/a.whl",
            "./a",
            "-e .",
            "a==1.0.zip",
            "https://x.org/a.whl",
            "a==1 b",
            "a[]==1",
            "_a==1",
            "",
        ] {
            assert_eq!(pins(&[text]), Err(Reason::NotPinned(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn lines_about_one_distribution_have_to_agree() {
        let both = pins(&["A.b[x]==1.0", "a_b[y]==1.0", "c==1; python_version < '3'"]).unwrap();
        let names: Vec<_> = both.keys().map(String::as_str).collect();
        assert_eq!(
            (names, &both["a-b"].extras[..]),
            (vec!["a-b"], &["x".to_owned(), "y".to_owned()][..])
        );
        assert_eq!(pins(&["a==1", "a==2"]), Err(Reason::Conflict("a".to_owned())));
        let unknown = "a==1; platform_release == '5'";
        assert_eq!(pins(&[unknown]), Err(Reason::Marker(unknown.to_owned())));
    }

    #[test]
    fn a_pin_matches_a_version_as_pip_compares_them() {
        let pin = &pins(&["a==1.0"]).unwrap()["a"];
        for (version, expected) in [
            ("1.0", true),
            ("1", true),
            ("1.0.0", true),
            ("1.0+cpu", true),
            ("1.0.1", false),
            ("1.0rc1", false),
            ("1.0.post1", false),
        ] {
            assert_eq!(pin.matches(&version.parse().unwrap()), expected, "{version}");
        }
    }
}
