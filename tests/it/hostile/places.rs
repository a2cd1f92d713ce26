//! Hard places: full, read-only, foreign, odd and deep.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use super::{can_mount, fixture, listing, mounted};
use crate::sandbox::{Ran, Sandbox, copy_rvenv, skip};

const NOBODY: u32 = 65534;

/// Does the environment's pip run?
#[track_caller]
fn pip_runs(sandbox: &Sandbox, env: &Path) {
    let mut python = sandbox.command(env.join("bin/python"));
    let ran = Ran::of(python.args(["-B", "-m", "pip", "--version"]));
    assert!(ran.code == Some(0) && ran.stdout.contains("pip 24.2"), "{ran:#?}");
}

#[test]
fn a_disk_that_is_full_at_any_moment() {
    if !can_mount() {
        return;
    }
    let (sandbox, create) = fixture();
    sandbox.run(&create).ok();
    fs::remove_dir_all(sandbox.project().join(".venv")).unwrap();
    let mut made = 0;
    // By space, and by the number of files.
    let sizes = (1..40).step_by(3).map(|pages| format!("size={}k", pages * 4));
    for limit in sizes.chain((2..80).step_by(6).map(|files| format!("nr_inodes={files}"))) {
        let script = format!(
            "mount -t tmpfs -o {limit} none . && cd . && \"$0\" \"$@\"; code=$?; \
             find . -mindepth 1 | grep -c .; [ $code = 0 ] && .venv/bin/python -m pip --version; exit $code"
        );
        let ran = mounted(&sandbox, &script, &create);
        match ran.code {
            Some(0) => {
                made += 1;
                assert!(ran.stdout.contains("pip 24.2"), "{limit}: {ran:#?}");
            }
            Some(1) => {
                assert!(ran.stderr.starts_with("error: "), "{limit}: {ran:#?}");
                assert!(ran.stderr.contains("No space left"), "{limit}: {ran:#?}");
                assert_eq!(ran.stdout, "0\n", "{limit}: something is left: {ran:#?}");
            }
            _ => panic!("{limit}: {ran:#?}"),
        }
    }
    assert!(made > 0, "no size was enough");
}

#[test]
fn a_cache_whose_disk_is_full() {
    if !can_mount() {
        return;
    }
    let (sandbox, create) = fixture();
    for size in [4, 8, 16, 64] {
        let script = format!(
            "mount -t tmpfs -o size={size}k,mode=700 none ../cache && \"$0\" \"$@\" && \
             .venv/bin/python -m pip --version; code=$?; rm -rf .venv; exit $code"
        );
        let ran = mounted(&sandbox, &script, &create).ok();
        assert!(ran.stdout.contains("pip 24.2"), "{size}: {ran:#?}");
    }
}

#[test]
fn a_cache_that_cannot_be_created_is_reported_with_a_hint() {
    if !can_mount() {
        return;
    }
    let (sandbox, create) = fixture();
    let script = "mount -t tmpfs -o ro,mode=700 none ../home && RVENV_CACHE_DIR=../home/c/rvenv \"$0\" \"$@\"";
    let ran = mounted(&sandbox, script, &create).ok();
    let warning =
        format!("no cache is used: cannot use `{}`", sandbox.root().join("home").display());
    assert!(ran.stderr.contains(&warning) && ran.stderr.contains("hint: "), "{ran:#?}");
}

#[test]
fn file_systems_that_refuse_or_lack_something() {
    if !can_mount() {
        return;
    }
    let (sandbox, create) = fixture();
    let in_project = |options: &str| {
        let script = format!(
            "mount -t tmpfs -o {options} none . && cd \"$PWD\" && \"$0\" \"$@\" && \
             .venv/bin/python -m pip --version; code=$?; find . -mindepth 1 -maxdepth 1; exit $code"
        );
        mounted(&sandbox, &script, &create)
    };
    let ran = in_project("ro").code(1);
    assert!(ran.stderr.starts_with("error: "), "{ran:#?}");
    assert!(ran.stderr.contains("Read-only file system"), "{ran:#?}");
    assert_eq!(ran.stdout, "");
    // The interpreter is a link to where programs may be executed.
    for options in ["noexec", "nosuid,nodev", "size=100m"] {
        let ran = in_project(options).ok();
        assert!(ran.stdout.contains("pip 24.2"), "{options}: {ran:#?}");
    }
}

