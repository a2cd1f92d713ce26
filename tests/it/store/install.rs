//! `rvenv install` and `create -r` from the store, and when pip runs instead.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use super::fixture::{PROJECTS, assert_same, contents, fixture, pins};
use crate::pip::fixture::modern;
use crate::sandbox::{Ran, Sandbox, has_strace, skip};

/// A fixture whose `-r lock.txt` pins every project, and that has one environment, filled by pip.
pub(super) fn filled(projects: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let python = modern(&sandbox).executable;
    let mut sandbox = fixture(&python);
    sandbox.set("PATH", format!("{}:/usr/bin:/bin", python.parent().unwrap().display()));
    sandbox.write("lock.txt", pins(projects).join("\n"));
    let ran = sandbox.run(["create", "-r", "lock.txt", "one"]).ok();
    assert!(!ran.stderr.contains("from the store"), "{ran:#?}");
    sandbox
}

pub(super) fn store(sandbox: &Sandbox) -> PathBuf {
    sandbox.root().join("cache/store")
}

pub(super) fn site(env: &Path) -> PathBuf {
    let mut versions = std::fs::read_dir(env.join("lib")).unwrap().flatten();
    versions.next().unwrap().path().join("site-packages")
}

/// Asserts that `rvenv ARGS` took everything from the store.
#[track_caller]
pub(super) fn stored(sandbox: &Sandbox, args: &[&str]) {
    let ran = sandbox.run(args).ok();
    assert!(ran.stderr.contains("from the store"), "{ran:#?}");
}

/// Asserts that pip ran for `rvenv -v ARGS`, and gives what was printed.
#[track_caller]
pub(super) fn by_pip(sandbox: &Sandbox, args: &[&str]) -> String {
    let ran = sandbox.run([&["-v"], args].concat()).ok();
    assert!(!ran.stderr.contains("from the store"), "{ran:#?}");
    assert!(ran.stdout.contains("Successfully installed"), "{ran:#?}");
    ran.stderr
}

#[test]
fn the_second_environment_needs_no_pip() {
    let sandbox = filled(&PROJECTS);
    sandbox.run(["create", "two"]).ok();
    let ran = sandbox.run(["install", "--env", "two", "-r", "lock.txt"]).ok();
    let (line, count) = (ran.stderr, PROJECTS.len());
    assert!(line.starts_with(&format!("installed {count} packages in ")), "{line}");
    assert!(line.ends_with(" s from the store\n") && ran.stdout.is_empty(), "{line}");
    sandbox.run(["check", "two", "--deep"]).ok();
    let ran = sandbox.run(["install", "--env", "two", "-r", "lock.txt"]).ok();
    assert_eq!(ran.stderr, format!("{count} packages installed already: nothing to do\n"));
    // The name has a space, which the first line of a command cannot have.
    stored(&sandbox, &["create", "-r", "lock.txt", "the third"]);
    sandbox.run(["check", "the third", "--deep"]).ok();
    sandbox.run(["run", "--env", "the third", "plain"]).ok();
    let file = site(&sandbox.project().join("the third")).join("plain.py");
    assert_eq!(file.metadata().unwrap().nlink(), 4, "three environments and the store");
}

#[test]
fn no_process_is_started_and_no_connection_opened() {
    if !has_strace() {
        return;
    }
    let sandbox = filled(&["pack", "plain"]);
    for args in [
        &["create", "-r", "lock.txt", "two"][..],
        &["create", "--clear", "-r", "lock.txt", "two"],
        &["create", "--clear", "two"],
        &["install", "--env", "two", "-r", "lock.txt"],
    ] {
        let log = sandbox.root().join("log");
        let mut traced = sandbox.command("strace");
        traced.args(["-f", "-qq", "-e", "trace=execve,socket,connect,vfork,fork,clone3,clone"]);
        traced.arg("-o").arg(&log).arg(env!("CARGO_BIN_EXE_rvenv")).args(args);
        Ran::of(&mut traced).ok();
        let log = std::fs::read_to_string(log).unwrap();
        let is_other = |line: &&str| !line.contains("CLONE_THREAD") && !line.contains("resumed");
        let calls: Vec<_> = log.lines().filter(is_other).collect();
        assert_eq!(calls.len(), 1, "{args:?}: {calls:#?}");
    }
}

