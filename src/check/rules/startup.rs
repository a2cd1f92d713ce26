//! The code that Python runs at each start: lines of `.pth` files that begin with `import`, `sitecustomize`,
//! `usercustomize` (the `site` module).

use std::path::Path;

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, InstallMode, Repair};
use crate::check::snapshot::Snapshot;
use crate::dist::pth;
use crate::dist::site::{Dist, Site};
use crate::fs;
use crate::fs::names_in;
use crate::python::Interpreter;
use crate::support::limits;

/// Modules that are compiled into the interpreter as a rule (`sys.builtin_module_names`), and that `.pth`
/// files import.
const BUILT_IN: [&str; 14] = [
    "sys",
    "builtins",
    "time",
    "itertools",
    "gc",
    "marshal",
    "errno",
    "posix",
    "nt",
    "_thread",
    "_imp",
    "_io",
    "_weakref",
    "atexit",
];

/// `.pth` files that import what is not installed: each start of Python prints a traceback.
pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    let (Some(site), Some(base)) = (snapshot.site(), snapshot.base.interpreter()) else {
        return Vec::new();
    };
    // The modules of the base's site-packages, and of a library in an archive, are not known from files.
    let is_known = base.stdlib.join("os.py").is_file();
    if !is_known || snapshot.cfg().includes_system_site_packages() {
        return Vec::new();
    }
    let finding = |name: &str| {
        let path = site.path.join(name);
        if is_pipe(&path) {
            let seen = format!("`{name}` is a pipe, and each start of Python waits for its text");
            let remove = Repair::command(["rm", "--", &*path.to_string_lossy()]);
            return Some(Diagnosis::new(Code::StartupFails, seen, remove));
        }
        let bytes = fs::read_bounded(&path, limits::SITE_FILE).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines = text.lines().filter(|line| pth::is_code(line));
        let missing = lines.flat_map(imported).find(|module| !exists(module, site, base))?;
        // Then that package is damaged, which is a finding of its own.
        if site.dists().any(|dist| is_recorded(snapshot, &dist, &missing)) {
            return None;
        }
        let seen = format!("`{name}` imports `{missing}`, which is not installed");
        Some(Diagnosis::new(Code::StartupFails, seen, repair(snapshot, site, name)))
    };
    pth::files(site).filter_map(finding).collect()
}

/// Whether opening a file can wait for another process.
fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

/// Whether a distribution has installed the module.
fn is_recorded(snapshot: &Snapshot<'_>, dist: &Dist<'_>, module: &str) -> bool {
    let record = snapshot.infos().record(dist);
    record.is_some_and(|record| record.tops().any(|top| is_named(top, module)))
}

/// Whether a file or directory is what `import MODULE` looks for.
fn is_named(name: &str, module: &str) -> bool {
    name == module || name.strip_prefix(module).is_some_and(|rest| rest.starts_with('.'))
}

/// The distribution that the file belongs to is installed again; without one the file is removed.
fn repair(snapshot: &Snapshot<'_>, site: &Site, name: &str) -> Repair {
    let is_listed = |dist: &_| {
        snapshot.infos().record(dist).is_some_and(|record| record.tops().any(|top| top == name))
    };
    match site.dists().find(is_listed) {
        Some(dist) => Repair::Install(InstallMode::Again, vec![dist.requirement(site)]),
        None => Repair::command(["rm", "--", &*site.path.join(name).to_string_lossy()]),
    }
}

/// The modules at the top of those that a line imports: by `import`, and by `__import__('name')`.
fn imported(line: &str) -> Vec<String> {
    let statements = line.split(';').map(str::trim);
    let plain = statements.filter_map(|statement| statement.strip_prefix("import "));
    let plain = plain.flat_map(|names| names.split(','));
    let calls = line.split("__import__(").skip(1).filter_map(|call| {
        let quote = call.chars().next().filter(|quote| "'\"".contains(*quote))?;
        call[1..].split(quote).next()
    });
    let names = plain.chain(calls).filter_map(|name| name.trim().split([' ', '.', '#']).next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn exists(module: &str, site: &Site, base: &Interpreter) -> bool {
    let contains = |dir: &Path| {
        names_in(dir).iter().any(|name| name.to_str().is_some_and(|name| is_named(name, module)))
    };
    let others = || pth::files(site).flat_map(|name| pth::paths(site, name));
    BUILT_IN.contains(&module)
        || site.names.iter().any(|name| is_named(name, module))
        || contains(&base.stdlib)
        || contains(&base.stdlib.join("lib-dynload"))
        || others().any(|dir| contains(&dir))
}

/// The errors of a start of Python, from its output on stderr (`site.addpackage`,
/// `site.execsitecustomize`).
pub(super) fn failures(snapshot: &Snapshot<'_>, stderr: &str) -> Vec<Diagnosis> {
    let mut failures = Vec::new();
    let mut lines = stderr.lines().peekable();
    while let Some(line) = lines.next() {
        let of_pth = line.strip_prefix("Error processing line ").and_then(|rest| {
            let (_, file) = rest.strip_suffix(':')?.split_once(" of ")?;
            Some(file.to_owned())
        });
        let of_module = line.strip_prefix("Error in ").and_then(|rest| rest.split(';').next());
        let module = of_module.filter(|name| name.ends_with("customize"));
        if of_pth.is_none() && module.is_none() {
            continue;
        }
        // The exception ends the traceback, which is indented by two more.
        let block = lines.by_ref().take_while(|line| *line != "Remainder of file ignored");
        let mut block = block.filter(|line| !line.is_empty() && !line.starts_with("   "));
        let cause = match &of_pth {
            Some(_) => block.last(),
            None => block.next(),
        };
        let cause = cause.unwrap_or_default();
        let (what, repair) = match of_pth {
            Some(file) => of_file(snapshot, Path::new(&file)),
            None => of_customize(snapshot, module.unwrap_or_default()),
        };
        failures.push(Diagnosis::new(
            Code::StartupFails,
            format!("{what}: {}", cause.trim()),
            repair,
        ));
    }
    failures
}

fn of_file(snapshot: &Snapshot<'_>, file: &Path) -> (String, Repair) {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let repair = match snapshot.site().filter(|site| file.starts_with(&site.path)) {
        Some(site) => repair(snapshot, site, name),
        None => Repair::advice(format!("correct `{}`, or delete it", file.display())),
    };
    (format!("`{}` fails", snapshot.shown(file)), repair)
}

fn of_customize(snapshot: &Snapshot<'_>, module: &str) -> (String, Repair) {
    let file = snapshot.site().map(|site| site.path.join(format!("{module}.py")));
    let repair = match file.filter(|file| file.is_file()) {
        Some(file) => Repair::advice(format!("correct `{}`, or delete it", file.display())),
        None => Repair::advice(format!("correct the base's `{module}`, or delete it")),
    };
    (format!("`{module}` fails"), repair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_that_a_line_imports() {
        for (line, modules) in [
            ("import a", &["a"][..]),
            ("import os, b.c; x = 1; import d", &["os", "b", "d"]),
            (
                "import os; enabled and __import__('_distutils_hack').add_shim()",
                &["os", "_distutils_hack"],
            ),
            ("import a as b  # c", &["a"]),
        ] {
            assert_eq!(imported(line), modules, "{line}");
        }
    }
}
