//! `rvenv create`: find a Python, make the environments, say what is next.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use rvenv::create::{self, CreateRequest, Created, DryRun, Existing, Outcome, World};
use rvenv::fs::Guard;
use rvenv::python::{Finder, Found, Request};
use rvenv::seed;
use rvenv::settings::project::Project;
use rvenv::settings::{Key, Settings, Value};
use rvenv::shell;
use rvenv::shell::Shell;
use rvenv::support::host::Platform;
use rvenv::support::program::Program;
use rvenv::trust::Trust;
use rvenv::venv;
use rvenv::venv::{Content, Env, Options};
use serde::Serialize;

use super::Context;
use super::install::PackageInstall;
use super::python::Chosen;
use crate::cli::Create;
use crate::{process, ui};

/// The version of the JSON answer's form: another number, another form.
const SCHEMA: u32 = 1;

pub(super) fn run(args: &Create, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    process::watch_signals(&context.interrupt)?;
    let project = Project::find(&context.host)?;
    let settings = context.settings.clone().with_project(&project)?.with_flags(flags(args));
    context.ui.report_settings(&context.host, &project, &settings);
    let creation = Creation {
        args,
        context,
        chosen: Chosen::by(&settings, &project, context)?,
        guard: context.guard().force(args.force).with_user_files(args.with_user_files),
        trust: Trust::of(&context.host),
        pip: seed::Options::from_settings(&settings, &context.host),
        settings,
    };
    let filling = PackageInstall::of(args, context)?;
    let mut made = Vec::new();
    let mut code = 0;
    for dir in &args.dirs {
        made.push(creation.carry_out(dir)?);
        code = filling.install(&context.host.absolute(dir), context)?;
        if code != 0 {
            break;
        }
    }
    if args.json {
        ui::print_json(&Answer { version: SCHEMA, environments: made })?;
    } else if let [dir] = args.dirs.as_slice()
        && !args.dry_run
        && !context.ui.is_quiet()
        && code == 0
    {
        context.ui.say(format_args!("next: {}", next_step(dir, context)));
    }
    Ok(process::exit_code(code))
}

/// The flags that are given, as settings over all others.
fn flags(args: &Create) -> Vec<(Key, Value)> {
    let switches = [
        (Key::SystemSitePackages, args.system_site_packages),
        (Key::Symlinks, args.symlinks),
        (Key::Copies, args.copies),
        (Key::Relocatable, args.relocatable),
        (Key::WithoutScmIgnoreFiles, args.without_scm_ignore_files),
        (Key::WithoutPip, args.without_pip),
        (Key::WithoutSetuptools, args.without_setuptools),
        (Key::UpgradeDeps, args.upgrade_deps),
        (Key::Offline, args.offline),
    ];
    let texts = [
        (Key::Python, args.python.clone()),
        (Key::Prompt, args.prompt.clone().map(Into::into)),
        (Key::Pip, args.pip.clone()),
        (Key::PipLayout, args.pip_layout.clone().map(Into::into)),
        (Key::LinkMode, args.link_mode.clone().map(Into::into)),
    ];
    let switches = switches.into_iter().filter(|(_, given)| *given);
    let texts = texts.into_iter().filter_map(|(key, text)| Some((key, Value::text(text?))));
    switches.map(|(key, given)| (key, Value::Switch(given))).chain(texts).collect()
}

/// What the flags and the settings come to, for each of the directories.
struct Creation<'a> {
    args: &'a Create,
    context: &'a Context<'a>,
    settings: Settings,
    chosen: Chosen,
    guard: Guard,
    trust: Trust,
    pip: Option<seed::Options>,
}

