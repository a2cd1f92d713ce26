//! `rvenv hook`, and what the hook asks after a change of directory.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rvenv::shell;
use rvenv::shell::{Activation, Active, Memory, Shell, Step, Told};
use rvenv::support;
use rvenv::trust;
use rvenv::trust::{Trust, Verdict};
use rvenv::venv;
use rvenv::venv::Env;

use super::{Context, evaluated};
use crate::cli::{Hook, HookEnv};
use crate::ui;

/// Prints the hook, which calls the very program that printed it.
pub(super) fn hook(args: &Hook, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let code = shell::hook(args.shell, &std::env::current_exe()?)?;
    evaluated::print(args.shell, &code, context.ui)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the code that puts the shell right for the directory where it is now: mostly none.
pub(super) fn step(args: &HookEnv, context: &Context<'_>) -> anyhow::Result<ExitCode> {
    let visit = Visit { shell: args.shell, context };
    ui::print(visit.code()?)?;
    Ok(ExitCode::SUCCESS)
}

/// A shell in a directory.
struct Visit<'a> {
    shell: Shell,
    context: &'a Context<'a>,
}

impl Visit<'_> {
    fn code(&self) -> rvenv::Result<Vec<u8>> {
        let Self { shell, context: Context { host, .. } } = self;
        let (active, mut memory) = (Active::of(host), Memory::of(host));
        let (place, mut env) = self.nearest().unzip();
        let mut code = Vec::new();
        if active != Active::ByHand
            && let Some((dir, objection)) = self.refusal()
        {
            code.extend(self.tell(&dir, &objection)?.into_bytes());
        }
        if active != Active::ByHand
            && let (Some(place), Some(found)) = (&place, &env)
            && let Some(objection) = self.objection(place, found)
        {
            code.extend(self.tell(found.root(), &objection)?.into_bytes());
            env = None;
        }
        let here = env.as_ref().map(Env::root);
        for step in shell::steps(host, &memory, here) {
            code.extend(self.step(&step, env.as_ref(), &active, &mut memory)?);
        }
        code.extend(memory.code(*shell).into_bytes());
        Ok(code)
    }

    fn step(
        &self,
        step: &Step,
        env: Option<&Env>,
        active: &Active,
        memory: &mut Memory,
    ) -> rvenv::Result<Vec<u8>> {
        let Self { shell, context: Context { host, .. } } = self;
        Ok(match (step, env) {
            (Step::Enter, Some(env)) => {
                if let Active::Ended(root) = active {
                    memory.forgot(root, host);
                }
                memory.entered(env.root(), host);
                shell::enter(*shell, &activation(env, &env.prompt()), host)?
            }
            (Step::Leave, _) => {
                if let Active::ByHook(root) = active {
                    memory.left(root);
                }
                shell::leave(*shell, host)?
            }
            (Step::Forget, _) => {
                if let Active::Ended(root) = active {
                    memory.forgot(root, host);
                }
                shell::forget(*shell)?.into()
            }
            (Step::Release, _) => {
                memory.ended();
                shell::release(*shell, host)?
            }
            (Step::Clear(root), _) => {
                memory.ended();
                shell::clear(*shell, root, host)?
            }
            (Step::Stay | Step::Enter, _) => {
                if !matches!(active, Active::ByHook(_)) {
                    memory.ended();
                }
                Vec::new()
            }
        })
    }

    /// The project's environment, where it really is: a link that came with a repository could be
    /// led elsewhere once its directory is on PATH. What is broken is not the hook's business.
    fn nearest(&self) -> Option<(PathBuf, Env)> {
        let host = &self.context.host;
        let (place, root) = venv::nearest_place(host).ok()?;
        let root = rvenv::support::path::canonicalize(&root).ok()?;
        Some((place, Env::open(root, host.platform()).ok()?))
    }

    /// Files found here that others own or can write to, and the reason for which each is not used.
    fn refusal(&self) -> Option<(PathBuf, String)> {
        match venv::nearest_place(&self.context.host) {
            Err(venv::Error::Support(support::Error::NotOwned { objection, dir })) => {
                let word = ui::word(&dir);
                Some((dir, format!("{objection}; `rvenv allow {word}` if you trust it")))
            }
            _ => None,
        }
    }

    /// The reason for which the environment is not activated, if any: an empty text where the
    /// user has denied it.
    fn objection(&self, place: &Path, env: &Env) -> Option<String> {
        let trust = Trust::of(&self.context.host);
        // A `.venv` file is not a directory, and a link is not one of the project.
        let is_direct = place.symlink_metadata().is_ok_and(|meta| meta.is_dir());
        let verdict = if is_direct {
            trust.verdict(env.root())
        } else {
            trust.verdict_through(place, env.root())
        };
        let reason = match verdict {
            Verdict::Allowed => return self.check(env).err().map(|error| error.to_string()),
            Verdict::Denied => return Some(String::new()),
            Verdict::Unknown => "it is not in your list of allowed environments",
            Verdict::Changed => "it was replaced or changed since you allowed it",
            Verdict::Tracked => "git tracks files of it, so a pull can change its programs",
            Verdict::ThroughLink => "the link or file that leads to it is not in your list",
        };
        if verdict == Verdict::Tracked {
            return Some(format!("{reason}; `git rm -r --cached` ends that"));
        }
        Some(format!("{reason}; `rvenv allow` if you trust it, `rvenv deny` if not"))
    }

    /// Names an environment and the objection, once in a session; gives the code that remembers.
    fn tell(&self, root: &Path, objection: &str) -> rvenv::Result<String> {
        let Context { host, ui, .. } = self.context;
        let (told, fingerprint) = (Told::of(host), trust::fingerprint(root));
        if objection.is_empty() || told.contains(&fingerprint) {
            return Ok(String::new());
        }
        // As a literal: who named the directory may have put line ends into its name.
        let root = root.to_string_lossy();
        ui.warn(format_args!("not activating {root:?}: {objection}"));
        Ok(told.and(self.shell, &fingerprint)?)
    }

    /// Reports every error before code is printed for the shell.
    fn check(&self, env: &Env) -> rvenv::Result<()> {
        venv::ensure_usable(env.root(), self.context.host.platform())?;
        env.working_python()?;
        shell::activate(self.shell, &activation(env, &env.prompt()), &self.context.host)?;
        Ok(())
    }
}

fn activation<'a>(env: &'a Env, prompt: &'a std::ffi::OsStr) -> Activation<'a> {
    Activation { root: env.root(), scripts: env.scripts(), prompt }
}
