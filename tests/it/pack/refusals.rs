//! An environment that cannot work on another machine is refused before anything is written.

use super::*;

#[track_caller]
fn refused(fixture: &Fixture, args: &[&str], expected: &str) -> String {
    let args = [&["-o", "env.tar.gz"], args].concat();
    let ran = fixture.pack(&args).code(1);
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    let left: Vec<_> = fs::read_dir(fixture.sandbox.project())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert!(
        left.iter().all(|name| !name.to_string_lossy().contains("tar.gz")
            && !name.to_string_lossy().contains(".tmp")),
        "{left:?}"
    );
    ran.stderr
}

#[test]
fn paths_outside_of_the_archive_are_refused_even_with_force() {
    type Change = fn(&Path);
    let changes: [(&str, &str, Change); 6] = [
        ("a link", "`share/link` names `/etc/hostname`", |env| {
            fs::create_dir_all(env.join("share")).unwrap();
            std::os::unix::fs::symlink("/etc/hostname", env.join("share/link")).unwrap();
        }),
        ("a relative link", "names `../../outside`", |env| {
            fs::create_dir_all(env.join("share")).unwrap();
            fs::create_dir_all(env.join("../outside")).unwrap();
            std::os::unix::fs::symlink("../../outside", env.join("share/link")).unwrap();
        }),
        ("a link to a directory around it", "names", |env| {
            fs::create_dir_all(env.join("share")).unwrap();
            std::os::unix::fs::symlink("..", env.join("share/link")).unwrap();
        }),
        ("a .pth file", "mine.pth` names `/usr/share`", |env| {
            write(&site(env).join("mine.pth"), "/usr/share\n");
        }),
        ("a shebang", "`bin/tool` names `/usr/bin/python3`", |env| {
            write(&env.join("bin/tool"), "#!/usr/bin/python3\n");
        }),
        ("a kernel", "kernel.json` names `/opt/x/bin/python`", |env| {
            write(
                &env.join("share/jupyter/kernels/k/kernel.json"),
                "{\"argv\": [\"/opt/x/bin/python\"]}",
            );
        }),
    ];
    for (what, expected, change) in changes {
        let fixture = Fixture::new();
        let env = fixture.create(".venv");
        change(&env);
        for args in [&[][..], &["--force"]] {
            let said = refused(&fixture, args, expected);
            assert!(said.contains("--exclude"), "{what}: {said}");
        }
        let name = if what.contains(".pth") {
            "mine.pth"
        } else if what.contains("shebang") {
            "tool"
        } else {
            "share"
        };
        fixture.pack(&["-o", "env.tar.gz", "--exclude", name]).ok();
    }
}

#[test]
fn errors_of_check_refuse_unless_forced() {
    let fixture = Fixture::new();
    let env = fixture.create(".venv");
    fs::remove_file(site(&env).join("hi.py")).unwrap();
    let said = refused(&fixture, &[], "has faults");
    assert!(said.contains("[package-damaged]"), "{said}");
    fixture.pack(&["-o", "env.tar.gz", "--force"]).ok();
    let unpacked = fixture.unpack("env.tar.gz", "env");
    records_are_right(&unpacked);
}

#[test]
fn packages_of_the_base_are_missing_elsewhere() {
    let fixture = Fixture::new();
    let env = fixture.create(".venv");
    let cfg = fs::read_to_string(env.join("pyvenv.cfg")).unwrap();
    let cfg = cfg.replace("site-packages = false", "site-packages = true");
    write(&env.join("pyvenv.cfg"), cfg);
    refused(&fixture, &[], "uses packages of its base");
    fixture.pack(&["-o", "env.tar.gz", "--force"]).ok();
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let fixture = Fixture::new();
    fixture.create(".venv");
    for (args, expected) in [
        (&["-o", "env.rar"][..], "--format"),
        (&["-o", "env.tar", "--level", "3"], "--level"),
        (&["-o", "env.zip", "--level", "10"], "1 to 9"),
        (&["-o", "env.zip", "--python", "bin/python"], "absolute"),
        (&["-o", "env.zip", "--threads", "0"], "--threads"),
        (&[], "--output"),
    ] {
        let ran = fixture.pack(args).code(2);
        assert!(ran.stderr.contains(expected), "{args:?}: {}", ran.stderr);
    }
    fixture.pack(&["-o", "env", "--format", "zip"]).ok();
    assert!(fs::read(fixture.path("env")).unwrap().starts_with(b"PK"));
}

