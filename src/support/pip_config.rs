//! Configuration files and variables that make pip install elsewhere than into its own
//! environment.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::dirs;
use super::host::{Host, Platform};

/// The long options of `pip install` that choose another destination, or another Python.
const DESTINATIONS: [&str; 5] = ["prefix", "python", "root", "target", "user"];

/// No file of settings is larger, in bytes.
const LIMIT: u64 = 1 << 20;

/// A key of one of pip's configuration files that makes pip install elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationKey {
    /// The option's name: `prefix`, `python`, `root`, `target` or `user`.
    pub name: &'static str,
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// Whether pip reads the file with `--isolated` too.
    pub is_read_isolated: bool,
}

impl DestinationKey {
    /// Whether a variable overrides the key. pip ignores empty values, and `target` has none that
    /// means the environment itself.
    pub fn can_be_overridden(&self) -> bool {
        self.name != "target"
    }
}

/// The keys of the configuration files that the pip of the environment at `root` reads, in the order in
/// which pip reads the files (<https://pip.pypa.io/en/stable/topics/configuration/>).
pub fn destination_keys(host: &Host, root: &Path) -> Vec<DestinationKey> {
    let mut keys = Vec::new();
    for (file, is_read_isolated) in files(host, root) {
        let Some(text) = read(&file) else { continue };
        let text = String::from_utf8_lossy(&text);
        keys.extend(destinations_in(&text).map(|(name, line)| DestinationKey {
            name,
            file: file.clone(),
            line,
            is_read_isolated,
        }));
    }
    keys
}

/// The configuration files that the pip of the environment at `root` reads, with their bytes, in the
/// order in which pip reads them.
pub(crate) fn texts(host: &Host, root: &Path) -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let files = files(host, root).into_iter();
    files.filter_map(|(file, _)| read(&file).map(|text| (file, text)))
}

/// The start of a regular file; a pipe would make the reader wait.
fn read(file: &Path) -> Option<Vec<u8>> {
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = Vec::new();
    std::fs::File::open(file).ok()?.take(LIMIT).read_to_end(&mut text).ok()?;
    Some(text)
}

/// The variables of `host` that change pip's install destination. pip ignores their case and
/// accepts `_` for each `-`, including the leading dashes.
pub fn destination_variables(host: &Host) -> Vec<OsString> {
    let is_destination = |name: &str| {
        let option = name.get(..4).filter(|start| start.eq_ignore_ascii_case("PIP_"));
        option.is_some_and(|_| option_of(&name[4..]).is_some())
    };
    let names = host.vars().map(|(name, _)| name);
    names.filter(|name| name.to_str().is_some_and(is_destination)).map(Into::into).collect()
}

/// The destination that a key or the rest of a variable's name means, as pip's `_normalize_name`.
fn option_of(key: &str) -> Option<&'static str> {
    let name = normalized(key);
    DESTINATIONS.into_iter().find(|option| *option == name)
}

/// The long option, without its dashes, that a key or the rest of a variable's name means: pip's
/// `_normalize_name`.
pub(crate) fn normalized(key: &str) -> String {
    let name = key.to_lowercase().replace('_', "-");
    name.strip_prefix("--").unwrap_or(&name).to_owned()
}

/// The destinations in a file, with their lines. Only `global` and `install` concern `pip install`;
/// an empty value is none to pip.
fn destinations_in(text: &str) -> impl Iterator<Item = (&'static str, usize)> {
    let mut section = String::new();
    let mut lines = text.lines().enumerate().peekable();
    std::iter::from_fn(move || {
        while let Some((at, line)) = lines.next() {
            let trimmed = line.trim();
            if let Some(name) = trimmed.strip_prefix('[') {
                name.split(']').next().unwrap_or_default().clone_into(&mut section);
                continue;
            }
            // A line that is indented continues the value above it.
            let is_continuation = line.starts_with([' ', '\t']);
            if trimmed.starts_with(['#', ';']) || is_continuation {
                continue;
            }
            let Some((key, value)) = trimmed.split_once(['=', ':']) else { continue };
            let has_more = lines
                .peek()
                .is_some_and(|(_, next)| next.starts_with([' ', '\t']) && !next.trim().is_empty());
            let concerns_install = matches!(section.as_str(), "global" | "install");
            let is_set = has_more || !matches!(value.trim(), "" | "''" | "\"\"");
            if let Some(name) = option_of(key.trim()).filter(|_| concerns_install && is_set) {
                let is_off = name == "user"
                    && ["0", "no", "false", "off", "n", "f"]
                        .iter()
                        .any(|off| value.trim().eq_ignore_ascii_case(off));
                if !is_off {
                    return Some((name, at + 1));
                }
            }
        }
        None
    })
}

