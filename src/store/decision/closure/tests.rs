use serde_json::json;

use super::super::configuration;
use super::super::installed::InstalledDist;
use super::super::options;
use super::super::pins;
use super::super::requirements_file::RequirementLine;
use super::*;

const KEY: &str = "key";

/// A stored distribution: `NAME VERSION`, what it requires, and changes of single values.
fn entry(what: &str, requires: &[&str], changes: &serde_json::Value) -> Entry {
    let (name, version) = what.split_once(' ').unwrap();
    let mut value = json!({
        "format": 1, "name": name, "version": version, "requires_python": null,
        "requires_dist": requires, "provides_extra": ["x", "Y"],
        "archive": {"url": "https://x.org", "hashes": {"sha256": format!("{name}{version}")}, "is_wheel": true, "is_yanked": false},
        "settings": KEY, "allowed": [], "dist_info": "", "tags": ["py3-none-any"], "built_on": null,
    });
    for (key, change) in changes.as_object().into_iter().flatten() {
        match value.get_mut("archive").and_then(|archive| archive.get_mut(key)) {
            Some(place) => *place = change.clone(),
            None => value[key] = change.clone(),
        }
    }
    serde_json::from_value(value).unwrap()
}

fn plain(what: &str, requires: &[&str]) -> Entry {
    entry(what, requires, &json!({}))
}

/// A request: lines (with a `#` before each hash), flags, what is installed.
#[derive(Default)]
struct Case<'a> {
    lines: &'a [&'a str],
    flags: &'a [&'a str],
    installed: &'a [(&'a str, &'a str, &'a [&'a str])],
    store: Vec<Entry>,
}

impl Case<'_> {
    /// The requirements, and the number of installed ones.
    fn decide(&self) -> Result<(Vec<String>, usize), Reason> {
        let lines: Vec<_> = self
            .lines
            .iter()
            .map(|line| {
                let mut parts = line.split('#').map(|part| part.trim().to_owned());
                RequirementLine { text: parts.next().unwrap(), hashes: parts.collect() }
            })
            .collect();
        let values = [("python_version", "3.12"), ("os_name", "posix")];
        let environment = Environment {
            values: values.map(|(name, value)| (name, value.to_owned())).into(),
            sets: Vec::new(),
        };
        let given = self.flags.iter().map(|flag| {
            let setting = || super::super::Setting::Argument((*flag).to_owned());
            options::by_name(flag).unwrap().given("", setting).unwrap()
        });
        let settings = Settings::new(Vec::<configuration::Default>::new(), given.collect());
        let dist = |(name, version, needs): &(&str, &str, &[&str])| {
            let requires_dist = needs.iter().map(|it| (*it).to_owned()).collect();
            let needs = Needs { requires_dist, provides_extra: Vec::new() };
            ((*name).to_owned(), InstalledDist { version: (*version).to_owned(), needs })
        };
        let installed = Installed { dists: self.installed.iter().map(dist).collect() };
        let closure = Closure {
            pins: &pins::of_lines(&lines, &environment)?,
            settings: &settings,
            key: &SettingsKey(KEY.to_owned()),
            installed: &installed,
            environment: &environment,
            python: &"3.12.1".parse().unwrap(),
        };
        let find = |name: &str| {
            self.store.iter().filter(|it| normalized(&it.name) == name).cloned().collect()
        };
        let (entries, already) = closure.entries(&find)?;
        Ok((entries.into_iter().map(|it| format!("{} {}", it.name, it.version)).collect(), already))
    }
}

#[track_caller]
fn installs(case: &Case<'_>, expected: &[&str], already: usize) {
    let expected = expected.iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(case.decide(), Ok((expected, already)));
}

