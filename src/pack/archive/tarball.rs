//! Tar files, as GNU tar writes them (`L` entries for long names).

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use tar::{EntryType, Header};

use super::codec::{Codec, Encoder};
use super::stream::{Blocks, Output};
use super::{Content, Item, Writing, ordered};
use crate::pack::{Error, Result};

/// The length of a record: headers and data fill whole ones.
const RECORD: u64 = 512;
/// The longest name that a header has room for.
const NAME: usize = 100;

/// Writes the items.
pub(super) fn write(
    items: &[Item],
    file: &mut File,
    target: &Path,
    writing: &Writing<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let codec = Codec::of(writing.format, writing.level);
    let failed = || Error::io("write", target);
    let mut output = Output::new(file, codec).map_err(failed())?;
    ordered::run(
        writing.threads,
        || codec.encoder(),
        Encoder::compress,
        |give| {
            // An error of the output comes through the writer of the tar file.
            let mut broken = None;
            let mut blocks_to = |block| {
                give(block).map_err(|error| {
                    broken = Some(error);
                    io::ErrorKind::Other.into()
                })
            };
            let mut blocks = Blocks::new(codec, &mut blocks_to);
            let written = entries(items, &mut blocks, target, writing, progress);
            let written = written.and_then(|()| blocks.finish().map_err(failed()));
            broken.map_or(written, Err)
        },
        |block| block.and_then(|block| output.add(&block)).map_err(failed()),
    )?;
    output.finish().map_err(failed())
}

fn entries(
    items: &[Item],
    out: &mut impl Write,
    target: &Path,
    writing: &Writing<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let mut packed = 0;
    for item in items {
        writing.interrupt.check()?;
        header(item, writing.time, out).map_err(Error::io("write", target))?;
        item.content.read(target, &mut |data| io::copy(data, out))?;
        let padding = item.content.length().next_multiple_of(RECORD) - item.content.length();
        io::copy(&mut io::Read::take(io::repeat(0), padding), out)
            .map_err(Error::io("write", target))?;
        packed += item.content.length();
        progress(packed);
    }
    // Two empty records end a tar file.
    out.write_all(&[0; 1024]).map_err(Error::io("write", target))
}

fn header(item: &Item, time: u64, out: &mut impl Write) -> io::Result<()> {
    let is_directory = item.content == Content::Directory;
    let name = if is_directory { format!("{}/", item.path) } else { item.path.clone() };
    let mut header = Header::new_gnu();
    header.set_mode(item.content.mode());
    header.set_mtime(time);
    header.set_uid(0);
    header.set_gid(0);
    if name.len() > NAME {
        let mut long = header.clone();
        long.set_entry_type(EntryType::GNULongName);
        // GNU tar ends the name with a zero byte.
        let data = [name.as_bytes(), &[0]].concat();
        long.set_size(data.len() as u64);
        long.set_path("././@LongLink")?;
        long.set_cksum();
        out.write_all(long.as_bytes())?;
        out.write_all(&data)?;
        let length = data.len() as u64;
        io::copy(
            &mut io::Read::take(io::repeat(0), length.next_multiple_of(RECORD) - length),
            out,
        )?;
    }
    header.set_entry_type(if is_directory { EntryType::Directory } else { EntryType::Regular });
    header.set_size(item.content.length());
    let bytes = &name.as_bytes()[..name.len().min(NAME)];
    header.as_old_mut().name[..bytes.len()].copy_from_slice(bytes);
    header.set_cksum();
    out.write_all(header.as_bytes())
}