impl Creation<'_> {
    fn carry_out(&self, dir: &Path) -> anyhow::Result<Made> {
        let Self { args, context, settings, .. } = self;
        let start = Instant::now();
        let root = context.host.absolute(dir);
        let found = self.found_for(&root);
        let options = Options {
            system_site_packages: settings.is_on(Key::SystemSitePackages),
            copies: settings.copies(context.host.platform()),
            prompt: self.prompt(),
            without_scm_ignore_files: settings.is_on(Key::WithoutScmIgnoreFiles),
            relocatable: settings.is_on(Key::Relocatable),
            command: self.command(&root, &found),
        };
        let recipe = CreateRequest {
            root: &root,
            interpreter: &found.interpreter,
            options: &options,
            pip: self.pip.as_ref(),
            existing: match (args.clear, args.upgrade) {
                (true, _) => Existing::Clear,
                (_, true) => Existing::Upgrade,
                _ => Existing::Keep,
            },
            link_mode: settings.link_mode(),
        };
        let world = World {
            host: &context.host,
            cache: &context.cache,
            guard: &self.guard,
            interrupt: &context.interrupt,
        };
        let mut line = context.ui.progress();
        let mut progress = |event| line.show(&event);
        if args.dry_run {
            let rehearsal = create::dry_run(&recipe, &world, &mut progress)?;
            if !args.json {
                ui::print(listing(&rehearsal))?;
            }
            return Ok(Made::of(&root, rehearsal.outcome, None, &found));
        }
        let was_allowed = self.trust.allows(&root);
        let created = if args.upgrade && create::needs_rebuild(&recipe, &world) {
            let mut install = |env: &Env, requirements: &Path| self.fill(env, requirements);
            create::upgrade(&recipe, &world, &mut progress, &mut install)?
        } else {
            create::create(&recipe, &world, &mut progress)?
        };
        self.tell_of_own(&created);
        self.report_place(&root, &created);
        // What was there before may hold anything, unless it was trusted before, too.
        if created.is_pristine || (was_allowed && created.outcome != Outcome::Unchanged) {
            self.trust.allow_made(&created.location, context.host.cwd());
        }
        let made = Made::of(&root, created.outcome, created.pip, &found);
        context.ui.say(made.sentence(dir, &found, start));
        Ok(made)
    }

    /// Installs what an environment of another Python held; pip says what it does, and why not.
    fn fill(&self, env: &Env, requirements: &Path) -> bool {
        self.context.ui.say("installing what it held");
        match PackageInstall::again(requirements).install(env.root(), self.context) {
            Ok(code) => code == 0,
            Err(error) => {
                self.context.ui.warn(format_args!("{error:#}"));
                false
            }
        }
    }

    /// What became of the user's own files, where that is not what he would expect.
    fn tell_of_own(&self, created: &Created) {
        let list = |paths: &[PathBuf]| {
            let names = paths.iter().map(|path| format!("`{}`", path.display()));
            names.collect::<Vec<_>>().join(", ")
        };
        let (ui, Created { kept, beside, .. }) = (self.context.ui, created);
        if !kept.is_empty() {
            ui.warn(format_args!("changed by hand, and left as it was: {}", list(kept)));
        }
        if !beside.is_empty() {
            ui.warn(format_args!("kept beside the new environment's own: {}", list(beside)));
        }
    }

    /// Where the environment is if a link was followed, and what was done otherwise than elsewhere.
    fn report_place(&self, root: &Path, created: &Created) {
        let ui = self.context.ui;
        if root.is_symlink() {
            let real = created.location.display();
            ui.say(format_args!("`{}` is a link: the environment is `{real}`", root.display()));
        }
        if created.is_shared {
            ui.say("it contains your files, so it got no `.gitignore` and no `CACHEDIR.TAG`");
        }
        ui.report_leftovers(&created.leftovers);
    }

    /// The Python for one directory: where nobody asked for any, an environment that is there
    /// keeps its own.
    fn found_for(&self, root: &Path) -> Found {
        let Context { host, cache, .. } = self.context;
        let own = || {
            let python = Env::open(root, host.platform()).ok()?.working_python().ok()?;
            let program = if self.trust.allows(root) {
                Program::trusted(python)
            } else {
                Program::claimed(python, root)
            };
            match Finder::new(host, cache).find(&Request::Path(program)) {
                Ok(found) => Some(found),
                Err(error) => {
                    self.context.ui.detail(error);
                    None
                }
            }
        };
        let is_kept = !self.args.clear && !self.chosen.was_asked_for;
        let own = if is_kept { own() } else { None };
        own.unwrap_or_else(|| self.chosen.found.clone())
    }

    /// `.` is the name of the current directory, as in stdlib.
    fn prompt(&self) -> Option<String> {
        let prompt = self.settings.text(Key::Prompt)?.to_string_lossy();
        let cwd = self.context.host.cwd().file_name().unwrap_or_default();
        Some(if prompt == "." { cwd.to_string_lossy().into_owned() } else { prompt.into_owned() })
    }

    /// The command that makes this environment again, for people who read `pyvenv.cfg`, where
    /// stdlib has its own. Debug's quotes keep it on one line whatever the paths hold.
    fn command(&self, root: &Path, found: &Found) -> String {
        let word = |text: &str| {
            let is_plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
            if is_plain { text.to_owned() } else { format!("{text:?}") }
        };
        let mut words = vec!["rvenv".to_owned(), "create".into(), "--python".into()];
        words.push(word(&found.interpreter.executable.to_string_lossy()));
        for (key, value) in flags(self.args) {
            match value {
                _ if key == Key::Python => {}
                Value::Switch(_) => words.push(format!("--{}", key.name())),
                Value::Text(text) => {
                    words.push(format!("--{}={}", key.name(), word(&text.to_string_lossy())));
                }
            }
        }
        words.push(word(&root.to_string_lossy()));
        words.join(" ")
    }
}

