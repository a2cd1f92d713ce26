//! The requirements between the installed distributions, from their METADATA.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, InstallMode, Repair};
use crate::check::snapshot::Snapshot;
use crate::dist::eggs::Egg;
use crate::dist::info::{DistInfo, DistInfos};
use crate::dist::markers::environment;
use crate::dist::site::{Dist, Site};
use crate::formats::metadata::header;
use crate::formats::requirement::{
    Environment, Extras, Requirement, evaluate, normalized, requires_dist,
};
use crate::python::Interpreter;

pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    let (Some(site), Some(interpreter)) = (snapshot.site(), snapshot.base.interpreter()) else {
        return Vec::new();
    };
    // The packages of the base cannot be determined from its files alone.
    if snapshot.cfg().includes_system_site_packages() {
        return Vec::new();
    }
    let installed = Installed::read(site, snapshot.infos(), environment(interpreter));
    let (mut missing, mut conflicts) = (Wanted::default(), Wanted::default());
    // Many distributions have the same requirements, and most have the same markers.
    let (mut met, mut markers) = (HashSet::new(), HashMap::new());
    for (dist, info) in &installed.dists {
        for line in requires_dist(&info.headers, Extras::Without) {
            let applies = line.split_once(';').is_none_or(|(_, marker)| {
                let is_true = || evaluate(marker, &installed.environment, "") == Some(true);
                *markers.entry(marker).or_insert_with(is_true)
            });
            if !applies || met.contains(line) {
                continue;
            }
            let is_met = Requirement::parse(line).is_none_or(|requirement| {
                installed.judge(dist.name, &requirement, &mut missing, &mut conflicts)
            });
            if is_met {
                met.insert(line);
            }
        }
    }
    let finding = |code, wanted: Wanted| {
        let words = wanted.words.into_values().map(|word| vec![word]);
        let remedy = Repair::Install(InstallMode::Missing, words.collect());
        (!wanted.seen.is_empty()).then(|| Diagnosis::new(code, joined(&wanted.seen), remedy))
    };
    let missing = finding(Code::RequirementMissing, missing);
    let conflicts = finding(Code::RequirementConflict, conflicts);
    missing.into_iter().chain(conflicts).chain(of_other_python(&installed, interpreter)).collect()
}

/// The first of the faults: the command below them names all.
fn joined(seen: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = seen[..seen.len().min(SHOWN)].join(", ");
    match seen.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

/// Distributions whose `Requires-Python` excludes the environment's Python: `pip install --target` and
/// copied directories put them there.
fn of_other_python(installed: &Installed<'_>, interpreter: &Interpreter) -> Option<Diagnosis> {
    let version = interpreter.version.pep440_release();
    let wanted = |info: &DistInfo| {
        let versions = header(&info.headers, "Requires-Python")?;
        let parsed: pep440_rs::VersionSpecifiers = versions.parse().ok()?;
        (!parsed.contains(&version)).then(|| versions.to_owned())
    };
    let others = installed.dists.iter().filter_map(|(dist, info)| Some((dist, wanted(info)?)));
    let (mut seen, mut names) = (Vec::new(), Vec::new());
    for (dist, versions) in others {
        seen.push(format!("{} needs Python {versions}, and this is {version}", dist.name));
        names.push(vec![dist.name.to_owned()]);
    }
    let remedy = Repair::Install(InstallMode::Again, names);
    (!seen.is_empty()).then(|| Diagnosis::new(Code::RequirementConflict, seen.join(", "), remedy))
}

/// The faults, and the arguments that install the missing requirements, by distribution.
#[derive(Default)]
struct Wanted {
    seen: Vec<String>,
    words: BTreeMap<String, String>,
}

impl Wanted {
    fn add(&mut self, seen: String, requirement: &Requirement) {
        self.seen.push(seen);
        let versions = requirement.versions.as_ref().map(ToString::to_string).unwrap_or_default();
        let word = format!("{}{}", requirement.name, versions.replace(' ', ""));
        self.words.entry(normalized(&requirement.name)).or_insert(word);
    }
}

struct Installed<'a> {
    environment: Environment,
    dists: Vec<(Dist<'a>, &'a DistInfo)>,
    versions: HashMap<String, Option<pep440_rs::Version>>,
    /// Installed in a way that records no version.
    others: HashSet<String>,
}

impl<'a> Installed<'a> {
    fn read(site: &'a Site, infos: &'a DistInfos, environment: Environment) -> Self {
        let dists = site.dists().filter_map(|dist| Some((infos.of(&dist)?, dist)));
        let versions = site.dists().map(|dist| (dist.key(), dist.version.parse().ok()));
        let others = Egg::all(site).flat_map(|egg| egg.modules());
        Self {
            environment,
            dists: dists.map(|(info, dist)| (dist, info)).collect(),
            versions: versions.collect(),
            others: others.collect(),
        }
    }

    /// Whether the requirement of the distribution `name` is met; adds what is not.
    fn judge(
        &self,
        name: &str,
        requirement: &Requirement,
        missing: &mut Wanted,
        conflicts: &mut Wanted,
    ) -> bool {
        let key = normalized(&requirement.name);
        if self.others.contains(&key) {
            return true;
        }
        let Some(version) = self.versions.get(&key) else {
            let seen = format!("{name} needs {}, which is not installed", requirement.name);
            missing.add(seen, requirement);
            return false;
        };
        let before = conflicts.seen.len();
        let versions = requirement.versions.as_ref();
        if let (Some(version), Some(versions)) = (version, versions)
            && !versions.contains(version)
        {
            let seen =
                format!("{name} needs {}{versions}, and {version} is installed", requirement.name);
            conflicts.add(seen, requirement);
        }
        for extra in &requirement.extras {
            self.judge_extra(name, requirement, extra, conflicts);
        }
        conflicts.seen.len() == before
    }

    /// The requirements of a requested extra; neither `pip check` nor `uv pip check` examines them.
    fn judge_extra(&self, name: &str, of: &Requirement, extra: &str, conflicts: &mut Wanted) {
        let key = normalized(&of.name);
        let found = self.dists.iter().find(|(dist, _)| dist.key() == key);
        let Some((_, info)) = found else { return };
        let requirements = requires_dist(&info.headers, Extras::With);
        for requirement in &requirements.filter_map(Requirement::parse).collect::<Vec<_>>() {
            let needed = normalized(&requirement.name);
            if requirement.applies(&self.environment, Some(extra))
                && !self.versions.contains_key(&needed)
                && !self.others.contains(&needed)
            {
                let seen = format!(
                    "{name} needs {}[{extra}], which needs {}, which is not installed",
                    of.name, requirement.name
                );
                conflicts.add(seen, requirement);
            }
        }
    }
}
