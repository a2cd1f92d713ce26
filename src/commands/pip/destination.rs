//! Confines pip to one environment: no variable and no configuration file chooses another.

use std::ffi::OsString;
use std::process::Command;

use rvenv::Host;
use rvenv::support::{pip_config, python_vars};
use rvenv::venv::Env;

/// Makes `pip` install into `env` unless its arguments say otherwise.
///
/// # Errors
/// When a configuration file has a key that no variable overrides: `target`, and, with `--isolated`,
/// which makes pip ignore variables, every other too.
pub(super) fn confine(
    pip: &mut Command,
    env: &Env,
    verb: &str,
    words: &[OsString],
    host: &Host,
) -> anyhow::Result<()> {
    for name in python_vars::MISLEADING {
        pip.env_remove(name);
    }
    for name in pip_config::destination_variables(host) {
        pip.env_remove(name);
    }
    pip.env("PIP_USER", "0");
    let is_isolated = words.iter().any(|word| word == "--isolated");
    for key in pip_config::destination_keys(host, env.root()) {
        if has_option(words, key.name) || (is_isolated && !key.is_read_isolated) {
            continue;
        }
        if is_isolated || !key.can_be_overridden() {
            anyhow::bail!(
                "`{}` in `{}`, line {}, makes pip install elsewhere than into `{}`\n\
                 hint: remove the line, or let pip read no configuration file: `PIP_CONFIG_FILE={} rvenv {verb} ...`",
                key.name,
                key.file.display(),
                key.line,
                env.root().display(),
                if cfg!(windows) { "nul" } else { "/dev/null" },
            );
        }
        match key.name {
            "prefix" => pip.env("PIP_PREFIX", env.root()),
            "root" => pip.env("PIP_ROOT", std::path::MAIN_SEPARATOR_STR),
            "python" => pip.env("PIP_PYTHON", env.python()),
            _ => pip,
        };
    }
    Ok(())
}

/// Whether the arguments have a long option of this name, or a beginning of it, which pip accepts where
/// it is unique; `-t` is `--target`.
fn has_option(words: &[OsString], name: &str) -> bool {
    words.iter().filter_map(|word| word.to_str()).any(|word| {
        let long = word.strip_prefix("--").map(|long| long.split('=').next().unwrap_or(long));
        let is_short = word.starts_with("-t") && !word.starts_with("--");
        long.is_some_and(|long| !long.is_empty() && name.starts_with(long))
            || (name == "target" && is_short)
    })
}
