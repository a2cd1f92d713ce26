//! Whether pins determine the result: each is stored or installed, and each dependency is pinned too.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use pep440_rs::{Version, VersionSpecifiers};

use super::installed::{Installed, Needs};
use super::options::Meaning;
use super::pins::Pin;
use super::reason::Reason;
use super::settings::Settings;
use crate::formats::requirement::normalized;
use crate::formats::requirement::{Environment, Requirement};
use crate::store::{Entry, SettingsKey};

/// Everything that the decision depends on.
pub(super) struct Closure<'a> {
    pub(super) pins: &'a BTreeMap<String, Pin>,
    pub(super) settings: &'a Settings,
    pub(super) key: &'a SettingsKey,
    pub(super) installed: &'a Installed,
    pub(super) environment: &'a Environment,
    /// The Python's version without the mark of a pre-release, as pip compares it.
    pub(super) python: &'a Version,
}

/// The distribution that a pin selects.
struct Resolved {
    version: Version,
    needs: Needs,
    /// `None` if it is installed.
    entry: Option<Entry>,
}

impl Closure<'_> {
    /// The entries to install, and how many pins are installed already. `find` gives the stored
    /// distributions of a normalized name.
    ///
    /// # Errors
    /// The reason why pip has to decide.
    pub(super) fn entries(
        &self,
        find: &dyn Fn(&str) -> Vec<Entry>,
    ) -> Result<(Vec<Entry>, usize), Reason> {
        self.check_hashes()?;
        let mut resolved = BTreeMap::new();
        for (name, pin) in self.pins {
            let found = match self.installed(name, pin)? {
                Some(found) => found,
                None => self.stored(name, pin, find(name))?,
            };
            resolved.insert(&**name, found);
        }
        if !self.settings.has(Meaning::NoDeps) {
            self.check_dependencies(&resolved)?;
        }
        self.check_installed(&resolved)?;
        let count = resolved.len();
        let entries: Vec<_> = resolved.into_values().filter_map(|it| it.entry).collect();
        let already = count - entries.len();
        Ok((entries, already))
    }

    /// pip demands a hash for each requirement if one has a hash.
    fn check_hashes(&self) -> Result<(), Reason> {
        let is_hashed = self.settings.has(Meaning::RequireHashes)
            || self.pins.values().any(|pin| !pin.hashes.is_empty());
        let mut pins = self.pins.iter().filter(|(_, pin)| pin.hashes.is_empty());
        match pins.next() {
            Some((name, _)) if is_hashed => Err(Reason::HashMissing(name.clone())),
            _ => Ok(()),
        }
    }

    fn installed(&self, name: &str, pin: &Pin) -> Result<Option<Resolved>, Reason> {
        let Some(dist) = self.installed.dists.get(name) else { return Ok(None) };
        let version = dist.version.parse::<Version>().ok().filter(|version| pin.matches(version));
        let version = version.ok_or_else(|| Reason::OtherVersionInstalled(name.to_owned()))?;
        if self.settings.has(Meaning::Upgrade) {
            return Err(Reason::Upgrade(name.to_owned()));
        }
        Ok(Some(Resolved { version, needs: dist.needs.clone(), entry: None }))
    }

    fn stored(&self, name: &str, pin: &Pin, entries: Vec<Entry>) -> Result<Resolved, Reason> {
        let at = || (name.to_owned(), pin.version.clone());
        let version = |entry: &Entry| entry.version.parse().ok().filter(|it| pin.matches(it));
        let entries = entries.into_iter().filter_map(|entry| Some((version(&entry)?, entry)));
        let (usable, other): (Vec<_>, Vec<_>) =
            entries.partition(|(_, entry)| self.is_usable(pin, entry));
        let mut archives = usable.iter().map(|(_, entry)| &entry.archive.hashes);
        let first = archives.next();
        if archives.any(|hashes| Some(hashes) != first) {
            return Err(Reason::Ambiguous(name.to_owned()));
        }
        let Some((version, entry)) = usable.into_iter().next() else {
            let (name, version) = at();
            let is_stored = pin.hashes.is_empty() && !other.is_empty();
            return Err(if is_stored {
                Reason::OtherSettings { name, version }
            } else {
                Reason::NotStored { name, version }
            });
        };
        if entry.archive.is_yanked {
            return Err(Reason::Yanked(name.to_owned()));
        }
        self.check_python(&entry)?;
        let needs = Needs {
            requires_dist: entry.requires_dist.clone(),
            provides_extra: entry.provides_extra.clone(),
        };
        Ok(Resolved { version, needs, entry: Some(entry) })
    }

    /// Whether pip would select the stored archive of `entry` for `pin`.
    fn is_usable(&self, pin: &Pin, entry: &Entry) -> bool {
        let has_same_settings = entry.settings.as_ref() == Some(self.key);
        if pin.hashes.is_empty() {
            return has_same_settings && entry.allowed.is_empty();
        }
        let mut own = entry.archive.hashes.iter().map(|(name, digest)| format!("{name}:{digest}"));
        let is_wheel = entry.archive.is_wheel && !self.settings.may_exclude_wheels();
        // pip preferred the archive to all others that it was allowed to take.
        let was_free = entry.settings.is_some() && entry.allowed.is_empty();
        let is_preferred = pin.hashes.len() == 1
            || was_free
            || pin.hashes.iter().all(|hash| entry.allowed.contains(hash));
        own.any(|hash| pin.hashes.contains(&hash))
            && (has_same_settings || is_wheel)
            && is_preferred
    }

    fn check_python(&self, entry: &Entry) -> Result<(), Reason> {
        let Some(text) = &entry.requires_python else { return Ok(()) };
        let versions = text.parse::<VersionSpecifiers>();
        let fits = versions.is_ok_and(|versions| versions.contains(self.python));
        fits.then_some(()).ok_or_else(|| Reason::RequiresPython(entry.name.clone()))
    }

    /// Each dependency, with the extras that are requested by lines or by other dependencies.
    fn check_dependencies(&self, resolved: &BTreeMap<&str, Resolved>) -> Result<(), Reason> {
        let mut queue: VecDeque<(&str, String)> = VecDeque::new();
        let mut seen = BTreeSet::new();
        for (name, pin) in self.pins {
            queue.push_back((name, String::new()));
            queue.extend(pin.extras.iter().map(|extra| (&**name, extra.clone())));
        }
        while let Some((name, extra)) = queue.pop_front() {
            if !seen.insert((name, extra.clone())) {
                continue;
            }
            let Some(of) = resolved.get(name) else { continue };
            if !extra.is_empty() {
                check_extra(name, &extra, &of.needs)?;
            }
            for text in &of.needs.requires_dist {
                let Some(needed) = self.needed(name, text, &extra)? else { continue };
                let key = normalized(&needed.name);
                let missing =
                    || Reason::DependencyMissing { of: name.to_owned(), needs: text.clone() };
                let (key, found) = resolved.get_key_value(&*key).ok_or_else(missing)?;
                let versions = needed.versions.ok_or_else(|| Reason::Metadata(name.to_owned()))?;
                if !versions.contains(&found.version) {
                    let of = name.to_owned();
                    return Err(Reason::DependencyConflict { of, needs: text.clone() });
                }
                queue.extend(needed.extras.into_iter().map(|extra| (*key, extra)));
            }
        }
        Ok(())
    }

    /// A `Requires-Dist` if it applies with this extra.
    fn needed(&self, of: &str, text: &str, extra: &str) -> Result<Option<Requirement>, Reason> {
        let unreadable = || Reason::Metadata(of.to_owned());
        let requirement = Requirement::parse(text).ok_or_else(unreadable)?;
        let applies = requirement.evaluate(self.environment, extra);
        let applies = applies.ok_or_else(|| Reason::Marker(text.to_owned()))?;
        Ok(applies.then_some(requirement))
    }

    /// Whether what is installed and not requested is satisfied by what is to be installed.
    fn check_installed(&self, resolved: &BTreeMap<&str, Resolved>) -> Result<(), Reason> {
        let others = self.installed.dists.iter().filter(|(name, _)| !self.pins.contains_key(*name));
        for (name, dist) in others {
            for text in &dist.needs.requires_dist {
                let Some(needed) = self.needed(name, text, "")? else { continue };
                let found = resolved.get(&*normalized(&needed.name));
                let Some(found) = found.filter(|it| it.entry.is_some()) else { continue };
                let is_satisfied = needed.versions.is_some_and(|it| it.contains(&found.version));
                if !is_satisfied {
                    let installed = name.clone();
                    return Err(Reason::InstalledConflict { installed, needs: text.clone() });
                }
            }
        }
        Ok(())
    }
}

/// Whether a distribution has an extra of this very name: releases of pip normalize other spellings in
/// different ways.
fn check_extra(name: &str, extra: &str, needs: &Needs) -> Result<(), Reason> {
    let is_normal = normalized(extra) == extra;
    if is_normal && needs.provides_extra.iter().any(|provided| provided == extra) {
        return Ok(());
    }
    Err(Reason::Extra { name: name.to_owned(), extra: extra.to_owned() })
}

#[cfg(test)]
mod tests;
