//! Messages, their verbosity, and their colours.

use predicates::prelude::*;

use crate::sandbox::{Ran, Running, Sandbox, USER_CONFIG, skip, write_program};

const ESCAPE: char = '\u{1b}';

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    let plain = Sandbox::new();
    let colored = |sandbox: &Sandbox, args: &[&str]| {
        let ran = sandbox.run([args, &["check", "nowhere"]].concat()).code(1);
        assert!(ran.stderr.contains("error"), "{ran:#?}");
        ran.stderr.contains(ESCAPE)
    };
    assert!(!colored(&plain, &[]));
    assert!(colored(&plain, &["--color", "always"]));
    for (name, value, expected) in [
        ("NO_COLOR", "1", false),
        ("CLICOLOR_FORCE", "1", true),
        ("RVENV_COLOR", "always", true),
        ("RVENV_COLOR", "never", false),
    ] {
        let mut sandbox = Sandbox::new();
        sandbox.set(name, value);
        assert_eq!(colored(&sandbox, &[]), expected, "{name}={value}");
        assert!(!colored(&sandbox, &["--color", "never"]), "{name}={value}");
        assert!(colored(&sandbox, &["--color", "always"]), "{name}={value}");
    }
    let config = plain.root().join(USER_CONFIG);
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(config, "color = 'always'\n").unwrap();
    assert!(colored(&plain, &[]));
    assert!(!colored(&plain, &["--color", "auto"]));
}

#[test]
fn quiet_is_silent_but_for_errors() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(["create", "-q", "--without-pip"]).ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let ran = sandbox.run(["-q", "remove", ".venv"]).ok();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let ran = sandbox.run(["-q", "activate"]).code(1);
    assert_eq!(ran.stderr.lines().count(), 1, "the error, and no hint: {ran:#?}");
    sandbox.run(["-q", "-v", "create"]).code(2);
}

#[test]
fn verbose_prints_the_candidates_and_the_times() {
    let sandbox = Sandbox::new();
    let usual = sandbox.run(["create", "--without-pip", "a"]).ok().stderr;
    let more = sandbox.run(["-v", "create", "--without-pip", "b"]).ok().stderr;
    assert!(more.lines().count() > usual.lines().count(), "{more}");
    assert!(predicate::str::is_match(r"\d\.\d ms\)").unwrap().eval(&more), "{more}");
}

#[test]
fn a_hint_is_printed_on_a_line_of_its_own() {
    let ran = Sandbox::new().run(["activate", "--shell", "sh"]).code(1);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(lines[0].starts_with("error: no virtual environment in `"), "{ran:#?}");
    assert_eq!(lines[1..], ["hint: create one with `rvenv create`"]);
    assert!(!lines[0].ends_with('.'), "{ran:#?}");
}

#[test]
fn names_cannot_move_the_cursor_or_pretend_to_be_our_own_words() {
    let sandbox = Sandbox::new();
    let names = ["a\u{1b}[2Jb", "a\rb", "a\u{202e}b", "a\nerror: all is lost\nhint: rm -rf /"];
    for name in names {
        std::fs::create_dir(sandbox.project().join(name)).unwrap();
        for command in ["check", "activate", "remove"] {
            let ran = sandbox.run([command, name]).code(1);
            for c in [ESCAPE, '\r', '\u{202e}'] {
                assert!(!ran.stderr.contains(c), "{ran:#?}");
            }
            let starts = |word: &str| ran.stderr.lines().filter(|l| l.starts_with(word)).count();
            assert_eq!(starts("error:"), 1, "{ran:#?}");
            assert!(starts("hint: rm") == 0, "{ran:#?}");
        }
    }
}

#[test]
fn a_command_to_copy_works_when_it_is_copied() {
    let mut sandbox = Sandbox::new();
    sandbox.with_rvenv_on_path();
    let name = "it's $(touch evil) here";
    let ran = sandbox.run(["create", "--without-pip", name]).ok();
    let line = ran.stderr.lines().find_map(|line| line.strip_prefix("next: ")).unwrap();
    let script = format!("{line}; echo \"$VIRTUAL_ENV\"");
    let ran = Ran::of(sandbox.command("bash").args(["-c", &script])).ok();
    assert_eq!(ran.stdout, format!("{}\n", sandbox.project().join(name).display()));
    assert!(!sandbox.project().join("evil").exists());
}

#[test]
fn data_is_printed_byte_for_byte() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip", "--prompt", "a\u{1b}[1mb"]).ok();
    let ran = sandbox.run(["activate", "--shell", "fish"]).ok();
    assert!(ran.stdout.contains("a\u{1b}[1mb"), "{ran:#?}");
}

