//! What an interrupted install or uninstall left. pip renames what it is going to delete, and
//! deletes it when all is done: until then, that is the only whole copy that there is.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, InstallMode, Repair};
use crate::check::snapshot::Snapshot;
use crate::dist::aside::is_aside;
use crate::dist::record::Record;
use crate::dist::record::{BYTECODE, tops};
use crate::dist::site::{Dist, Site, normalized};
use crate::dist::{direct_url, metadata};
use crate::venv::repair::Step;

/// What is wrong, and the dist-infos that this tells of: those of packages whose old version is
/// aside still.
pub(crate) fn findings<'a>(
    snapshot: &Snapshot<'_>,
    site: &'a Site,
) -> (Vec<Diagnosis>, Vec<&'a str>) {
    let names: Vec<_> = site.names.iter().map(String::as_str).filter(is_leftover).collect();
    if names.is_empty() {
        return <_>::default();
    }
    let leftovers = Leftovers { snapshot, site, whole: whole(site), names };
    leftovers.findings()
}

fn is_leftover(name: &&str) -> bool {
    name.starts_with('~')
}

/// What is to become of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The new version is whole: the old one goes.
    Goes,
    /// The new version is not whole, and the old one is: it comes back.
    ComesBack,
    /// Neither can be told to be whole.
    Stays,
}

struct Leftovers<'a, 's> {
    snapshot: &'s Snapshot<'s>,
    site: &'a Site,
    names: Vec<&'a str>,
    /// The distributions that are whole, each with its names at the top of `site-packages`.
    whole: Vec<(Dist<'a>, HashSet<String>)>,
}

impl<'a> Leftovers<'a, '_> {
    fn findings(&self) -> (Vec<Diagnosis>, Vec<&'a str>) {
        let metadata = self.names.iter().filter(|name| name.ends_with(".dist-info"));
        let asides = metadata.filter_map(|name| Aside::read(self.site, name, &self.names));
        let (settled, open): (Vec<_>, Vec<_>) =
            asides.partition(|aside| self.whole.iter().any(|(dist, _)| aside.is_of(dist)));
        let mut fates = BTreeMap::new();
        let (mut back, mut kept) = (Vec::new(), Vec::new());
        for aside in &open {
            let is_free = aside.parts.iter().all(|(_, name)| !fates.contains_key(name));
            // pip itself is seeded anew.
            let is_pip = normalized(&aside.name) == "pip";
            let comes_back = is_free && !is_pip && aside.is_whole(self.site) && !self.shares(aside);
            let fate = if comes_back { Fate::ComesBack } else { Fate::Stays };
            if comes_back { &mut back } else { &mut kept }.push(aside);
            for (_, name) in &aside.parts {
                fates.entry(*name).or_insert(fate);
            }
        }
        for (_, name) in settled.iter().flat_map(|aside| &aside.parts) {
            fates.entry(*name).or_insert(Fate::Goes);
        }
        for name in &self.names {
            fates.entry(*name).or_insert_with(|| self.fate_by_name(name));
        }
        self.leave_to_pip_rule(&mut fates, &mut kept);
        let of = |fate| -> Vec<&str> {
            fates.iter().filter(|(_, found)| **found == fate).map(|(name, _)| *name).collect()
        };
        let requirements = kept.iter().map(|aside| aside.requirement(self.site));
        let is_lone = |name: &&str| !open.iter().any(|aside| aside.has(name));
        let lone: Vec<_> = of(Fate::Stays).into_iter().filter(is_lone).collect();
        let requirements = requirements.chain(self.owners(&lone)).collect();
        if let Some(finding) = self.unhide(&self.hiding(&kept)) {
            let told = self.site.dists().filter(|dist| open.iter().any(|aside| aside.is_of(dist)));
            return (vec![finding], told.map(|dist| dist.directory).collect());
        }
        let findings = [
            self.settled(&of(Fate::Goes)),
            self.put_back(&back),
            self.only(&of(Fate::Stays), requirements),
        ];
        let is_told = |dist: &Dist<'a>| open.iter().any(|aside| aside.is_of(dist));
        let told = self.site.dists().filter(is_told).map(|dist| dist.directory);
        (findings.into_iter().flatten().collect(), told.collect())
    }

