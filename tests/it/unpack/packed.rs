//! Archives of `rvenv pack`, unpacked by rvenv and by other programs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::{Ran, Sandbox, for_each_python, real_pythons, skip};

/// A sandbox with the archive `a.tar.gz` of an environment of `python`, which is deleted; gives its files.
fn packed(python: &Path) -> (Sandbox, BTreeSet<PathBuf>) {
    let mut sandbox = Sandbox::new();
    sandbox.set("RVENV_PACK_PYTHON", python);
    let mut create = sandbox.rvenv();
    Ran::of(create.args(["create", "-q", "--offline", "-p"]).arg(python).arg("made")).ok();
    let made = sandbox.project().join("made");
    fs::create_dir(made.join("share")).unwrap();
    fs::write(made.join("share/data"), "data").unwrap();
    sandbox.run(["pack", "-q", "made", "-o", "a.tar.gz"]).ok();
    let files = files(&made);
    fs::remove_dir_all(made).unwrap();
    (sandbox, files)
}

/// The regular files and links below a directory, without bytecode, relative.
fn files(root: &Path) -> BTreeSet<PathBuf> {
    let walk = walkdir::WalkDir::new(root).into_iter();
    let kept = walk.filter_entry(|entry| entry.file_name() != "__pycache__");
    let files = kept.flatten().filter(|entry| !entry.file_type().is_dir());
    files.map(|entry| entry.path().strip_prefix(root).unwrap().to_owned()).collect()
}

for_each_python!(pack_and_unpack_lose_nothing);

fn pack_and_unpack_lose_nothing(python: &Path) {
    let (sandbox, before) = packed(python);
    let ran = sandbox.run(["unpack", "a.tar.gz", "here"]);
    let here = sandbox.project().join("here");
    assert_eq!(files(&here), before, "{ran:#?}");
    ran.ok();
    sandbox.run(["check", "--deep", "here"]).ok();
    let program = "import sys; assert sys.prefix != sys.base_prefix; print(sys.prefix)";
    let ran = Ran::of(sandbox.command(here.join("bin/python")).args(["-c", program])).ok();
    assert_eq!(Path::new(ran.stdout.trim()), here);
    let ran = Ran::of(sandbox.command(here.join("bin/pip")).arg("--version")).ok();
    assert!(ran.stdout.contains(here.to_str().unwrap()), "{ran:#?}");
    let cfg = fs::read_to_string(here.join("pyvenv.cfg")).unwrap();
    assert!(cfg.contains("home = ") && !cfg.contains("packed"), "{cfg}");
}

/// The archive, unpacked by tar.
fn plainly_unpacked() -> (Sandbox, PathBuf) {
    let (sandbox, _) = packed(&real_pythons().pop().unwrap());
    let here = sandbox.project().join("here");
    fs::create_dir(&here).unwrap();
    Ran::of(sandbox.command("tar").args(["xf", "a.tar.gz", "-C", "here"])).ok();
    (sandbox, here)
}

