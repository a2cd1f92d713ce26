//! What is installed, by the names in `site-packages` and the small files of each dist-info.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::direct_url::DirectUrl;
use super::finding::{Code, Finding, Remedy};
use super::records::Record;
use super::site::{Dist, Site};
use super::subject::Subject;
use super::{abi, relink, rewrite};
use crate::env::fix::Step;
use crate::env::{Content, Entry};
use crate::fs;

/// More than any small file of metadata.
const LIMIT: u64 = 1 << 20;

/// Everything that is wrong with the packages.
pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(site) = subject.site() else { return Vec::new() };
    let packages = Packages { subject, site };
    let mut findings = packages.leftovers();
    findings.extend(packages.incomplete());
    findings.extend(packages.twice());
    findings.extend(packages.foreign());
    let (gone, editable) = packages.editable();
    findings.extend(editable);
    findings.extend(packages.dangling(&gone));
    findings
}

struct Packages<'a> {
    subject: &'a Subject<'a>,
    site: &'a Site,
}

impl Packages<'_> {
    /// What pip renamed to delete it, and did not come to delete: `~umpy` (its place is taken
    /// again, or else it is the only copy that there is).
    fn leftovers(&self) -> Vec<Finding> {
        let leftovers = self.site.names.iter().filter(|name| name.starts_with('~'));
        let (settled, only): (Vec<_>, Vec<_>) = leftovers.partition(|name| self.is_replaced(name));
        let named = |names: &[&String]| {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        let mut findings = Vec::new();
        if !settled.is_empty() {
            let steps = settled.iter().map(|name| self.remove(name)).collect();
            let seen = format!("an interrupted install left {}", named(&settled));
            findings.push(Finding::new(Code::InstallLeftover, seen, Remedy::Fix { steps }));
        }
        if !only.is_empty() {
            let pins = only.iter().filter_map(|name| {
                let (name, version) = self.metadata_name(name)?;
                Some(format!("{name}=={version}"))
            });
            let pins: Vec<_> = pins.collect();
            let remedy = if pins.is_empty() {
                Remedy::advice("install again what is missing, then run `rvenv check --fix`")
            } else {
                install(&["--no-deps"], pins)
            };
            let seen = format!("an interrupted install took away what is now {}", named(&only));
            findings.push(Finding::new(Code::InstallLeftover, seen, remedy));
        }
        findings
    }

    /// Whether the name that was changed into this one is taken: pip replaces the first letters
    /// by `~` and signs until the name is free.
    fn is_replaced(&self, leftover: &str) -> bool {
        let rest = leftover.trim_start_matches(['~', '-', '.', '=', '%']);
        let replaced = leftover.len() - rest.len();
        let rest = without_version(rest);
        let mut names = self.site.names.iter().filter(|name| !name.starts_with('~'));
        names.any(|name| {
            let name = without_version(name);
            name.len() == replaced + rest.len() && name.ends_with(rest)
        })
    }

    fn metadata_name(&self, directory: &str) -> Option<(String, String)> {
        let path = self.site.path.join(directory).join("METADATA");
        let text = String::from_utf8_lossy(&fs::read_bounded(&path, LIMIT).ok()?).into_owned();
        let header = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .map(|value| value.trim().to_owned())
        };
        Some((header("Name:")?, header("Version:")?))
    }

    fn remove(&self, name: &str) -> Step {
        let path = self.site.path.join(name);
        Step::Remove(path.strip_prefix(&self.subject.root).unwrap_or(&path).to_owned())
    }

    /// Metadata without a RECORD: the install did not end.
    fn incomplete(&self) -> Vec<Finding> {
        let has =
            |dist: &Dist<'_>, file: &str| self.site.path.join(dist.directory).join(file).exists();
        let incomplete: Vec<_> = self.site.dists().filter(|dist| !has(dist, "RECORD")).collect();
        let (named, empty): (Vec<_>, Vec<_>) =
            incomplete.into_iter().partition(|dist| has(dist, "METADATA"));
        let mut findings = Vec::new();
        if !empty.is_empty() {
            let steps = empty.iter().map(|dist| self.remove(dist.directory)).collect();
            let seen = format!("an interrupted install left {}", directories(&empty));
            findings.push(Finding::new(Code::InstallLeftover, seen, Remedy::Fix { steps }));
        }
        if !named.is_empty() {
            let remedy = install(&["--ignore-installed", "--no-deps"], named.iter().map(Dist::pin));
            let seen = format!("there is no RECORD in {}", directories(&named));
            findings.push(Finding::new(Code::MetadataIncomplete, seen, remedy));
        }
        findings
    }

    /// Distributions that are recorded twice; pip is looked at by itself.
    fn twice(&self) -> Vec<Finding> {
        let twice = self.site.twice().into_iter().filter(|dists| dists[0].key() != "pip");
        let finding = |dists: Vec<Dist<'_>>| {
            let seen = format!("`{}` is recorded as {}", dists[0].name, directories(&dists));
            let (whole, stale): (Vec<_>, Vec<_>) = dists.iter().partition(|dist| self.holds(dist));
            let remedy = if let ([_], false) = (&*whole, stale.is_empty()) {
                Remedy::Fix {
                    steps: stale.iter().map(|dist| self.remove(dist.directory)).collect(),
                }
            } else {
                let newest =
                    dists.iter().max_by_key(|dist| dist.version.parse::<pep440_rs::Version>().ok());
                install(&["--force-reinstall", "--no-deps"], newest.map(Dist::pin))
            };
            Finding::new(Code::PackageTwice, seen, remedy)
        };
        twice.map(finding).collect()
    }

    /// Whether every file that a distribution records is there with its size.
    fn holds(&self, dist: &Dist<'_>) -> bool {
        Record::read(self.site, dist)
            .is_some_and(|record| record.missing(self.site).next().is_none())
    }

    fn foreign(&self) -> Vec<Finding> {
        let Some(interpreter) = self.subject.base.interpreter() else { return Vec::new() };
        let wheel = |dist: &Dist<'_>| {
            fs::read_bounded(&self.site.path.join(dist.directory).join("WHEEL"), LIMIT)
                .unwrap_or_default()
        };
        let dists = self.site.dists();
        let foreign: Vec<_> = dists
            .filter(|dist| !abi::suits(&String::from_utf8_lossy(&wheel(dist)), interpreter))
            .collect();
        if !foreign.is_empty() {
            let names: Vec<_> = foreign.iter().map(|dist| format!("`{}`", dist.name)).collect();
            let seen = format!("built for another Python than {interpreter}: {}", names.join(", "));
            let remedy =
                install(&["--force-reinstall", "--no-deps"], foreign.iter().map(Dist::pin));
            return vec![Finding::new(Code::ForeignAbi, seen, remedy)];
        }
        let suffix = &interpreter.extension_suffix;
        let module = self.site.names.iter().find(|name| abi::is_foreign_module(name, suffix));
        let finding = module.map(|name| {
            let seen = format!("`{name}` is for another Python than {interpreter}");
            Finding::new(Code::ForeignAbi, seen, Remedy::advice("install again what it belongs to"))
        });
        finding.into_iter().collect()
    }

    /// Editable installs whose project is gone, and those projects.
    fn editable(&self) -> (Vec<PathBuf>, Vec<Finding>) {
        let mut gone = Vec::new();
        let mut findings = Vec::new();
        for dist in self.site.dists() {
            let origin = DirectUrl::of(&self.site.path.join(dist.directory));
            let directory = origin.and_then(|origin| origin.editable());
            let Some(directory) = directory.filter(|directory| !directory.is_dir()) else {
                continue;
            };
            let seen = format!(
                "`{}` is installed from `{}`, which is gone",
                dist.name,
                directory.display()
            );
            let remedy = self.followed(&dist, &directory).unwrap_or_else(|| {
                Remedy::advice(format!(
                    "install it from where it is now: `rvenv install -e DIR`, \
                     or `python -m pip uninstall {}`",
                    dist.name
                ))
            });
            findings.push(Finding::new(Code::EditableGone, seen, remedy));
            gone.push(directory);
        }
        (gone, findings)
    }

    /// The files of an editable install that name its project, naming where the project is since it
    /// was moved together with the environment.
    fn followed(&self, dist: &Dist<'_>, directory: &Path) -> Option<Remedy> {
        let now = self.subject.origin.as_ref()?.followed(directory, &self.subject.root)?;
        let mut record = Record::read(self.site, dist)?;
        let (old, new) = (directory.to_str()?, now.to_str()?);
        let names = record.rows.iter().map(|row| row.path.clone());
        let small: Vec<_> = names
            .filter(|name| {
                let is_finder = name.starts_with("__editable__") && name.ends_with("_finder.py");
                is_finder
                    || has_extension(name, "pth")
                    || name.ends_with(".dist-info/direct_url.json")
            })
            .collect();
        let mut entries = Vec::new();
        for name in small {
            let path = self.site.path.join(&name);
            let bytes = fs::read_bounded(&path, LIMIT).ok()?;
            let new = rewrite::replaced(&bytes, old.as_bytes(), new.as_bytes());
            if new != bytes {
                record.update(&BTreeMap::from([(name, &*new)]));
                entries.push(Entry::new(
                    path.strip_prefix(&self.subject.root).ok()?,
                    Content::Text(new),
                ));
            }
        }
        entries.extend(record.entry(&self.subject.root));
        Some(relink::put(entries))
    }

    /// Lines of `.pth` files that name what is not there, as `site` reads them.
    fn dangling(&self, told: &[PathBuf]) -> Vec<Finding> {
        let files = self
            .site
            .names
            .iter()
            .filter(|name| has_extension(name, "pth") && !name.starts_with('.'));
        let mut findings = Vec::new();
        for name in files {
            let Ok(bytes) = fs::read_bounded(&self.site.path.join(name), LIMIT) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            let is_code = |line: &&str| line.starts_with("import ") || line.starts_with("import\t");
            let lines = text.lines().map(str::trim_end);
            let paths =
                lines.filter(|line| !line.is_empty() && !line.starts_with('#') && !is_code(line));
            let paths = paths.map(|line| self.site.path.join(line.trim_start_matches('\u{feff}')));
            for path in
                paths.filter(|path| !path.exists() && !told.iter().any(|dir| path.starts_with(dir)))
            {
                let seen = format!("`{name}` names `{}`, which is gone", path.display());
                findings.push(Finding::new(
                    Code::PthDangling,
                    seen,
                    self.pth_followed(name, &text, &path),
                ));
            }
        }
        findings
    }

    fn pth_followed(&self, name: &str, text: &str, gone: &Path) -> Remedy {
        let now = self
            .subject
            .origin
            .as_ref()
            .and_then(|origin| origin.followed(gone, &self.subject.root));
        let path = self.site.path.join(name);
        let (Some(now), Ok(relative)) = (now, path.strip_prefix(&self.subject.root)) else {
            return Remedy::advice(format!("delete the line or the file: `{}`", path.display()));
        };
        let new = rewrite::replaced(
            text.as_bytes(),
            gone.as_os_str().as_encoded_bytes(),
            now.as_os_str().as_encoded_bytes(),
        );
        relink::put([Entry::new(relative, Content::Text(new))])
    }
}

/// A name in `site-packages`; of a dist-info without its version, which may be another by now.
fn without_version(name: &str) -> &str {
    let dist = name.strip_suffix(".dist-info").and_then(|dist| dist.split_once('-'));
    dist.map_or(name, |(name, _)| name)
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

fn directories(dists: &[Dist<'_>]) -> String {
    dists.iter().map(|dist| format!("`{}`", dist.directory)).collect::<Vec<_>>().join(", ")
}

/// `rvenv install FLAGS... PINS...`
pub(super) fn install(flags: &[&str], pins: impl IntoIterator<Item = String>) -> Remedy {
    let words = ["rvenv", "install"].iter().chain(flags).map(ToString::to_string);
    Remedy::Run { command: words.chain(pins).collect() }
}
