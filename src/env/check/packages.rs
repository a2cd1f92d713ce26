//! What is installed, by the names in `site-packages` and the small files of each dist-info.

use std::path::{Path, PathBuf};

use super::direct_url::DirectUrl;
use super::finding::{Code, Finding, Remedy};
use super::records::Record;
use super::site::{Dist, Site};
use super::subject::Subject;
use super::{abi, follow, leftovers, rewrite};
use crate::env::fix::Step;
use crate::fs;

/// More than any small file of metadata.
const LIMIT: u64 = 1 << 20;

/// Everything that is wrong with the packages.
pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(site) = subject.site() else { return Vec::new() };
    let (mut findings, superseded) = leftovers::findings(subject, site);
    let packages = Packages { subject, site, superseded };
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
    /// The metadata that is told of with what an interrupted install left.
    superseded: Vec<&'a str>,
}

impl<'a> Packages<'a> {
    /// The distributions that are judged here.
    fn dists(&self) -> impl Iterator<Item = Dist<'a>> {
        self.site.dists().filter(|dist| !self.superseded.contains(&dist.directory))
    }

    fn remove(&self, dist: &Dist<'_>) -> Step {
        Step::Remove(self.site.relative(&self.subject.root, dist.directory))
    }

    fn install<'d>(&self, flags: &[&str], dists: impl IntoIterator<Item = &'d Dist<'d>>) -> Remedy {
        let requirements = dists.into_iter().map(|dist| dist.requirement(self.site));
        install(self.subject, flags, requirements)
    }

    /// Metadata that is not whole: an install did not end, or a disk was full. pip is looked at by
    /// itself.
    fn incomplete(&self) -> Vec<Finding> {
        let dists: Vec<_> = self.dists().filter(|dist| dist.key() != "pip").collect();
        let (mut void, mut named, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for dist in &dists {
            let what = match (self.has_metadata(dist), Record::is_there(self.site, dist)) {
                (true, true) => continue,
                (false, false) if self.is_recorded_beside(dist) => {
                    void.push(dist);
                    continue;
                }
                (true, false) => "RECORD",
                (false, true) => "METADATA",
                (false, false) => "METADATA and RECORD",
            };
            named.push(dist);
            seen.push(format!("`{}` has no {what} that is whole", dist.directory));
        }
        let mut findings = Vec::new();
        if !void.is_empty() {
            let seen = format!("an interrupted install left {}", directories(void.iter().copied()));
            let steps = void.into_iter().map(|dist| self.remove(dist)).collect();
            findings.push(Finding::new(Code::InstallLeftover, seen, Remedy::Fix { steps }));
        }
        if !named.is_empty() {
            let remedy = self.install(&["--ignore-installed", "--no-deps"], named);
            findings.push(Finding::new(Code::MetadataIncomplete, seen.join(", "), remedy));
        }
        findings
    }

    fn has_metadata(&self, dist: &Dist<'_>) -> bool {
        let file = self.site.path.join(dist.directory).join("METADATA");
        std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.len() > 0)
    }

    /// Whether other metadata says what is installed; the name of a directory may be the last that does.
    fn is_recorded_beside(&self, dist: &Dist<'_>) -> bool {
        let mut others = self.dists().filter(|other| other != dist && other.key() == dist.key());
        others.any(|other| self.has_metadata(&other) || Record::is_there(self.site, &other))
    }

    /// Distributions that are recorded twice; pip is looked at by itself.
    fn twice(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for mut dists in self.site.twice() {
            // Of those without any metadata is told before.
            dists.retain(|dist| self.has_metadata(dist) || Record::is_there(self.site, dist));
            let is_told = |dist: &Dist<'_>| self.superseded.contains(&dist.directory);
            if dists.len() < 2 || dists[0].key() == "pip" || dists.iter().any(is_told) {
                continue;
            }
            let seen = format!("`{}` is recorded as {}", dists[0].name, directories(&dists));
            let remedy = self.once(&dists);
            findings.push(Finding::new(Code::PackageTwice, seen, remedy));
        }
        findings
    }

    /// The way to have a package once: with the version whose files are there.
    fn once(&self, dists: &[Dist<'_>]) -> Remedy {
        let is_whole = |dist: &&Dist<'_>| {
            Record::read(self.site, dist).is_some_and(|record| record.is_whole(self.site))
        };
        let (whole, stale): (Vec<_>, Vec<_>) = dists.iter().partition(is_whole);
        let newest =
            dists.iter().max_by_key(|dist| dist.version.parse::<pep440_rs::Version>().ok());
        match whole.len() {
            0 => self.install(&["--force-reinstall", "--no-deps"], newest),
            1 => Remedy::Fix { steps: stale.iter().map(|dist| self.remove(dist)).collect() },
            // pip would replace the one that it finds first, and leave the others.
            _ => Remedy::advice(format!(
                "`{} -m pip uninstall {}` once for each, then install it again",
                self.subject.root.join(self.subject.python()).display(),
                dists[0].name
            )),
        }
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
            let remedy = self.install(&["--force-reinstall", "--no-deps"], &foreign);
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
            let remedy = self.followed(&directory).unwrap_or_else(|| {
                Remedy::advice(format!(
                    "install it from where it is now: `rvenv install --env {} -e DIR`, \
                     or `{} -m pip uninstall {}`",
                    self.subject.root.display(),
                    self.subject.root.join(self.subject.python()).display(),
                    dist.name
                ))
            });
            findings.push(Finding::new(Code::EditableGone, seen, remedy));
            gone.push(directory);
        }
        (gone, findings)
    }

    /// The way out for what is gone, if it came along when the environment was moved.
    fn followed(&self, gone: &Path) -> Option<Remedy> {
        let origin = self.subject.origin.as_ref()?;
        origin.followed(gone, &self.subject.root)?;
        Some(rewrite::from_origin(self.subject, origin))
    }

    /// Lines of `.pth` files that name what is not there.
    fn dangling(&self, told: &[PathBuf]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for name in follow::pths(self.site) {
            let is_told = |path: &Path| told.iter().any(|dir| path.starts_with(dir));
            let paths = follow::named(self.site, name).into_iter();
            for path in paths.filter(|path| !path.exists() && !is_told(path)) {
                let seen = format!("`{name}` names `{}`, which is gone", path.display());
                let remedy = self.followed(&path).unwrap_or_else(|| {
                    let file = self.site.path.join(name);
                    Remedy::advice(format!("delete the line or the file: `{}`", file.display()))
                });
                findings.push(Finding::new(Code::PthDangling, seen, remedy));
            }
        }
        findings
    }
}

fn directories<'d>(dists: impl IntoIterator<Item = &'d Dist<'d>>) -> String {
    let names = dists.into_iter().map(|dist| format!("`{}`", dist.directory));
    names.collect::<Vec<_>>().join(", ")
}

/// `rvenv install --env ROOT FLAGS... REQUIREMENTS...`: it is not to depend on where that is typed.
pub(super) fn install(
    subject: &Subject<'_>,
    flags: &[&str],
    requirements: impl IntoIterator<Item = Vec<String>>,
) -> Remedy {
    let root = subject.root.to_string_lossy();
    let words = ["rvenv", "install", "--env", &root].into_iter().chain(flags.iter().copied());
    Remedy::run(words.map(str::to_owned).chain(requirements.into_iter().flatten()))
}