#[test]
fn the_store_can_be_switched_off() {
    let mut sandbox = filled(&["plain"]);
    let before = contents(&store(&sandbox));
    by_pip(&sandbox, &["create", "--no-store", "-r", "lock.txt", "two"]);
    sandbox.run(["create", "three"]).ok();
    by_pip(&sandbox, &["install", "--env", "three", "--no-store", "-r", "lock.txt"]);
    let config = sandbox.root().join(crate::sandbox::USER_CONFIG);
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "store = false\n").unwrap();
    by_pip(&sandbox, &["create", "-r", "lock.txt", "four"]);
    sandbox.set("RVENV_STORE", "1");
    stored(&sandbox, &["create", "-r", "lock.txt", "five"]);
    sandbox.set("RVENV_STORE", "0");
    by_pip(&sandbox, &["create", "-r", "lock.txt", "six"]);
    assert_same(&before, &contents(&store(&sandbox)));
}

#[test]
fn the_answer_in_json_names_what_was_installed_and_by_whom() {
    let sandbox = filled(&["plain"]);
    sandbox.run(["create", "two"]).ok();
    let answer = |args: &[&str]| {
        let ran = sandbox.run([&["install", "--env", "two", "--json"], args].concat());
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["exit_code"], ran.code.unwrap());
        assert!(Path::new(answer["path"].as_str().unwrap()).ends_with("two"));
        answer
    };
    let plain = serde_json::json!([{"name": "plain", "version": "1.0"}]);
    let stored = answer(&["-r", "lock.txt"]);
    assert_eq!((&stored["source"], &stored["reason"]), (&"store".into(), &().into()));
    assert_eq!(stored["installed"], plain);
    assert_eq!(answer(&["-r", "lock.txt"])["installed"], serde_json::json!([]));
    let by_pip = answer(&["--force-reinstall", "--no-deps", "plain"]);
    assert_eq!((&by_pip["source"], &by_pip["installed"]), (&"pip".into(), &plain));
    assert!(by_pip["reason"].as_str().unwrap().contains("--force-reinstall"), "{by_pip}");
    let failed = answer(&["no-such-project"]);
    assert_eq!((&failed["source"], &failed["exit_code"]), (&"pip".into(), &1.into()));
    assert_eq!(answer(&["--no-deps", "plain"])["installed"], serde_json::json!([]));
}

#[test]
fn a_changed_file_is_not_used() {
    let sandbox = filled(&["plain", "pack"]);
    let file = site(&sandbox.project().join("one")).join("plain.py");
    let original = std::fs::read(&file).unwrap();
    std::fs::write(&file, "changed in place").unwrap();
    let told = by_pip(&sandbox, &["create", "-r", "lock.txt", "two"]);
    assert!(told.contains("plain.py` in the store was damaged"), "{told}");
    let file = site(&sandbox.project().join("two")).join("plain.py");
    assert_eq!(std::fs::read(file).unwrap(), original);
    stored(&sandbox, &["create", "-r", "lock.txt", "three"]);
    sandbox.run(["check", "three", "--deep"]).ok();
}

#[test]
fn a_file_with_another_time_or_mode_is_used_and_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = filled(&["plain"]);
    let site_of = |env: &str| site(&sandbox.project().join(env));
    let bytecode = || std::fs::read_dir(site_of("one").join("__pycache__")).unwrap().flatten();
    let plain = bytecode().find(|file| file.file_name().to_string_lossy().starts_with("plain."));
    let time = site_of("one").join("plain.py").metadata().unwrap().mtime();
    let file = site_of("one").join("plain.py");
    let before = contents(&store(&sandbox));
    std::fs::File::open(&file).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    stored(&sandbox, &["create", "-r", "lock.txt", "two"]);
    assert_eq!(
        (file.metadata().unwrap().mtime(), file.metadata().unwrap().mode() & 0o777),
        (0, 0o755)
    );
    let new = site_of("two").join("plain.py").metadata().unwrap();
    assert_eq!((new.mtime(), new.mode() & 0o777), (time, 0o644));
    assert!(plain.is_some(), "there is no bytecode of `plain`");
    // Only the file of the first environment is changed: the store contains what it contained before.
    assert_same(&before, &contents(&store(&sandbox)));
}

