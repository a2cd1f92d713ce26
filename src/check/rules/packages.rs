//! The installed distributions: the names in `site-packages` and the small files of each dist-info.

use std::collections::BTreeMap;
use std::path::Path;

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, InstallMode, Repair};
use crate::check::snapshot::Snapshot;
use crate::dist::metadata::State;
use crate::dist::pth;
use crate::dist::record::Record;
use crate::dist::site::{Dist, Site};
use crate::dist::verify;
use crate::formats::wheel_tags;
use crate::fs;
use crate::python::{Implementation, Interpreter};
use crate::support::limits;
use crate::venv::repair::Step;

/// Everything that is wrong with the packages.
pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    let Some(site) = snapshot.site() else { return Vec::new() };
    let packages = Packages { snapshot, site };
    let mut findings = packages.stray();
    findings.extend(packages.incomplete());
    findings.extend(packages.twice());
    findings.extend(packages.foreign());
    findings.extend(packages.editable());
    findings.extend(undecodable(snapshot));
    findings.extend(packages.dangling());
    findings
}

struct Packages<'a> {
    snapshot: &'a Snapshot<'a>,
    site: &'a Site,
}

impl<'a> Packages<'a> {
    /// The distributions that are judged here.
    fn dists(&self) -> impl Iterator<Item = Dist<'a>> {
        self.site.dists().filter(|dist| !self.snapshot.asides().supersede(dist))
    }

    fn remove(&self, dist: &Dist<'_>) -> Step {
        Step::Remove(self.site.relative(self.snapshot.root(), dist.directory))
    }

    fn install<'d>(
        &self,
        mode: InstallMode,
        dists: impl IntoIterator<Item = &'d Dist<'d>>,
    ) -> Repair {
        let requirements = dists.into_iter().map(|dist| dist.requirement(self.site));
        Repair::Install(mode, requirements.collect())
    }

    /// Metadata that is not whole: an install did not end, or a disk was full. pip is looked at by
    /// itself.
    fn incomplete(&self) -> Vec<Diagnosis> {
        let (mut findings, mut void, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        let mut named = BTreeMap::new();
        for dist in self.dists().filter(|dist| dist.key() != "pip") {
            if self.is_stray(&dist) || self.is_without_record_on_purpose(&dist) {
                continue;
            }
            let (metadata, has_record) = (self.metadata(&dist), self.has_record(&dist));
            let what = match (metadata, has_record) {
                (State::Whole, true) => continue,
                (State::OfAnother, true) => "METADATA of its own",
                (State::Void | State::OfAnother | State::Garbled, false)
                    if self.is_recorded_beside(&dist) =>
                {
                    void.push(dist);
                    continue;
                }
                // The rule of duplicate records reports it.
                (State::Whole, false) if self.beside(&dist).any(|dist| self.has_record(&dist)) => {
                    continue;
                }
                (State::Whole, false) => "RECORD that is whole",
                (State::Void | State::Garbled, true) => "METADATA that is whole",
                (State::Void | State::OfAnother | State::Garbled, false) => {
                    "METADATA and RECORD that is whole"
                }
            };
            if let Some(obstacle) = self.obstacle(&dist, metadata) {
                findings.push(obstacle);
                continue;
            }
            seen.push(format!("`{}` has no {what}", dist.directory));
            // pip takes one version of a package at a time.
            let newest = named.entry(dist.key()).or_insert_with(|| dist.clone());
            if version(&dist) > version(newest) {
                *newest = dist;
            }
        }
        if !void.is_empty() {
            let seen = format!("an interrupted install left {}", directories(&void));
            let steps = void.iter().map(|dist| self.remove(dist)).collect();
            findings.push(Diagnosis::new(Code::InstallLeftover, seen, Repair::Steps(steps)));
        }
        if !named.is_empty() {
            let remedy = self.install(InstallMode::Over, named.values());
            findings.push(Diagnosis::new(Code::MetadataIncomplete, seen.join(", "), remedy));
        }
        findings
    }

    /// Names that look like a distribution and have nothing of one: no directory, or none with a
    /// file that an installer writes. A hint never installs a package that only such a name suggests.
    fn stray(&self) -> Vec<Diagnosis> {
        let strays: Vec<_> = self.dists().filter(|dist| self.is_stray(dist)).collect();
        let (empty, filled): (Vec<_>, Vec<_>) =
            strays.into_iter().partition(|dist| is_empty(&self.site.path.join(dist.directory)));
        let mut findings = Vec::new();
        if !empty.is_empty() {
            let seen = format!("{} contains no metadata", directories(&empty));
            let steps = empty.iter().map(|dist| self.remove(dist)).collect();
            findings.push(Diagnosis::new(Code::InstallLeftover, seen, Repair::Steps(steps)));
        }
        for dist in filled {
            let path = self.site.path.join(dist.directory);
            let seen = format!("`{}` contains no metadata, only other files", dist.directory);
            let advice = format!("move your files out of `{}`, then delete it", path.display());
            findings.push(Diagnosis::new(Code::InstallLeftover, seen, Repair::advice(advice)));
        }
        findings
    }

    fn is_stray(&self, dist: &Dist<'_>) -> bool {
        if self.is_recorded(dist) {
            return false;
        }
        let path = self.site.path.join(dist.directory);
        let written = ["METADATA", "RECORD", "WHEEL", "INSTALLER"];
        written.iter().all(|name| path.join(name).symlink_metadata().is_err())
            && !self.beside(&dist.clone()).any(|other| self.is_recorded(&other))
    }

    /// RECORD is optional for other installers than pip and uv (PEP 627).
    fn is_without_record_on_purpose(&self, dist: &Dist<'_>) -> bool {
        if self.has_record(dist) {
            return false;
        }
        let path = self.site.path.join(dist.directory);
        let installer = fs::read_bounded(&path.join("INSTALLER"), limits::SITE_FILE);
        let installer = installer.unwrap_or_default();
        let is_other = !matches!(installer.trim_ascii(), b"" | b"pip" | b"uv");
        is_other
            && path.join("RECORD").symlink_metadata().is_err()
            && self.metadata(dist) == State::Whole
    }

    /// The entries that prevent pip from installing a distribution again and are removed first.
    fn obstacle(&self, dist: &Dist<'_>, metadata: State) -> Option<Diagnosis> {
        let file = |name| Path::new(dist.directory).join(name);
        let files = ["METADATA", "RECORD"].map(file);
        let directory =
            files.iter().map(|file| self.site.path.join(file)).find(|path| path.is_dir());
        let (what, remedy) = if let Some(directory) = directory {
            let advice = format!("move `{}` away, then run `rvenv check`", directory.display());
            ("a directory in the place of a file", Repair::advice(advice))
        } else if metadata == State::Garbled {
            let steps = vec![Step::Remove(
                self.site.relative(self.snapshot.root(), &files[0].to_string_lossy()),
            )];
            ("a METADATA that is not UTF-8 text", Repair::Steps(steps))
        } else {
            return None;
        };
        let seen = format!("`{}` has {what}", dist.directory);
        Some(Diagnosis::new(Code::MetadataIncomplete, seen, remedy))
    }

    fn metadata(&self, dist: &Dist<'_>) -> State {
        self.snapshot.infos().of(dist).map_or(State::Void, |info| info.state)
    }

    fn has_record(&self, dist: &Dist<'_>) -> bool {
        self.snapshot.infos().record(dist).is_some()
    }

    /// Whether METADATA is complete or RECORD exists; if not, only the directory name remains.
    fn is_recorded(&self, dist: &Dist<'_>) -> bool {
        self.metadata(dist) == State::Whole || self.has_record(dist)
    }

    fn is_recorded_beside(&self, dist: &Dist<'_>) -> bool {
        self.beside(dist).any(|other| self.is_recorded(&other))
    }

    /// The same package's other metadata.
    fn beside(&self, dist: &Dist<'a>) -> impl Iterator<Item = Dist<'a>> {
        let (dist, key) = (dist.clone(), dist.key());
        self.dists().filter(move |other| *other != dist && other.key() == key)
    }

    /// Distributions that are recorded twice; pip is looked at by itself.
    fn twice(&self) -> Vec<Diagnosis> {
        let mut findings = Vec::new();
        for mut dists in self.site.twice() {
            // The rules above report those without metadata, and those without a complete RECORD.
            dists.retain(|dist| self.is_recorded(dist));
            let is_told = |dist: &Dist<'_>| self.snapshot.asides().supersede(dist);
            let has_record = dists.iter().any(|dist| self.has_record(dist));
            if dists.len() < 2
                || !has_record
                || dists[0].key() == "pip"
                || dists.iter().any(is_told)
            {
                continue;
            }
            let seen = format!("`{}` is recorded as {}", dists[0].name, directories(&dists));
            let remedy = self.once(&dists);
            findings.push(Diagnosis::new(Code::PackageTwice, seen, remedy));
        }
        findings
    }

    /// The way to have a package once: with the version whose files are there.
    fn once(&self, dists: &[Dist<'_>]) -> Repair {
        let is_whole = |dist: &&Dist<'_>| {
            Record::read(self.site, dist)
                .is_some_and(|record| verify::is_whole(&self.site.path, &record))
        };
        let (whole, stale): (Vec<_>, Vec<_>) = dists.iter().partition(is_whole);
        match whole.len() {
            0 => {
                // pip cannot uninstall what has no RECORD.
                let can_uninstall = dists.iter().all(|dist| self.has_record(dist));
                let how = if can_uninstall { InstallMode::Again } else { InstallMode::Over };
                self.install(how, dists.iter().max_by_key(|dist| version(dist)))
            }
            1 => Repair::Steps(stale.iter().map(|dist| self.remove(dist)).collect()),
            // pip would replace the one that it finds first, and leave the others.
            _ => Repair::advice(format!(
                "`{} -m pip uninstall {}` once for each, then install it again",
                self.snapshot.root().join(self.snapshot.python()).display(),
                dists[0].name
            )),
        }
    }

    fn foreign(&self) -> Vec<Diagnosis> {
        let Some(interpreter) = self.snapshot.base.interpreter() else { return Vec::new() };
        let target = &target(interpreter);
        let infos = self.snapshot.infos();
        let wheel = |dist: &Dist<'_>| infos.of(dist).map_or("", |info| &*info.wheel);
        let dists = self.site.dists();
        let foreign: Vec<_> =
            dists.filter(|dist| !wheel_tags::suits(wheel(dist), target)).collect();
        if !foreign.is_empty() {
            let names: Vec<_> = foreign.iter().map(|dist| format!("`{}`", dist.name)).collect();
            let seen = format!("built for another Python than {interpreter}: {}", names.join(", "));
            let remedy = self.install(InstallMode::Again, &foreign);
            return vec![Diagnosis::new(Code::ForeignAbi, seen, remedy)];
        }
        let suffix = &interpreter.extension_suffix;
        let module =
            self.site.names.iter().find(|name| wheel_tags::is_foreign_module(name, suffix));
        let finding = module.map(|name| {
            let seen = format!("`{name}` is for another Python than {interpreter}");
            Diagnosis::new(
                Code::ForeignAbi,
                seen,
                Repair::advice("install again what it belongs to"),
            )
        });
        finding.into_iter().collect()
    }

    /// Editable installs whose project does not exist any more.
    fn editable(&self) -> Vec<Diagnosis> {
        let mut findings = Vec::new();
        for (dist, directory) in self.snapshot.gone_projects() {
            let seen = format!(
                "`{}` is installed from `{}`, which is gone",
                dist.name,
                directory.display()
            );
            let uninstall = || Repair::uninstall(self.snapshot, dist.name);
            let remedy = self.followed(&directory).unwrap_or_else(uninstall);
            findings.push(Diagnosis::new(Code::EditableGone, seen, remedy));
        }
        findings
    }

    /// The way out for what is gone, if it came along when the environment was moved.
    fn followed(&self, gone: &Path) -> Option<Repair> {
        let origin = self.snapshot.origin.as_ref()?;
        origin.followed(gone, self.snapshot.root())?;
        Some(Repair::Relocation)
    }

    /// Whether the line of a `.pth` file belongs to an editable install, whose build backend may
    /// generate the directory later (hatchling's `dev-mode-dirs`). `site` skips it until then.
    fn is_of_editable(&self, pth: &str) -> bool {
        let editable = self.site.dists().filter(|dist| {
            self.snapshot.infos().editable(dist).is_some_and(|project| project.is_dir())
        });
        let mut records = editable.filter_map(|dist| self.snapshot.infos().record(&dist));
        records.any(|record| record.rows().any(|row| row.path == pth))
    }

    /// Lines of `.pth` files that name what is not there. Without its text, a file has no lines.
    fn dangling(&self) -> Vec<Diagnosis> {
        let mut findings = Vec::new();
        let told = self.snapshot.gone_projects();
        let unreadable = undecodable_files(self.snapshot);
        let is_read = |name: &&str| !unreadable.iter().any(|(unread, _)| unread == name);
        for name in pth::files(self.site).filter(is_read) {
            let is_told = |path: &Path| told.iter().any(|(_, dir)| path.starts_with(dir));
            let paths = pth::paths(self.site, name);
            // The backend may generate some of them later; with none there, nothing can be imported.
            let is_partial = paths.iter().any(|path| path.exists());
            let has_code = pth::has_code(self.site, name);
            let paths = paths.into_iter();
            for path in paths.filter(|path| !path.exists() && !is_told(path)) {
                if is_partial && self.is_of_editable(name) {
                    break;
                }
                let seen = format!("`{name}` names `{}`, which is gone", path.display());
                let remedy = self.followed(&path).unwrap_or_else(|| {
                    let file = self.site.path.join(name);
                    if is_partial || has_code {
                        let advice = format!("delete the line from `{}`", file.display());
                        return Repair::advice(advice);
                    }
                    Repair::command(["rm", "--", &*file.to_string_lossy()])
                });
                findings.push(Diagnosis::new(Code::PthDangling, seen, remedy));
            }
        }
        findings
    }
}

/// `.pth` files that cannot be decoded: before 3.13 Python does not start with one, later it skips
/// the file (`site.addpackage`).
pub(super) fn undecodable(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    let Some(site) = snapshot.site() else { return Vec::new() };
    let finding = |(name, what): (&str, &str)| {
        let file = site.path.join(name);
        let advice = format!("save `{}` as UTF-8, or delete it", file.display());
        Diagnosis::new(Code::PthUnreadable, format!("`{name}` {what}"), Repair::advice(advice))
    };
    undecodable_files(snapshot).into_iter().map(finding).collect()
}

/// Their names and their faults.
fn undecodable_files<'s>(snapshot: &'s Snapshot<'_>) -> Vec<(&'s str, &'static str)> {
    let Some(site) = snapshot.site() else { return Vec::new() };
    let is_bom_read = snapshot.base.interpreter().is_some_and(|base| base.version.at_least(3, 13));
    let fault = |name: &str| {
        let bytes = fs::read_bounded(&site.path.join(name), limits::SITE_FILE).ok()?;
        match std::str::from_utf8(&bytes) {
            Err(_) => Some("is not UTF-8 text"),
            Ok(text) if text.contains('\0') => Some("contains NUL bytes"),
            Ok(text) if text.starts_with('\u{feff}') && !is_bom_read => {
                Some("begins with a byte order mark, so that its first line is not read")
            }
            Ok(_) => None,
        }
    };
    pth::files(site).filter_map(|name| Some((name, fault(name)?))).collect()
}