/// The codes of `rvenv check here ARGS...`.
#[track_caller]
fn codes(sandbox: &Sandbox, args: &[&str], code: i32) -> Vec<String> {
    let ran = sandbox.run([&["check", "--json", "here"], args].concat()).code(code);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_plainly_unpacked_archive_is_healthy_and_can_be_used() {
    let (sandbox, here) = plainly_unpacked();
    assert_eq!(codes(&sandbox, &[], 0), ["base-unbound"]);
    let program = "import sys; print(sys.prefix)";
    let ran = sandbox.run(["run", "--env", "here", "python", "-c", program]).ok();
    assert_eq!(Path::new(ran.stdout.trim()), here);
    sandbox.run(["activate", "--shell", "sh", "here"]).ok();
}

#[test]
fn a_repair_binds_it_to_a_python() {
    let (sandbox, here) = plainly_unpacked();
    sandbox.run(["check", "--fix", "here"]).ok();
    assert_eq!(codes(&sandbox, &["--deep"], 0), [""; 0]);
    assert!(here.join("bin/python").is_symlink());
    let cfg = fs::read_to_string(here.join("pyvenv.cfg")).unwrap();
    assert!(cfg.contains("home = ") && !cfg.contains("packed"), "{cfg}");
    let ran = Ran::of(sandbox.command(here.join("bin/pip")).arg("--version")).ok();
    assert!(ran.stdout.contains(here.to_str().unwrap()), "{ran:#?}");
    // The manifest stays, as a repair removes no file; it is not packed again.
    assert!(here.join(".rvenv-pack.json").exists());
    sandbox.run(["pack", "-q", "here", "-o", "b.tar.gz"]).ok();
    let archive = |name: &str| fs::read(sandbox.project().join(name)).unwrap();
    assert!(archive("a.tar.gz") == archive("b.tar.gz"), "another archive of the same environment");
}

#[test]
fn a_machine_without_a_matching_python_is_reported() {
    let (mut sandbox, here) = plainly_unpacked();
    sandbox.set("RVENV_PACK_PYTHON", "/nowhere/python3");
    assert_eq!(codes(&sandbox, &[], 1), ["base-gone"]);
    sandbox.run(["unpack", "a.tar.gz", "other"]).code(1);
    assert!(!sandbox.project().join("other").exists());
    // An archiver that loses modes.
    fs::write(here.join("bin/other"), "").unwrap();
    fs::copy(here.join("bin/other"), here.join("bin/python")).unwrap();
    let plain = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(here.join("bin/python"), plain).unwrap();
    assert_eq!(codes(&sandbox, &[], 1), ["interpreter-not-executable"]);
}

/// Runs `script` in a mount namespace of its own; `None` where mounting is not allowed.
fn mounted(sandbox: &Sandbox, script: &str, args: &[&Path]) -> Option<Ran> {
    let ran = Ran::of(sandbox.command("unshare").args(["-m", "sh", "-c", script, "sh"]).args(args));
    if ran.code == Some(9) || ran.stderr.contains("unshare failed") {
        skip("mounting is not allowed here");
        return None;
    }
    Some(ran)
}

/// The second stage of an image has the base Python, and neither the paths of the first one nor rvenv.
#[test]
fn a_relocatable_environment_is_copied_into_an_image() {
    let sandbox = Sandbox::new();
    let mut create = sandbox.rvenv();
    create.args(["create", "-q", "--offline", "--relocatable", "app", "-p"]);
    Ran::of(create.arg(real_pythons().pop().unwrap())).ok();
    let script = "mkdir image && cp -a app image/app && mount -t tmpfs none app || exit 9
        image/app/bin/pip --version && image/app/bin/python -c 'import sys; print(sys.prefix)'";
    let Some(ran) = mounted(&sandbox, script, &[]) else { return };
    let ran = ran.ok();
    assert!(ran.stdout.contains("project/image/app/"), "{ran:#?}");
    assert!(ran.stdout.ends_with("project/image/app\n"), "{ran:#?}");
}

/// An image without Python gets an archive with Python, unpacked by rvenv or by tar.
#[test]
fn an_environment_with_its_python_needs_no_other() {
    let outside = |python: &PathBuf| !python.starts_with("/usr") && !python.starts_with("/bin");
    let Some(python) = real_pythons().into_iter().rfind(outside) else {
        skip("every Python is in /usr");
        return;
    };
    let base = super::describe(&python).prefix;
    let sandbox = Sandbox::new();
    let mut create = sandbox.rvenv();
    Ran::of(create.args(["create", "-q", "--offline", "made", "-p"]).arg(&python)).ok();
    sandbox.run(["pack", "-q", "--with-python", "made", "-o", "a.tar.gz"]).ok();
    let script = "mount -t tmpfs none made && mount -t tmpfs none \"$1\" || exit 9
        \"$2\" unpack -q a.tar.gz here && \"$2\" check -q here || exit 1
        mkdir there && tar xzf a.tar.gz -C there && \"$2\" check -q there || exit 1
        for dir in here there; do
            \"$2\" check $dir
            $dir/bin/pip --version && $dir/bin/python -c 'import sys, ssl; print(sys.prefix)' || exit 1
        done";
    let rvenv = sandbox.rvenv().get_program().to_owned();
    let Some(ran) = mounted(&sandbox, script, &[&base, Path::new(&rvenv)]) else { return };
    let ran = ran.ok();
    assert!(
        ran.stdout.contains("project/here\n") && ran.stdout.contains("project/there\n"),
        "{ran:#?}"
    );
    let version = Ran::of(sandbox.command(&python).arg("--version")).ok().stdout;
    let named = format!("✓ C{}, included\n", version.trim_end());
    assert_eq!(ran.stdout.matches(&named).count(), 2, "{named}: {ran:#?}");
}

/// One file on a parallel file system, which jobs cannot write, becomes an environment on a local disk.
#[test]
fn one_file_on_a_shared_disk_is_unpacked_on_a_local_one() {
    let (sandbox, _) = packed(&real_pythons().pop().unwrap());
    let script = "mkdir shared local && mount -t tmpfs none shared && cp a.tar.gz shared &&
        mount -o remount,ro none shared && mount -t tmpfs none local || exit 9
        \"$1\" -q unpack shared/a.tar.gz local/app && local/app/bin/pip --version";
    let rvenv = sandbox.rvenv().get_program().to_owned();
    let Some(ran) = mounted(&sandbox, script, &[Path::new(&rvenv)]) else { return };
    assert!(ran.ok().stdout.contains("project/local/app/"));
}

/// A cache of CI brings the environment back at another path.
#[test]
fn a_cached_environment_is_restored_elsewhere_and_repaired() {
    let (sandbox, _) = packed(&real_pythons().pop().unwrap());
    sandbox.run(["unpack", "-q", "a.tar.gz", "first/.venv"]).ok();
    fs::create_dir(sandbox.project().join("second")).unwrap();
    let (from, to) = (sandbox.project().join("first/.venv"), sandbox.project().join("here"));
    fs::rename(from, to).unwrap();
    sandbox.run(["check", "--fix", "here"]).ok();
    assert_eq!(codes(&sandbox, &["--deep"], 0), [""; 0]);
}