#[test]
fn pins_with_all_dependencies_pinned_determine_the_result() {
    let store = vec![
        plain("A.a 1.0", &["b>=2", "c; python_version < '3'", "d; extra == 'x'"]),
        plain("b 2.0", &[]),
        plain("d 1", &["b[x]"]),
        plain("e 1", &[]),
    ];
    installs(
        &Case { lines: &["a_A==1", "b==2.0"], store: store.clone(), ..Case::default() },
        &["A.a 1.0", "b 2.0"],
        0,
    );
    installs(
        &Case {
            lines: &["a-a[x]==1", "b==2", "d==1", "c==1; os_name == 'nt'"],
            store: store.clone(),
            ..Case::default()
        },
        &["A.a 1.0", "b 2.0", "d 1"],
        0,
    );
    let missing =
        Case { lines: &["a-a[x]==1", "b==2"], store: store.clone(), ..Case::default() }.decide();
    assert!(matches!(missing, Err(Reason::DependencyMissing { .. })), "{missing:?}");
    // Without dependencies it does not matter which ones are pinned.
    installs(
        &Case { lines: &["a-a[x]==1"], flags: &["no-deps"], store, ..Case::default() },
        &["A.a 1.0"],
        0,
    );
}

#[test]
fn an_extra_that_a_dependency_requests_counts() {
    let store =
        vec![plain("a 1", &["b[x]"]), plain("b 1", &["c; extra == 'x'"]), plain("c 1", &[])];
    installs(
        &Case { lines: &["a==1", "b==1", "c==1"], store: store.clone(), ..Case::default() },
        &["a 1", "b 1", "c 1"],
        0,
    );
    let missing =
        Case { lines: &["a==1", "b==1"], store: store.clone(), ..Case::default() }.decide();
    assert!(matches!(missing, Err(Reason::DependencyMissing { .. })), "{missing:?}");
    for extra in ["y", "Y", "z"] {
        let line = format!("b[{extra}]==1");
        let found =
            Case { lines: &[&line, "c==1"], store: store.clone(), ..Case::default() }.decide();
        assert!(matches!(found, Err(Reason::Extra { .. })), "{extra}: {found:?}");
    }
}

#[test]
fn an_undetermined_request_makes_pip_run() {
    let case = |lines, store| Case { lines, store, ..Case::default() }.decide();
    let (a, version) = ("a".to_owned(), "1".to_owned());
    for (store, expected) in [
        (vec![], Reason::NotStored { name: a.clone(), version: version.clone() }),
        (vec![plain("a 2", &[])], Reason::NotStored { name: a.clone(), version: version.clone() }),
        (
            vec![entry("a 1", &[], &json!({"settings": "other"}))],
            Reason::OtherSettings { name: a.clone(), version: version.clone() },
        ),
        (
            vec![entry("a 1", &[], &json!({"allowed": ["sha256:a1"]}))],
            Reason::OtherSettings { name: a.clone(), version: version.clone() },
        ),
        (
            vec![entry("a 1", &[], &json!({"settings": null}))],
            Reason::OtherSettings { name: a.clone(), version },
        ),
        (vec![plain("a 1", &[]), plain("a 1+local", &[])], Reason::Ambiguous(a.clone())),
        (vec![entry("a 1", &[], &json!({"is_yanked": true}))], Reason::Yanked(a.clone())),
        (
            vec![entry("a 1", &[], &json!({"requires_python": ">=3.13"}))],
            Reason::RequiresPython(a.clone()),
        ),
        (
            vec![entry("a 1", &[], &json!({"requires_python": "3 or so"}))],
            Reason::RequiresPython(a.clone()),
        ),
        (vec![plain("a 1", &["?"])], Reason::Metadata(a.clone())),
        (
            vec![plain("a 1", &["b; platform_version == 'x'"])],
            Reason::Marker("b; platform_version == 'x'".to_owned()),
        ),
        (
            vec![plain("a 1", &["b"])],
            Reason::DependencyMissing { of: a.clone(), needs: "b".to_owned() },
        ),
    ] {
        assert_eq!(case(&["a==1"], store), Err(expected));
    }
    let store = vec![plain("a 1", &["b>1"]), plain("b 1", &[])];
    assert_eq!(
        case(&["a==1", "b==1"], store),
        Err(Reason::DependencyConflict { of: a.clone(), needs: "b>1".to_owned() })
    );
    let store = vec![plain("a 1", &["b @ https://x.org/b.whl"]), plain("b 1", &[])];
    assert_eq!(case(&["a==1", "b==1"], store), Err(Reason::Metadata(a)));
    installs(
        &Case {
            lines: &["a==1"],
            store: vec![entry("a 1", &[], &json!({"requires_python": ">=3.8, <4"}))],
            ..Case::default()
        },
        &["a 1"],
        0,
    );
}

