//! The remains of an interrupted installation or removal. pip renames what it is going to delete, and
//! deletes it when all is done: until then, that is the only whole copy that there is.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, InstallMode, Repair};
use crate::check::snapshot::Snapshot;
use crate::check::snapshot::asides::{Aside, Asides};
use crate::dist::aside::is_aside;
use crate::dist::record::{self, BYTECODE, Record, is_bytecode, tops};
use crate::dist::site::Site;
use crate::formats::dist_info;
use crate::formats::requirement::normalized;
use crate::venv::repair::Step;

/// The remains of an interrupted installation or removal.
pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    let (Some(site), asides) = (snapshot.site(), snapshot.asides()) else { return Vec::new() };
    if asides.names.is_empty() {
        return Vec::new();
    }
    Leftovers { snapshot, site, asides }.findings()
}

/// The repair of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The new version is complete: the old one is removed.
    Goes,
    /// The new version is not whole, and the old one is: it comes back.
    ComesBack,
    /// Neither is known to be complete.
    Stays,
}

struct Leftovers<'a> {
    snapshot: &'a Snapshot<'a>,
    site: &'a Site,
    asides: &'a Asides,
}

impl Leftovers<'_> {
    fn findings(&self) -> Vec<Diagnosis> {
        let Asides { names, settled, open, .. } = self.asides;
        let mut fates = BTreeMap::new();
        let (mut back, mut kept) = (Vec::new(), Vec::new());
        for aside in open {
            let is_free = aside.parts.iter().all(|(_, name)| !fates.contains_key(&**name));
            // pip itself is seeded anew.
            let is_pip = normalized(&aside.name) == "pip";
            let comes_back = is_free && !is_pip && aside.is_whole(self.site) && !self.shares(aside);
            let fate = if comes_back { Fate::ComesBack } else { Fate::Stays };
            if comes_back { &mut back } else { &mut kept }.push(aside);
            for (_, name) in &aside.parts {
                fates.entry(&**name).or_insert(fate);
            }
        }
        for (_, name) in settled.iter().flat_map(|aside| &aside.parts) {
            fates.entry(&**name).or_insert(Fate::Goes);
        }
        for name in names {
            fates.entry(&**name).or_insert_with(|| self.fate_by_name(name));
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
            return vec![finding];
        }
        let findings: [Option<Diagnosis>; 3] = [
            self.settled(&of(Fate::Goes)),
            self.put_back(&back),
            self.only(&of(Fate::Stays), requirements),
        ];
        findings.into_iter().flatten().collect()
    }

    /// pip is seeded again by its own finding, and an install would need the pip that is broken.
    /// The rest is then checked again.
    fn leave_to_pip_rule(&self, fates: &mut BTreeMap<&str, Fate>, kept: &mut Vec<&Aside>) {
        if kept.is_empty() || super::pip::finding(self.snapshot, false).is_none() {
            return;
        }
        let (pips, others): (Vec<_>, Vec<_>) =
            std::mem::take(kept).into_iter().partition(|aside| normalized(&aside.name) == "pip");
        fates.retain(|name, _| !is_aside(name, "pip") && !pips.iter().any(|aside| aside.has(name)));
        *kept = others;
    }

    /// The action for entries that no set-aside metadata lists.
    fn fate_by_name(&self, leftover: &str) -> Fate {
        let is_replaced = if let Some((name, _)) = dist_info::name_and_version(leftover) {
            // Nothing in it says whose it was, and the name is recorded there.
            self.site.dists().any(|dist| is_aside(name, dist.name))
        } else {
            let whole = self.asides.whole.iter();
            let mut names = whole.flat_map(|(directory, tops)| {
                let name = dist_info::name_and_version(directory).map(|(name, _)| name);
                tops.iter().map(String::as_str).chain(name)
            });
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
    fn shares(&self, aside: &Aside) -> bool {
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
    fn put_back(&self, asides: &[&Aside]) -> Option<Diagnosis> {
        let steps = asides.iter().flat_map(|aside| {
            let back = |(name, leftover): &(String, String)| Step::PutBack {
                from: self.path(leftover),
                to: self.path(name),
            };
            let is_metadata = |part: &&(String, String)| part.1 == aside.directory;
            let half = self.site.dists().filter(|dist| aside.is_of(dist));
            let half: Vec<_> = half.filter(|dist| dist.directory != aside.was).collect();
            let files = aside.parts.iter().filter(move |part| !is_metadata(part)).map(back);
            let new = half.iter().flat_map(|dist| self.only_in(dist.directory, aside));
            let new: Vec<_> = new.map(|path| Step::Remove(self.path(&path))).collect();
            new.into_iter()
                .chain(files)
                .chain(half.into_iter().map(|dist| Step::Remove(self.path(dist.directory))))
                .chain(aside.parts.iter().filter(is_metadata).map(back))
                .collect::<Vec<_>>()
        });
        let packages: Vec<_> =
            asides.iter().map(|aside| format!("{} {}", aside.name, aside.version)).collect();
        let names: Vec<_> = asides.iter().map(|aside| &*aside.directory).collect();
        let seen = format!(
            "an interrupted install put {} aside as {}, and nothing whole in its place",
            packages.join(", "),
            list(&names)
        );
        finding(&names, seen, Repair::Steps(steps.collect()))
    }

    /// The files that only the incomplete version lists, and directories that contain nothing else.
    fn only_in(&self, dist_info: &str, old: &Aside) -> BTreeSet<String> {
        let listed = record::listed(&self.site.path.join(dist_info));
        let is_new = |path: &&String| {
            !old.files.contains(*path)
                && !path.starts_with(dist_info)
                && self.site.path.join(path).is_file()
        };
        let new: HashSet<&str> = listed.iter().filter(is_new).map(String::as_str).collect();
        let has_only_new = |dir: &str| {
            let walk = walkdir::WalkDir::new(self.site.path.join(dir)).into_iter();
            walk.filter_map(Result::ok).filter(|entry| !entry.file_type().is_dir()).all(|entry| {
                let path = entry.path().strip_prefix(&self.site.path).ok().and_then(Path::to_str);
                path.is_some_and(|path| is_bytecode(path) || new.contains(path))
            })
        };
        let widest = |path: &&str| {
            let parents = path.rmatch_indices('/').map(|(end, _)| &path[..end]);
            parents.take_while(|dir| has_only_new(dir)).last().unwrap_or(*path).to_owned()
        };
        new.iter().map(widest).collect()
    }

    /// The directories of a new version that hide the modules of the old one: `x/` where the old
    /// version had `x.py`. No RECORD lists them, as the install was interrupted.
    fn hiding(&self, kept: &[&Aside]) -> Vec<String> {
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