#[test]
fn without_a_home_or_a_cache() {
    for (unset, set) in [
        (vec!["HOME", "RVENV_CACHE_DIR"], vec![]),
        (vec!["RVENV_CACHE_DIR"], vec![("HOME", "/nonexistent")]),
        (vec!["RVENV_CACHE_DIR"], vec![("HOME", "/dev/null")]),
        (vec!["RVENV_CACHE_DIR"], vec![("HOME", "")]),
        (vec![], vec![("RVENV_CACHE_DIR", "/dev/null/cache")]),
        (vec![], vec![("RVENV_CACHE_DIR", "/proc/cache")]),
    ] {
        let (sandbox, create) = fixture();
        let mut command = sandbox.rvenv();
        for name in &unset {
            command.env_remove(name);
        }
        let ran = Ran::of(command.envs(set.clone()).args(&create));
        assert_eq!(ran.code, Some(0), "{unset:?} {set:?}: {ran:#?}");
        assert!(!ran.stderr.contains("error"), "{ran:#?}");
        pip_runs(&sandbox, &sandbox.project().join(".venv"));
        assert_eq!(fs::read_dir(sandbox.project()).unwrap().count(), 1, "something is left");
    }
}

/// Whoever owns the cache could put any code into the pip of every environment.
#[test]
fn a_cache_of_another_user_or_open_to_others_is_not_trusted() {
    for (owner, mode) in [(Some(NOBODY), 0o700), (None, 0o777)] {
        let (sandbox, create) = fixture();
        let cache = sandbox.root().join("cache");
        fs::set_permissions(&cache, fs::Permissions::from_mode(mode)).unwrap();
        if chown(&cache, owner, None).is_err() {
            skip("only root can give files away");
            continue;
        }
        sandbox.run(&create).ok();
        pip_runs(&sandbox, &sandbox.project().join(".venv"));
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 0, "it was used");
    }
}

#[test]
fn every_umask() {
    for umask in ["000", "002", "022", "077", "0177"] {
        let (sandbox, create) = fixture();
        let cache = sandbox.root().join("cache");
        fs::remove_dir(&cache).unwrap();
        let run = || {
            let mut command = sandbox.command("sh");
            let script = format!("umask {umask}; exec \"$0\" \"$@\"");
            Ran::of(command.args(["-c", &script, env!("CARGO_BIN_EXE_rvenv")]).args(&create))
        };
        // Directories that may not be searched hold nothing; root does not notice.
        let ran = run();
        if umask == "0177" && ran.code == Some(1) {
            assert!(ran.stderr.starts_with("error: "), "{ran:#?}");
            continue;
        }
        assert_eq!(ran.code, Some(0), "{umask}: {ran:#?}");
        let env = sandbox.project().join(".venv");
        pip_runs(&sandbox, &env);
        let mode = |path: &str| fs::metadata(env.join(path)).unwrap().mode() & 0o777;
        let left = !u32::from_str_radix(umask, 8).unwrap();
        assert_eq!(mode(""), 0o777 & left, "{umask}");
        assert_eq!(mode("pyvenv.cfg"), 0o666 & left, "{umask}");
        assert_eq!(mode("bin/pip"), 0o777 & left, "{umask}");
        // The cache that came of it is trusted by the next run.
        fs::remove_dir_all(&env).unwrap();
        let entries = || walkdir::WalkDir::new(&cache).into_iter().count();
        let before = entries();
        run().ok();
        assert!(before > 1 && entries() == before, "{umask}: the cache was not used again");
        sandbox.run(["cache", "dir"]).ok();
    }
}

#[test]
fn names_of_any_bytes_and_length() {
    let (sandbox, create) = fixture();
    let long = "n".repeat(255);
    let mut made = 0;
    for name in [
        b"\xff\xfe".as_slice(),
        long.as_bytes(),
        "é ü 漢字".as_bytes(),
        b"$(touch pwned) `touch pwned` '\" \\ %d {} !x",
        b"-p",
        b" ",
    ] {
        let place = Path::new(".").join(OsStr::from_bytes(name));
        let ran = Ran::of(sandbox.rvenv().args(&create).arg(&place));
        let env = sandbox.project().join(&place);
        match ran.code {
            Some(0) => {
                made += 1;
                pip_runs(&sandbox, &env);
            }
            Some(1) => {
                assert!(ran.stderr.starts_with("error: "), "{ran:#?}");
                assert!(!env.exists(), "{ran:#?}");
            }
            _ => panic!("{ran:#?}"),
        }
        let _ = fs::remove_dir_all(&env);
        assert_eq!(fs::read_dir(sandbox.project()).unwrap().count(), 0, "{name:?} left something");
    }
    assert!(made > 0, "no name was accepted");
}

