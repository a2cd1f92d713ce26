//! Whether this process runs in a container, where owners and modes say little about people.

use std::path::Path;

use super::host::Host;

/// Files that Docker and Podman create in every container.
const FILES: [&str; 2] = ["/.dockerenv", "/run/.containerenv"];
/// Set by systemd-nspawn, LXC and Podman (systemd's Container Interface), and by Kubernetes.
const VARIABLES: [&str; 2] = ["container", "KUBERNETES_SERVICE_HOST"];
/// `OVERLAYFS_SUPER_MAGIC` of statfs(2): the root that `BuildKit` and containerd give, who create
/// none of the files.
#[cfg(any(target_os = "linux", target_os = "android"))]
const OVERLAY: rustix::fs::FsWord = 0x794c_7630;

/// Whether this is a container. `RVENV_CONTAINER=0|1` overrules what the system shows.
pub fn is_container(host: &Host) -> bool {
    match host.var("RVENV_CONTAINER").and_then(|value| value.to_str()) {
        Some("0") => false,
        Some("1") => true,
        _ => {
            VARIABLES.iter().any(|name| host.var(name).is_some())
                || FILES.iter().any(|file| Path::new(file).exists())
                || is_root_overlay()
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_root_overlay() -> bool {
    rustix::fs::statfs("/").is_ok_and(|stat| stat.f_type == OVERLAY)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_root_overlay() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_overrules() {
        let host = |vars: &[(&str, &str)]| Host::new(vars.iter().copied(), "/");
        assert!(is_container(&host(&[("RVENV_CONTAINER", "1")])));
        assert!(!is_container(&host(&[("RVENV_CONTAINER", "0"), ("container", "lxc")])));
        for name in VARIABLES {
            assert!(is_container(&host(&[(name, "x")])), "{name}");
        }
        // Anything else says nothing about containers.
        let by_system = is_container(&host(&[]));
        assert_eq!(is_container(&host(&[("RVENV_CONTAINER", "no")])), by_system);
    }
}
