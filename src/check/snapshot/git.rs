//! The state of an environment in its git repository, read without git.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::formats::{git_index, gitignore};
use crate::fs::{names_in, read_bounded};
use crate::support::dirs;
use crate::support::host::Host;
use crate::support::limits;

/// The repository that an environment is in.
pub(crate) struct Repository {
    /// The environment, by its real path.
    env: PathBuf,
    /// The top of the working tree.
    top: PathBuf,
    git_dir: PathBuf,
    /// Where the configuration is: with linked working trees, not all of them have their own.
    common_dir: PathBuf,
}

impl Repository {
    /// The one that `env` is in. A `.git` file is that of a linked working tree or a submodule.
    pub(crate) fn of(env: &Path) -> Option<Self> {
        let env = crate::support::path::canonicalize(env).ok()?;
        let top = env.ancestors().skip(1).find(|dir| dir.join(".git").exists())?.to_owned();
        let dot_git = top.join(".git");
        if dot_git.is_dir() {
            return Some(Self { env, top, common_dir: dot_git.clone(), git_dir: dot_git });
        }
        let git_dir = top.join(read_text(&dot_git)?.strip_prefix("gitdir:")?.trim());
        let common_dir = match read_text(&git_dir.join("commondir")) {
            Some(path) => git_dir.join(path.trim()),
            None => git_dir.clone(),
        };
        Some(Self { env, top, git_dir, common_dir })
    }

    /// Whether a file of the environment is in the index, except for those that keep an empty directory there.
    pub(crate) fn tracks(&self) -> bool {
        let path = self.env.strip_prefix(&self.top).ok().and_then(Path::to_str);
        let prefix = path.map(|path| path.replace('\\', "/") + "/");
        let index = read_bounded(&self.git_dir.join("index"), limits::GIT_INDEX);
        let (Some(prefix), Ok(index)) = (prefix, index) else { return false };
        let config = read_text(&self.common_dir.join("config")).unwrap_or_default();
        let prefix = prefix.as_bytes();
        // They are sorted by their bytes.
        let paths = git_index::paths(&index, object_format(&config));
        let own = paths.skip_while(|path| path.as_ref() < prefix);
        let mut own = own.take_while(|path| path.starts_with(prefix));
        own.any(|path| ![&b".gitignore"[..], b".gitkeep"].contains(&&path[prefix.len()..]))
    }

    /// Whether the index is too large to be read, or most of it is in another file.
    pub(crate) fn has_unread_index(&self) -> bool {
        let index = self.git_dir.join("index");
        if index.metadata().is_ok_and(|meta| meta.len() > limits::GIT_INDEX) {
            return true;
        }
        // git writes the other file beside it.
        let is_other = |name: &OsString| name.to_string_lossy().starts_with("sharedindex.");
        if !names_in(&self.git_dir).iter().any(is_other) {
            return false;
        }
        let config = read_text(&self.common_dir.join("config")).unwrap_or_default();
        read_bounded(&index, limits::GIT_INDEX)
            .is_ok_and(|index| git_index::is_split(&index, object_format(&config)))
    }

    /// Whether an ignore rule of the repository or the user hides the environment from git.
    pub(crate) fn ignores(&self, host: &Host) -> bool {
        let Ok(path) = self.env.strip_prefix(&self.top) else { return false };
        // The environment has no entry whose name is not text.
        let read = |file: &Path| {
            let bytes = read_bounded(file, limits::GIT_TEXT).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let mut files = vec![
            (self.top.clone(), self.users_own(host).map(|file| read(&file)).unwrap_or_default()),
            (self.top.clone(), read(&self.common_dir.join("info/exclude"))),
        ];
        // The last file that speaks of it counts, but what is in an ignored directory is ignored. The
        // empty name is for what is in the environment, as `.venv/*` means.
        let mut place = self.top.clone();
        path.iter().chain(["".as_ref()]).any(|name| {
            files.push((place.clone(), read(&place.join(".gitignore"))));
            place.push(name);
            let verdict = |(dir, text): &(PathBuf, String)| {
                let path = place.strip_prefix(dir).ok()?.to_string_lossy().replace('\\', "/");
                gitignore::verdict(text, &if name.is_empty() { path + "/" } else { path })
            };
            files.iter().rev().find_map(verdict).unwrap_or(false)
        })
    }

    /// The file of what the user never wants in any repository.
    fn users_own(&self, host: &Host) -> Option<PathBuf> {
        let home = host.home();
        let in_home = |path: &str| home.map(|home| home.join(path));
        let dir = dirs::xdg_config(host)?.join("git");
        let configs =
            [Some(self.common_dir.join("config")), in_home(".gitconfig"), Some(dir.join("config"))];
        let set = configs.into_iter().flatten().find_map(|file| {
            setting(&read_text(&file)?, "core", "excludesfile").map(str::to_owned)
        });
        Some(match set {
            Some(path) => match path.strip_prefix("~/") {
                Some(rest) => in_home(rest)?,
                None => self.top.join(path),
            },
            None => dir.join("ignore"),
        })
    }
}

/// The hash function that names the objects of a repository.
fn object_format(config: &str) -> git_index::Format {
    match setting(config, "extensions", "objectformat") {
        Some(value) if value.eq_ignore_ascii_case("sha256") => git_index::Format::Sha256,
        _ => git_index::Format::Sha1,
    }
}

/// The value of a key in git's configuration: the last one counts.
fn setting<'a>(config: &'a str, section: &str, key: &str) -> Option<&'a str> {
    let mut is_meant = false;
    let mut found = None;
    for line in config.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.split(']').next().unwrap_or_default();
            is_meant = name.trim().eq_ignore_ascii_case(section);
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        if is_meant && name.trim().eq_ignore_ascii_case(key) {
            found = Some(value.trim().trim_matches('"'));
        }
    }
    found
}

/// The text of a regular file; of a pipe or a device there is none.
fn read_text(path: &Path) -> Option<String> {
    String::from_utf8(read_bounded(path, limits::GIT_TEXT).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_objects() {
        let sha256 = "[core]\n\tbare = false\n[Extensions]\n\tobjectFormat = sha256\n";
        assert_eq!(object_format(sha256), git_index::Format::Sha256);
        for sha1 in ["", "[core]\n\tobjectformat = sha256\n", "[extensions]\nobjectformat = sha1"] {
            assert_eq!(object_format(sha1), git_index::Format::Sha1, "{sha1}");
        }
    }
}
