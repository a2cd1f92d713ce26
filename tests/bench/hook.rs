//! The time of a prompt where nothing changed, beside an empty function and the hooks of other tools.

use std::path::Path;
use std::time::{Duration, Instant};

use super::table::Table;
use super::{Fixture, run, rvenv};

/// Prompts per run: the start of the shell is a small part of their time.
const PROMPTS: usize = 1000;
/// Rounds: those of direnv and mise take seconds.
const ROUNDS: usize = 3;

pub(super) fn hook(fixture: &Fixture) -> Table {
    let mut contenders = vec![
        ("an empty function", "empty() { :; }; PROMPT_COMMAND=empty".to_owned()),
        ("rvenv hook bash", format!("eval \"$('{}' hook bash)\"", rvenv())),
    ];
    for (name, words) in
        [("direnv hook bash", "hook bash"), ("mise activate bash", "activate bash")]
    {
        let program = name.split(' ').next().unwrap_or_default();
        if let Ok(path) = which::which(program) {
            contenders.push((name, format!("eval \"$('{}' {words})\"", path.display())));
        }
    }
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for ((_, code), times) in contenders.iter().zip(&mut times) {
            let script = format!(
                "PROMPT_COMMAND=\n{code}\nfor ((i = 0; i < {PROMPTS}; i++)); do\n\
                 for command in \"${{PROMPT_COMMAND[@]}}\"; do eval \"$command\"; done\ndone"
            );
            let mut command = fixture.command(Path::new("bash"));
            command.args(["--norc", "-c", &script]);
            let start = Instant::now();
            run(command);
            times.push(start.elapsed());
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    Table::of(contenders.iter().map(|(name, _)| *name).zip(times.into_iter().map(median)))
}
