//! Archives made entry by entry, so that they can contain what `rvenv pack` never writes.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// One entry of an archive.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) name: Vec<u8>,
    /// The type of a tar entry.
    pub(crate) kind: u8,
    pub(crate) mode: u32,
    pub(crate) data: Vec<u8>,
    /// The target of a link.
    pub(crate) target: Vec<u8>,
}

pub(crate) fn file(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Item {
    let (name, data) = (name.as_ref().to_vec(), data.as_ref().to_vec());
    Item { name, kind: b'0', mode: 0o644, data, target: Vec::new() }
}

pub(crate) fn program(name: &str, data: impl AsRef<[u8]>) -> Item {
    Item { mode: 0o755, ..file(name, data) }
}

pub(crate) fn directory(name: &str) -> Item {
    Item { kind: b'5', mode: 0o755, ..file(name, "") }
}

/// An entry of another kind, with a target where it is a link.
pub(crate) fn special(name: &str, kind: u8, target: &str) -> Item {
    Item { kind, target: target.into(), ..file(name, "") }
}

/// A tar archive.
pub(crate) fn tar(items: &[Item]) -> Vec<u8> {
    let mut out = Vec::new();
    for item in items {
        if item.name.len() > 100 {
            let name = [&*item.name, b"\0"].concat();
            out.extend(entry(b"././@LongLink", b'L', 0o644, &name, b""));
        }
        let name = &item.name[..item.name.len().min(100)];
        out.extend(entry(name, item.kind, item.mode, &item.data, &item.target));
    }
    out.extend([0; 1024]);
    out
}

fn entry(name: &[u8], kind: u8, mode: u32, data: &[u8], target: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target);
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_mode(mode);
    header.set_size(data.len() as u64);
    header.set_mtime(0);
    header.set_cksum();
    let padding = vec![0; data.len().next_multiple_of(512) - data.len()];
    [&header.as_bytes()[..], data, &padding].concat()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Two frames, one after the other.
pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let frame = |part| zstd::encode_all(part, 1).unwrap();
    [frame(first), frame(second)].concat()
}

/// A zip archive, with the file type of each entry in its mode.
pub(crate) fn zip(items: &[Item]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for item in items {
        let name = String::from_utf8(item.name.clone()).unwrap();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(item.mode);
        match item.kind {
            b'5' => zip.add_directory(name, options).unwrap(),
            b'2' => {
                let target = String::from_utf8(item.target.clone()).unwrap();
                zip.add_symlink(name, target, options).unwrap();
            }
            _ => {
                zip.start_file(name, options).unwrap();
                zip.write_all(&item.data).unwrap();
            }
        }
    }
    zip.finish().unwrap().into_inner()
}
