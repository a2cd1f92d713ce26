use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use super::*;

fn environment() -> Environment {
    let values = [("python_version", "3.12"), ("sys_platform", "linux"), ("os_name", "posix")];
    let values = values.map(|(name, value)| (name, value.to_owned())).to_vec();
    Environment { values, sets: vec![("dependency_groups", vec!["dev_a".to_owned()])] }
}

#[test]
fn every_form_of_a_requirement_is_read() {
    for (text, name, extras, versions) in [
        ("six", "six", &[][..], Some("")),
        ("six>=1.0,<2", "six", &[], Some(">=1.0, <2")),
        ("six (>=1.0)", "six", &[], Some(">=1.0")),
        ("requests[socks, a]>=2; x", "requests", &["socks", "a"], Some(">=2")),
        ("a @ https://x.org/a.zip", "a", &[], None),
        ("a-b.c ~= 1.4", "a-b.c", &[], Some("~=1.4")),
    ] {
        let read = Requirement::parse(text).unwrap();
        assert_eq!((&*read.name, read.extras.len()), (name, extras.len()), "{text}");
        assert_eq!(read.versions.map(|it| it.to_string()).as_deref(), versions, "{text}");
    }
    assert_eq!(Requirement::parse(" >=1"), None);
}

#[test]
fn markers_are_evaluated() {
    for (marker, plain, with_extra) in [
        ("python_version < '3.13'", true, false),
        ("python_version >= \"3.9\" and sys_platform == 'win32'", false, false),
        (
            "(sys_platform == 'win32' or os_name == 'posix') and python_version != '3.11'",
            true,
            false,
        ),
        ("'linux' in sys_platform", true, false),
        ("sys_platform not in 'win32 darwin'", true, false),
        ("extra == 'socks'", false, true),
        ("extra == 'other'", false, false),
        ("unknown == 'x'", false, false),
        ("python_version", false, false),
        ("'linux' == sys_platform and '3.11' < python_version", true, false),
    ] {
        let read = Requirement::parse(&format!("a; {marker}")).unwrap();
        assert_eq!(read.applies(&environment(), None), plain, "{marker}");
        assert_eq!(read.applies(&environment(), Some("socks")), with_extra, "{marker}");
    }
}

#[test]
fn a_marker_that_pips_may_judge_differently_has_no_value() {
    for (marker, extra, expected) in [
        ("", "", Some(true)),
        ("extra != 'x'", "", Some(true)),
        ("extra == 'x' or os_name == 'posix'", "", Some(true)),
        ("extra == 'x' and os_name == 'posix'", "x", Some(true)),
        ("extra == 'a_b'", "a-b", None),
        ("extra == 'A'", "a", None),
        ("extra in 'ab'", "a", None),
        ("sys_platform < 'm'", "", None),
        ("sys_platform == '1.0'", "", None),
        ("platform_release == 'x'", "", None),
        ("'a' == 'a'", "", None),
        ("python_version not == '3.12'", "", None),
        ("os_name == 'posix' os_name == 'posix'", "", None),
        ("(os_name == 'posix'", "", None),
        ("python_version ~= '3.10'", "", Some(true)),
        ("python_version in '3.11 3.12'", "", Some(true)),
        ("python_version >= '3.x'", "", None),
        ("'Dev.a' in dependency_groups and 'b' not in dependency_groups", "", Some(true)),
        ("'b' in dependency_groups or 'dev-a' not in dependency_groups", "", Some(false)),
        ("'b' in extras", "", None),
        ("'dev-a' == dependency_groups", "", None),
    ] {
        let read = Requirement::parse(&format!("a; {marker}")).unwrap();
        let read = if marker.is_empty() { Requirement::parse("a").unwrap() } else { read };
        assert_eq!(read.evaluate(&environment(), extra), expected, "{marker}");
    }
    let rc = Environment {
        values: vec![("python_full_version", "3.15.0rc1".to_owned())],
        ..environment()
    };
    assert_eq!(evaluate("python_full_version > '3.8'", &rc, ""), None);
}

