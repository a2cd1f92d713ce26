//! The commands of a distribution, with the bytes that pip (with its vendored distlib) writes.

use crate::formats::entry_points::section;
use crate::formats::shebang::{launcher_line, relative, relative_launcher_line, shebang};
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use serde::{Deserialize, Serialize};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Target;
use super::wheel::Wheel;
use crate::python::Version;

/// The template of distlib, which pip uses until 25.0.
const TEMPLATE: &str = "\
# -*- coding: utf-8 -*-
import re
import sys
from %(module)s import %(import_name)s
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(%(func)s())
";

/// A command that calls a function (the "entry points" specification).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Command {
    /// `pip3.12`
    pub(crate) name: String,
    /// The text after the shebang.
    body: String,
}

/// The commands of a wheel: its console scripts, and for pip those that it adds with the version of Python.
pub(crate) fn of(wheel: &Wheel, python: Version) -> Vec<Command> {
    let text = wheel.text(&format!("{}/entry_points.txt", wheel.dist_info));
    let template = template(wheel);
    let mut points: Vec<(String, &str)> = Vec::new();
    for (name, function) in section(text, "[console_scripts]") {
        match name {
            "pip" => {
                let versioned = [String::new(), python.major.to_string(), python.short()];
                points.extend(versioned.map(|version| (format!("pip{version}"), function)));
            }
            name if is_versioned_pip(name) => {}
            name => points.push((name.to_owned(), function)),
        }
    }
    let command =
        |(name, function): (String, &str)| Some(Command { name, body: body(&template, function)? });
    points.into_iter().filter_map(command).collect()
}

/// Whether the name is `pip3` or `pip3.8`, which a wheel lists for the Python that built it.
fn is_versioned_pip(name: &str) -> bool {
    name.strip_prefix("pip")
        .is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn body(template: &str, function: &str) -> Option<String> {
    let (module, function) = function.split_once(':')?;
    let import = function.split('.').next()?;
    Some(
        template
            .replace("%(module)s", module)
            .replace("%(import_name)s", import)
            .replace("%(func)s", function),
    )
}

/// The template of this pip: 25.1 and later contain one.
fn template(wheel: &Wheel) -> String {
    let own = wheel.text("pip/_internal/operations/install/wheel.py");
    let literal = own.split_once("script_template = textwrap.dedent(").and_then(|(_, rest)| {
        let (_, rest) = rest.split_once("\"\"\"\\\n")?;
        Some(rest.split_once("\"\"\"")?.0)
    });
    literal.map_or_else(|| TEMPLATE.to_owned(), dedent)
}

/// `textwrap.dedent`, for a text whose first line is not indented more than any other.
fn dedent(text: &str) -> String {
    let margin = text.len() - text.trim_start_matches(' ').len();
    let mut out = String::new();
    for line in text.lines() {
        let _ = writeln!(out, "{}", line.get(margin..).unwrap_or_default());
    }
    // The line of the closing quotes.
    out.truncate(out.trim_end().len() + 1);
    out
}

/// Renders the file of a command: its name and its content.
pub(crate) fn render(
    command: &Command,
    target: &Target<'_>,
    launcher: Option<&[u8]>,
) -> (String, Vec<u8>) {
    let python = target.root.join(&target.interpreter.scheme.scripts).join(target.python);
    match launcher {
        None => {
            let platform = target.interpreter.platform;
            let mut script =
                if target.relocatable { relative(&python) } else { shebang(&python, platform) };
            script.extend(command.body.as_bytes());
            (command.name.clone(), script)
        }
        Some(launcher) => {
            let mut script = launcher.to_vec();
            script.extend(if target.relocatable {
                relative_launcher_line(&python)
            } else {
                launcher_line(&python)
            });
            script.extend(zipped(&command.body));
            (format!("{}.exe", command.name), script)
        }
    }
}

/// The archive at the end of a Windows command.
fn zipped(body: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::DEFAULT);
    let written =
        zip.start_file("__main__.py", options).and_then(|()| Ok(zip.write_all(body.as_bytes())?));
    // A write to memory cannot fail.
    written.and_then(|()| zip.finish()).map(Cursor::into_inner).unwrap_or_default()
}