/// An editable install of `project`, found by what `files` write: name in `site-packages` and text.
fn editable(env: &Path, project: &Path, files: &[(&str, String)]) {
    let info = "proj-2.0.dist-info";
    let origin = format!(
        "{{\"url\": \"file://{}\", \"dir_info\": {{\"editable\": true}}}}",
        project.display()
    );
    let mut record = format!("{info}/RECORD,,\r\n");
    let metadata = "Metadata-Version: 2.1\nName: proj\nVersion: 2.0\n".to_owned();
    let own = [(format!("{info}/METADATA"), metadata), (format!("{info}/direct_url.json"), origin)];
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.clone()));
    for (name, text) in own.into_iter().chain(files) {
        write(&site(env).join(&name), &text);
        record += &row(&name, text.as_bytes());
    }
    write(&site(env).join(info).join("RECORD"), record);
}

#[test]
fn editable_installs_of_each_kind_are_refused_skipped_or_included() {
    for kind in ["src", "flat", "finder", "egg-link"] {
        let fixture = Fixture::new();
        let env = fixture.create(".venv");
        let project = fixture.path("code");
        let package = if kind == "src" { project.join("src/proj") } else { project.join("proj") };
        write(&package.join("__init__.py"), "value = 41\n");
        write(&package.join("data/table.csv"), "1,2\n");
        write(&package.join("__pycache__/x.pyc"), "x");
        write(&project.join("pyproject.toml"), "");
        write(&project.join("tests/__init__.py"), "");
        let source = package.parent().unwrap().display();
        match kind {
            "finder" => {
                let mapping =
                    format!("MAPPING: dict[str, str] = {{'proj': '{}'}}\n", package.display());
                let pth =
                    "import __editable___proj_2_0_finder; __editable___proj_2_0_finder.install()\n";
                editable(
                    &env,
                    &project,
                    &[
                        ("__editable___proj_2_0_finder.py", mapping),
                        ("__editable__.proj-2.0.pth", pth.to_owned()),
                    ],
                );
            }
            "egg-link" => {
                write(&site(&env).join("proj.egg-link"), format!("{source}\n."));
                write(&site(&env).join("easy-install.pth"), format!("{source}\n"));
            }
            _ => editable(&env, &project, &[("__editable__.proj-2.0.pth", format!("{source}\n"))]),
        }
        let said = refused(&fixture, &[], "editable installs would be missing");
        assert!(said.contains("--editable include"), "{said}");
        assert!(said.contains(project.to_str().unwrap()), "{kind}: {said}");

        fixture.pack(&["-o", "skip.tar.gz", "--editable", "skip"]).ok();
        let skipped = fixture.unpack("skip.tar.gz", "skip");
        assert!(files(&skipped).keys().all(|name| !name.contains("proj")), "{kind}");
        records_are_right(&skipped);

        fixture.pack(&["-o", "include.tar.gz", "--editable", "include"]).ok();
        let included = fixture.unpack("include.tar.gz", "include");
        fs::rename(&project, fixture.path("gone")).unwrap();
        let said =
            fixture.python_of(&included, "import proj; print(proj.value, proj.__file__)").ok();
        let file = site(&included).join("proj/__init__.py");
        assert_eq!(said.stdout, format!("41 {}\n", file.display()), "{kind}");
        let checked = records_are_right(&included);
        let expected = if kind == "egg-link" { 5 } else { 8 };
        assert_eq!(checked, expected, "{kind}");
        assert!(!site(&included).join("tests").exists(), "{kind}");
    }
}
