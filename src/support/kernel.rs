//! The running kernel.

/// Its release and version, as `platform.release()` and `platform.version()` of Python give them; `None`
/// on Windows, where Python takes them from elsewhere.
#[cfg(unix)]
pub(crate) fn release_and_version() -> Option<(String, String)> {
    let name = rustix::system::uname();
    let text = |field: &std::ffi::CStr| field.to_str().map(str::to_owned).ok();
    Some((text(name.release())?, text(name.version())?))
}

#[cfg(not(unix))]
pub(crate) fn release_and_version() -> Option<(String, String)> {
    None
}