#[test]
fn a_hash_names_the_archive_whatever_index_it_came_from() {
    let other = json!({"settings": "other"});
    let line = &["a==1 # sha256:a1"];
    let of = |store| Case { lines: line, store, ..Case::default() };
    installs(&of(vec![entry("a 1", &[], &other)]), &["a 1"], 0);
    installs(&of(vec![entry("a 1", &[], &json!({"settings": null}))]), &["a 1"], 0);
    // The same archive, installed under two settings.
    installs(&of(vec![entry("a 1", &[], &other), plain("a 1", &[])]), &["a 1"], 0);
    let built = json!({"settings": "other", "is_wheel": false});
    for store in [
        vec![entry("a 1", &[], &built)],
        vec![entry("a 1", &[], &json!({"hashes": {"sha256": "b"}}))],
    ] {
        assert!(matches!(of(store).decide(), Err(Reason::NotStored { .. })));
    }
    installs(&of(vec![entry("a 1", &[], &json!({"is_wheel": false}))]), &["a 1"], 0);
    let mixed = Case {
        lines: &["a==1 # sha256:a1", "b==1"],
        store: vec![plain("a 1", &[]), plain("b 1", &[])],
        ..Case::default()
    };
    assert_eq!(mixed.decide(), Err(Reason::HashMissing("b".to_owned())));
    let required = Case {
        lines: &["a==1"],
        flags: &["require-hashes"],
        store: vec![plain("a 1", &[])],
        ..Case::default()
    };
    assert_eq!(required.decide(), Err(Reason::HashMissing("a".to_owned())));
}

#[test]
fn of_several_hashes_pip_may_prefer_another() {
    let store = |allowed: &[&str]| vec![entry("a 1", &[], &json!({"allowed": allowed}))];
    let lines = &["a==1 # sha256:a1 # sha256:b"];
    for (allowed, is_used) in
        [(&[][..], true), (&["sha256:a1", "sha256:b", "sha256:c"], true), (&["sha256:a1"], false)]
    {
        let case = Case { lines, store: store(allowed), ..Case::default() };
        assert_eq!(case.decide().is_ok(), is_used, "{allowed:?}");
    }
    let unknown = vec![entry("a 1", &[], &json!({"settings": null}))];
    assert!(Case { lines, store: unknown, ..Case::default() }.decide().is_err());
    let both = vec![plain("a 1", &[]), entry("a 1", &[], &json!({"hashes": {"sha256": "b"}}))];
    assert_eq!(
        Case { lines, store: both, ..Case::default() }.decide(),
        Err(Reason::Ambiguous("a".to_owned()))
    );
}

#[test]
fn installed_distributions_count_with_their_own_metadata() {
    let store = || vec![plain("a 1", &[]), plain("b 1", &[])];
    let none: &[&str] = &[];
    let case = Case {
        lines: &["a==1", "b==1"],
        installed: &[("a", "1.0", none)],
        store: store(),
        ..Case::default()
    };
    installs(&case, &["b 1"], 1);
    let needs = Case {
        lines: &["a==1"],
        installed: &[("a", "1.0", &["b"])],
        store: store(),
        ..Case::default()
    };
    assert!(matches!(needs.decide(), Err(Reason::DependencyMissing { .. })));
    let other = Case {
        lines: &["a==1"],
        installed: &[("a", "2", none)],
        store: store(),
        ..Case::default()
    };
    assert_eq!(other.decide(), Err(Reason::OtherVersionInstalled("a".to_owned())));
    let upgrade = Case {
        lines: &["a==1"],
        flags: &["upgrade"],
        installed: &[("a", "1", none)],
        ..Case::default()
    };
    assert_eq!(upgrade.decide(), Err(Reason::Upgrade("a".to_owned())));
    let conflict = Case {
        lines: &["a==1"],
        installed: &[("c", "1", &["a>1"])],
        store: store(),
        ..Case::default()
    };
    assert!(matches!(conflict.decide(), Err(Reason::InstalledConflict { .. })));
    let satisfied = Case {
        lines: &["a==1"],
        installed: &[("c", "1", &["a>=1", "z"])],
        store: store(),
        ..Case::default()
    };
    installs(&satisfied, &["a 1"], 0);
}
