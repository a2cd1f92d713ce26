//! Archives as their own readers see them.

use std::io::Cursor;

use super::*;

fn items(dir: &Path) -> Vec<Item> {
    let noise = |seed: u64, length: usize| {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Half of the bytes repeat, so that there is something to compress.
            if state >> 63 == 0 { 7 } else { (state >> 33).to_le_bytes()[0] }
        };
        (0..length).map(|_| next()).collect::<Vec<_>>()
    };
    let file = |name: &str, data: &[u8]| {
        let from = dir.join(name);
        std::fs::write(&from, data).unwrap();
        Content::File { from, length: data.len() as u64, executable: false }
    };
    let bytes = |data: &[u8], executable| Content::Bytes { data: data.to_vec(), executable };
    let item = |path: &str, content| Item { path: path.to_owned(), content };
    vec![
        item("a", Content::Directory),
        item("a/empty", bytes(b"", false)),
        item("a/run", bytes(b"#!/bin/sh\n", true)),
        item("block", bytes(&noise(1, 128 * 1024), false)),
        item("large", file("large", &noise(2, 5_000_000))),
        item(&format!("{}/\u{e9} name", "long/".repeat(40)), file("one", &noise(3, 513))),
        item(&"n".repeat(100), bytes(b"1", false)),
        item(&"n".repeat(101), bytes(b"2", false)),
    ]
}

fn written(items: &[Item], format: Format, threads: usize) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let (target, interrupt) = (dir.path().join("out"), Interrupt::default());
    let threads = NonZeroUsize::new(threads).unwrap();
    let level = format.levels().map_or(0, |(_, level)| level);
    let writing = Writing { format, level, threads, time: 0, interrupt: &interrupt };
    let mut packed = 0;
    let length = write(items, &target, &writing, &mut |done| packed = done).unwrap();
    let bytes = std::fs::read(&target).unwrap();
    assert_eq!(length, bytes.len() as u64);
    assert_eq!(packed, items.iter().map(|item| item.content.length()).sum::<u64>());
    bytes
}

/// Path, mode and data of each entry of a tar file.
fn of_tar(bytes: impl Read) -> Vec<(String, u32, Vec<u8>)> {
    let mut archive = tar::Archive::new(bytes);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut data = Vec::new();
        entry.read_to_end(&mut data).unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.mtime().unwrap()), (0, 0));
        let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        (path.trim_end_matches('/').to_owned(), entry.header().mode().unwrap(), data)
    });
    entries.collect()
}

fn expected(items: &[Item]) -> Vec<(String, u32, Vec<u8>)> {
    let data = |content: &Content| match content {
        Content::Directory => Vec::new(),
        Content::Bytes { data, .. } => data.clone(),
        Content::File { from, .. } => std::fs::read(from).unwrap(),
    };
    items.iter().map(|item| (item.path.clone(), item.content.mode(), data(&item.content))).collect()
}

#[test]
#[cfg_attr(windows, ignore = "rvenv pack refuses on Windows")]
fn each_format_gives_the_items_back_and_the_same_bytes_for_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let items = items(dir.path());
    let expected = expected(&items);
    for format in Format::ALL.into_iter().filter(|format| *format != Format::TarZst || has_zstd()) {
        let bytes = written(&items, format, 1);
        let found = match format {
            Format::Tar => of_tar(&*bytes),
            Format::TarGz => {
                // A decoder of one member: what is behind it would be left over.
                let mut one = flate2::bufread::GzDecoder::new(&*bytes);
                let found = of_tar(&mut one);
                io::copy(&mut one, &mut io::sink()).unwrap();
                assert!(one.into_inner().is_empty());
                found
            }
            #[cfg(target_os = "linux")]
            Format::TarZst => of_tar(zstd::Decoder::new(&*bytes).unwrap()),
            #[cfg(not(target_os = "linux"))]
            Format::TarZst => continue,
            Format::Zip => {
                let mut zip = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
                let entry = |index| {
                    let mut entry = zip.by_index(index).unwrap();
                    let mut data = Vec::new();
                    entry.read_to_end(&mut data).unwrap();
                    let path = entry.name().unwrap().trim_end_matches('/').to_owned();
                    (path, entry.unix_mode().unwrap() & 0o7777, data)
                };
                (0..expected.len()).map(entry).collect()
            }
        };
        assert!(found == expected, "{format:?}");
        for threads in [2, 5] {
            assert!(written(&items, format, threads) == bytes, "{format:?} by {threads} threads");
        }
    }
}

#[test]
fn a_file_of_another_length_leaves_the_target_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (target, from) = (dir.path().join("out"), dir.path().join("data"));
    std::fs::write(&target, "old").unwrap();
    std::fs::write(&from, "0123456789").unwrap();
    let interrupt = Interrupt::default();
    for (format, threads) in [(Format::TarGz, 1), (Format::TarGz, 3), (Format::Zip, 2)] {
        for length in [9, 11] {
            let content = Content::File { from: from.clone(), length, executable: false };
            let item = Item { path: "data".into(), content };
            let threads = NonZeroUsize::new(threads).unwrap();
            let writing = Writing { format, level: 6, threads, time: 0, interrupt: &interrupt };
            let error = write(&[item], &target, &writing, &mut |_| {}).unwrap_err();
            assert!(matches!(error, Error::FileChanged { .. }), "{error}");
        }
    }
    assert_eq!(std::fs::read(&target).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn an_interrupt_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out");
    let interrupt = Interrupt::default();
    interrupt.flag().store(2, std::sync::atomic::Ordering::Relaxed);
    let threads = NonZeroUsize::new(2).unwrap();
    let writing =
        Writing { format: Format::TarGz, level: 4, threads, time: 0, interrupt: &interrupt };
    let item = Item { path: "a".into(), content: Content::Directory };
    assert!(write(&[item], &target, &writing, &mut |_| {}).is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn formats_are_read_from_names() {
    for (name, format) in [
        ("a.tar.gz", Some(Format::TarGz)),
        ("a.TGZ", Some(Format::TarGz)),
        ("b.zip", Some(Format::Zip)),
        ("c.tar.zst", Some(Format::TarZst)),
        ("d.tar", Some(Format::Tar)),
        ("tar", None),
        ("e.gz", None),
        (".zip", Some(Format::Zip)),
    ] {
        assert_eq!(Format::of_file(Path::new(name)), format, "{name}");
    }
}
