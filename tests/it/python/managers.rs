use super::fixture::Fixture;

/// Each manager's own directories, with an older and a newer Python in each.
const LAYOUTS: [(&str, [&str; 2]); 7] = [
    (
        "pyenv",
        ["home/.pyenv/versions/3.17.9/bin/python3", "home/.pyenv/versions/3.17.10/bin/python3"],
    ),
    (
        "uv",
        [
            "home/.local/share/uv/python/cpython-3.17.9-linux-x86_64-gnu/bin/python3",
            "home/.local/share/uv/python/cpython-3.17.10-linux-x86_64-gnu/bin/python3",
        ],
    ),
    (
        "mise",
        [
            "home/.local/share/mise/installs/python/3.17.9/bin/python3",
            "home/.local/share/mise/installs/python/3.17.10/bin/python3",
        ],
    ),
    (
        "asdf",
        [
            "home/.asdf/installs/python/3.17.9/bin/python3",
            "home/.asdf/installs/python/3.17.10/bin/python3",
        ],
    ),
    (
        "rye",
        [
            "home/.rye/py/cpython@3.17.9/bin/python3",
            "home/.rye/py/cpython@3.17.10/install/bin/python3",
        ],
    ),
    (
        "hatch",
        [
            "home/.local/share/hatch/pythons/3.16/python/bin/python3",
            "home/.local/share/hatch/pythons/3.17/python/bin/python3",
        ],
    ),
    ("Homebrew", ["brew/opt/python@3.16/bin/python3.16", "brew/opt/python@3.17/bin/python3.17"]),
];

#[test]
fn each_managers_installations_are_found_newest_first() {
    for (manager, [older, newer]) in LAYOUTS {
        if manager == "hatch" && cfg!(target_os = "macos") {
            continue; // has a place of its own there
        }
        let mut fixture = Fixture::new();
        fixture.set("HOMEBREW_PREFIX", fixture.at("brew"));
        let version = if older.contains("3.16") { "3.16.2" } else { "3.17.9" };
        fixture.fake(older, version);
        fixture.fake(newer, "3.17.10");
        assert_eq!(fixture.finds("cpython>=3.16.1,<3.18"), (newer.into(), manager.into()));
        assert_eq!(fixture.finds(&format!("=={version}")), (older.into(), manager.into()));
        assert_eq!(
            fixture.runs(),
            [newer, older],
            "{manager}: the older one is not run before it is wanted"
        );
    }
}

#[test]
fn their_variables_move_them() {
    let rows = [
        ("PYENV_ROOT", "else/where", "versions/3.17.0"),
        ("UV_PYTHON_INSTALL_DIR", "else/where", "cpython-3.17.0-linux-x86_64-gnu"),
        ("XDG_DATA_HOME", "data", "uv/python/cpython-3.17.0-linux-x86_64-gnu"),
        ("XDG_DATA_HOME", "data", "mise/installs/python/3.17.0"),
        ("MISE_DATA_DIR", "else/where", "installs/python/3.17.0"),
        ("ASDF_DATA_DIR", "else/where", "installs/python/3.17.0"),
        ("RYE_HOME", "else/where", "py/cpython@3.17.0"),
    ];
    for (variable, root, dir) in rows {
        let mut fixture = Fixture::new();
        fixture.set(variable, fixture.at(root));
        let python = format!("{root}/{dir}/bin/python3");
        fixture.fake(&python, "3.17.0");
        assert_eq!(fixture.finds("3.17").0, python, "{variable}");
    }
}

#[test]
fn the_newest_of_all_managers_comes_first() {
    let fixture = Fixture::new();
    fixture.fake("home/.pyenv/versions/3.17.9/bin/python3", "3.17.9");
    fixture.fake("home/.asdf/installs/python/3.17.10/bin/python3", "3.17.10");
    fixture.fake("home/.rye/py/cpython@3.17.10/bin/python3", "3.17.10");
    assert_eq!(fixture.finds("3.17").1, "asdf");
}

#[test]
fn a_link_that_follows_patch_releases_is_kept_and_one_that_moves_on_further_is_not() {
    let fixture = Fixture::new();
    let dir = "home/.local/share/uv/python";
    let name = "cpython-3.17.2-linux-x86_64-gnu";
    fixture.fake(&format!("{dir}/{name}/bin/python3"), "3.17.2");
    fixture.link(&format!("{dir}/cpython-3.17-linux-x86_64-gnu"), name);
    fixture.link(&format!("{dir}/cpython-3-linux-x86_64-gnu"), name);
    assert_eq!(fixture.finds("3.17").0, format!("{dir}/cpython-3.17-linux-x86_64-gnu/bin/python3"));
    // Who wants this very release gets it.
    assert_eq!(fixture.finds("3.17.2").0, format!("{dir}/{name}/bin/python3"));

    let fixture = Fixture::new();
    let dir = "home/.local/share/mise/installs/python";
    fixture.fake(&format!("{dir}/3.17.2/bin/python3"), "3.17.2");
    for (link, target) in [("3", "./3.17.2"), ("latest", "./3.17.2")] {
        fixture.link(&format!("{dir}/{link}"), target);
    }
    assert_eq!(fixture.finds(">=3.17").0, format!("{dir}/3.17.2/bin/python3"));
}

#[test]
fn conda_is_found_by_its_bases_and_its_own_list_after_everything_else() {
    let fixture = Fixture::new();
    for dir in ["home/miniforge3", "home/miniforge3/envs/web", "far/away"] {
        fixture.write(&format!("{dir}/conda-meta/history"), "");
    }
    fixture.fake("home/miniforge3/bin/python3", "3.17.1");
    fixture.fake("home/miniforge3/envs/web/bin/python3", "3.18.1");
    fixture.fake("far/away/bin/python3", "3.19.1");
    let list = format!("{}\n/no/such/environment\n", fixture.at("far/away").display());
    fixture.write("home/.conda/environments.txt", &list);
    for (request, python) in [
        ("3.17", "home/miniforge3/bin/python3"),
        ("3.18", "home/miniforge3/envs/web/bin/python3"),
        ("3.19", "far/away/bin/python3"),
    ] {
        assert_eq!(fixture.finds(request), (python.into(), "conda".into()));
    }
    fixture.fake("home/.pyenv/versions/3.17.0/bin/python3", "3.17.0");
    assert_eq!(fixture.finds(">=3.17").1, "pyenv");
}

#[test]
fn an_installation_without_an_executable_is_ignored() {
    let fixture = Fixture::new();
    fixture.write("home/.pyenv/versions/3.17.0/lib/python3.17/os.py", "");
    fixture.write("home/.pyenv/versions/3.17.1", "a file");
    assert!(fixture.try_find("3.17").is_err());
}
