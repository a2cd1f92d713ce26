//! Whether an environment has the distributions that a request names.

use std::ffi::OsString;
use std::str::FromStr;

use pep440_rs::Version;

use super::requirements_file::RequirementLine;
use super::{Inputs, markers};
use crate::dist::site::Site;
use crate::formats::requirement::{Environment, Requirement, normalized};
use crate::python::Interpreter;
use crate::support::host::Host;
use crate::venv::Env;

/// Whether `env` certainly has every distribution that the arguments behind `install` name. False also where
/// only pip knows: for a setting that is not known, a URL, a lock file, a version or marker that is not valid.
///
/// A path names no distribution that could be looked for, so it counts as satisfied.
pub fn is_satisfied(words: &[OsString], env: &Env, interpreter: &Interpreter, host: &Host) -> bool {
    let Ok(inputs) = Inputs::read(words, host, env.root()) else { return false };
    if inputs.lock_file.is_some() {
        return false;
    }
    let sites = Site::of_python(env.root(), host.platform(), interpreter);
    let environment = markers(interpreter);
    inputs.requirements.iter().all(|line| {
        is_path(line) || names_installed(line, &sites, &environment).unwrap_or_default()
    })
}

fn is_path(line: &RequirementLine) -> bool {
    line.text.contains(['/', '\\']) && !line.text.contains(['@', ';'])
}

/// `None` where it is not known.
fn names_installed(
    line: &RequirementLine,
    sites: &[Site],
    environment: &Environment,
) -> Option<bool> {
    let requirement = Requirement::parse(&line.text)?;
    let versions = requirement.versions.as_ref()?;
    if !requirement.evaluate(environment, "")? {
        return Some(true);
    }
    let key = normalized(&requirement.name);
    let mut found = sites.iter().flat_map(Site::dists).filter(|dist| dist.key() == key);
    let version = Version::from_str(found.next()?.version).ok()?;
    // Of two, it is not known which one Python finds.
    Some(found.next().is_none() && versions.contains(&version))
}
