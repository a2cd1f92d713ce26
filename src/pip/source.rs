//! Where wheels come from.

use std::path::Path;

use pep440_rs::Version;

use super::image::Image;
use super::layout::Layout;
use super::wheel::{WheelFault, version_in_name};
use super::{Choice, Job};
use crate::error::{Error, Result};
use crate::python::{Implementation, Interpreter};

/// The wheel of `project` that the base's `ensurepip` would install.
pub(crate) fn bundled<'a>(python: &'a Interpreter, project: &str) -> Option<&'a Path> {
    let wheels = python.wheels.iter().filter(|wheel| wheel.project == project);
    // What a probe once found can be gone since.
    wheels.map(|wheel| wheel.path.as_path()).find(|path| path.is_file())
}

/// The image of the pip that was asked for.
pub(crate) fn pip(job: &mut Job<'_>) -> Result<Image> {
    match &job.options.choice {
        Choice::Wheel(path) => image(job, &job.host.absolute(path)),
        // A version and the latest ask the index, which is still to come.
        Choice::Bundled | Choice::Latest | Choice::Version(_) => at_hand(job),
    }
}

/// The pip that there is without asking for a certain one: the base's, else the newest in the cache.
fn at_hand(job: &mut Job<'_>) -> Result<Image> {
    if let Some(wheel) = bundled(job.interpreter, "pip") {
        return image(job, wheel);
    }
    Err(Error::PipOffline {
        requirement: "pip".to_owned(),
        python: job.interpreter.executable.clone(),
    })
}

/// The image of this wheel of pip.
fn image(job: &mut Job<'_>, wheel: &Path) -> Result<Image> {
    let Some(version) = version_in_name(wheel, "pip") else {
        return Err(Error::Wheel { path: wheel.to_owned(), fault: WheelFault::Name });
    };
    let layout = layout(job, &version);
    Image::obtain(job, "pip", wheel, layout)
}

/// The layout that was asked for, where it can work.
fn layout(job: &Job<'_>, pip: &Version) -> Layout {
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
