//! The text of hints.

use std::path::Path;

use rvenv::shell::Shell;
use rvenv::{DeletionHint, Hint, PackHint};

use crate::cli::command_index;

/// The text of a hint. The match has no `_` arm, so that each new hint needs a text.
pub(super) fn words(hint: &Hint) -> String {
    match hint {
        Hint::CreateEnvironment => "create one with `rvenv create`".into(),
        Hint::NameEnvironment(env) => format!("name it: `{}`", naming_command(env)),
        Hint::AllowProject(dir) => {
            format!(
                "`rvenv allow {}`, if you trust its owner and who can write there",
                super::word(dir)
            )
        }
        Hint::TrustByVariable => {
            "set `RVENV_TRUSTED` to the directories of projects whose files may be used".into()
        }
        Hint::MakePrivate(dir) => format!("`chmod go-w {}`", super::word(dir)),
        Hint::NamePython => "a named version overrides it: `rvenv create -p VERSION`".into(),
        Hint::ListPythons => "`rvenv python list` shows the available Pythons".into(),
        Hint::FormsOfRequests => {
            "for example `3.12` or `>=3.11,<3.14`; `rvenv help python` lists all forms".into()
        }
        Hint::SelectVersion(version) => {
            format!("`rvenv create -p {}` selects an installed one", super::word(version))
        }
        Hint::InstallPython(command) => format!("`{command}` installs one"),
        Hint::PermitBuild(env) => format!(
            "`--build` permits that; or trust the environment with `rvenv allow {}`",
            super::word(env)
        ),
        Hint::Retry => "repeat the command".into(),
        Hint::WaysToPip { package } => {
            let package = package.as_ref().map(|name| format!("install `{name}`, or "));
            let package = package.unwrap_or_default();
            format!(
                "{package}give a wheel with `--pip FILE.whl`, or leave pip out with `--without-pip`"
            )
        }
        Hint::NameShell => {
            let names: Vec<&str> = Shell::ALL.iter().map(|shell| shell.name()).collect();
            format!("name it with `--shell`: {}", names.join(", "))
        }
        Hint::HookOf(shell) => format!("{shell} has one: `rvenv hook {shell}`"),
        Hint::Rename(path) => {
            let command = if cfg!(windows) { "move" } else { "mv" };
            let mut renamed = path.clone().into_os_string();
            renamed.push(".old");
            format!("rename it: `{command} {} {}`", super::word(path), super::word(renamed))
        }
        Hint::ChooseAnotherPath => "choose another path for the environment".into(),
        Hint::ClearOrUpgrade => {
            "`--clear` replaces it; `--upgrade` keeps its packages and changes its Python".into()
        }
        Hint::CheckEnvironment(env) => {
            format!("`rvenv check {}` reports the causes and their repairs", super::word(env))
        }
        Hint::DidYouMean(names) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}?", names.join(" or "))
        }
        Hint::ShowSettings => "`rvenv config` lists all settings".into(),
        Hint::SetByUser(key) => {
            format!("use `--{key}`, or set it in your own file; `rvenv config` prints its path")
        }
        Hint::KeepOneConfiguration => "move all settings into one of the two".into(),
        Hint::InstallCommand(name) => {
            format!("`rvenv install {name}`, if the package of that name contains it")
        }
        Hint::ChangeDirectory => {
            "change to the parent directory of the environment and repeat the command".into()
        }
        Hint::Uninstall(name) => format!("`rvenv uninstall {}`", super::word(name)),
        Hint::NamePackages => "name packages, or a requirements file with `-r`".into(),
        Hint::Deletion(hint) => deletion_words(hint),
        Hint::Pack(hint) => pack_words(hint),
    }
}

fn deletion_words(hint: &DeletionHint) -> String {
    match hint {
        DeletionHint::Force => {
            "`--force` permits the deletion of a directory that is not an environment".into()
        }
        DeletionHint::WithUserFiles => {
            "move them elsewhere, or delete them too with `--with-user-files`".into()
        }
        DeletionHint::Unmount(mount) => {
            format!("unmount it first: `umount {}`", super::word(mount))
        }
        DeletionHint::NameTarget { link, target } => {
            format!("to use the target of the link: `{}`", same_command(link, target))
        }
        DeletionHint::RunCopy(program) => run_copy(program),
    }
}

fn pack_words(hint: &PackHint) -> String {
    match hint {
        PackHint::FixOrForce(env) => format!(
            "`rvenv check --deep --fix {}` repairs them; `--force` packs the environment as it is",
            super::word(env)
        ),
        PackHint::InstallOrForce => {
            "install them into the environment; `--force` packs it without them".into()
        }
        PackHint::Exclude(path) => {
            format!("`--exclude {}` leaves it out of the archive", super::word(path))
        }
        PackHint::EditableChoices => {
            "`--editable include` copies their packages, `--editable skip` leaves them out".into()
        }
        PackHint::WithoutPython => {
            "without `--with-python`, the archive uses a Python of the other machine".into()
        }
        PackHint::WithoutStrict => {
            "install them on the other machine, and leave out `--strict`".into()
        }
        PackHint::InstallPlainly => {
            "install it without `-e`, or leave it out with `--editable skip`".into()
        }
    }
}

/// The command line of this process with `target` in the place of `link`, which may be the
/// default that was not typed.
fn same_command(link: &Path, target: &Path) -> String {
    let real = |path: &Path| rvenv::support::path::canonicalize(path).ok();
    let real_target = real(target);
    let leads_there = |path: &Path| real_target.is_some() && real(path) == real_target;
    let mut words: Vec<String> = Vec::new();
    let mut is_named = false;
    for argument in std::env::args_os().skip(1) {
        let path = Path::new(&argument);
        let is_its_name = link.ends_with(path) && path.file_name() == link.file_name();
        let is_link = leads_there(path) || !is_named && is_its_name;
        is_named |= is_link;
        words.push(super::word(if is_link { target } else { path }));
    }
    if !is_named {
        words.push(super::word(target));
    }
    format!("rvenv {}", words.join(" "))
}

/// The command of this process with the environment named, by its file name: it is in the current directory.
fn naming_command(env: &Path) -> String {
    let name = super::word(env.file_name().unwrap_or(env.as_os_str()));
    let mut words: Vec<_> = std::env::args_os().skip(1).map(super::word).collect();
    let command = command_index(&words).unwrap_or(words.len());
    let takes_argument = ["activate", "activate-script", "allow", "check", "deny", "pack", "shell"];
    if words.get(command).is_some_and(|word| takes_argument.contains(&&**word)) {
        words.push(name);
    } else {
        words.insert((command + 1).min(words.len()), format!("--env {name}"));
    }
    format!("rvenv {}", words.join(" "))
}

fn run_copy(program: &Path) -> String {
    let copy = std::env::temp_dir().join(program.file_name().unwrap_or_default());
    // An alias of `Copy-Item` in PowerShell.
    let command = if cfg!(windows) { "copy" } else { "cp" };
    let (program, copy) = (super::word(program), super::word(copy));
    format!(
        "run the same command with a copy of it, `{copy}`, made by `{command} {program} {copy}`"
    )
}
