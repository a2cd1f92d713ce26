//! Places, files and requests that were made to hurt.

mod deletion;
mod input;
mod places;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::pip::Maker;
use crate::sandbox::{Ran, Sandbox, real_pythons};

/// No command takes so long, unless it waits for something that does not come.
const ENDLESS: Duration = Duration::from_secs(60);

/// A world, and the words of a `create` that needs neither network nor pip's own wheel.
fn world() -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    let wheel = Maker::new("24.2").write(&sandbox.root());
    let python = real_pythons().pop().unwrap();
    let words = ["create", "--offline", "--without-setuptools", "--pip"];
    let paths = [wheel.to_str().unwrap(), "--python", python.to_str().unwrap()];
    let words = words.into_iter().chain(paths).map(str::to_owned).collect();
    (sandbox, words)
}

/// Runs rvenv with at most 2 GiB of memory, and not for ever.
#[track_caller]
fn bounded(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let mut command = sandbox.command("sh");
    command.args(["-c", "ulimit -v 2000000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_rvenv")]);
    let mut child = command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > ENDLESS {
            child.kill().unwrap();
            panic!("{args:?} came to no end");
        }
        thread::sleep(Duration::from_millis(2));
    };
    let ran =
        Ran { code: status.code(), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() };
    assert_eq!(status.signal(), None, "{args:?}: {ran:#?}");
    assert!(!ran.stderr.contains("panicked"), "{args:?}: {ran:#?}");
    ran
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.unwrap().take(1 << 20).read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Everything that is in the project.
fn listing(sandbox: &Sandbox) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(sandbox.project()).sort_by_file_name();
    walk.into_iter().map(|entry| entry.unwrap().path().to_owned()).collect()
}

/// Can this user mount file systems here?
fn can_mount() -> bool {
    let done = Command::new("unshare").args(["-m", "true"]).output();
    let can = done.is_ok_and(|output| output.status.success());
    if !can {
        let _ = writeln!(std::io::stderr(), "skipped: no file system can be mounted here");
    }
    can
}

/// Runs `script` where mounts are its own; `$0` is rvenv, `$@` what is given.
fn mounted(sandbox: &Sandbox, script: &str, args: &[String]) -> Ran {
    let mut command = sandbox.command("unshare");
    command.args(["-m", "sh", "-c", script, env!("CARGO_BIN_EXE_rvenv")]).args(args);
    Ran::of(&mut command)
}

/// A minimal environment, enough for the rules of deletion.
fn mark(dir: &std::path::Path) {
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
}