#[test]
fn paths_as_long_as_the_system_takes() {
    let (sandbox, create) = fixture();
    let start = sandbox.project().as_os_str().len();
    let mut made = 0;
    for length in [1000, 3900, 3990, 4040, 4070, 4085, 4094, 4095, 4096, 5000] {
        let mut place = sandbox.project().join("deep");
        while place.as_os_str().len() + 202 < length {
            place.push("d".repeat(200));
        }
        place.push("e".repeat(length - place.as_os_str().len() - 1));
        assert!(place.as_os_str().len() == length && length > start);
        let ran = Ran::of(sandbox.rvenv().args(&create).arg(&place));
        match ran.code {
            Some(0) => {
                made += 1;
                // The system runs no program by a path that does not fit.
                if length < 4000 {
                    pip_runs(&sandbox, &place);
                }
                fs::remove_dir_all(sandbox.project().join("deep")).unwrap();
            }
            Some(1) => assert!(ran.stderr.starts_with("error: "), "{length}: {ran:#?}"),
            _ => panic!("{length}: {ran:#?}"),
        }
        assert_eq!(listing(&sandbox).len(), 1, "{length}: something is left: {ran:#?}");
    }
    assert!(made > 0, "no length was accepted");
}

/// Gives the fixture to nobody, and a way to run rvenv as such; `None` where only root may do that.
fn as_nobody(sandbox: &Sandbox) -> Option<impl Fn(&[&str]) -> Ran> {
    let rvenv = sandbox.root().join("rvenv");
    copy_rvenv(&rvenv);
    for name in ["", "home", "cache", "project"] {
        if chown(sandbox.root().join(name), Some(NOBODY), Some(NOBODY)).is_err() {
            skip("only root can run rvenv as another user");
            return None;
        }
    }
    Some(move |words: &[&str]| {
        let user = ["--reuid=65534", "--regid=65534", "--clear-groups"];
        Ran::of(sandbox.command("setpriv").args(user).arg(&rvenv).args(words))
    })
}

/// As in a container whose user was changed.
#[test]
fn a_home_that_may_not_be_entered() {
    let (mut sandbox, create) = fixture();
    let home = sandbox.root().join("roots");
    fs::create_dir_all(home.join(".config")).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    sandbox.set("HOME", home);
    let Some(run) = as_nobody(&sandbox) else { return };
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    run(&[create.as_slice(), &[".venv"]].concat()).ok();
    run(&["check", ".venv"]).ok();
}

/// The cache is protected from deletion, and is never needed.
#[test]
fn a_cache_that_cannot_be_searched_is_in_nobodys_way() {
    for variable in ["RVENV_CACHE_DIR", "XDG_CACHE_HOME"] {
        let (mut sandbox, create) = fixture();
        let locked = sandbox.root().join("locked");
        fs::create_dir_all(locked.join("cache")).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
        sandbox.set("RVENV_CACHE_DIR", "").set(variable, locked.join("cache"));
        let Some(run) = as_nobody(&sandbox) else { return };
        let create: Vec<&str> = create.iter().map(String::as_str).collect();
        let clear = [create.as_slice(), &["--clear", ".venv"]].concat();
        for words in [[create.as_slice(), &[".venv"]].concat(), clear, vec!["remove", ".venv"]] {
            run(&words).ok();
        }
        assert!(!sandbox.project().join(".venv").exists());
    }
}