#[test]
fn help_is_short_and_long() {
    let sandbox = Sandbox::new();
    let commands = [
        "create",
        "activate",
        "deactivate",
        "check",
        "install",
        "run",
        "list",
        "remove",
        "config",
        "completions",
        "man",
        "cache",
    ];
    for command in commands {
        let short = sandbox.run([command, "-h"]).ok();
        let long = sandbox.run(["help", command]).ok();
        assert!(short.stdout.lines().count() < long.stdout.lines().count(), "{command}");
        // Not just in the line of usage.
        let (_, examples) = long.stdout.split_once("-h, --help").unwrap();
        assert!(
            examples.contains(&format!("rvenv {command}")),
            "no example in the long help of {command}: {}",
            long.stdout
        );
        assert_eq!(short.stderr + &long.stderr, "");
    }
}

#[test]
fn the_version_names_release_commit_and_target() {
    let ran = Sandbox::new().run(["--version"]).ok();
    let (release, architecture) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    let form =
        format!(r"^rvenv {release} \(([0-9a-f]{{7}} )?{architecture}(-[a-z0-9_]+){{2,3}}\)\n$");
    assert!(predicate::str::is_match(form).unwrap().eval(&ran.stdout), "{ran:#?}");
    let root = env!("CARGO_MANIFEST_DIR");
    if std::path::Path::new(root).join(".git").exists() {
        let mut git = std::process::Command::new("git");
        let head = Ran::of(git.args(["-C", root, "rev-parse", "--short=7", "HEAD"])).ok();
        assert!(ran.stdout.contains(&format!("({} ", head.stdout.trim())), "{ran:#?}");
    }
}

/// The names in the section `heading` of the help of rvenv.
fn names_in_help(sandbox: &Sandbox, heading: &str) -> Vec<String> {
    let help = sandbox.run(["--help"]).ok().stdout;
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    let names: Vec<String> = lines
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("    "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect();
    assert!(names.len() > 4, "{help}");
    names
}

#[test]
fn help_explains_commands_nested_commands_and_topics() {
    let sandbox = Sandbox::new();
    let topics = names_in_help(&sandbox, "Topics:");
    let commands = names_in_help(&sandbox, "Commands:");
    for topic in topics.iter().filter(|topic| *topic != "topic") {
        assert!(!commands.contains(topic), "`{topic}` is also a command");
        let page = sandbox.run(["help", topic]).ok().stdout;
        assert!(page.lines().count() > 5, "{page}");
        assert!(page.lines().all(|line| line.chars().count() <= 110), "{page}");
    }
    for words in [&["create"][..], &["python", "list"], &["cache", "clean"], &["help"]] {
        let page = sandbox.run([&["help"], words].concat()).ok().stdout;
        let usage = format!("Usage: rvenv {}", words.join(" "));
        assert!(page.contains(&usage) && page.contains("Examples:"), "{page}");
        assert_eq!(page, sandbox.run([words, &["--help"]].concat()).ok().stdout);
        assert!(!page.contains('\u{1}'), "{page:?}");
    }
    assert_eq!(sandbox.run(["help"]).ok().stdout, sandbox.run(["--help"]).ok().stdout);
    let ran = sandbox.run(["help", "findngs"]).code(2);
    assert!(ran.stderr.contains("did you mean `rvenv help findings`?"), "{ran:#?}");
}

#[test]
fn commands_of_other_tools_are_answered_with_the_one_of_rvenv() {
    let sandbox = Sandbox::new();
    for (words, command) in [
        (&["add", "six"][..], "`rvenv install six`"),
        (&["pip", "install", "six"], "`rvenv run pip install six`"),
        (&["venv"], "`rvenv create`"),
        (&["python", "install", "3.12"], "`pyenv install 3.12`, or `uv python install 3.12`"),
        (&["python", "install"], "`pyenv install 3.13`, or `uv python install 3.13`"),
        (&["python", "pin", "pypy3.10"], "`rvenv create -p pypy3.10`"),
    ] {
        let ran = sandbox.run(words).code(2);
        assert!(ran.stderr.starts_with("error: there is no command `"), "{ran:#?}");
        assert!(ran.stderr.contains("\nhint: ") && ran.stderr.contains(command), "{ran:#?}");
    }
    let ran = sandbox.run(["creaet"]).code(2);
    assert!(ran.stderr.contains("'create'"), "{ran:#?}");
    assert_eq!(sandbox.run(["ls"]).ok().stdout, sandbox.run(["list"]).ok().stdout);
}

#[test]
fn a_code_that_check_reports_is_explained() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(["check", "--explain", "base-gone"]).ok().stdout;
    assert!(page.starts_with("base-gone (error): "), "{page}");
    let ran = sandbox.run(["check", "--explain", "base-goen"]).code(2);
    assert!(ran.stderr.contains("did you mean `base-gone`?"), "{ran:#?}");
    sandbox.run(["check", "--fix", "--explain", "base-gone"]).code(2);
}

