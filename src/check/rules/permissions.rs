//! The users who may write into an environment.

use crate::check::repairs::Diagnosis;
use crate::check::snapshot::Snapshot;

#[cfg(unix)]
pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    unix::findings(snapshot)
}

/// Windows guards files by access lists, which the user's profile sets well.
#[cfg(not(unix))]
pub(crate) fn findings(_subject: &Snapshot<'_>) -> Vec<Diagnosis> {
    Vec::new()
}

#[cfg(unix)]
mod unix {
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    use crate::check::code::Code;
    use crate::check::repairs::{Diagnosis, Repair};
    use crate::check::snapshot::Snapshot;
    use crate::support::parallel;
    use crate::venv::repair::Step;

    /// The number of files that a thread takes at a time: a look at one takes about 1 µs, the start of a
    /// thread about 50 µs.
    const SHARE: usize = 256;

    pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
        let files = files(snapshot);
        let Some((_, root)) = files.first() else { return Vec::new() };
        let mut findings = Vec::new();
        findings.extend(owners(snapshot, &files, root.uid()));
        let writable = |bit| files.iter().filter(move |(_, meta)| is_writable_by(meta, bit));
        if let Some((path, _)) = writable(0o002).next() {
            let seen = format!(
                "everybody may write `{}`{}",
                snapshot.shown(path),
                more(writable(0o002).count())
            );
            let remedy = Repair::Steps(vec![Step::Protect]);
            findings.push(Diagnosis::new(Code::WritableByAll, seen, remedy));
        } else if let Some((path, meta)) =
            writable(0o020).find(|(_, meta)| meta.gid() != meta.uid())
        {
            // A group with its user's number is the user's own, which umask 002 counts on.
            let seen = format!("group {} may write `{}`", meta.gid(), snapshot.shown(path));
            let remedy =
                Repair::command(["chmod", "-R", "g-w", &*snapshot.root().to_string_lossy()]);
            findings.push(Diagnosis::new(Code::WritableByGroup, seen, remedy));
        }
        findings
    }

    /// The paths whose owner and mode decide which code runs: the directories that are written into, the commands, and
    /// the top of `site-packages`; the environment's own directory first.
    fn files(snapshot: &Snapshot<'_>) -> Vec<(PathBuf, Metadata)> {
        let scripts_dir = snapshot.scripts_dir();
        let sites = snapshot.sites.iter().flat_map(|site| {
            let names = site.names.iter().map(|name| site.path.join(name));
            std::iter::once(site.path.clone()).chain(names)
        });
        let paths =
            [snapshot.root().join("pyvenv.cfg"), scripts_dir.clone()].into_iter().chain(sites);
        let paths: Vec<_> = paths.collect();
        let look = |(): &mut (), path: &PathBuf| {
            path.symlink_metadata().ok().filter(|meta| !meta.is_symlink())
        };
        let looked_at = parallel::map_with(&paths, parallel::processors, SHARE, || (), look);
        let looked_at = paths.into_iter().zip(looked_at);
        let looked_at = looked_at.filter_map(|(path, meta)| Some((path, meta?)));
        let scripts = snapshot
            .scripts
            .iter()
            .filter_map(|script| Some((scripts_dir.join(&script.name), script.meta.clone()?)));
        // The environment itself may be reached by a link.
        let root = snapshot.root().metadata().map(|meta| (snapshot.root().to_owned(), meta));
        root.into_iter().chain(looked_at).chain(scripts).collect()
    }

    fn owners(
        snapshot: &Snapshot<'_>,
        files: &[(PathBuf, Metadata)],
        owner: u32,
    ) -> Option<Diagnosis> {
        let me = rustix::process::geteuid().as_raw();
        let mut others = files.iter().filter(|(_, meta)| meta.uid() != owner);
        let seen = match others.next() {
            Some((path, meta)) => {
                let (path, uid, more) =
                    (snapshot.shown(path), meta.uid(), more(1 + others.count()));
                format!("the environment belongs to user {owner}, and `{path}`{more} to user {uid}")
            }
            // Files that only root may write are safe, and files that root owns are meant for all users.
            None if owner != me && me != 0 && owner != 0 => {
                format!("the environment belongs to user {owner}, and you are user {me}")
            }
            None => return None,
        };
        let (owner, root) = (owner.to_string(), &*snapshot.root().to_string_lossy());
        // `chown` would give away the cache, or another environment, of which the files are hard links.
        let is_shared = files.iter().any(|(_, meta)| meta.is_file() && meta.nlink() > 1)
            || snapshot.sites.iter().any(|site| {
                let pip = site.path.join("pip/__init__.py").metadata();
                pip.is_ok_and(|meta| meta.nlink() > 1)
            });
        let remedy = Repair::command(if is_shared {
            vec!["rvenv", "create", "--clear", "--link-mode", "copy", root]
        } else {
            vec!["sudo", "chown", "-R", &*owner, root]
        });
        Some(Diagnosis::new(Code::OwnedByAnother, seen, remedy))
    }

    /// In a directory with the sticky bit everybody may write, and only their own.
    fn is_writable_by(meta: &Metadata, bit: u32) -> bool {
        meta.mode() & bit != 0 && meta.mode() & 0o1000 == 0
    }

    fn more(count: usize) -> String {
        if count > 1 { format!(" and {} more", count - 1) } else { String::new() }
    }
}
