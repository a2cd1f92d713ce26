//! Entries of RECORDs that are checked without reading files: directories, commands, compiled modules, and files
//! that several distributions list. `--deep` reads everything else.

use std::collections::HashSet;
use std::path::Path;

use crate::check::code::Code;
use crate::check::repairs::{Diagnosis, InstallMode, Repair};
use crate::check::snapshot::Snapshot;
use crate::dist::aside::is_aside;
use crate::dist::info::DistInfo;
use crate::dist::record::{RowText, Text, is_source};
use crate::dist::site::{Dist, Site};
use crate::formats::object_file::ObjectFile;
use crate::fs::{FileFacts, Kind, read_bounded, read_start};
use crate::python::Interpreter;
use crate::support::{limits, parallel};
use crate::venv::repair::Step;
use crate::venv::{Content, Entry};

/// The number of distributions that a thread takes at a time: a look at one takes about 5 µs, the start
/// of a thread about 50 µs.
const SHARE: usize = 64;

pub(crate) fn findings(snapshot: &Snapshot<'_>) -> Vec<Diagnosis> {
    let Some(site) = snapshot.site() else { return Vec::new() };
    let infos = snapshot.infos();
    let records: Vec<_> =
        site.dists().filter_map(|dist| Some((infos.record(&dist)?, dist))).collect();
    let files = Files { snapshot, site };
    let mut findings = Vec::new();
    findings.extend(files.damaged(&records));
    findings.extend(files.commands(&records));
    findings.extend(files.foreign(&records));
    findings.extend(shared(snapshot, site));
    findings
}

struct Files<'a> {
    snapshot: &'a Snapshot<'a>,
    site: &'a Site,
}

/// The fault of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CommandFault {
    Missing,
    NotAFile,
    Empty,
    NoInterpreter,
    LineEnds,
    NotExecutable,
}

impl CommandFault {
    const fn text(self) -> &'static str {
        match self {
            Self::Missing => "is missing",
            Self::NotAFile => "is not a file",
            Self::Empty => "is empty",
            Self::NoInterpreter => "does not begin with its interpreter",
            Self::LineEnds => "has Windows line ends",
            Self::NotExecutable => "is not executable",
        }
    }
}