    /// pip is seeded again by its own finding, and an install would need the pip that is broken.
    /// What is left is then judged again.
    fn leave_to_pip_rule(&self, fates: &mut BTreeMap<&str, Fate>, kept: &mut Vec<&Aside<'_>>) {
        if kept.is_empty() || super::pip::finding(self.snapshot, false).is_none() {
            return;
        }
        let (pips, others): (Vec<_>, Vec<_>) =
            std::mem::take(kept).into_iter().partition(|aside| normalized(&aside.name) == "pip");
        fates.retain(|name, _| !is_aside(name, "pip") && !pips.iter().any(|aside| aside.has(name)));
        *kept = others;
    }

    /// The fate of what no metadata that is aside tells of.
    fn fate_by_name(&self, leftover: &str) -> Fate {
        let metadata = leftover.strip_suffix(".dist-info").and_then(|name| name.split_once('-'));
        let is_replaced = if let Some((name, _)) = metadata {
            // Nothing in it says whose it was, and the name is recorded there.
            self.site.dists().any(|dist| is_aside(name, dist.name))
        } else {
            let mut names = self
                .whole
                .iter()
                .flat_map(|(dist, tops)| tops.iter().map(String::as_str).chain([dist.name]));
            is_aside(leftover, BYTECODE) || names.any(|name| is_aside(leftover, name))
        };
        if is_replaced { Fate::Goes } else { Fate::Stays }
    }

    /// How to install again what these names were of, where its metadata is in its place.
    fn owners(&self, names: &[&str]) -> impl Iterator<Item = Vec<String>> {
        let is_of = |name: &str| names.iter().any(|leftover| is_aside(leftover, name));
        let owners = self.site.dists().filter(move |dist| {
            let record = Record::read(self.site, dist);
            is_of(dist.name)
                || record.is_some_and(|record| tops(&record).iter().any(|top| is_of(top)))
        });
        owners.map(|dist| dist.requirement(self.site))
    }

    /// Whether another distribution has files where this one's were.
    fn shares(&self, aside: &Aside<'_>) -> bool {
        let others = self.site.dists().filter(|dist| !aside.is_of(dist));
        let mut taken = others.filter_map(|dist| Some(tops(&Record::read(self.site, &dist)?)));
        taken.any(|names| aside.parts.iter().any(|(name, _)| names.contains(name)))
    }

    fn settled(&self, names: &[&str]) -> Option<Diagnosis> {
        let steps = names.iter().map(|name| Step::Remove(self.path(name))).collect();
        let seen = format!("an interrupted install left {}", list(names));
        finding(names, seen, Repair::Steps(steps))
    }

