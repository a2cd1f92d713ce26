//! The lines that describe the repairs of `check --fix`.

use rvenv::venv::repair::Step;

/// Objects of one verb that a line lists; a rename changes several dozen files.
const LISTED: usize = 3;

/// One line per step, or with more than a few steps of one verb one line for them.
pub(super) fn lines(steps: &[Step], is_done: bool, is_verbose: bool) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for step in steps {
        let (imperative, past) = step.verbs();
        let verb = if is_done { past } else { imperative };
        match groups.iter_mut().find(|(known, _)| *known == verb) {
            Some((_, objects)) => objects.push(step.object()),
            None => groups.push((verb, vec![step.object()])),
        }
    }
    groups.iter().flat_map(|(verb, objects)| of_verb(verb, objects, is_verbose)).collect()
}

fn of_verb(verb: &str, objects: &[String], is_verbose: bool) -> Vec<String> {
    if is_verbose || objects.len() <= LISTED + 1 {
        return objects.iter().map(|object| format!("{verb} {object}")).collect();
    }
    let (listed, rest) = objects.split_at(LISTED);
    vec![format!("{verb} {} and {} more (`-v` lists them)", listed.join(", "), rest.len())]
}