/// The launcher among pip's files that starts a console program on this kind of Windows machine.
pub(crate) fn launcher<'a>(wheel: &'a Wheel, machine: &str, pointer_bits: u8) -> Option<&'a [u8]> {
    let names: &[&str] = match (machine.to_ascii_lowercase().as_str(), pointer_bits) {
        // An old pip has none for ARM, where Windows also runs the x64 one.
        ("arm64" | "aarch64", _) => &["t64-arm", "t64"],
        (_, 32) => &["t32"],
        _ => &["t64"],
    };
    let file = |name| wheel.files.get(&format!("pip/_vendor/distlib/{name}.exe"));
    names.iter().find_map(file).map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::python::{Build, Implementation, Interpreter, Scheme};
    use crate::support::host::Platform;

    fn interpreter(platform: Platform) -> Interpreter {
        let (scripts, site) = match platform {
            Platform::Windows => ("Scripts", "Lib\\site-packages"),
            Platform::Linux | Platform::MacOs => ("bin", "lib/python3.12/site-packages"),
        };
        Interpreter {
            executable: "/usr/bin/python3".into(),
            real_executable: "/usr/bin/python3.12".into(),
            prefix: "/usr".into(),
            version: Version::new(3, 12, 1),
            implementation: Implementation::CPython,
            build: Build::default(),
            platform,
            machine: "x86_64".to_owned(),
            pointer_bits: 64,
            cache_tag: "cpython-312".to_owned(),
            bytecode_magic: "cb0d0d0a".to_owned(),
            extension_suffix: String::new(),
            wheel_platform: None,
            scheme: Scheme {
                scripts: scripts.into(),
                include: "include".into(),
                purelib: site.into(),
                platlib: site.into(),
            },
            stdlib: "/usr/lib/python3.12".into(),
            shared_library: None,
            companions: Vec::new(),
            wheels: Vec::new(),
            has_zlib: true,
            missing_modules: Vec::new(),
        }
    }

    #[cfg(unix)]
    fn first_lines(root: &str, relocatable: bool, platform: Platform) -> String {
        let (root, interpreter) = (Path::new(root), interpreter(platform));
        let target = Target { root, interpreter: &interpreter, python: "python", relocatable };
        let command = Command { name: "pip".to_owned(), body: String::new() };
        String::from_utf8(render(&command, &target, None).1).unwrap()
    }

    #[cfg(unix)]
    #[test]
    fn a_shebang_is_plain_where_the_kernel_takes_it() {
        // With `#!`, `/`, `/bin/python` and a newline: 127 bytes, and 128.
        let (fits, long) = (format!("/{}", "d".repeat(112)), format!("/{}", "d".repeat(113)));
        for (root, platform) in
            [("/work/.venv", Platform::Linux), (&fits, Platform::Linux), (&long, Platform::MacOs)]
        {
            assert_eq!(first_lines(root, false, platform), format!("#!{root}/bin/python\n"));
        }
        let shell = format!("#!/bin/sh\n'''exec' {long}/bin/python \"$0\" \"$@\"\n' '''\n");
        assert_eq!(first_lines(&long, false, Platform::Linux), shell);
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_finds_names_as_they_are() {
        let exec = |quoted| format!("#!/bin/sh\n'''exec' {quoted} \"$0\" \"$@\"\n' '''\n");
        for (root, quoted) in [
            ("/a b", r#""/a b/bin/python""#),
            ("/a $(b)", r"'/a $(b)/bin/python'"),
            ("/it's b", r#"'/it'"'"'s b/bin/python'"#),
        ] {
            assert_eq!(first_lines(root, false, Platform::Linux), exec(quoted));
        }
        let beside = exec(r#""$(dirname -- "$(realpath -- "$0")")"/'python'"#);
        assert_eq!(first_lines(r"/back\slash", false, Platform::Linux), beside);
        assert_eq!(first_lines("/work/.venv", true, Platform::Linux), beside);
    }

    #[test]
    fn on_windows_a_launcher_stands_in_front() {
        let interpreter = interpreter(Platform::Windows);
        let command = Command { name: "pip".to_owned(), body: "print()\n".to_owned() };
        for (relocatable, line) in
            [(false, "#!\"C:\\my env"), (true, "#!<launcher_dir>\\python.exe\n\r\n")]
        {
            let root = Path::new("C:\\my env");
            let python = "python.exe";
            let target = Target { root, interpreter: &interpreter, python, relocatable };
            let (name, data) = render(&command, &target, Some(b"MZ"));
            assert_eq!(name, "pip.exe");
            assert!(String::from_utf8_lossy(&data).starts_with(&format!("MZ{line}")));
            let mut archive = zip::ZipArchive::new(Cursor::new(data)).unwrap();
            let main = std::io::read_to_string(archive.by_name("__main__.py").unwrap()).unwrap();
            assert_eq!(main, command.body);
        }
    }

    fn wheel(entry_points: &str, install: &str) -> Wheel {
        let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
        let files = BTreeMap::from([
            file("pip-1.dist-info/entry_points.txt", entry_points),
            file("pip/_internal/operations/install/wheel.py", install),
        ]);
        Wheel { version: "1".to_owned(), dist_info: "pip-1.dist-info".to_owned(), files }
    }

    #[test]
    fn pip_gets_the_names_of_its_python() {
        let points = "[other]\nx = y:z\n[console_scripts]\npip = a.b:main\npip3 = a.b:main\n\
                      pip3.99 = a.b:main\nx=c:d.e\n\n[gui_scripts]\ny = z:z\n";
        let commands = of(&wheel(points, ""), Version::new(3, 12, 1));
        let names: Vec<_> = commands.iter().map(|command| command.name.as_str()).collect();
        assert_eq!(names, ["pip", "pip3", "pip3.12", "x"]);
        assert!(commands[3].body.contains("from c import d\n"));
        assert!(commands[3].body.contains("sys.exit(d.e())\n"));
    }

    #[test]
    fn a_template_of_pips_own_counts() {
        let install = concat!(
            "class PipScriptMaker(ScriptMaker):\n",
            "    script_template = textwrap.dedent(\n        \"\"\"\\\n",
            "        from %(module)s import %(import_name)s\n",
            "        if __name__ == '__main__':\n",
            "            sys.exit(%(func)s())\n\"\"\"\n    )\n"
        );
        let points = "[console_scripts]\npip = a.b:main\n";
        let commands = of(&wheel(points, install), Version::new(3, 12, 1));
        let body = "from a.b import main\nif __name__ == '__main__':\n    sys.exit(main())\n";
        assert_eq!(commands[0].body, body);
    }
}
