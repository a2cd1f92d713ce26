//! Files that belong to no distribution: an install that was killed before pip wrote the metadata leaves
//! them, and pip cannot remove them. They can be the user's own, too.

use std::collections::HashSet;
use std::path::Path;

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, Repair};
use crate::check::snapshot::Snapshot;
use crate::dist::aside::is_aside;
use crate::dist::eggs::Egg;
use crate::dist::record::{BYTECODE, Record, Text, listed, tops};
use crate::dist::site::Site;
use crate::formats::requirement::normalized;
use crate::formats::wheel_tags::is_foreign_module;
use crate::fs::{names_in, read_bounded};
use crate::support::host::Platform;
use crate::support::limits;
use crate::venv::script::Script;

/// The entries that other tools than installers write at the top of `site-packages`: virtualenv, setuptools,
/// CPython's own `README.txt`, `pip install --target`.
const OF_TOOLS: [&str; 6] =
    [BYTECODE, "_virtualenv.py", "README.txt", "easy-install.pth", "setuptools.pth", "bin"];

/// The entries that the user writes there on purpose: the `site` module looks for it (`site` in the library
/// reference). What fails in it is another finding.
const OF_SITE: [&str; 2] = ["sitecustomize.py", "usercustomize.py"];

/// The names of the distributions and of their files at the top of `site-packages`.
const METADATA: [&str; 5] = ["dist-info", "egg-info", "egg", "egg-link", "virtualenv"];

pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    let Some(site) = snapshot.site() else { return Vec::new() };
    let Some(owned) = Owned::read(snapshot, site) else { return Vec::new() };
    let suffix = snapshot.base.interpreter().map(|base| &*base.extension_suffix);
    // One for another Python is a finding of its own.
    let is_foreign = |name: &str| suffix.is_some_and(|suffix| is_foreign_module(name, suffix));
    let names = site.names.iter().map(String::as_str);
    let names = names.filter(|name| !owned.has(name) && !is_foreign(name));
    let (packages, own): (Vec<_>, Vec<_>) =
        names.partition(|name| is_of_an_installer(&site.path.join(name)));
    let mut findings = Vec::new();
    findings.extend(installed(snapshot, site, &packages));
    findings.extend(perhaps_own(site, &own));
    findings.extend(commands(snapshot, site, &owned));
    findings
}

/// The names at the top of `site-packages` that belong to something.
struct Owned {
    names: HashSet<String>,
    /// The keys of distributions whose files nothing lists.
    unlisted: HashSet<String>,
    /// The commands of RECORDs.
    commands: HashSet<String>,
}

impl Owned {
    /// `None` if the modules of a distribution are unknown: any file can then belong to it.
    fn read(snapshot: &Snapshot<'_>, site: &Site) -> Option<Self> {
        let mut owned = Self {
            // pip is judged by itself.
            names: OF_TOOLS.into_iter().chain(OF_SITE).chain(["pip"]).map(str::to_owned).collect(),
            unlisted: Egg::all(site).flat_map(|egg| egg.modules()).collect(),
            commands: HashSet::new(),
        };
        // Files that pip moved aside, and their replacements, have a separate finding.
        for directory in site.names.iter().filter(|name| name.starts_with('~')) {
            owned.names.extend(Record::of_directory(site, directory).iter().flat_map(tops));
            let is_its_place = |name: &&String| is_aside(directory, name);
            owned.names.extend(site.names.iter().filter(is_its_place).cloned());
        }
        for dist in site.dists() {
            owned.unlisted.insert(dist.key());
            match snapshot.infos().record(&dist) {
                Some(record) => owned.add(record),
                None => owned.names.extend(modules(&site.path.join(dist.directory))?),
            }
        }
        Some(owned)
    }

    fn add(&mut self, record: &Text) {
        let outside = record.outside();
        self.commands
            .extend(outside.filter_map(|row| Some(row.path.rsplit('/').next()?.to_owned())));
        self.names.extend(record.tops().map(str::to_owned));
    }

    fn has(&self, name: &str) -> bool {
        let path = Path::new(name);
        let extension = path.extension().and_then(|extension| extension.to_str());
        let stem = name.split('.').next().unwrap_or(name);
        // Path configuration is written by hand as a rule; `~` marks what pip moved aside.
        name.starts_with(['.', '~'])
            || extension
                .is_some_and(|extension| extension == "pth" || METADATA.contains(&extension))
            || self.names.contains(name)
            || self.unlisted.contains(&normalized(stem))
    }
}