#[test]
fn the_manual_covers_every_command_and_topic_without_warnings_of_man() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(["man"]).ok().stdout;
    assert!(page.contains(".TH rvenv 1"), "{page}");
    for name in names_in_help(&sandbox, "Commands:") {
        let page = sandbox.run(["man", &name]).ok().stdout;
        assert!(page.contains(&format!(".TH rvenv-{name} 1")), "{page}");
        for section in ["SYNOPSIS", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "FILES"] {
            assert!(page.contains(&format!("\n.SH {section}\n")), "{section} of {name}: {page}");
        }
    }
    let page = sandbox.run(["man", "create"]).ok().stdout;
    assert!(page.contains(r"[\fB\-p\fR|\fB\-\-python\fR \fIPYTHON\fR]"), "{page}");
    sandbox.run(["man", "nonsense"]).code(2);
    sandbox.run(["man", "--all", "manual"]).ok();
    let manual = sandbox.project().join("manual");
    for name in ["man1/rvenv.1", "man1/rvenv-python-list.1", "man7/rvenv-findings.7"] {
        assert!(manual.join(name).is_file(), "{name}");
    }
    if which::which("man").is_err() {
        return skip("`man` is not installed");
    }
    let pages = ["man1", "man7"].iter().flat_map(|section| {
        std::fs::read_dir(manual.join(section)).unwrap().map(|entry| entry.unwrap().path())
    });
    let mut man = sandbox.command("man");
    let ran = Ran::of(man.env("MANWIDTH", "80").args(["--warnings", "-l"]).args(pages)).ok();
    assert_eq!(ran.stderr, "");
    let line = "for /f \"delims=\" %i in ('rvenv activate') do @%i";
    assert!(ran.stdout.contains(line), "a line to copy is whole: {ran:#?}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let sandbox = Sandbox::new();
    sandbox.run(["create", "--without-pip"]).ok();
    for args in [&["--help"][..], &["activate"], &["man"], &["completions", "bash"], &["list"]] {
        let mut command = sandbox.rvenv();
        command.args(args).env("SHELL", "/bin/sh");
        let stderr = Running::start_with_closed_stdout(&mut command).wait().ok().stderr;
        assert!(!stderr.contains("panic") && !stderr.contains("Broken pipe"), "{args:?}: {stderr}");
    }
}

/// Runs `create` on a terminal; what the terminal got.
fn create_on_terminal(sandbox: &Sandbox, args: &str) -> String {
    let rvenv = env!("CARGO_BIN_EXE_rvenv");
    let mut command = sandbox.command("script");
    command.env("TERM", "xterm").args(["-qec", &format!("'{rvenv}' create {args}"), "/dev/null"]);
    Ran::of(&mut command).ok().stdout
}

#[test]
fn a_path_is_escaped_on_a_terminal_only() {
    let mut sandbox = Sandbox::new();
    let cache = sandbox.project().join("c\u{9b}2J\u{202e}");
    sandbox.set("RVENV_CACHE_DIR", &cache);
    let piped = sandbox.run(["cache", "dir"]).ok().stdout;
    assert_eq!(piped.trim_end_matches('\n'), cache.to_str().unwrap());
    let line = format!("'{}' cache dir", env!("CARGO_BIN_EXE_rvenv"));
    let shown = Ran::of(sandbox.command("script").args(["-qec", &line, "/dev/null"])).ok().stdout;
    assert!(shown.contains(r"c\u{9b}2J\u{202e}"), "{shown:?}");
}

#[test]
fn progress_is_drawn_on_a_terminal_while_it_takes_long_and_cleared_afterwards() {
    let sandbox = Sandbox::new();
    // The first time pip is unpacked and compiled, which takes longer than a moment.
    let cold = create_on_terminal(&sandbox, "cold");
    let (_, after) = cold.rsplit_once("unpacking pip").expect("progress");
    assert!(after.contains("\u{1b}[2K"), "it was not cleared: {cold:?}");
    let (_, after) = after.rsplit_once("\u{1b}[2K").unwrap();
    assert!(after.trim_start_matches('\r').starts_with("created `cold`"), "{cold:?}");
    let warm = create_on_terminal(&sandbox, "warm");
    assert!(!warm.contains("unpacking") && !warm.contains(ESCAPE), "{warm:?}");

    // Not `create` first: the harness would put the images into the cache.
    for args in [&["--color", "auto", "create", "again"][..], &["-q", "create", "quiet"]] {
        sandbox.run(["cache", "clean"]).ok();
        let ran = sandbox.run(args).ok();
        assert!(!ran.stderr.contains("unpacking"), "nobody looks on: {ran:#?}");
    }
    sandbox.run(["cache", "clean"]).ok();
    let told = sandbox.run(["-v", "create", "told"]).ok();
    assert!(told.stderr.contains("\nunpacking pip"), "{told:#?}");
}

