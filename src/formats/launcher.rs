//! Commands on Windows: one file with a launcher, a shebang, and a zip archive with the script.

use std::ops::Range;

use memchr::{memmem, memrchr};

/// The signature of the end-of-central-directory record of a zip archive.
const END: &[u8] = b"PK\x05\x06";
/// The length of that record without its comment, in bytes (APPNOTE.TXT 4.3.16).
const END_LENGTH: usize = 22;
/// Only a shorter line counts as a shebang. In bytes, and `PATH_MAX` of Linux; a path of Windows has at most
/// 260 characters (`MAX_PATH`), unless long paths are enabled.
const LINE_LIMIT: usize = 4096;
/// The name of the resource in which launchers of uv contain the path of their Python
/// (`RESOURCE_PYTHON_PATH` in `uv-trampoline-builder`), in UTF-16.
const UV_PYTHON_PATH: &[u8] = b"U\0V\0_\0P\0Y\0T\0H\0O\0N\0_\0P\0A\0T\0H\0";

/// The range of a launcher's shebang with its line end; `None` for any other program.
pub(crate) fn shebang(bytes: &[u8]) -> Option<Range<usize>> {
    let end = archive(bytes)?;
    // Only the line is between the program and the archive.
    let start = memmem::rfind(&bytes[..end], b"#!")?;
    let line = &bytes[start..end];
    let text = line.strip_suffix(b"\n")?;
    let is_line = !text.contains(&0) && line.len() < LINE_LIMIT;
    is_line.then_some(start..end)
}

/// The Python of a launcher of uv, which cannot be changed: its path is the last resource of the program,
/// before the archive.
pub(crate) fn fixed_python(bytes: &[u8]) -> Option<&[u8]> {
    memmem::find(bytes, UV_PYTHON_PATH)?;
    let before = &bytes[..archive(bytes)?];
    let end = before.iter().rposition(|byte| *byte != 0)? + 1;
    let start = memrchr(0, &before[..end])? + 1;
    Some(&before[start..end])
}

/// The offset of the archive at the end.
fn archive(bytes: &[u8]) -> Option<usize> {
    let end = memmem::rfind(bytes, END)?;
    let record = bytes.get(end..end + END_LENGTH)?;
    let number = |at: usize| -> Option<usize> {
        let bytes = record.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    // The offset in the record is relative to the archive's beginning.
    end.checked_sub(number(12)?)?.checked_sub(number(16)?)
}

/// The launcher with another line.
pub(crate) fn with_line(bytes: &[u8], line: &[u8]) -> Option<Vec<u8>> {
    let old = shebang(bytes)?;
    Some([&bytes[..old.start], line, &bytes[old.end..]].concat())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read, Write};

    use super::*;

    fn zipped() -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("__main__.py", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"print('#! and \\n')").unwrap();
        zip.finish().unwrap().into_inner()
    }

    fn launcher() -> Vec<u8> {
        let zip = zipped();
        [b"MZ\x00#! of the program\n\x00", &b"#!C:\\old\\Scripts\\python.exe\n\r\n"[..], &zip]
            .concat()
    }

    #[test]
    fn the_line_is_found_and_replaced_and_the_archive_stays() {
        let bytes = launcher();
        assert_eq!(&bytes[shebang(&bytes).unwrap()], b"#!C:\\old\\Scripts\\python.exe\n\r\n");
        let new = with_line(&bytes, b"#!\"C:\\my new\\Scripts\\python.exe\"\n\r\n").unwrap();
        assert_eq!(&new[shebang(&new).unwrap()], b"#!\"C:\\my new\\Scripts\\python.exe\"\n\r\n");
        let mut archive = zip::ZipArchive::new(Cursor::new(new)).unwrap();
        let mut text = String::new();
        archive.by_name("__main__.py").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "print('#! and \\n')");
    }

    #[test]
    fn a_python_that_is_built_in_is_found() {
        let python = b"C:\\x\\Scripts\\python.exe";
        let (name, zip) = (UV_PYTHON_PATH, zipped());
        for padding in [&b""[..], b"\0\0\0"] {
            let bytes = [b"MZ", name, b"\0\0", python, padding, &zip, b"\0\0\0\0"].concat();
            assert_eq!(fixed_python(&bytes), Some(&python[..]));
            assert_eq!(shebang(&bytes), None);
        }
        assert_eq!(fixed_python(&launcher()), None);
        assert_eq!(fixed_python(name), None);
    }

    #[test]
    fn other_programs_have_none() {
        assert_eq!(shebang(b"MZ\x00\x00 no archive #!x\n"), None);
        assert_eq!(shebang(b""), None);
        assert_eq!(shebang(END), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            before in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..60),
            record in proptest::collection::vec(0..40_u8, 0..30),
        ) {
            for program in [&before[..], UV_PYTHON_PATH, b"#!python\n"] {
                let bytes = [program, &before, END, &record].concat();
                let _ = (shebang(&bytes), fixed_python(&bytes), with_line(&bytes, b"#!x\n"));
            }
        }
    }
}
