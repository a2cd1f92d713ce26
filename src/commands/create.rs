//! `rvenv create`: find a Python, make the environments, say what is next.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use rvenv::env::{self, Created, Existing, Options, Outcome, Recipe, World};
use rvenv::fs::{Guard, LinkMode};
use rvenv::pip;
use rvenv::python::Found;
use rvenv::shell;

use super::{Context, python};
use crate::cli::Create;
use crate::process;

pub(super) fn run(args: &Create, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    process::watch_signals(&context.interrupt)?;
    let found = python::choose(args.python.as_deref(), context)?;
    let creation =
        Creation { args, context, found: &found, guard: guard(context), pip: pip_options(args) };
    for dir in &args.dirs {
        let root = context.host.absolute(dir);
        let start = Instant::now();
        let created = creation.carry_out(&root)?;
        context.ui.say(creation.report(dir, &created, start));
    }
    if let [dir] = args.dirs.as_slice() {
        context.ui.say(format_args!("next: {}", next_step(dir, context)));
    }
    Ok(ExitCode::SUCCESS)
}

/// What no `--clear` may delete, beside what the library refuses by itself.
fn guard(context: &Context<'_>) -> Guard {
    let own = [context.cache.root().map(Path::to_owned), std::env::current_exe().ok()];
    own.into_iter().flatten().fold(Guard::new(&context.host), Guard::keep).force(false)
}

fn pip_options(args: &Create) -> Option<pip::Options> {
    (!args.without_pip).then(pip::Options::default)
}

/// One set of flags, for each of the directories.
struct Creation<'a> {
    args: &'a Create,
    context: &'a Context<'a>,
    found: &'a Found,
    guard: Guard,
    pip: Option<pip::Options>,
}

impl Creation<'_> {
    fn carry_out(&self, root: &Path) -> anyhow::Result<Created> {
        let Self { args, context, .. } = self;
        let options = Options {
            system_site_packages: args.system_site_packages,
            copies: args.copies,
            prompt: self.prompt(),
            without_scm_ignore_files: args.without_scm_ignore_files,
            command: self.command(root),
        };
        let recipe = Recipe {
            root,
            interpreter: &self.found.interpreter,
            options: &options,
            pip: self.pip.as_ref(),
            existing: match (args.clear, args.upgrade) {
                (true, _) => Existing::Clear,
                (_, true) => Existing::Upgrade,
                _ => Existing::Keep,
            },
            link_mode: LinkMode::Clone,
        };
        let world = World {
            host: &context.host,
            cache: &context.cache,
            guard: &self.guard,
            interrupt: &context.interrupt,
        };
        Ok(env::create(&recipe, &world, &mut |event| context.ui.detail(told(&event)))?)
    }

    /// `.` is the name of the current directory, as in stdlib.
    fn prompt(&self) -> Option<String> {
        let prompt = self.args.prompt.as_deref()?;
        let cwd = self.context.host.cwd().file_name().unwrap_or_default();
        Some(if prompt == "." { cwd.to_string_lossy().into_owned() } else { prompt.to_owned() })
    }

    /// The command that makes this environment again, for `pyvenv.cfg`, where stdlib has its own.
    fn command(&self, root: &Path) -> String {
        let args = self.args;
        let flags = [
            (args.copies, "--copies"),
            (args.without_pip, "--without-pip"),
            (args.system_site_packages, "--system-site-packages"),
            (args.clear, "--clear"),
            (args.upgrade, "--upgrade"),
            (args.upgrade_deps, "--upgrade-deps"),
            (args.without_scm_ignore_files, "--without-scm-ignore-files"),
        ];
        let mut words = vec![
            "rvenv create --python".to_owned(),
            self.found.interpreter.executable.display().to_string(),
        ];
        words
            .extend(flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag.to_owned()));
        words.push(root.display().to_string());
        words.join(" ")
    }

    fn report(&self, dir: &Path, created: &Created, start: Instant) -> String {
        let interpreter = &self.found.interpreter;
        let did = match created.outcome {
            Outcome::Made => "created",
            Outcome::Replaced => "replaced",
            Outcome::Refreshed => "refreshed",
            Outcome::Unchanged => {
                return format!("`{}` is there already, and as it should be", dir.display());
            }
        };
        let pip =
            created.pip.as_ref().map(|version| format!(", pip {version}")).unwrap_or_default();
        let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
        format!(
            "{did} `{}`: {} {} ({}){pip}, in {milliseconds:.1} ms",
            dir.display(),
            interpreter.implementation,
            interpreter.version,
            self.found.source,
        )
    }
}

/// What to type to activate: nothing but the evaluation where `activate` finds it by itself.
fn next_step(dir: &Path, context: &Context<'_>) -> String {
    let shell = shell::detect(&context.host).unwrap_or(shell::Shell::Sh);
    shell.evaluate_line().replace("rvenv activate", &format!("rvenv activate{}", argument(dir)))
}

fn argument(dir: &Path) -> String {
    if dir == Path::new(".venv") || dir == Path::new("venv") {
        String::new()
    } else {
        format!(" {}", dir.display())
    }
}

/// What takes long, in words.
fn told(event: &pip::Event) -> String {
    match event {
        pip::Event::BuildingImage { project, version } => {
            format!("unpacking {project} {version}, once")
        }
        pip::Event::Downloading { requirement } => format!("downloading {requirement}"),
        _ => String::new(),
    }
}