    /// The files come back before the metadata: until then, this is seen again.
    fn put_back(&self, asides: &[&Aside<'_>]) -> Option<Diagnosis> {
        let steps = asides.iter().flat_map(|aside| {
            let back = |(name, leftover): &(String, &str)| Step::PutBack {
                from: self.path(leftover),
                to: self.path(name),
            };
            let is_metadata = |part: &&(String, &str)| part.1 == aside.directory;
            let half = self.site.dists().filter(|dist| aside.is_of(dist));
            let half = half.filter(|dist| dist.directory != aside.was);
            let files = aside.parts.iter().filter(move |part| !is_metadata(part)).map(back);
            files
                .chain(half.map(|dist| Step::Remove(self.path(dist.directory))))
                .chain(aside.parts.iter().filter(is_metadata).map(back))
                .collect::<Vec<_>>()
        });
        let packages: Vec<_> =
            asides.iter().map(|aside| format!("{} {}", aside.name, aside.version)).collect();
        let names: Vec<_> = asides.iter().map(|aside| aside.directory).collect();
        let seen = format!(
            "an interrupted install put {} aside as {}, and nothing whole in its place",
            packages.join(", "),
            list(&names)
        );
        finding(&names, seen, Repair::Steps(steps.collect()))
    }

    /// The directories of a new version that hide the modules of the old one: `x/` where the old
    /// version had `x.py`. No RECORD lists them, as the install was interrupted.
    fn hiding(&self, kept: &[&Aside<'_>]) -> Vec<String> {
        let modules = kept.iter().flat_map(|aside| &aside.modules);
        let names = modules.filter(|name| self.site.path.join(name).is_dir());
        let owned: HashSet<_> = self
            .site
            .dists()
            .filter_map(|dist| Record::read(self.site, &dist))
            .flat_map(|record| tops(&record))
            .collect();
        names.filter(|name| !owned.contains(*name)).cloned().collect()
    }

    /// Moves what hides the old version aside, as pip does with what it replaces; the next check
    /// then names the install.
    fn unhide(&self, names: &[String]) -> Option<Diagnosis> {
        let first = names.first()?;
        let steps = names.iter().map(|name| {
            let mut aside = name.clone();
            aside.replace_range(..name.chars().next().map_or(0, char::len_utf8), "~");
            Step::PutBack { from: self.path(name), to: self.path(&aside) }
        });
        let seen = format!("an interrupted install left `{first}`, which belongs to no package");
        let remedy = Repair::Steps(steps.collect());
        Some(Diagnosis::new(Code::InstallLeftover, seen, remedy))
    }

    fn only(&self, names: &[&str], requirements: Vec<Vec<String>>) -> Option<Diagnosis> {
        let remedy = if requirements.is_empty() {
            let root = self.snapshot.root().display();
            Repair::advice(format!(
                "install again what is missing, then run `rvenv check --fix {root}`"
            ))
        } else {
            Repair::Install(InstallMode::Over, requirements)
        };
        let seen = format!("an interrupted install took away what is now {}", list(names));
        finding(names, seen, remedy)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.site.relative(self.snapshot.root(), name)
    }
}

fn finding(names: &[&str], seen: String, repair: Repair) -> Option<Diagnosis> {
    (!names.is_empty()).then(|| Diagnosis::new(Code::InstallLeftover, seen, repair))
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A distribution whose metadata was put aside, as far as that tells of it.
struct Aside<'a> {
    name: String,
    version: String,
    /// The name of its dist-info now.
    directory: &'a str,
    /// The name of its dist-info before.
    was: String,
    /// Each name that it had at the top of `site-packages`, and the name that this has now.
    parts: Vec<(String, &'a str)>,
    /// The modules that it had as files at the top, without `.py`.
    modules: Vec<String>,
    /// Its RECORD, with the paths that the files have now.
    record: Option<Record>,
}

impl<'a> Aside<'a> {
    /// `None` where nothing in it says what it was.
    fn read(site: &Site, directory: &'a str, names: &[&'a str]) -> Option<Self> {
        let mut record = Record::of_directory(site, directory);
        let was = record.as_ref().and_then(Record::dist_info).map(str::to_owned);
        let headers = metadata::headers(&site.path.join(directory).join("METADATA"));
        let by_directory = || {
            let (name, version) = was.as_ref()?.strip_suffix(".dist-info")?.split_once('-')?;
            Some((name.to_owned(), version.to_owned()))
        };
        let (name, version) = headers.or_else(by_directory)?;
        let was = was.unwrap_or_else(|| format!("{name}-{version}.dist-info"));
        let mut parts = vec![(was.clone(), directory)];
        let tops = record.as_ref().map(tops).unwrap_or_default();
        let modules = tops.iter().filter_map(|top| top.strip_suffix(".py").map(str::to_owned));
        let modules = modules.collect();
        for top in tops.into_iter().filter(|top| *top != was) {
            let aside = names.iter().find(|leftover| is_aside(leftover, &top));
            parts.extend(aside.map(|leftover| (top, *leftover)));
        }
        if let Some(record) = &mut record {
            record.rename(&parts);
        }
        Some(Self { name, version, directory, was, parts, modules, record })
    }

    /// Whether a name is what a part of it has now.
    fn has(&self, leftover: &str) -> bool {
        self.parts.iter().any(|(_, name)| *name == leftover)
    }

    fn is_of(&self, dist: &Dist<'_>) -> bool {
        dist.key() == normalized(&self.name)
    }

    /// Whether every file is as it was installed, where it is now. What stands in its old place may be
    /// of another version, and have the same size.
    fn is_whole(&self, site: &Site) -> bool {
        self.record.as_ref().is_some_and(|record| record.is_whole(site))
    }

    fn requirement(&self, site: &Site) -> Vec<String> {
        direct_url::requirement(&site.path.join(self.directory), &self.name, &self.version)
    }
}

/// The distributions that are whole, each with its names at the top of `site-packages`.
fn whole(site: &Site) -> Vec<(Dist<'_>, HashSet<String>)> {
    let whole = site.dists().filter_map(|dist| {
        let record = Record::read(site, &dist)?;
        let is_whole = record.missing(site).next().is_none();
        is_whole.then(|| (dist, tops(&record)))
    });
    whole.collect()
}
