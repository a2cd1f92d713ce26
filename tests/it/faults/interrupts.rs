//! Signals that request termination: rvenv leaves no files and ends by the signal, which the shell reports.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};

use super::state::State;
use crate::sandbox::{Running, Sandbox, real_pythons, write_program};

fn pid(running: &Running) -> Pid {
    Pid::from_raw(running.id().try_into().unwrap()).unwrap()
}

/// Starts rvenv in a process group of its own, as a shell does.
fn start(sandbox: &Sandbox, args: &[&str]) -> Running {
    Running::start(sandbox.rvenv().args(args))
}

#[track_caller]
fn wait_for_file(running: &mut Running, path: &Path) {
    running.wait_until(&format!("`{}` exists", path.display()), || path.exists());
}

#[test]
fn a_signal_during_a_cold_create_leaves_nothing() {
    let python = real_pythons().pop().unwrap();
    for (signal, to_all) in
        [(Signal::INT, true), (Signal::INT, false), (Signal::TERM, false), (Signal::HUP, false)]
    {
        let sandbox = Sandbox::cold();
        fs::write(sandbox.project().join("kept"), "mine").unwrap();
        let before = State::of(&sandbox.project(), &[]);
        let args = ["create", "--offline", "-p", python.to_str().unwrap(), "deep/.venv"];
        let mut child = start(&sandbox, &args);
        wait_for_file(&mut child, &sandbox.project().join("deep/.rvenv-.venv"));
        // In a terminal, the Pythons that compile pip get it too.
        if to_all {
            kill_process_group(pid(&child), signal).unwrap();
        } else {
            kill_process(pid(&child), signal).unwrap();
        }
        let ran = child.wait();
        let said = &ran.stderr;
        assert_eq!(ran.signal, Some(signal.as_raw()), "{signal:?} {to_all}: {said}");
        assert!(!said.contains("error"), "{said}");
        let left = State::of(&sandbox.project(), &[]).difference(&before);
        assert_eq!(left, "", "{signal:?} left something");
        let litter = super::litter(&sandbox);
        assert!(litter.is_empty(), "{signal:?} left {litter:?} where things are remembered");
        sandbox.run(args).ok();
    }
}

/// The terminal sends Ctrl-C to the interpreter as well. Its failure is a consequence of the signal.
#[test]
fn an_interpreter_that_fails_because_of_ctrl_c_is_reported_as_the_interrupt() {
    let sandbox = Sandbox::new();
    let python = sandbox.root().join("python3");
    write_program(&python, "#!/bin/sh\nkill -INT $PPID\nexit 3\n");
    let ran = sandbox.run(["create", "-p", python.to_str().unwrap()]);
    assert_eq!(ran.signal, Some(Signal::INT.as_raw()), "{ran:#?}");
    assert!(!ran.stderr.contains("error"), "{ran:#?}");
    assert_eq!(fs::read_dir(sandbox.project()).unwrap().count(), 0);
}

#[test]
fn a_second_signal_ends_at_once() {
    let sandbox = Sandbox::new();
    let python = sandbox.root().join("python3");
    let sleeper = sandbox.root().join("sleeper");
    let script = format!(
        "#!/bin/sh\necho $$ >'{0}.new'; mv '{0}.new' '{0}'; exec sleep 1000\n",
        sleeper.display()
    );
    write_program(&python, &script);
    let mut child = start(&sandbox, &["create", "-p", python.to_str().unwrap()]);
    wait_for_file(&mut child, &sleeper);
    kill_process(pid(&child), Signal::INT).unwrap();
    // Signals that come together could be taken for one.
    std::thread::sleep(Duration::from_millis(100));
    let _ = kill_process(pid(&child), Signal::INT);
    let ended = child.wait_for_exit();
    assert_eq!(ended.signal(), Some(Signal::INT.as_raw()));
    // Had rvenv waited until the Python took too long, it would have ended it.
    let sleeper: i32 = fs::read_to_string(sleeper).unwrap().trim().parse().unwrap();
    let sleeper = Pid::from_raw(sleeper).unwrap();
    assert!(test_kill_process(sleeper).is_ok(), "rvenv waited");
    kill_process(sleeper, Signal::KILL).unwrap();
    assert_eq!(fs::read_dir(sandbox.project()).unwrap().count(), 0);
}
