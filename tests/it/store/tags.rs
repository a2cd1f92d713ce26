//! The tags of wheels are those that pip computes.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use rvenv::python::{WheelTags, probe};

use crate::pip::fixture::modern;
use crate::sandbox::{Ran, Sandbox, for_each_python};

for_each_python!(the_tags_of_a_python_are_those_of_packaging);

fn the_tags_of_a_python_are_those_of_packaging(python: &Path) {
    let sandbox = Sandbox::new();
    // One version of `packaging` for all: what an old pip carries does not know PyPy's ABI.
    let wheel = modern(&sandbox).wheels.into_iter().find(|wheel| wheel.project == "pip").unwrap();
    let show = "import sys; sys.path.insert(0, sys.argv[1])
from pip._internal.utils.compatibility_tags import get_supported
print(*get_supported(), sep='\\n')";
    let shown = Ran::of(Command::new(python).args(["-I", "-c", show]).arg(wheel.path)).ok().stdout;
    let interpreter = probe(python, &rvenv::Host::new([("PATH", "/usr/bin:/bin")], "/")).unwrap();
    let tags = WheelTags::of(&interpreter).unwrap();
    let (pips, ours): (BTreeSet<_>, BTreeSet<_>) =
        (shown.lines().map(str::to_owned).collect(), tags.all().collect());
    assert_eq!(ours.difference(&pips).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(pips.difference(&ours).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(pips.iter().all(|tag| tags.accept(tag)));
    for foreign in ["py3-none-win32", "cp27-cp27mu-linux_x86_64", "py3-abi3-any", "py3-none", ""] {
        assert!(!tags.accept(foreign), "{foreign}");
    }
}
