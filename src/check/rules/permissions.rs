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
    use std::path::{Path, PathBuf};

    use crate::check::code::Code;
    use crate::check::repairs::{Diagnosis, Repair};
    use crate::check::snapshot::Snapshot;
    use crate::fs::{FileFacts, Kind};
    use crate::venv::repair::Step;

    /// A file in a directory, or the directory itself.
    struct Place<'s> {
        dir: &'s Path,
        name: Option<&'s Path>,
        facts: FileFacts,
    }

    impl Place<'_> {
        fn path(&self) -> PathBuf {
            self.name.map_or_else(|| self.dir.to_owned(), |name| self.dir.join(name))
        }
    }

    pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
        let scripts_dir = snapshot.scripts_dir();
        let files = files(snapshot, &scripts_dir);
        let Some(root) = files.first() else { return Vec::new() };
        let mut findings = Vec::new();
        findings.extend(owners(snapshot, &files, root.facts.owner));
        let writable = |bit| files.iter().filter(move |file| is_writable_by(&file.facts, bit));
        if let Some(first) = writable(0o002).next() {
            let seen = format!(
                "everybody may write `{}`{}",
                snapshot.shown(&first.path()),
                more(writable(0o002).count())
            );
            let remedy = Repair::Steps(vec![Step::Protect]);
            findings.push(Diagnosis::new(Code::WritableByAll, seen, remedy));
        } else if let Some(first) =
            writable(0o020).find(|file| file.facts.group != file.facts.owner)
        {
            // A group with its user's number is the user's own, which umask 002 counts on.
            let path = first.path();
            let seen = format!("group {} may write `{}`", first.facts.group, snapshot.shown(&path));
            let remedy =
                Repair::command(["chmod", "-R", "g-w", &*snapshot.root().to_string_lossy()]);
            findings.push(Diagnosis::new(Code::WritableByGroup, seen, remedy));
        }
        findings
    }

    /// The places whose owner and mode decide which code runs: the directories that are written into, the commands, and
    /// the top of `site-packages`; the environment's own directory first.
    fn files<'s>(snapshot: &'s Snapshot<'_>, scripts_dir: &'s Path) -> Vec<Place<'s>> {
        let at = |path: &Path| Some(FileFacts::of(&path.symlink_metadata().ok()?));
        let alone = |dir: &'s Path, facts: Option<FileFacts>| {
            Some(Place { dir, name: None, facts: facts? })
        };
        // The environment itself may be reached by a link.
        let root = snapshot.root().metadata().ok().map(|meta| FileFacts::of(&meta));
        let cfg = Path::new("pyvenv.cfg");
        let cfg = at(&snapshot.root().join(cfg)).map(|facts| Place {
            dir: snapshot.root(),
            name: Some(cfg),
            facts,
        });
        let mut files = Vec::new();
        files.extend(alone(snapshot.root(), root));
        files.extend(cfg);
        files.extend(alone(scripts_dir, at(scripts_dir)));
        for site in &snapshot.sites {
            files.extend(alone(&site.path, at(&site.path)));
            let entries = site.names.iter().map(Path::new).zip(site.entries());
            files.extend(entries.filter_map(|(name, facts)| {
                Some(Place { dir: &site.path, name: Some(name), facts: (*facts)? })
            }));
        }
        files.extend(snapshot.scripts.iter().filter_map(|script| {
            let facts = FileFacts::of(script.meta.as_ref()?);
            Some(Place { dir: scripts_dir, name: Some(Path::new(&script.name)), facts })
        }));
        // Who may write to a link says nothing about its target.
        files.retain(|file| file.facts.kind != Kind::Link);
        files
    }

    fn owners(snapshot: &Snapshot<'_>, files: &[Place<'_>], owner: u32) -> Option<Diagnosis> {
        let me = rustix::process::geteuid().as_raw();
        let mut others = files.iter().filter(|file| file.facts.owner != owner);
        let seen = match others.next() {
            Some(first) => {
                let (path, uid) = (first.path(), first.facts.owner);
                let (path, more) = (snapshot.shown(&path), more(1 + others.count()));
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
        let is_shared = files.iter().any(|file| file.facts.is_file && file.facts.links > 1)
            || snapshot
                .sites
                .iter()
                .any(|site| site.facts("pip/__init__.py").is_some_and(|facts| facts.links > 1));
        let remedy = Repair::command(if is_shared {
            vec!["rvenv", "create", "--clear", "--link-mode", "copy", root]
        } else {
            vec!["sudo", "chown", "-R", &*owner, root]
        });
        Some(Diagnosis::new(Code::OwnedByAnother, seen, remedy))
    }

    /// In a directory with the sticky bit everybody may write, and only their own.
    fn is_writable_by(facts: &FileFacts, bit: u32) -> bool {
        facts.mode & bit != 0 && facts.mode & 0o1000 == 0
    }

    fn more(count: usize) -> String {
        if count > 1 { format!(" and {} more", count - 1) } else { String::new() }
    }
}
