//! The sources of pip's wheel.

use std::path::{Path, PathBuf};

use pep440_rs::Version;

use super::image::Image;
use super::index;
use super::index::kept;
use super::layout::Layout;
use super::wheel::{WheelFault, version_in_name};
use super::{Choice, SeedContext};
use crate::python::{Implementation, Interpreter};
use crate::seed::{Error, Result};

/// The wheel of `project` that the base's `ensurepip` would install.
pub(crate) fn bundled<'a>(python: &'a Interpreter, project: &str) -> Option<&'a Path> {
    let wheels = python.wheels.iter().filter(|wheel| wheel.project == project);
    // The file may have been deleted since the probe.
    wheels.map(|wheel| wheel.path.as_path()).find(|path| path.is_file())
}

/// The image of the chosen pip.
pub(crate) fn pip(job: &mut SeedContext<'_>) -> Result<Image> {
    match &job.options.choice {
        Choice::Wheel(path) => image(job, &job.host.absolute(path)),
        Choice::Bundled => bundled_or_cached(job),
        Choice::Latest => latest(job),
        Choice::Version(version) => match version.parse() {
            Ok(version) => exactly(job, &version),
            Err(_) => Err(Error::PipVersionInvalid { version: version.clone() }),
        },
    }
}

/// The wheel of setuptools for the environment: the bundled one, or the newest on the index; `None` if
/// `ensurepip` does not install it.
pub(crate) fn setuptools(job: &mut SeedContext<'_>) -> Result<Option<PathBuf>> {
    let Some(wheel) = bundled(job.interpreter, "setuptools").map(Path::to_owned) else {
        return Ok(None);
    };
    if !job.options.newest_setuptools || job.options.offline {
        return Ok(Some(wheel));
    }
    let pip = bundled_or_cached(job)?;
    index::download(job, &pip, "setuptools", "setuptools").map(Some)
}

/// The default pip: the one bundled with the base, else the newest in the cache, else the newest on the
/// index.
fn bundled_or_cached(job: &mut SeedContext<'_>) -> Result<Image> {
    if let Some(wheel) = bundled(job.interpreter, "pip") {
        return image(job, wheel);
    }
    if let Some(image) = first_fitting(job, kept(job.cache))? {
        return Ok(image);
    }
    if job.options.offline {
        return Err(offline(job, "pip".to_owned()));
    }
    match index::fetch(job) {
        Ok(wheel) => image(job, &wheel),
        // The index did not cause this: another cache can work.
        Err(error @ Error::CacheUnwritable { .. }) => Err(error),
        Err(error) => Err(Error::PipUnavailable {
            python: job.interpreter.executable.clone(),
            package: package(job.interpreter),
            source: Box::new(error),
        }),
    }
}

fn latest(job: &mut SeedContext<'_>) -> Result<Image> {
    if !job.options.offline {
        return downloaded(job, "pip");
    }
    let mut wheels = kept(job.cache);
    let bundled = bundled(job.interpreter, "pip").map(Path::to_owned);
    wheels.extend(bundled.and_then(|wheel| Some((version_in_name(&wheel, "pip")?, wheel))));
    wheels.sort_by(|(a, _), (b, _)| b.cmp(a));
    first_fitting(job, wheels)?.ok_or_else(|| offline(job, "pip".to_owned()))
}

fn exactly(job: &mut SeedContext<'_>, version: &Version) -> Result<Image> {
    let bundled = bundled(job.interpreter, "pip")
        .filter(|wheel| version_in_name(wheel, "pip").as_ref() == Some(version));
    if let Some(wheel) = bundled {
        return image(job, wheel);
    }
    let wheels = kept(job.cache).into_iter().filter(|(kept, _)| kept == version).collect();
    if let Some(image) = first_fitting(job, wheels)? {
        return Ok(image);
    }
    let requirement = format!("pip=={version}");
    if job.options.offline { Err(offline(job, requirement)) } else { downloaded(job, &requirement) }
}

fn downloaded(job: &mut SeedContext<'_>, requirement: &str) -> Result<Image> {
    let pip = bundled_or_cached(job)?;
    let wheel = index::download(job, &pip, "pip", requirement)?;
    image(job, &wheel)
}

/// The image of the first of these cached wheels that supports this Python.
fn first_fitting(
    job: &mut SeedContext<'_>,
    wheels: Vec<(Version, PathBuf)>,
) -> Result<Option<Image>> {
    for (_, wheel) in wheels {
        match image(job, &wheel) {
            // It does not support this Python, is damaged, or was deleted.
            Err(Error::Wheel { .. } | Error::Fs(crate::fs::Error::Io { .. })) => {}
            image => return image.map(Some),
        }
    }
    Ok(None)
}

/// The image of this wheel of pip.
fn image(job: &mut SeedContext<'_>, wheel: &Path) -> Result<Image> {
    let Some(version) = version_in_name(wheel, "pip") else {
        return Err(Error::Wheel { path: wheel.to_owned(), fault: WheelFault::Name });
    };
    let layout = layout(job, &version);
    Image::obtain(job, "pip", wheel, layout)
}

/// The requested layout if it works with this pip.
fn layout(job: &SeedContext<'_>, pip: &Version) -> Layout {
    let python = job.interpreter;
    let can_import =
        matches!(python.implementation, Implementation::CPython | Implementation::PyPy);
    // Before 22.3, pip builds sdists with a copy of its own directory, packed into a zip file.
    if python.has_zlib && can_import && *pip >= Version::new([22, 3]) {
        job.options.layout
    } else {
        Layout::Files
    }
}

fn offline(job: &SeedContext<'_>, requirement: String) -> Error {
    let python = job.interpreter.executable.clone();
    Error::PipOffline { requirement, python, package: package(job.interpreter) }
}

/// The package of Debian and its derivatives that contains the wheels for their Pythons.
fn package(python: &Interpreter) -> Option<String> {
    let is_system = python.prefix == Path::new("/usr") || python.stdlib.starts_with("/usr/lib");
    if !is_system || !Path::new("/etc/debian_version").exists() {
        return None;
    }
    match python.implementation {
        Implementation::CPython => Some(format!("python{}-venv", python.version.short())),
        Implementation::PyPy => Some("pypy3-venv".to_owned()),
        Implementation::GraalPy | Implementation::Other(_) => None,
    }
}
