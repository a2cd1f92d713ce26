//! Activation in cmd.exe, which runs line by line what `for /f` reads of rvenv.
//!
//! It takes that for text in the console's code page, whichever that is: only ASCII comes through. So
//! PATH, which holds the names of users and of programs, is not told: an environment's own scripts
//! change it from inside.

use std::ffi::OsStr;
use std::iter;
use std::path::{Path, PathBuf};

use super::activation::Extent;
use super::{Activation, Shell, data};
use crate::shell::{Error, Result};
use crate::support::host::Host;

/// Runs the environment's `activate.bat`.
///
/// # Errors
/// [`Error::NoActivationScript`], and [`Error::Unrepresentable`] when neither the environment's path
/// nor its way from the current directory is ASCII.
pub(super) fn activate(activation: &Activation, host: &Host) -> Result<Vec<u8>> {
    let Activation { root, scripts, .. } = activation;
    let file = "activate.bat";
    if !root.join(scripts).join(file).is_file() {
        return Err(Error::NoActivationScript { env: (*root).to_owned(), file });
    }
    let ways = [Some((*root).to_owned()), way(host.cwd(), root)];
    let mut carried = ways.iter().flatten().filter_map(|way| carried(way.as_os_str()));
    let way = carried.next().ok_or_else(|| unrepresentable(root.as_os_str()))?;
    // By a variable, as `call` reads a line twice: `%` and `^` would become something else.
    let lines = [
        format!("set \"_rvenv_env={way}\"\r\n"),
        format!("call \"%_rvenv_env%\\{scripts}\\{file}\"\r\n"),
        "set \"_rvenv_env=\"\r\n".to_owned(),
    ];
    Ok(lines.concat().into_bytes())
}

/// Runs the active environment's `deactivate.bat`; without one, prints the variables.
///
/// # Errors
/// [`Error::Unrepresentable`] when the text is not ASCII.
pub(super) fn deactivate(host: &Host) -> Result<Vec<u8>> {
    let script = r"Scripts\deactivate.bat";
    match host.path_var("VIRTUAL_ENV") {
        None => Ok(Vec::new()),
        Some(root) if root.join(script).is_file() => {
            Ok(format!("call \"%VIRTUAL_ENV%\\{script}\"\r\n").into_bytes())
        }
        Some(_) => {
            let lines =
                data::deactivation(host, Extent::Environment).into_iter().map(|(name, value)| {
                    let value = value.unwrap_or_default();
                    let text = carried(&value).ok_or_else(|| unrepresentable(&value))?;
                    Ok(format!("set \"{name}={text}\"\r\n"))
                });
            Ok(lines.collect::<Result<String>>()?.into_bytes())
        }
    }
}

/// `root` as seen from `cwd`, where both are on one drive.
fn way(cwd: &Path, root: &Path) -> Option<PathBuf> {
    let mut above = cwd.ancestors().enumerate();
    let (up, rest) = above.find_map(|(up, dir)| Some((up, root.strip_prefix(dir).ok()?)))?;
    let up: PathBuf = iter::once(".").chain(iter::repeat_n("..", up)).collect();
    Some(up.join(rest))
}

fn carried(value: &OsStr) -> Option<&str> {
    let is_carried = |char: char| char.is_ascii() && !char.is_ascii_control() && char != '"';
    value.to_str().filter(|text| text.chars().all(is_carried))
}

fn unrepresentable(value: &OsStr) -> Error {
    Error::Unrepresentable { shell: Shell::Cmd, value: value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_ascii_where_the_path_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("Jürgen");
        let root = home.join("shop/.venv");
        std::fs::create_dir_all(root.join("Scripts")).unwrap();
        let activation = Activation { root: &root, scripts: "Scripts", prompt: "shop".as_ref() };
        let from = |cwd: &Path| {
            let host = Host::new([("PATH", "")], cwd);
            let told = activate(&activation, &host)?;
            Ok(String::from_utf8(told).unwrap().replace('\\', "/"))
        };
        assert!(matches!(from(&home), Err(Error::NoActivationScript { .. })));
        std::fs::write(root.join("Scripts/activate.bat"), "").unwrap();
        for (cwd, way) in [
            ("shop", "./.venv"),
            ("shop/src/deep", "./../../.venv"),
            ("shop/.venv", "./"),
            ("shop/.venv/Scripts", "./../"),
        ] {
            let told = from(&home.join(cwd)).unwrap();
            let lines: Vec<_> = told.split_terminator("\r\n").collect();
            assert_eq!(lines[0], format!("set \"_rvenv_env={way}\""));
            assert_eq!(
                lines[1..],
                ["call \"%_rvenv_env%/Scripts/activate.bat\"", "set \"_rvenv_env=\""]
            );
        }
        assert!(matches!(from(dir.path()), Err(Error::Unrepresentable { .. })));
    }

    #[test]
    fn the_way_back_is_the_environments_own_script_if_there_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let told = |vars: &[(&str, &str)]| {
            deactivate(&Host::new(vars.iter().copied(), dir.path()))
                .map(|told| String::from_utf8(told).unwrap())
        };
        let env = dir.path().to_str().unwrap();
        assert_eq!(told(&[]).unwrap(), "");
        let gone = told(&[("VIRTUAL_ENV", env), ("PATH", "/usr/bin")]).unwrap();
        assert!(gone.starts_with("set \"VIRTUAL_ENV=\"\r\n"), "{gone}");
        assert!(gone.contains("set \"PATH=/usr/bin\"\r\n"), "{gone}");
        let foreign = told(&[("VIRTUAL_ENV", env), ("PATH", "/Jürgen")]);
        assert!(matches!(foreign, Err(Error::Unrepresentable { .. })));
        let script = dir.path().join(r"Scripts\deactivate.bat");
        std::fs::create_dir_all(script.parent().unwrap()).unwrap();
        std::fs::write(script, "").unwrap();
        let call = "call \"%VIRTUAL_ENV%\\Scripts\\deactivate.bat\"\r\n";
        assert_eq!(told(&[("VIRTUAL_ENV", env), ("PATH", "/Jürgen")]).unwrap(), call);
    }
}
