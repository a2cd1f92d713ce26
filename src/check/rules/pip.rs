//! Whether pip is there, whole, and once.

use crate::check::finding::{Code, Finding, Remedy};
use crate::check::snapshot::Snapshot;
use crate::dist::record::Record;
use crate::dist::site::{Dist, Site};
use crate::venv::repair::{Seeding, Step};
use crate::venv::state::Maker;

/// What is wrong with it; `deep` reads every byte.
pub(crate) fn finding(snapshot: &Snapshot<'_>, deep: bool) -> Option<Finding> {
    let site = snapshot.site()?;
    let all: Vec<_> = site.dists().filter(|dist| dist.key() == "pip").collect();
    let (code, seen) = match &*all {
        [] => (Code::PipMissing, missing(snapshot)?),
        [pip] => (Code::PipDamaged, damaged(site, pip, deep)?),
        [first, second, ..] => {
            let seen = format!("pip is recorded as {} and {}", first.version, second.version);
            (Code::PipTwice, seen)
        }
    };
    Some(Finding::new(code, seen, seed(snapshot, &all)))
}

/// Seeds pip anew, in the place of what there is of it.
fn seed(snapshot: &Snapshot<'_>, old: &[Dist<'_>]) -> Remedy {
    let (Some(interpreter), Some(site)) = (snapshot.base.interpreter(), snapshot.site()) else {
        return Remedy::advice("mend the base first");
    };
    let names = old.iter().map(|dist| dist.directory).chain(["pip"]);
    let there = names.map(|name| site.path.join(name)).filter(|path| path.exists());
    let paths = there.filter_map(|path| Some(path.strip_prefix(snapshot.root()).ok()?.to_owned()));
    let seeding = Seeding {
        interpreter: interpreter.clone(),
        relocatable: snapshot.cfg().is_relocatable(),
        instead_of: paths.collect(),
    };
    Remedy::Fix { steps: vec![Step::SeedPip(Box::new(seeding))] }
}

/// That there is none, unless it was never meant to be there.
fn missing(snapshot: &Snapshot<'_>) -> Option<String> {
    if snapshot.script("pip".as_ref()).is_some() {
        return Some("there is `pip` and no pip".to_owned());
    }
    let meant = match snapshot.maker {
        Maker::Uv => snapshot.cfg().get("seed").is_some_and(|value| value == "true"),
        // Its mark of what it seeded: `pip-26.3.virtualenv`.
        Maker::Virtualenv => {
            let names = snapshot.site().into_iter().flat_map(|site| &site.names);
            names.into_iter().any(|name| name.starts_with("pip-") && name.ends_with(".virtualenv"))
        }
        // Until 3.10 nothing tells how it was made.
        Maker::Rvenv | Maker::Venv => {
            snapshot.cfg().get("command").is_some() && !snapshot.made_with("--without-pip")
        }
    };
    meant.then(|| "there is no pip".to_owned())
}

fn damaged(site: &Site, pip: &Dist<'_>, deep: bool) -> Option<String> {
    let Some(record) = Record::read(site, pip) else {
        return Some(format!("pip {} has no RECORD that is whole", pip.version));
    };
    let missing: Vec<_> = record.missing(site).collect();
    let (files, how) = if missing.is_empty() && deep {
        (record.altered(site).collect(), "is not as it was installed")
    } else {
        (missing, "is missing or has another size")
    };
    let first = files.first()?;
    let more = match files.len() {
        1 => String::new(),
        n => format!(" and {} more files", n - 1),
    };
    Some(format!("`{first}`{more} of pip {} {how}", pip.version))
}