/// The answer of `--json`.
#[derive(Debug, Serialize)]
struct Answer {
    version: u32,
    environments: Vec<Made>,
}

/// What came of one directory.
#[derive(Debug, Serialize)]
struct Made {
    path: String,
    outcome: &'static str,
    python: String,
    implementation: String,
    base: String,
    /// The pip that was seeded.
    pip: Option<String>,
}

impl Made {
    fn of(root: &Path, outcome: Outcome, pip: Option<String>, found: &Found) -> Self {
        let interpreter = &found.interpreter;
        Self {
            path: root.to_string_lossy().into_owned(),
            outcome: match outcome {
                Outcome::Made => "created",
                Outcome::Replaced => "replaced",
                Outcome::Refreshed => "refreshed",
                Outcome::Unchanged => "unchanged",
            },
            python: interpreter.version.to_string(),
            implementation: interpreter.implementation.name().to_owned(),
            base: interpreter.executable.to_string_lossy().into_owned(),
            pip,
        }
    }

    fn sentence(&self, dir: &Path, found: &Found, start: Instant) -> String {
        let Found { interpreter, source } = found;
        let (did, dir) = (self.outcome, dir.display());
        if did == "unchanged" {
            return format!("`{dir}` is there already, and as it should be: {interpreter}");
        }
        let pip = self.pip.as_ref().map(|version| format!(", pip {version}")).unwrap_or_default();
        let milliseconds = ui::milliseconds(start);
        format!("{did} `{dir}`: {interpreter} ({source}){pip}, in {milliseconds:.1} ms")
    }
}

/// What a dry run would write, a line each.
fn listing(rehearsal: &DryRun) -> String {
    let line = |entry: &venv::Entry| {
        let path = entry.path.display();
        match &entry.content {
            Content::Directory | Content::Tree(_) => format!("directory  {path}\n"),
            Content::Link(target) => format!("link       {path} -> {}\n", target.display()),
            Content::Copy(from) => format!("copy       {path} of {}\n", from.display()),
            Content::Share(from) => format!("share      {path} with {}\n", from.display()),
            Content::Text(_) => format!("file       {path}\n"),
            Content::Script(_) => format!("script     {path}\n"),
        }
    };
    ui::visible(&rehearsal.plan.entries.iter().map(line).collect::<String>())
}

/// What to type to activate: nothing but the evaluation where `activate` finds it by itself.
fn next_step(dir: &Path, context: &Context<'_>) -> String {
    let usual = match context.host.platform() {
        Platform::Windows => Shell::PowerShell,
        Platform::Linux | Platform::MacOs => Shell::Sh,
    };
    let shell = shell::detect(&context.host).unwrap_or(usual);
    let is_found = [".venv", "venv"].iter().any(|name| dir == Path::new(name));
    let argument = if is_found { String::new() } else { format!(" {}", ui::word(dir)) };
    shell.evaluate_line().replace("rvenv activate", &format!("rvenv activate{argument}"))
}
