//! From the system's table of processes (macOS, Windows).

use std::cell::LazyCell;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::{LIMIT, Process};

pub(super) fn parents() -> impl Iterator<Item = Process> {
    let mut system = System::new();
    let kind = ProcessRefreshKind::nothing();
    system.refresh_processes_specifics(ProcessesToUpdate::All, false, kind);
    let chain = chain(&system);
    // Of these few only, as it takes several system calls each.
    let kind = kind.with_exe(UpdateKind::Always).with_cmd(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&chain), false, kind);
    chain.into_iter().filter_map(move |id| system.process(id).map(process))
}

fn chain(system: &System) -> Vec<Pid> {
    let mut current = sysinfo::get_current_pid().ok().and_then(|id| system.process(id));
    let next = std::iter::from_fn(move || {
        let child = current?;
        // Windows keeps the number of a parent that has ended, which another process may have by now.
        current = system
            .process(child.parent()?)
            .filter(|parent| parent.start_time() <= child.start_time());
        current.map(sysinfo::Process::pid)
    });
    next.take(LIMIT).collect()
}

fn process(seen: &sysinfo::Process) -> Process {
    let arguments =
        seen.cmd().iter().map(|argument| argument.as_encoded_bytes().to_vec()).collect();
    Process {
        // Without the right to see the file, there is its name.
        executable: Some(seen.exe().map_or_else(|| seen.name().into(), ToOwned::to_owned)),
        arguments: LazyCell::new(Box::new(|| arguments)),
    }
}