/// Another user's directory can be neither filled nor emptied.
#[test]
fn as_another_user() {
    let (sandbox, create) = fixture();
    let Some(run) = as_nobody(&sandbox) else { return };
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    run(&[create.as_slice(), &[".venv"]].concat()).ok();
    pip_runs(&sandbox, &sandbox.project().join(".venv"));
    run(&["remove", ".venv"]).ok();

    // A directory of root's, with an environment of root's.
    let foreign = sandbox.project().join("foreign");
    fs::create_dir(&foreign).unwrap();
    let mut cache = sandbox.rvenv();
    cache.env("RVENV_CACHE_DIR", sandbox.root().join("other")).args(&create);
    Ran::of(cache.arg(foreign.join("env"))).ok();
    let before = listing(&sandbox);
    for words in [
        [create.as_slice(), &["foreign/new"]].concat(),
        [create.as_slice(), &["--clear", "foreign/env"]].concat(),
        vec!["remove", "foreign/env"],
        vec!["remove", "--force", "foreign"],
    ] {
        let ran = run(&words).code(1);
        assert!(ran.stderr.starts_with("error: "), "{words:?}: {ran:#?}");
        assert_eq!(listing(&sandbox), before, "{words:?}: {ran:#?}");
    }
    pip_runs(&sandbox, &foreign.join("env"));
}

/// Does rvenv say why it uses no cache, and what to do?
#[track_caller]
fn says_why(ran: &Ran, why: &str, advice: &str) {
    assert!(ran.stderr.contains(why) && ran.stderr.contains(advice), "{ran:#?}");
}

#[test]
fn an_unusable_cache_is_reported_with_a_hint() {
    let (mut sandbox, create) = fixture();
    let cache = sandbox.root().join("cache");
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    says_why(&sandbox.run(&create).ok(), "no cache is used: others can write to", "chmod go-w");
    says_why(&sandbox.run(["cache", "dir"]).code(1), "others can write to", "chmod go-w");
    // Commands that are as fast without it say so with `-v` only.
    assert!(!sandbox.run(["list"]).ok().stderr.contains("cache"));
    assert!(sandbox.run(["list", "-v"]).ok().stderr.contains("no cache is used"));
    sandbox.set("RVENV_CACHE_DIR", "");
    let env = sandbox.project().join("silent");
    let mut words = create.clone();
    words.push(env.to_str().unwrap().to_owned());
    let ran = sandbox.run(&words).ok();
    assert!(!ran.stderr.contains("cache"), "an empty variable asks for none: {ran:#?}");
}

#[test]
fn a_link_to_a_cache_of_ones_own_is_followed() {
    let (mut sandbox, create) = fixture();
    let scratch = sandbox.root().join("scratch");
    fs::create_dir(&scratch).unwrap();
    fs::set_permissions(&scratch, fs::Permissions::from_mode(0o700)).unwrap();
    let link = sandbox.root().join("link");
    std::os::unix::fs::symlink(&scratch, &link).unwrap();
    sandbox.set("RVENV_CACHE_DIR", &link);
    let ran = sandbox.run(&create).ok();
    assert!(!ran.stderr.contains("no cache"), "{ran:#?}");
    assert!(scratch.join("pip").is_dir());
}

fn is_root() -> bool {
    let is_root = fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
    if !is_root {
        skip("only root can give files away");
    }
    is_root
}

/// The files of the cache that hold pip's code.
fn images(sandbox: &Sandbox) -> Vec<std::path::PathBuf> {
    let walk = walkdir::WalkDir::new(sandbox.root().join("cache/pip")).into_iter().flatten();
    let paths = walk.map(|entry| entry.path().to_owned());
    paths.filter(|path| path.is_file() && path.iter().any(|part| part == "files")).collect()
}

/// `chown -R` of an environment that root created gives away no file of the cache.
#[test]
fn an_environment_of_root_shares_no_file_with_the_cache() {
    if !is_root() {
        return;
    }
    let (mut sandbox, create) = fixture();
    sandbox.set("RVENV_CONTAINER", "0");
    for flags in [&[][..], &["--pip-layout", "files"]] {
        let words: Vec<&str> =
            create.iter().map(String::as_str).chain(flags.iter().copied()).collect();
        sandbox.run(&words).ok();
        let links = |path: &std::path::PathBuf| fs::metadata(path).unwrap().nlink();
        assert!(images(&sandbox).iter().all(|path| links(path) == 1), "{flags:?}");
        sandbox.run(["remove", ".venv"]).ok();
    }
    // Whoever asks for hard links gets them, and a container has one user.
    for (container, flags) in [("0", &["--link-mode", "hardlink"][..]), ("1", &[])] {
        sandbox.set("RVENV_CONTAINER", container);
        let words: Vec<&str> =
            create.iter().map(String::as_str).chain(flags.iter().copied()).collect();
        sandbox.run(&words).ok();
        let shared = images(&sandbox).iter().any(|path| fs::metadata(path).unwrap().nlink() > 1);
        assert!(shared, "{container} {flags:?}");
        sandbox.run(["remove", ".venv"]).ok();
    }
}

