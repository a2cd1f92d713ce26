//! Whether pip is there, whole, and once.

use std::borrow::Cow;
use std::io::{Read, Seek, SeekFrom};

use super::sharing;
use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, Repair};
use crate::check::snapshot::Snapshot;
use crate::dist::site::{Dist, Site};
use crate::dist::verify;
use crate::formats::record::is_outside;
use crate::fs::open_regular;
use crate::venv::state::Maker;

/// The faults of pip; `deep` reads every byte.
pub(crate) fn finding(snapshot: &Snapshot<'_>, deep: bool) -> Option<Diagnosis> {
    let site = snapshot.site()?;
    let all: Vec<_> = site.dists().filter(|dist| dist.key() == "pip").collect();
    let (code, seen) = match &*all {
        [] => return missing(snapshot),
        [pip] => (Code::PipDamaged, damaged(snapshot, site, pip, deep)?),
        [first, second, ..] => {
            let seen = format!("pip is recorded as {} and {}", first.version, second.version);
            (Code::PipTwice, seen)
        }
    };
    Some(Diagnosis::new(code, seen, Repair::Pip))
}

/// That there is none, unless it was never meant to be there. Where no part of it is left, it was
/// uninstalled on purpose.
fn missing(snapshot: &Snapshot<'_>) -> Option<Diagnosis> {
    let is_left = |site: &Site| site.names.iter().any(|name| name == "pip");
    if snapshot.script("pip".as_ref()).is_some() || snapshot.site().is_some_and(is_left) {
        let seen = "parts of pip are left, and not its metadata";
        return Some(Diagnosis::new(Code::PipMissing, seen, Repair::Pip));
    }
    let meant = match snapshot.maker {
        Maker::Uv => snapshot.cfg().get("seed").is_some_and(|value| value == "true"),
        // Its mark of what it seeded: `pip-26.3.virtualenv`.
        Maker::Virtualenv => {
            let names = snapshot.site().into_iter().flat_map(|site| &site.names);
            names.into_iter().any(|name| name.starts_with("pip-") && name.ends_with(".virtualenv"))
        }
        // Until 3.10 no file records how it was made.
        Maker::Rvenv | Maker::Venv => {
            snapshot.cfg().get("command").is_some() && !snapshot.made_with("--without-pip")
        }
    };
    let root = &*snapshot.root().to_string_lossy();
    let install = Repair::command(["rvenv", "install", "--env", root, "pip"]);
    meant.then(|| Diagnosis::new(Code::PipMissing, "pip was uninstalled", install).into_note())
}

fn damaged(snapshot: &Snapshot<'_>, site: &Site, pip: &Dist<'_>, deep: bool) -> Option<String> {
    let Some(record) = snapshot.infos().record(pip) else {
        // `virtualenv --symlink-app-data` links it to files without a list of themselves.
        if site.path.join("pip").is_symlink() {
            return None;
        }
        return Some(format!("pip {} has no RECORD that is whole", pip.version));
    };
    if let Some(archive) = broken_archive(site) {
        return Some(format!("`{archive}` of pip {} is not a whole archive", pip.version));
    }
    // The commands are judged with those of the other packages.
    let missing = verify::missing(&site.path, record.rows());
    let missing: Vec<_> = missing.filter(|path| !is_outside(path)).map(Cow::into_owned).collect();
    let (files, how) = if missing.is_empty() && deep {
        let faults = verify::faults(&site.path, &[record], &|_, _| ()).into_iter().flatten();
        (faults.map(|file| file.path).collect(), "is not as it was installed")
    } else {
        (missing, "is missing or has another size")
    };
    let first = files.first()?;
    let more = match files.len() {
        1 => String::new(),
        2 => " and 1 more file".to_owned(),
        n => format!(" and {} more files", n - 1),
    };
    let cause = sharing::cause_of_change(&site.path.join(first));
    Some(format!("`{first}`{more} of pip {} {how}{cause}", pip.version))
}

/// pip's archive, if its end is not that of an archive: cut off, or overwritten with zeros.
fn broken_archive(site: &Site) -> Option<&'static str> {
    /// The end-of-central-directory record (APPNOTE.TXT 4.3.16): 22 bytes without a comment.
    const END: usize = 22;
    let name = "pip/_pip.zip";
    let mut file = open_regular(&site.path.join(name)).ok()?;
    let mut end = [0; END];
    let is_whole = file.seek(SeekFrom::End(-22)).is_ok()
        && file.read_exact(&mut end).is_ok()
        && end.starts_with(b"PK\x05\x06");
    (!is_whole).then_some(name)
}
