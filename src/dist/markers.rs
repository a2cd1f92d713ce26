//! The values of markers' variables for an interpreter.

use crate::formats::requirement::Environment;
use crate::python::{Implementation, Interpreter};
use crate::support::host::Platform;

/// The markers' variables for an interpreter (PEP 508). `platform_release` and `platform_version`
/// are left out: they tell of the running system, and what names them is not judged.
pub(crate) fn environment(interpreter: &Interpreter) -> Environment {
    let (os_name, sys_platform, system) = match interpreter.platform {
        Platform::Linux => ("posix", "linux", "Linux"),
        Platform::MacOs => ("posix", "darwin", "Darwin"),
        Platform::Windows => ("nt", "win32", "Windows"),
    };
    let implementation = match interpreter.implementation {
        Implementation::CPython => "CPython",
        Implementation::PyPy => "PyPy",
        Implementation::GraalPy => "GraalVM",
        Implementation::Other(_) => "",
    };
    let values = [
        ("python_version", interpreter.version.short()),
        ("python_full_version", interpreter.version.to_string()),
        ("os_name", os_name.to_owned()),
        ("sys_platform", sys_platform.to_owned()),
        ("platform_system", system.to_owned()),
        ("platform_machine", interpreter.machine.clone()),
        ("platform_python_implementation", implementation.to_owned()),
        ("implementation_name", interpreter.implementation.name().to_owned()),
    ];
    Environment { values: values.into(), sets: Vec::new() }
}