/// A file of the cache that another user owns is not used, whatever its size and times are.
#[test]
fn a_file_of_the_cache_that_was_given_away_is_dropped() {
    if !is_root() {
        return;
    }
    let (sandbox, create) = fixture();
    sandbox.run(&create).ok();
    let file = images(&sandbox).into_iter().find(|path| path.ends_with("pip/__main__.py")).unwrap();
    let (meta, text) = (fs::metadata(&file).unwrap(), fs::read(&file).unwrap());
    let evil: Vec<u8> =
        b"raise SystemExit('evil')  #".iter().copied().cycle().take(text.len()).collect();
    for (owner, mode) in [(54_321, 0o644), (0, 0o646)] {
        fs::write(&file, &evil).unwrap();
        fs::File::options()
            .write(true)
            .open(&file)
            .unwrap()
            .set_modified(meta.modified().unwrap())
            .unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        chown(&file, Some(owner), None).unwrap();
        sandbox.run(["remove", ".venv"]).ok();
        sandbox.run(&create).ok();
        pip_runs(&sandbox, &sandbox.project().join(".venv"));
        assert_eq!(fs::read(&file).unwrap(), text, "{owner} {mode:o}");
    }
}

/// A cache that CI restored has other times; nothing is built again.
#[test]
fn a_restored_cache_is_used_again() {
    let (sandbox, create) = fixture();
    sandbox.run(&create).ok();
    let before: Vec<_> =
        images(&sandbox).iter().map(|path| fs::metadata(path).unwrap().ino()).collect();
    for path in images(&sandbox) {
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::now()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    sandbox.run(["remove", ".venv"]).ok();
    let ran = sandbox.run(&create).ok();
    assert!(!ran.stderr.contains("this once"), "{ran:#?}");
    let after: Vec<_> =
        images(&sandbox).iter().map(|path| fs::metadata(path).unwrap().ino()).collect();
    assert_eq!(before, after);
    pip_runs(&sandbox, &sandbox.project().join(".venv"));
    assert_eq!(fs::metadata(&images(&sandbox)[0]).unwrap().mode() & 0o777, 0o644);
}

/// A user's directory that root cannot trust: `sudo` with HOME kept.
#[test]
fn root_in_another_users_home_leaves_it_alone() {
    if !is_root() || !can_mount() {
        return;
    }
    if !Path::new("/usr/bin/python3").is_file() {
        return skip("there is no /usr/bin/python3");
    }
    let sandbox = Sandbox::new();
    let home = sandbox.root().join("victim");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(54_321), Some(54_321)).unwrap();
    // Root's own home is another one here.
    let script = format!(
        "mount -t tmpfs none /root && cd . && env -u RVENV_CACHE_DIR HOME={} \"$0\" \"$@\" && ls -A {0} /root/.cache",
        home.display()
    );
    let python = ["create", "--without-pip", "--python", "/usr/bin/python3"].map(str::to_owned);
    let ran = mounted(&sandbox, &script, &python).ok();
    assert!(!ran.stdout.contains(".cache\n.local"), "{ran:#?}");
    assert_eq!(fs::read_dir(&home).unwrap().count(), 0, "{ran:#?}");
}

/// Shares of VirtualBox, SMB and others refuse links with many errors; virtualenv copies then, too.
#[test]
fn if_links_fail_with_any_error_files_are_copied() {
    if !crate::sandbox::has_strace() {
        return skip("strace is not installed");
    }
    let (sandbox, create) = fixture();
    sandbox.run(&create).ok();
    for flags in [&[][..], &["--copies"]] {
        for error in ["EPROTO", "EROFS", "EACCES", "EREMOTEIO", "EIO", "EPERM"] {
            sandbox.run(["remove", ".venv"]).ok();
            let mut command = sandbox.command("strace");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=symlinkat", "-e"]);
            command.arg(format!("inject=symlinkat:error={error}"));
            let ran = Ran::of(command.arg(env!("CARGO_BIN_EXE_rvenv")).args(&create).args(flags));
            assert_eq!(ran.code, Some(0), "{error} {flags:?}: {ran:#?}");
            let env = sandbox.project().join(".venv");
            assert!(fs::symlink_metadata(env.join("bin/python")).unwrap().is_file(), "{error}");
            assert!(!env.join(".rvenv-probe").exists());
            pip_runs(&sandbox, &env);
        }
    }
}