#[test]
fn a_search_that_takes_long_is_shown_on_a_terminal() {
    let mut sandbox = Sandbox::new();
    let bin = sandbox.project().join("slow");
    std::fs::create_dir(&bin).unwrap();
    let script = "#!/bin/sh\n/bin/sleep 1\nexec /usr/bin/python3 \"$@\"\n";
    write_program(&bin.join("python3"), script);
    sandbox.set("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    let shown = create_on_terminal(&sandbox, "--without-pip new");
    let (_, after) = shown.rsplit_once("looking for a Python").expect("a line");
    let (_, after) = after.rsplit_once("\u{1b}[2K").expect("a cleared line");
    assert!(after.trim_start_matches('\r').starts_with("created `new`"), "{shown:?}");
}

#[test]
fn a_dry_run_fits_a_screen_and_names_python_and_pip() {
    let sandbox = Sandbox::new();
    let shown = sandbox.run(["create", "--dry-run", "--pip-layout", "files"]).ok().stdout;
    assert!(shown.lines().count() < 20, "{shown}");
    let form = r"^would create `\.venv`: \S+ 3\.\d+\.\d+ \(.*\), pip \d[^\n]*\nbase: /";
    assert!(predicate::str::is_match(form).unwrap().eval(&shown), "{shown}");
    let entries = sandbox.run(["-v", "create", "--dry-run", "--pip-layout", "files"]).ok().stdout;
    assert!(entries.contains("file       pyvenv.cfg\n"), "{entries}");
    assert!(!sandbox.project().join(".venv").exists());
    let outcome = |args: &[&str]| {
        let ran = sandbox.run([&["create", "--dry-run", "--json"], args].concat()).ok();
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        answer["environments"][0]["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(outcome(&[]), "would-create");
    sandbox.run(["create", "--without-pip"]).ok();
    assert_eq!(outcome(&[]), "unchanged");
    assert_eq!(outcome(&["--clear"]), "would-replace");
}

#[test]
fn another_environment_of_the_project_is_named_and_the_next_step_only_if_it_is_needed() {
    let mut sandbox = Sandbox::new();
    let create = ["create", "--without-pip"];
    let ran = sandbox.run(create).ok();
    assert!(!ran.stderr.contains("note: "), "{ran:#?}");
    let venv = sandbox.project().join(".venv");
    for (dir, other) in [("sub", ".venv"), ("a", "a/venv"), ("b", "b/env")] {
        let dir = sandbox.project().join(dir);
        std::fs::create_dir(&dir).unwrap();
        if other != ".venv" {
            sandbox.run(["create", "--without-pip", other]).ok();
        }
        let ran = Ran::of(sandbox.rvenv().args(create).current_dir(&dir)).ok();
        let other = sandbox.project().join(other).display().to_string();
        let note = format!("note: there is also `{other}`; to activate it: ");
        assert!(ran.stderr.contains(&note), "{ran:#?}");
        assert!(ran.stderr.contains(&format!("rvenv activate {other}")), "{ran:#?}");
        assert!(dir.join(".venv/pyvenv.cfg").exists());
    }
    let ran = sandbox.run(["create", "--without-pip", "sub/named"]).ok();
    assert!(!ran.stderr.contains("note: ") && ran.stderr.contains("next: "), "{ran:#?}");
    let ran = sandbox.run(["create", "--without-pip", "--", "-x"]).ok();
    assert!(ran.stderr.contains("rvenv activate ./-x"), "{ran:#?}");
    sandbox.set("VIRTUAL_ENV", venv);
    assert!(!sandbox.run(create).ok().stderr.contains("next: "), "it is active");
}

#[test]
fn a_wrong_value_is_answered_with_the_right_ones() {
    let sandbox = Sandbox::new();
    for args in [&["activate", "--shell", "klingon"][..], &["hook", "klingon"]] {
        let ran = sandbox.run(args).code(2);
        assert!(ran.stderr.contains("bash, zsh") && ran.stderr.contains("nushell"), "{ran:#?}");
    }
    let ran = sandbox.run(["remove", "nowhere"]).code(1);
    assert!(ran.stderr.starts_with("error: cannot examine `"), "{ran:#?}");
    assert!(ran.stderr.contains("nowhere`: it does not exist\n"), "{ran:#?}");
}