#[test]
fn names_begin_and_end_with_a_letter_or_a_digit() {
    for name in ["a", "A.b_c-d", "3", "zope.interface"] {
        assert!(is_name(name), "{name}");
    }
    for name in ["", "-a", "a-", "a b", "é", "a/b", "."] {
        assert!(!is_name(name), "{name}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".*", marker in "[a-z_()'\"<>=! ]{0,40}") {
        let _ = requires_dist(&format!("Requires-Dist: {text}"), Extras::With).count();
        for text in [format!("a;{marker}"), format!("a;{text}")] {
            let read = Requirement::parse(&text);
            let _ = read.map(|read| read.applies(&environment(), Some("x")));
        }
    }
}

/// A marker, also one that no pip accepts.
fn marker() -> impl Strategy<Value = String> {
    let variable = prop::sample::select(vec![
        "python_version",
        "python_version",
        "python_full_version",
        "implementation_version",
        "os_name",
        "sys_platform",
        "platform_system",
        "platform_machine",
        "platform_python_implementation",
        "implementation_name",
        "platform_release",
        "platform_version",
        "extra",
        "extra",
    ]);
    let literal = prop::sample::select(vec![
        "'3.8'",
        "'3.12'",
        "\"3.99\"",
        "'3.1.*'",
        "'3'",
        "'linux'",
        "'win32 linux'",
        "'posix'",
        "'nt'",
        "'Linux'",
        "'x86_64'",
        "'CPython'",
        "'cpython'",
        "'x'",
        "'X'",
        "'a-b'",
        "'a_b'",
        "''",
        "'5.0'",
        "'SMP'",
        "'1.0a1'",
    ]);
    let operator = prop::sample::select(vec![
        "==", "==", "!=", "<", "<=", ">", ">=", "~=", "===", "in", "not in",
    ]);
    let comparison = (variable, operator, literal, any::<bool>());
    let comparison = comparison.prop_map(|(variable, operator, literal, is_reversed)| {
        let [left, right] = if is_reversed { [literal, variable] } else { [variable, literal] };
        format!("{left} {operator} {right}")
    });
    comparison.prop_recursive(2, 4, 2, |inner| {
        (inner.clone(), prop::sample::select(vec!["and", "or"]), inner)
            .prop_map(|(left, word, right)| format!("({left} {word} {right})"))
    })
}

/// The variables, and the values of the markers.
type Answer = (std::collections::BTreeMap<String, String>, Vec<Option<bool>>);

/// Whatever has a value has the same value for pip.
#[test]
fn markers_have_the_values_that_they_have_for_pip() {
    use proptest::test_runner::{RngAlgorithm, TestRng};
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let case = (marker(), prop::sample::select(vec!["", "x", "a-b"]));
    let cases = std::iter::repeat_with(|| case.new_tree(&mut runner).unwrap().current());
    let cases: Vec<(String, &str)> = cases.take(3000).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, serde_json::to_vec(&cases).unwrap()).unwrap();
    let mut python = std::process::Command::new("python3");
    let Ok(output) = python.args(["-c", include_str!("reference.py")]).arg(file.path()).output()
    else {
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (variables, values): Answer = serde_json::from_slice(&output.stdout).unwrap();
    let variables = variables.into_iter().map(|(name, value)| (&*name.leak(), value));
    let environment = Environment { values: variables.collect(), sets: Vec::new() };
    let mut judged = 0;
    for ((marker, extra), expected) in cases.iter().zip(values) {
        let Some(value) = evaluate(marker, &environment, extra) else { continue };
        assert_eq!(Some(value), expected, "{marker} with `{extra}`");
        judged += 1;
    }
    assert!(judged > 300, "too few of the markers have a value: {judged}");
}

/// METADATA is untrusted: unlimited recursion on parentheses would overflow the stack and abort.
#[test]
fn parentheses_are_nested_to_a_limit() {
    let nested =
        |depth: usize| format!("six; {}os_name == 'posix'{}", "(".repeat(depth), ")".repeat(depth));
    let evaluate = |depth| Requirement::parse(&nested(depth)).unwrap().evaluate(&environment(), "");
    assert_eq!(evaluate(DEEPEST), Some(true));
    assert_eq!(evaluate(DEEPEST + 1), None);
    assert_eq!(evaluate(200_000), None);
}

#[test]
fn runs_of_separators_are_one_in_names_of_groups_and_extras() {
    let evaluate =
        |text: &str, extra| Requirement::parse(text).unwrap().evaluate(&environment(), extra);
    assert_eq!(evaluate("six; 'DEV--a' in dependency_groups", ""), Some(true));
    // Releases of pip differ in extras that are equal only when normalized.
    assert_eq!(evaluate("six; extra == 'a__b'", "a-b"), None);
}
