//! `rvenv create`: find a Python, create the environments, name the next step.

mod answer;
mod next_step;
mod pip_log;
mod reinstall;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use rvenv::create::{self, Builds, CreateRequest, Created, Existing, Outcome};
use rvenv::fs::Guard;
use rvenv::python::{Finder, Found, Request, Source};
use rvenv::seed;
use rvenv::settings::project::Project;
use rvenv::settings::{Key, Settings, Value};
use rvenv::support::host::Platform;
use rvenv::support::program::Program;
use rvenv::trust::{Allowed, Trust};
use rvenv::venv::{Env, Options};

use super::Context;
use super::install::PackageInstall;
use super::pip::report_obstacle;
use super::python::Chosen;
use super::store::{PackageStore, sentence};
use crate::cli::Create;
use crate::{process, ui};
use answer::{Answer, Made, SCHEMA};
use reinstall::Reinstall;

/// The environment's directory where none is named.
const DEFAULT: &str = ".venv";

pub(super) fn run(args: &Create, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let mut start = Instant::now();
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
    let default = [PathBuf::from(DEFAULT)];
    let dirs = if args.dirs.is_empty() { &default } else { args.dirs.as_slice() };
    for dir in dirs {
        let (answer, exit_code) = creation.carry_out(dir, &filling, start)?;
        start = Instant::now();
        made.extend(answer);
        code = exit_code;
        if code != 0 {
            break;
        }
    }
    if args.json {
        ui::print_json(&Answer { version: SCHEMA, environments: made })?;
    } else if let [dir] = dirs
        && !args.dry_run
        && code == 0
    {
        next_step::report(dir, args.dirs.is_empty(), context);
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
        (Key::Store, args.no_store.then(|| "false".into())),
    ];
    let switches = switches.into_iter().filter(|(_, given)| *given);
    let texts = texts.into_iter().filter_map(|(key, text)| Some((key, Value::text(text?))));
    switches.map(|(key, given)| (key, Value::Switch(given))).chain(texts).collect()
}