/// The files that pip reads, and whether it does so with `--isolated`.
fn files(host: &Host, root: &Path) -> Vec<(PathBuf, bool)> {
    let explicit = host.path_var("PIP_CONFIG_FILE").map(|path| host.cwd().join(path));
    // `os.devnull` turns every file off.
    if explicit
        .as_deref()
        .is_some_and(|path| path == Path::new("/dev/null") || path.ends_with("nul"))
    {
        return Vec::new();
    }
    let name = if host.platform() == Platform::Windows { "pip.ini" } else { "pip.conf" };
    let mut files: Vec<(PathBuf, bool)> =
        global_directories(host).into_iter().map(|dir| (dir.join(name), true)).collect();
    if !explicit.as_deref().is_some_and(Path::exists) {
        files.extend(user_directories(host).into_iter().map(|dir| (dir.join(name), false)));
    }
    files.push((root.join(name), true));
    files.extend(explicit.map(|file| (file, true)));
    files
}

fn global_directories(host: &Host) -> Vec<PathBuf> {
    match host.platform() {
        Platform::Windows => {
            let data = host.path_var("ProgramData").unwrap_or(Path::new(r"C:\ProgramData"));
            vec![data.join("pip")]
        }
        Platform::MacOs => vec!["/Library/Application Support/pip".into(), "/etc".into()],
        Platform::Linux => {
            let listed = host.var("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg".as_ref());
            let listed = std::env::split_paths(listed).map(|dir| dir.join("pip"));
            listed.chain([PathBuf::from("/etc")]).collect()
        }
    }
}

fn user_directories(host: &Host) -> Vec<PathBuf> {
    let Some(home) = host.home() else { return Vec::new() };
    let xdg = dirs::xdg_config(host).unwrap_or_else(|| home.join(".config"));
    match host.platform() {
        Platform::Windows => {
            let data = host.path_var("APPDATA").map(|data| data.join("pip"));
            data.into_iter().chain([home.join("pip")]).collect()
        }
        Platform::MacOs => {
            vec![home.join(".pip"), home.join("Library/Application Support/pip"), xdg.join("pip")]
        }
        Platform::Linux => vec![home.join(".pip"), xdg.join("pip")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_that_choose_a_destination_are_found() {
        let text = "[global]\nindex-url = x\n; target = /no\ntarget=/a\n[install]\n--PREFIX : /b\n\
                    root =\n   /c\nuser = no\npython =\n[list]\nuser = yes\n[ install]\ntarget = x\n";
        let found: Vec<_> = destinations_in(text).collect();
        assert_eq!(found, [("target", 4), ("prefix", 6), ("root", 7)]);
    }

    #[test]
    fn variables_are_found_in_each_spelling_that_pip_accepts() {
        let host = Host::new(
            [
                ("PIP_TARGET", "x"),
                ("PIP_prefix", "x"),
                ("PIP___ROOT", "x"),
                ("PIP_TARGETS", "x"),
                ("XPIP_USER", "x"),
                ("PIP_INDEX_URL", "x"),
            ],
            "/",
        );
        assert_eq!(destination_variables(&host), ["PIP_TARGET", "PIP___ROOT", "PIP_prefix"]);
    }

    // The paths are those of POSIX.
    #[cfg(unix)]
    #[test]
    fn a_file_that_the_user_names_replaces_the_users_own() {
        let dir = tempfile::tempdir().unwrap();
        let (chosen, home) = (dir.path().join("named"), dir.path().join("home"));
        std::fs::create_dir_all(home.join(".config/pip")).unwrap();
        std::fs::write(home.join(".config/pip/pip.conf"), "[global]\nroot = /x\n").unwrap();
        let vars = |file: &Path| {
            let vars = [("HOME", home.as_os_str()), ("PIP_CONFIG_FILE", file.as_os_str())];
            Host::new(vars, dir.path()).on(Platform::Linux)
        };
        let names = |host: &Host| -> Vec<_> {
            destination_keys(host, dir.path()).into_iter().map(|key| key.name).collect()
        };
        assert_eq!(names(&vars(&chosen)), ["root"]);
        std::fs::write(&chosen, "[global]\nprefix = /y\n").unwrap();
        assert_eq!(names(&vars(&chosen)), ["prefix"]);
        assert_eq!(names(&vars(Path::new("/dev/null"))), [""; 0]);
    }
}