/// Whether there is nothing to lose: no file, an empty one, an empty directory, a dangling link.
fn is_empty(path: &Path) -> bool {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_symlink() => !path.exists(),
        Ok(meta) if meta.is_dir() => {
            std::fs::read_dir(path).is_ok_and(|mut names| names.next().is_none())
        }
        Ok(meta) => meta.len() == 0,
        Err(_) => true,
    }
}

fn version(dist: &Dist<'_>) -> Option<pep440_rs::Version> {
    dist.version.parse().ok()
}

fn directories<'d>(dists: impl IntoIterator<Item = &'d Dist<'d>>) -> String {
    let names = dists.into_iter().map(|dist| format!("`{}`", dist.directory));
    names.collect::<Vec<_>>().join(", ")
}

/// The interpreter as wheel tags name it (PEP 425).
fn target(interpreter: &Interpreter) -> wheel_tags::Target {
    let library = interpreter.wheel_platform.as_ref().and_then(|it| it.library.as_ref());
    wheel_tags::Target {
        system: interpreter.platform,
        library: library.map(|(name, ..)| name.clone()),
        abbreviation: match interpreter.implementation {
            Implementation::CPython => Some("cp"),
            Implementation::PyPy => Some("pp"),
            Implementation::GraalPy => Some("graalpy"),
            Implementation::Other(_) => None,
        },
        version: (interpreter.version.major, interpreter.version.minor),
        free_threaded: interpreter.build.free_threaded,
    }
}