/// The combination of flags and settings, for each of the directories.
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
    /// Makes one environment with its packages; gives pip's exit code, and no answer where pip failed
    /// and the environment that was there stays.
    fn carry_out(
        &self,
        dir: &Path,
        filling: &PackageInstall,
        start: Instant,
    ) -> anyhow::Result<(Option<Made>, i32)> {
        let Self { args, context, settings, .. } = self;
        let root = context.host.absolute(dir);
        let platform = context.host.platform();
        let found = self.found_for(&root);
        let options = Options {
            system_site_packages: settings.is_on(Key::SystemSitePackages),
            copies: settings.copies(platform),
            prompt: self.prompt(),
            without_scm_ignore_files: settings.is_on(Key::WithoutScmIgnoreFiles),
            relocatable: settings.is_on(Key::Relocatable),
            command: self.command(&root, &found),
            created_by: None,
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
            packages: None,
            guard: &self.guard,
        };
        let mut line = context.ui.progress();
        let mut progress = |event| line.show(&event);
        if args.dry_run {
            return Ok((Some(self.dry_run(&recipe, dir, &found, &mut progress)?), 0));
        }
        let allowed = self.trust.allowed(&root);
        let created = match self.create(&recipe, filling, dir, &mut progress)? {
            Ok(created) => created,
            Err(code) => return Ok((None, code)),
        };
        if let Some(obstacle) = found.interpreter.pip_obstacle().filter(|_| created.pip.is_some()) {
            context.ui.warn(obstacle);
        }
        self.tell_of_own(&created);
        self.report_place(&root, &created);
        self.record(&root, allowed.as_ref(), &created);
        let is_filled = created.is_filled;
        let made = Made::of(&root, created.outcome, created.pip, &found);
        context.ui.say(made.sentence(dir, &found, start));
        if is_filled {
            return Ok((Some(made), 0));
        }
        let code = filling.install(&root, settings, context)?;
        Ok((Some(made), code))
    }

    /// Prints what would be created, and changes nothing.
    fn dry_run(
        &self,
        recipe: &CreateRequest<'_>,
        dir: &Path,
        found: &Found,
        progress: create::Progress<'_>,
    ) -> anyhow::Result<Made> {
        let dry_run = create::dry_run(recipe, self.context.session(), progress, self.builds())?;
        let answer = Made::by_dry_run(recipe.root, &dry_run, found);
        if !self.args.json {
            ui::show(ui::visible(&answer.page(dir, &dry_run, found, self.context.ui)))?;
        }
        Ok(answer)
    }

    /// Creates the environment, with its packages unless its directory exists and stays; returns pip's exit
    /// code if pip failed and nothing was created.
    fn create(
        &self,
        recipe: &CreateRequest<'_>,
        filling: &PackageInstall,
        dir: &Path,
        progress: create::Progress<'_>,
    ) -> anyhow::Result<Result<Created, i32>> {
        let Self { args, context, .. } = self;
        let session = context.session();
        if args.upgrade && create::needs_rebuild(recipe, session) {
            let mut reinstall = Reinstall::of(recipe.root, &self.settings, context);
            let mut install = |env: &Env, requirements: &Path| reinstall.install(env, requirements);
            let created = create::upgrade(recipe, session, progress, self.builds(), &mut install);
            reinstall.report(created.is_ok());
            return Ok(Ok(created?));
        }
        if filling.is_empty() {
            return Ok(Ok(create::create(recipe, session, progress)?));
        }
        if let Some(created) = self.create_from_store(recipe, filling, progress)? {
            return Ok(Ok(created));
        }
        let is_free = std::fs::symlink_metadata(recipe.root).is_err();
        let is_replaced = args.clear && Env::open(recipe.root, context.host.platform()).is_ok();
        let failed = || {
            let state = if is_free { "was not created" } else { "is unchanged" };
            context.ui.warn(format_args!("`{}` {state}", dir.display()));
        };
        if !recipe.interpreter.starts_pip() {
            let obstacle = recipe.interpreter.pip_obstacle().unwrap_or_default();
            let options = format!("-p VERSION ... {}", ui::path_word(dir));
            report_obstacle(&obstacle, &options, context);
            failed();
            return Ok(Err(1));
        }
        if (is_free || is_replaced)
            && let Some(created) =
                self.create_filled(recipe, filling, progress).inspect_err(|_| failed())?
        {
            return Ok(created.inspect_err(|_| failed()));
        }
        Ok(Ok(create::create(recipe, session, progress)?))
    }

    /// Creates an environment that appears with its packages, which pip installs before; pip's exit code if
    /// it fails. `None` if a package has to be installed at its final path.
    fn create_filled(
        &self,
        recipe: &CreateRequest<'_>,
        filling: &PackageInstall,
        progress: create::Progress<'_>,
    ) -> anyhow::Result<Option<Result<Created, i32>>> {
        let context = self.context;
        let mut code = Ok(0);
        let mut install = |env: &Env| {
            code = filling.install(env.root(), &self.settings, context);
            matches!(code, Ok(0))
        };
        let created = create::create_filled(recipe, context.session(), progress, &mut install);
        match code {
            Ok(0) => Ok(created?.map(|created| Ok(Created { is_filled: true, ..created }))),
            code => Ok(Some(Err(code?))),
        }
    }

    /// Creates an environment that appears with its packages, if all of them are stored; `None` if pip
    /// is needed.
    fn create_from_store(
        &self,
        recipe: &CreateRequest<'_>,
        filling: &PackageInstall,
        progress: create::Progress<'_>,
    ) -> anyhow::Result<Option<Created>> {
        let context = self.context;
        let is_new = recipe.existing == Existing::Clear || !recipe.root.join("pyvenv.cfg").exists();
        if !is_new || recipe.options.system_site_packages {
            return Ok(None);
        }
        let start = Instant::now();
        let interpreter = recipe.interpreter;
        let store = PackageStore::new(interpreter.clone(), &self.settings, context);
        let seeds = seeds(recipe);
        let entries = store.as_ref().and_then(|store| {
            store.entries(filling.words(), recipe.root, &seeds).map(|entries| (store, entries))
        });
        let Some((store, entries)) = entries else { return Ok(None) };
        let Some(packages) = store.filling(&entries) else { return Ok(None) };
        let recipe = CreateRequest { packages: Some(&packages), ..recipe.clone() };
        match create::create(&recipe, context.session(), progress) {
            Ok(created) => {
                if created.is_filled {
                    context.ui.say(sentence(packages.len(), start));
                }
                Ok(Some(created))
            }
            Err(error) => {
                context.interrupt.check()?;
                context.ui.detail(format_args!("pip is needed: {error}"));
                Ok(None)
            }
        }
    }

    fn builds(&self) -> Builds {
        if self.args.build { Builds::Permitted } else { Builds::IfTrusted }
    }

    /// Allows what was created. What a directory contained before may be anything, unless it was allowed.
    fn record(&self, root: &Path, allowed: Option<&Allowed>, created: &Created) {
        let is_changed = created.outcome != Outcome::Unchanged;
        match allowed {
            // Without a record, the hook asks.
            Some(allowed) if created.outcome == Outcome::Updated => {
                let _ = self.trust.allow_again(allowed);
            }
            _ if created.is_pristine || (allowed.is_some() && is_changed) => {
                self.trust.allow_made(&created.location, self.context.host.cwd());
            }
            _ => return,
        }
        if created.location != root && self.trust.allows(&created.location) {
            let _ = self.trust.allow_link(root, &created.location);
        }
    }

    /// Reports the user's files that were kept or renamed.
    fn tell_of_own(&self, created: &Created) {
        let list = |paths: &[PathBuf]| {
            let names = paths.iter().map(|path| format!("`{}`", path.display()));
            names.collect::<Vec<_>>().join(", ")
        };
        let (ui, Created { kept, beside, not_carried, .. }) = (self.context.ui, created);
        if !not_carried.is_empty() {
            let list = list(not_carried);
            ui.warn(format_args!(
                "not in the new environment, as only the former Python can load it: {list}"
            ));
        }
        if !kept.is_empty() {
            ui.warn(format_args!("changed by hand, and left as it was: {}", list(kept)));
        }
        if !beside.is_empty() {
            ui.warn(format_args!("kept beside the new environment's own: {}", list(beside)));
        }
    }

    /// The environment's real path if a link was followed, and the exceptions that were made for it.
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
    /// keeps its own, or gets one of its minor version where its own is gone.
    fn found_for(&self, root: &Path) -> Found {
        let Context { host, cache, .. } = self.context;
        let own = || {
            let env = Env::open(root, host.platform()).ok()?;
            let minor = || {
                let mut parts = env.cfg().version()?.split('.');
                let version = format!("{}.{}", parts.next()?, parts.next()?);
                Request::parse(version, host).ok()
            };
            let own = env.working_python().ok().map(|python| {
                Request::Path(if self.trust.allows(root) {
                    Program::trusted(python)
                } else {
                    Program::claimed(python, root)
                })
            });
            let is_own = own.is_some();
            match Finder::new(host, cache).find(&own.or_else(minor)?) {
                Ok(found) if is_own => Some(Found { source: Source::Kept, ..found }),
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

    /// The command that made this environment, as stdlib's `venv` writes it (`create_configuration`):
    /// its flags in its order, then those that only rvenv has.
    fn command(&self, root: &Path, found: &Found) -> String {
        let args = self.args;
        let is_windows = self.context.host.platform() == Platform::Windows;
        let switches = [
            ("--symlinks", is_windows && args.symlinks),
            ("--copies", !is_windows && args.copies),
            ("--without-pip", args.without_pip),
            ("--system-site-packages", args.system_site_packages),
            ("--clear", args.clear),
            ("--upgrade", args.upgrade),
            ("--upgrade-deps", args.upgrade_deps),
        ];
        let given = switches.into_iter().filter(|(_, is_given)| *is_given);
        let mut words: Vec<String> = ["rvenv", "create"].map(Into::into).into();
        words.extend(given.map(|(name, _)| name.to_owned()));
        // Debug's quotes and escapes keep it on one line: a line end would begin another key.
        words.extend(args.prompt.as_ref().map(|prompt| format!("--prompt={prompt:?}")));
        words.extend(args.without_scm_ignore_files.then(|| "--without-scm-ignore-files".into()));
        words.push(format!("--python={}", word(&found.interpreter.executable.to_string_lossy())));
        words.extend(self.own_flags());
        words.push(word(&root.to_string_lossy()));
        words.join(" ")
    }

    /// The flags that were given and that stdlib's `venv` does not have.
    fn own_flags(&self) -> impl Iterator<Item = String> {
        flags(self.args).into_iter().filter_map(|(key, value)| match (key, value) {
            (Key::Relocatable | Key::WithoutSetuptools | Key::Offline, Value::Switch(_)) => {
                Some(format!("--{}", key.name()))
            }
            (Key::Pip | Key::PipLayout | Key::LinkMode, Value::Text(text)) => {
                Some(format!("--{}={}", key.name(), word(&text.to_string_lossy())))
            }
            _ => None,
        })
    }
}

/// The projects that a new environment gets in any case.
fn seeds(recipe: &CreateRequest<'_>) -> Vec<&'static str> {
    let Some(options) = recipe.pip else { return Vec::new() };
    let is_bundled =
        |name: &str| recipe.interpreter.wheels.iter().any(|wheel| wheel.project == name);
    let setuptools = (options.setuptools && is_bundled("setuptools")).then_some("setuptools");
    ["pip"].into_iter().chain(setuptools).collect()
}

/// A word of a command on one line.
fn word(text: &str) -> String {
    let is_plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
    if is_plain { text.to_owned() } else { format!("{text:?}") }
}