#[test]
fn entries_that_others_own_or_can_change_are_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = filled(&["plain"]);
    let heads = || {
        let walk = walkdir::WalkDir::new(store(&sandbox)).into_iter().flatten();
        walk.filter(|entry| entry.file_name() == "entry.json").map(|entry| entry.into_path())
    };
    for head in heads() {
        std::fs::set_permissions(head, PermissionsExt::from_mode(0o666)).unwrap();
    }
    by_pip(&sandbox, &["create", "-r", "lock.txt", "two"]);
    stored(&sandbox, &["create", "-r", "lock.txt", "three"]);
    if chown(store(&sandbox), None, None).is_ok()
        && heads().all(|head| chown(head, Some(54321), None).is_ok())
    {
        by_pip(&sandbox, &["create", "-r", "lock.txt", "four"]);
        stored(&sandbox, &["create", "-r", "lock.txt", "five"]);
    } else {
        skip("only root can give files away");
    }
}

#[test]
fn a_store_that_cannot_be_written_is_no_failure() {
    let sandbox = filled(&["plain"]);
    std::fs::remove_dir_all(store(&sandbox)).unwrap();
    std::fs::write(store(&sandbox), "a file").unwrap();
    let told = by_pip(&sandbox, &["create", "-r", "lock.txt", "two"]);
    assert!(told.contains("nothing is stored"), "{told}");
}

#[test]
fn pip_works_alike_in_both_and_leaves_the_store_unchanged() {
    let sandbox = filled(&PROJECTS);
    stored(&sandbox, &["create", "-r", "lock.txt", "two"]);
    let before = contents(&store(&sandbox));
    // Several commands in one process: each start takes most of the time.
    let code = "import sys; from pip._internal.cli.main import main
sys.exit(max(main(words.split()) for words in sys.argv[1:]))";
    let pip = |env: &str, commands: &[&str]| {
        let mut pip = sandbox.command(sandbox.project().join(env).join("bin/python"));
        let ran = Ran::of(pip.args(["-c", code]).args(commands)).ok();
        (ran.stdout + &ran.stderr).replace(&format!("/{env}/"), "/ENV/")
    };
    for commands in [
        &["check", "freeze", "inspect"][..],
        &["uninstall -y plain with-data", "install -U ns.one"],
        &["install --force-reinstall pack plain==1.0 with-data"],
        &["uninstall -y stable unicode ns_two built"],
    ] {
        assert_eq!(pip("one", commands), pip("two", commands), "{commands:?}");
    }
    // Only the start of pip as a module, which filled the first one, leaves bytecode of `__main__`.
    let paths = |env: &str| {
        let paths = contents(&site(&sandbox.project().join(env))).into_keys();
        paths.filter(|path| !path.starts_with("pip")).collect::<Vec<_>>()
    };
    assert_eq!(paths("one"), paths("two"));
    assert_same(&before, &contents(&store(&sandbox)));
}

#[test]
fn existing_files_are_kept_and_pip_decides() {
    let sandbox = filled(&["plain", "pack"]);
    sandbox.run(["create", "two"]).ok();
    let env = sandbox.project().join("two");
    std::fs::write(site(&env).join("plain.py"), "mine").unwrap();
    let told = by_pip(&sandbox, &["install", "--env", "two", "-r", "lock.txt"]);
    assert!(told.contains("has `lib/") && told.contains("plain.py` already"), "{told}");
    sandbox.run(["run", "--env", "two", "plain"]).ok();
}