/// Whoever owns the staging area could replace what is built in it.
#[test]
fn a_staging_area_of_others_is_left_alone() {
    let (sandbox, create) = fixture();
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    let area = sandbox.project().join(".rvenv-.venv");
    let open = |mode| fs::set_permissions(&area, fs::Permissions::from_mode(mode)).unwrap();
    for kind in ["file", "link", "open", "foreign", "foreign and open"] {
        match kind {
            "file" => fs::write(&area, "").unwrap(),
            "link" => std::os::unix::fs::symlink("nowhere", &area).unwrap(),
            _ => fs::create_dir(&area).unwrap(),
        }
        if kind.ends_with("open") {
            open(0o777);
        }
        if kind.starts_with("foreign") && chown(&area, Some(54_321), None).is_err() {
            skip("only root can give files away");
        }
        let before = fs::symlink_metadata(&area).unwrap().ino();
        for words in
            [&create[..], &[create.as_slice(), &["--clear"]].concat(), &["remove", ".venv"]]
        {
            sandbox.run(words).ok();
            let after = fs::symlink_metadata(&area).unwrap().ino();
            assert_eq!(before, after, "{kind} {words:?}");
        }
        let names = fs::read_dir(sandbox.project()).unwrap().flatten();
        let names: Vec<_> = names.map(|entry| entry.file_name()).collect();
        assert_eq!(names, [".rvenv-.venv"], "{kind}");
        if fs::remove_file(&area).is_err() {
            assert_eq!(fs::read_dir(&area).unwrap().count(), 0, "{kind}: something was put there");
            fs::remove_dir(&area).unwrap();
        }
    }
}

/// `sudo python` once, and a directory in the environment is root's.
#[test]
fn undeletable_leftovers_are_a_warning_and_do_not_stop_the_next_command() {
    let (sandbox, create) = fixture();
    let Some(run) = as_nobody(&sandbox) else { return };
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    run(&[create.as_slice(), &[".venv"]].concat()).ok();
    let roots = sandbox.project().join(".venv/lib/__pycache__");
    fs::create_dir(&roots).unwrap();
    fs::write(roots.join("a.pyc"), "").unwrap();
    let ran = run(&[create.as_slice(), &["--clear", ".venv"]].concat()).ok();
    assert!(ran.stderr.contains("warning: cannot remove the leftover"), "{ran:#?}");
    assert!(ran.stderr.contains("`sudo rm -rf "), "{ran:#?}");
    pip_runs(&sandbox, &sandbox.project().join(".venv"));
    for words in [create.clone(), vec!["remove", ".venv"], create.clone()] {
        let ran = run(&words);
        assert_eq!(ran.code, Some(0), "{words:?}: {ran:#?}");
    }
}

/// The lists are where apt has them, in mounts of the test's own.
#[test]
fn the_lists_of_apt_name_the_package_of_a_missing_python() {
    if !can_mount() {
        return;
    }
    if !Path::new("/var/lib/apt/lists").is_dir() {
        return skip("there are no lists of apt");
    }
    let sandbox = Sandbox::new();
    let lists = sandbox.root().join("lists");
    fs::create_dir(&lists).unwrap();
    fs::write(lists.join("a_dists_x_Packages"), "Package: python3.49\nVersion: 1\n").unwrap();
    fs::write(lists.join("a_dists_x_Sources"), "Package: python3.48\n").unwrap();
    let script = "mount --bind \"$1\" /var/lib/apt/lists && shift && \"$0\" \"$@\"";
    let hint = |version: &str| {
        let args = [lists.to_str().unwrap(), "create", "-p", version];
        mounted(&sandbox, script, &args.map(str::to_owned)).code(1).stderr
    };
    let command = "`sudo apt install python3.49 python3.49-venv`";
    assert!(hint("3.49").contains(command), "{}", hint("3.49"));
    assert!(hint(">=3.49,<3.50").contains(command));
    // apt's package has one release, which need not be this one; other builds have other packages.
    for other in ["3.49.1", "3.49t", "pypy3.49", "3.48", "3.4"] {
        assert!(!hint(other).contains("apt install"), "{other}: {}", hint(other));
    }
}
