//! `site-packages` as it is in an archive: `.pth` files, where distributions came from, RECORDs.

use std::collections::BTreeMap;
use std::path::Path;

use super::archive::Content;
use super::contents::Contents;
use super::editables::EditableInstall;
use super::{Editable, Error, Result};
use crate::dist::record::{Record, is_bytecode};
use crate::dist::site::{Dist, Site};
use crate::dist::{direct_url, pth};
use crate::formats::record::Row;
use crate::fs;
use crate::support::limits;

impl Contents<'_> {
    /// Takes the paths of this machine out of each `site-packages`.
    pub(super) fn rewrite_sites(&mut self) -> Result<()> {
        let mut records_of_sites = Vec::new();
        for site in &self.state.sites {
            // RECORDs are read before anything that they list is removed.
            let dists: Vec<_> = site.dists().collect();
            let records: Vec<_> = dists.iter().map(|dist| Record::read(site, dist)).collect();
            let editables = EditableInstall::all(site, &dists, &records);
            let added = self.handle_editables(site, &editables)?;
            self.rewrite_pth(site, &editables)?;
            for dist in &dists {
                self.remove_local_origin(site, dist);
            }
            records_of_sites.push((site, dists, records, added));
        }
        if self.request.compile {
            self.add_bytecode()?;
        }
        for (site, dists, records, added) in records_of_sites {
            for (dist, record) in dists.iter().zip(records) {
                if let Some(record) = record {
                    self.rewrite_record(site, dist, record, &added);
                }
            }
        }
        Ok(())
    }

    /// Treats each editable install as the request says; gives the rows of the files that were added
    /// for the dist-info of each.
    fn handle_editables(
        &mut self,
        site: &Site,
        editables: &[EditableInstall],
    ) -> Result<BTreeMap<String, Vec<Row>>> {
        let mut added = BTreeMap::new();
        for editable in editables {
            match self.request.editable {
                Editable::Refuse => self.editables.push(editable.shown()),
                Editable::Skip => self.skip_editable(site, editable),
                Editable::Include => {
                    let rows = self.include_editable(site, editable)?;
                    added.insert(editable.directory.clone(), rows);
                }
            }
        }
        Ok(added)
    }

    /// Removes the paths of editable installs from `.pth` files, and makes those of the environment
    /// relative. Others leave the archive.
    fn rewrite_pth(&mut self, site: &Site, editables: &[EditableInstall]) -> Result<()> {
        for name in pth::files(site) {
            let file = site.path.join(name);
            let Some(path) = self.path(&file).filter(|path| self.items.contains_key(path)) else {
                continue;
            };
            let bytes = fs::read_bounded(&file, limits::SITE_FILE)?;
            let mut lines = Vec::new();
            for line in String::from_utf8_lossy(&bytes).split_inclusive('\n') {
                lines.extend(self.pth_line(site, &path, line, editables));
            }
            let text = lines.concat().into_bytes();
            if text.is_empty() && !bytes.is_empty() {
                self.remove(&path);
            } else if text != bytes {
                self.replace(path, text);
            }
        }
        Ok(())
    }

    /// A line of a `.pth` file in the archive.
    fn pth_line(
        &mut self,
        site: &Site,
        file: &str,
        line: &str,
        editables: &[EditableInstall],
    ) -> Option<String> {
        let target = pth::target(line).map(|target| site.path.join(target));
        let Some(target) = target else { return Some(line.to_owned()) };
        if let Some(inside) = self.path(&target) {
            let site = self.path(&site.path).unwrap_or_default();
            return Some(match inside.strip_prefix(&format!("{site}/")) {
                Some(below) => format!("{below}\n"),
                None => format!("{}{inside}\n", "../".repeat(site.split('/').count())),
            });
        }
        // A file that replaces an editable install, or that was refused already.
        if !editables.iter().any(|editable| editable.has_source(&target)) {
            self.leaves(file, target);
        }
        None
    }

    /// Removes `direct_url.json` if it names a place on this machine: it only informs (PEP 610).
    fn remove_local_origin(&mut self, site: &Site, dist: &Dist<'_>) {
        let directory = site.path.join(dist.directory);
        let is_local = direct_url::read(&directory).is_some_and(|origin| origin.is_local());
        if let Some(path) = self.path(&directory.join("direct_url.json")).filter(|_| is_local) {
            self.remove(&path);
        }
    }

    /// The RECORD of what is in the archive.
    fn rewrite_record(
        &mut self,
        site: &Site,
        dist: &Dist<'_>,
        mut record: Record,
        added: &BTreeMap<String, Vec<Row>>,
    ) {
        let file = site.path.join(dist.directory).join("RECORD");
        let Some(path) = self.path(&file).filter(|path| self.items.contains_key(path)) else {
            return;
        };
        let packed = |row: &str| {
            let path = self.path(&site.path.join(row))?;
            Some((self.items.get(&path)?, path))
        };
        record.retain(|row| packed(row).is_some());
        let mut changed = BTreeMap::new();
        for row in record.rows.iter().filter(|row| !is_bytecode(&row.path) && !row.hash.is_empty())
        {
            if let Some((Content::Bytes { data, .. }, _)) = packed(&row.path) {
                changed.insert(row.path.clone(), &**data);
            }
        }
        record.update(&changed);
        for row in added.get(dist.directory).into_iter().flatten() {
            record.add(row.clone());
        }
        if let Some((_, text)) = record.changed() {
            self.replace(path, text);
        }
    }

    /// The bytes of a file that is added.
    pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>> {
        std::fs::read(path).map_err(Error::io("read", path))
    }
}