/// The top-level names of a distribution with an incomplete RECORD: those of the remaining rows, and of
/// setuptools' `top_level.txt`. `None` if there are none.
fn modules(dist_info: &Path) -> Option<HashSet<String>> {
    let text = read_bounded(&dist_info.join("top_level.txt"), limits::SITE_FILE);
    let text = String::from_utf8(text.unwrap_or_default()).unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let packages = lines.flat_map(|name| [name.to_owned(), format!("{name}.py")]);
    let listed = listed(dist_info);
    let tops = listed.iter().filter_map(|path| path.split('/').next());
    let tops = tops.filter(|top| !top.ends_with(".dist-info")).map(str::to_owned);
    Some(packages.chain(tops).collect::<HashSet<_>>()).filter(|names| !names.is_empty())
}

/// Whether only an installer writes this: compiled modules for one Python in a directory, libraries that
/// auditwheel and delvewheel add to a wheel.
fn is_of_an_installer(path: &Path) -> bool {
    let extension_of = |name: &str| {
        Path::new(name).extension().and_then(|found| found.to_str()).unwrap_or_default().to_owned()
    };
    let is_compiled = |name: &str| {
        let tags = [".cpython-", ".abi3.", ".cp3", ".pypy3"];
        let is_tagged = tags.iter().any(|tag| name.contains(tag));
        is_tagged && ["so", "pyd"].contains(&&*extension_of(name))
    };
    let has_compiled =
        |dir: &Path| names_in(dir).iter().any(|name| name.to_str().is_some_and(is_compiled));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    extension_of(name) == "libs"
        || is_compiled(name)
        || has_compiled(path)
        || names_in(path).iter().any(|name| has_compiled(&path.join(name)))
}

fn installed(snapshot: &Snapshot<'_>, site: &Site, names: &[&str]) -> Option<Diagnosis> {
    let seen = format!("{} in `site-packages`, of no installed package", list(names)?);
    let paths = names.iter().map(|name| site.path.join(name).to_string_lossy().into_owned());
    let repair = match snapshot.host.platform() {
        Platform::Windows => Repair::advice(format!("delete {}", list(names)?)),
        Platform::Linux | Platform::MacOs => {
            Repair::command(["rm", "-r", "--"].map(str::to_owned).into_iter().chain(paths))
        }
    };
    Some(Diagnosis::new(Code::FilesUnowned, seen, repair))
}

fn perhaps_own(site: &Site, names: &[&str]) -> Option<Diagnosis> {
    let seen = format!("{} in `site-packages`, of no installed package", list(names)?);
    let advice = format!("keep what is yours; delete the rest in `{}`", site.path.display());
    Some(Diagnosis::new(Code::FilesUnowned, seen, Repair::advice(advice)).into_note())
}

/// Commands that an installer wrote, in no RECORD, whose module does not exist.
fn commands(snapshot: &Snapshot<'_>, site: &Site, owned: &Owned) -> Option<Diagnosis> {
    // A command of a distribution without RECORD would look the same.
    let is_listed =
        |script: &Script| script.name.to_str().is_none_or(|name| owned.commands.contains(name));
    let is_dead = |script: &Script| {
        let module = script.text().and_then(imported_module)?;
        let exists =
            [module.clone(), format!("{module}.py")].iter().any(|name| site.names.contains(name))
                || site.names.iter().any(|name| name.starts_with(&format!("{module}.")));
        (module != "pip" && !exists && !owned.unlisted.contains(&normalized(&module))).then_some(())
    };
    let own_python = |script: &Script| {
        let line = script.python.as_ref();
        line.is_some_and(|line| line.interpreter.parent() == Some(&snapshot.scripts_dir()))
    };
    let scripts = snapshot.scripts.iter();
    let dead = scripts.filter(|it| own_python(it) && !is_listed(it) && is_dead(it).is_some());
    let names: Vec<_> = dead.filter_map(|script| script.name.to_str()).collect();
    let seen = format!("the command {}, of no installed package", list(&names)?);
    let paths = names.iter().map(|name| snapshot.scripts_dir().join(name));
    let paths = paths.map(|path| path.to_string_lossy().into_owned());
    let remove = ["rm", "--"].map(str::to_owned).into_iter().chain(paths);
    Some(Diagnosis::new(Code::FilesUnowned, seen, Repair::command(remove)))
}

/// The module at the top of the one that a generated command imports (`entry_points` of the packaging
/// specifications): `from thing.cli import main` in a script that ends with `sys.exit(main())`.
pub(super) fn imported_module(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.contains("sys.exit("))?;
    let lines = text.lines().map(str::trim);
    let mut imports = lines.filter_map(|line| line.strip_prefix("from "));
    let module = imports.next()?.split(' ').next()?;
    Some(module.split('.').next()?.to_owned())
}

fn list(names: &[&str]) -> Option<String> {
    const SHOWN: usize = 5;
    let mut shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        shown.push(format!("{} more", names.len() - SHOWN));
    }
    (!shown.is_empty()).then(|| shown.join(", "))
}