#[test]
fn eight_at_once_fill_from_an_empty_store() {
    let sandbox = filled(&["plain"]);
    std::fs::remove_dir_all(store(&sandbox)).unwrap();
    sandbox.write("lock.txt", pins(&["plain", "pack", "with-data"]).join("\n"));
    let names: Vec<String> = (0..8).map(|index| format!("env-{index}")).collect();
    let start = |name: &String| {
        let mut command = sandbox.rvenv();
        command.args(["-q", "create", "-r", "lock.txt", name]);
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let children: Vec<_> = names.iter().map(start).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    stored(&sandbox, &["create", "-r", "lock.txt", "last"]);
    for name in names.iter().map(String::as_str).chain(["last"]) {
        sandbox.run(["check", name, "--deep"]).ok();
    }
    let left = std::fs::read_dir(store(&sandbox)).unwrap().flatten();
    let left: Vec<_> =
        left.filter(|it| it.file_name().to_string_lossy().starts_with('.')).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn tracebacks_name_the_environment_in_use() {
    let sandbox = filled(&["plain"]);
    stored(&sandbox, &["create", "-r", "lock.txt", "two"]);
    std::fs::remove_dir_all(sandbox.project().join("one")).unwrap();
    let code = "import plain; print(plain.main.__code__.co_filename)";
    let ran = sandbox.run(["run", "--env", "two", "python", "-B", "-c", code]).ok();
    assert!(ran.stdout.contains("/two/lib/"), "{ran:#?}");
}

#[test]
fn unused_entries_are_pruned() {
    let sandbox = filled(&["plain", "pack"]);
    let ran = sandbox.run(["cache"]).ok();
    let line = ran.stdout.lines().find(|line| line.starts_with("store ")).unwrap();
    assert!(line.ends_with("  2 packages"), "{line}");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(40 * 24 * 60 * 60);
    for entry in walkdir::WalkDir::new(store(&sandbox)).into_iter().flatten() {
        if entry.file_name() == "entry.json" {
            std::fs::File::open(entry.path()).unwrap().set_modified(old).unwrap();
        }
    }
    sandbox.write("lock.txt", "plain==1.0");
    stored(&sandbox, &["create", "-r", "lock.txt", "two"]);
    let ran = sandbox.run(["cache", "prune", "--older-than", "41d"]).ok();
    assert_eq!(ran.stderr, "removed 0 stored packages; left: 2\n");
    let ran = sandbox.run(["cache", "prune"]).ok();
    assert_eq!(ran.stderr, "removed 1 stored package; left: 1\n");
    sandbox.run(["check", "one", "--deep"]).ok();
    stored(&sandbox, &["create", "-r", "lock.txt", "three"]);
    sandbox.run(["cache", "clean"]).ok();
    assert!(!store(&sandbox).exists());
    sandbox.run(["check", "three", "--deep"]).ok();
}

#[test]
fn after_a_kill_the_environment_can_be_repaired() {
    if !has_strace() {
        return;
    }
    let sandbox = filled(&["flat", "ns.one"]);
    let install = ["install", "--env", "two", "-r", "lock.txt"];
    let mut reached = 0;
    for nth in 1.. {
        sandbox.run(["create", "--clear", "two"]).ok();
        let mut traced = sandbox.command("strace");
        traced.args(["-qq", "-o", "/dev/null", "-e"]);
        traced.arg(format!("inject=renameat2:signal=KILL:when={nth}"));
        let ran = Ran::of(traced.arg(env!("CARGO_BIN_EXE_rvenv")).args(install));
        if ran.code == Some(0) {
            break;
        }
        reached = nth;
        // The check finds an incomplete package, or there is none.
        sandbox.run(["check", "--fix", "two"]);
        let report = sandbox.run(["check", "two"]).stdout;
        let hint = report.split_once("`rvenv install ").and_then(|(_, rest)| rest.split_once('`'));
        if let Some((words, _)) = hint {
            sandbox.run(["install"].into_iter().chain(words.split(' '))).ok();
        }
        sandbox.run(install).ok();
        sandbox.run(["check", "--deep", "two"]).ok();
        sandbox.run(["run", "--env", "two", "python", "-c", "import ns.one"]).ok();
        let data = site(&sandbox.project().join("two")).join("flat/data.txt");
        assert_eq!(std::fs::read(data).unwrap(), b"x", "killed at rename {nth}");
    }
    assert!(reached > 4, "{reached} renames were reached");
}