impl<'a> Files<'a> {
    /// Packages whose directories or compiled modules are gone, or whose compiled modules are cut.
    fn damaged(&self, records: &[(&Text, Dist<'a>)]) -> Vec<Diagnosis> {
        let site = self.site;
        let infos = self.snapshot.infos();
        let damage = |(): &mut (), (record, dist): &(&Text, Dist<'a>)| {
            // pip is judged by itself.
            let info = infos.of(dist).filter(|_| dist.key() != "pip")?;
            damage(site, info, record)
        };
        let damage = parallel::map_with(records, parallel::processors, SHARE, || (), damage);
        let damaged = damage.into_iter().zip(records);
        let damaged = damaged.filter_map(|(seen, (_, dist))| Some((seen?, dist)));
        let finding = |((what, how), dist): ((String, String), &Dist<'_>)| {
            let seen = format!("{what} of {} {} {how}", dist.name, dist.version);
            Diagnosis::new(Code::PackageDamaged, seen, self.reinstalled([dist]))
        };
        damaged.map(finding).collect()
    }

    /// Commands that are missing or cannot start.
    fn commands(&self, records: &[(&Text, Dist<'a>)]) -> Vec<Diagnosis> {
        let dir = self.snapshot.recorded(self.snapshot.scripts_name()) + "/";
        let (mut seen, mut steps) = (Vec::new(), Vec::new());
        let (mut lost, mut owners, mut is_pip) = (Vec::new(), Vec::new(), false);
        for (record, dist) in records {
            let commands = record.outside().filter_map(|RowText { path, size, .. }| {
                let name = path.strip_prefix(&dir).filter(|name| !name.contains('/'))?;
                Some((name.to_owned(), self.command_fault(name, size)?))
            });
            for (name, fault) in commands {
                let text = format!("`{name}` {}", fault.text());
                match self.restored(&name, fault) {
                    Some(entry) => {
                        seen.push(text);
                        steps.push(Step::Put(entry));
                    }
                    None if dist.key() == "pip" => {
                        is_pip = true;
                        lost.push(text);
                    }
                    None => {
                        lost.push(text);
                        if !owners.contains(&dist) {
                            owners.push(dist);
                        }
                    }
                }
            }
        }
        let mut findings = Vec::new();
        if !steps.is_empty() {
            let seen = seen.join(", ");
            findings.push(Diagnosis::new(Code::CommandBroken, seen, Repair::Steps(steps)));
        }
        if !owners.is_empty() || is_pip {
            let remedy = if owners.is_empty() { Repair::Pip } else { self.reinstalled(owners) };
            findings.push(Diagnosis::new(Code::CommandBroken, lost.join(", "), remedy));
        }
        findings
    }

    fn command_fault(&self, name: &str, size: &str) -> Option<CommandFault> {
        let path = self.snapshot.scripts_dir().join(name);
        let Some(script) = self.snapshot.script(name.as_ref()) else {
            return match path.metadata() {
                Err(_) => Some(CommandFault::Missing),
                Ok(meta) => (!meta.is_file()).then_some(CommandFault::NotAFile),
            };
        };
        let meta = script.meta.as_ref()?;
        if meta.len() == 0 && size.parse::<u64>().is_ok_and(|size| size > 0) {
            return Some(CommandFault::Empty);
        }
        let Some(line) = script.first_line() else {
            let is_other = size.parse::<u64>().is_ok_and(|size| size != meta.len());
            let is_lost = script.is_text_without_interpreter() && is_other;
            return (is_lost || script.is_void()).then_some(CommandFault::NoInterpreter);
        };
        if line.ends_with(b"\r") && !cfg!(windows) {
            return Some(CommandFault::LineEnds);
        }
        (!crate::support::executable::is_executable(&path)).then_some(CommandFault::NotExecutable)
    }

    /// The command as it was, where what is there has all of it.
    fn restored(&self, name: &str, fault: CommandFault) -> Option<Entry> {
        let path = self.snapshot.scripts_name().join(name);
        let bytes = read_bounded(&self.snapshot.root().join(&path), limits::COMMAND).ok()?;
        let bytes = match fault {
            CommandFault::NotExecutable => bytes,
            CommandFault::LineEnds => super::activation::without_carriage_returns(&bytes),
            CommandFault::Missing
            | CommandFault::NotAFile
            | CommandFault::Empty
            | CommandFault::NoInterpreter => return None,
        };
        Some(Entry::new(path, Content::Script(bytes)))
    }

    /// Packages whose first compiled module is for another machine or system.
    fn foreign(&self, records: &[(&Text, Dist<'a>)]) -> Option<Diagnosis> {
        let interpreter = self.snapshot.base.interpreter()?;
        let foreign: Vec<_> = records
            .iter()
            .filter_map(|(record, dist)| {
                let module = record.compiled().next()?.path;
                let what = self.foreign_module(&module, interpreter)?;
                Some((format!("`{module}` of {} is {what}", dist.name), dist))
            })
            .collect();
        let (first, _) = foreign.first()?;
        let more = if foreign.len() > 1 {
            format!(", and {} more", foreign.len() - 1)
        } else {
            String::new()
        };
        let remedy = self.reinstalled(foreign.iter().map(|(_, dist)| *dist));
        Some(Diagnosis::new(Code::ForeignAbi, format!("{first}{more}"), remedy))
    }

    fn foreign_module(&self, module: &str, interpreter: &Interpreter) -> Option<String> {
        let (head, _) = read_start(&self.site.path.join(module), ObjectFile::HEADER).ok()?;
        let found = ObjectFile::parse(&head)?;
        let own =
            ObjectFile::of(interpreter.platform, &interpreter.machine, interpreter.pointer_bits)?;
        (!found.runs_where(own)).then(|| format!("for {found}, and this Python for {own}"))
    }

    fn reinstalled<'d>(&self, dists: impl IntoIterator<Item = &'d Dist<'d>>) -> Repair {
        let requirements = dists.into_iter().map(|dist| dist.requirement(self.site));
        Repair::Install(InstallMode::Again, requirements.collect())
    }
}

/// The damaged files, each with its damage.
fn damage(site: &Site, info: &DistInfo, record: &Text) -> Option<(String, String)> {
    let is_lost = |name: &&str| {
        is_source(name)
            && !names_entry(site, name)
            && !names_entry(site, &format!("{name}c"))
            && !is_listed_twice(site, name)
            && record.asserts(|path| path == *name)
    };
    let module = record.tops().find(is_lost).map(|module| format!("`{module}`"));
    if let Some(lost) = module.or_else(|| lost_directory(site, info, record)) {
        return Some((lost, "is missing".to_owned()));
    }
    record.compiled().find_map(|RowText { path, size, .. }| {
        let Some(FileFacts { size: length, .. }) = site.facts(&path) else {
            return Some((format!("`{path}`"), "is missing".to_owned()));
        };
        let is_other = size.parse::<u64>().is_ok_and(|size| size != length);
        (is_other && !is_complete(site, &path, length))
            .then(|| (format!("`{path}`"), format!("has {length} bytes instead of {size}")))
    })
}

/// The first directory that does not exist, or `__init__.py` of a package.
fn lost_directory(site: &Site, info: &DistInfo, record: &Text) -> Option<String> {
    let is_file = |path: &str| site.facts(path).is_some_and(|facts| facts.is_file);
    let is_dir = |path: &str| site.facts(path).is_some_and(|facts| facts.kind == Kind::Directory);
    let exists = |path: &str| {
        info.has_seen(path)
            || if is_source(path) {
                is_file(path) || is_file(&format!("{path}c"))
            } else {
                is_dir(path)
            }
    };
    let is_asserted = |directory: &str| {
        let is_in = |path: &str| path.strip_prefix(directory).is_some_and(|it| it.starts_with('/'));
        record.asserts(|path| path == directory || is_in(path))
    };
    let is_gone = |path: &str| !exists(path) && !is_put_aside(site, path) && is_asserted(path);
    let path = record.directories().find(|path| is_gone(path))?;
    let mut above: Vec<_> = Path::new(path).ancestors().filter_map(Path::to_str).collect();
    above.retain(|dir| !dir.is_empty() && !is_dir(dir));
    let highest = above.pop().unwrap_or(path);
    let kind = if is_source(highest) { "" } else { "the directory " };
    Some(format!("{kind}`{highest}`"))
}

/// Whether a compiled module of another size can be loaded: one without its debug symbols can.
fn is_complete(site: &Site, path: &str, length: u64) -> bool {
    let needed = ObjectFile::HEADER_WITH_SECTIONS as u64;
    read_start(&site.path.join(path), needed)
        .is_ok_and(|(head, _)| ObjectFile::is_complete(&head, length))
}

/// Whether a path of a wheel that was made on Windows is that of an existing file.
fn is_listed_twice(site: &Site, path: &str) -> bool {
    path.contains('\\') && site.facts(&path.replace('\\', "/")).is_some_and(|facts| facts.is_file)
}

/// Whether `site-packages` has an entry of this name: its directory was read before.
fn names_entry(site: &Site, name: &str) -> bool {
    site.place(name).is_some()
        || is_put_aside(site, name)
        // The system may not distinguish the cases of letters.
        || site.path.join(name).exists()
}

/// Whether pip has put a directory aside: that is a finding of its own.
fn is_put_aside(site: &Site, dir: &str) -> bool {
    let top = dir.split('/').next().unwrap_or(dir);
    site.names.iter().any(|name| name.starts_with('~') && is_aside(name, top))
}

/// Files of which two distributions installed different contents: one for each two.
fn shared(snapshot: &Snapshot<'_>, site: &Site) -> Vec<Diagnosis> {
    let mut told = HashSet::new();
    let files = snapshot.infos().shared(site);
    let first = files.filter(|(one, other, _)| told.insert((one.directory, other.directory)));
    // Two versions of one package are another finding.
    let different = first.filter(|(one, other, _)| one.key() != other.key());
    let finding = |(one, other, path): (Dist<'_>, Dist<'_>, &str)| {
        let seen = format!("{} and {} both installed `{path}`", one.name, other.name);
        // The other one then lacks the file, which is the next finding.
        Diagnosis::new(Code::FileShared, seen, Repair::uninstall(snapshot, other.name))
    };
    different.map(finding).collect()
}
