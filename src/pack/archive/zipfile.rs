//! Zip files, made of small ones that threads write.

use std::fs::File;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::path::Path;

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::{Content, Item, Writing, ordered};
use crate::pack::{Error, Result};

/// The data in a job, in bytes, unless one file has more.
const JOB: u64 = 1024 * 1024;
/// From this length on, in bytes, the fields of a zip file are too small (APPNOTE 4.4.8).
const LARGE: u64 = u32::MAX as u64;

/// Writes the items.
pub(super) fn write(
    items: &[Item],
    file: &mut File,
    target: &Path,
    writing: &Writing<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let failed = || |error: zip::result::ZipError| Error::io("write", target)(error.into());
    let mut out = ZipWriter::new(Target { file, failed: false });
    let mut packed = 0;
    ordered::run(
        writing.threads,
        || (),
        |(), job: &[Item]| Ok((part(job, target, writing)?, job)),
        |give: &mut dyn FnMut(_) -> Result<()>| {
            jobs(items).try_for_each(|job| {
                writing.interrupt.check()?;
                give(job)
            })
        },
        |done: Result<(Vec<u8>, &[Item])>| {
            let (part, job) = done?;
            let part = ZipArchive::new(Cursor::new(part)).map_err(failed())?;
            out.merge_archive(part).map_err(failed())?;
            packed += job.iter().map(|item| item.content.length()).sum::<u64>();
            progress(packed);
            Ok(())
        },
    )?;
    out.finish().map_err(failed())?.flush().map_err(Error::io("write", target))
}

/// The file, which accepts everything after its first failure: a [`ZipWriter`] that was not finished writes
/// again when it is dropped, and prints the failure.
struct Target<'a> {
    file: &'a mut File,
    failed: bool,
}

impl Target<'_> {
    fn attempt<T>(&mut self, done: T, call: impl Fn(&mut File) -> io::Result<T>) -> io::Result<T> {
        if self.failed {
            return Ok(done);
        }
        call(self.file).inspect_err(|_| self.failed = true)
    }
}

impl Write for Target<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Interrupted writes are repeated here, so that any failure is final.
        self.attempt(bytes.len(), |file| file.write_all(bytes).map(|()| bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt((), Write::flush)
    }
}

impl Seek for Target<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.attempt(0, |file| file.seek(to))
    }
}

/// The items of one job after the other.
fn jobs(mut items: &[Item]) -> impl Iterator<Item = &[Item]> {
    std::iter::from_fn(move || {
        let mut sum = 0;
        let fits = |item: &&Item| {
            sum += item.content.length();
            sum <= JOB
        };
        let count = items.iter().take_while(fits).count().max(1);
        let (job, rest) = items.split_at_checked(count)?;
        items = rest;
        Some(job)
    })
}

/// A zip file with some items.
fn part(items: &[Item], target: &Path, writing: &Writing<'_>) -> Result<Vec<u8>> {
    let failed = || |error: zip::result::ZipError| Error::io("write", target)(error.into());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for item in items {
        start(&mut zip, item, writing).map_err(failed())?;
        item.content.read(target, &mut |data| io::copy(data, &mut zip))?;
    }
    Ok(zip.finish().map_err(failed())?.into_inner())
}

fn start(
    zip: &mut ZipWriter<Cursor<Vec<u8>>>,
    item: &Item,
    writing: &Writing<'_>,
) -> ZipResult<()> {
    let options = SimpleFileOptions::default()
        .last_modified_time(date(writing.time))
        .unix_permissions(item.content.mode())
        .large_file(item.content.length() >= LARGE);
    match item.content {
        Content::Directory => {
            let options = options.compression_method(CompressionMethod::Stored);
            zip.add_directory(&*item.path, options)
        }
        Content::Bytes { .. } | Content::File { .. } => {
            let options = options
                .compression_method(CompressionMethod::Deflated)
                .compression_level(Some(writing.level.into()));
            zip.start_file(&*item.path, options)
        }
    }
}

/// The date of a time in seconds since 1970; times before 1980 have none, and get its first moment.
fn date(time: u64) -> DateTime {
    let (days, second) = (time / 86_400, time % 86_400);
    // The algorithm `civil_from_days` of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
    let shifted = days + 719_468;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + shifted / 146_097 * 400 + u64::from(month <= 2);
    let small = |value: u64| u8::try_from(value).unwrap_or_default();
    let year = u16::try_from(year).unwrap_or(u16::MAX);
    let (hour, minute) = (small(second / 3600), small(second / 60 % 60));
    DateTime::from_date_and_time(year, small(month), small(day), hour, minute, small(second % 60))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (time, expected) in [
            (0, "1980-01-01 00:00:00"),
            (315_532_800, "1980-01-01 00:00:00"),
            (951_827_696, "2000-02-29 12:34:56"),
            (1_795_820_398, "2026-11-27 22:59:58"),
        ] {
            let date = date(time);
            let shown = format!(
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
                date.year(),
                date.month(),
                date.day(),
                date.hour(),
                date.minute(),
                date.second()
            );
            assert_eq!(shown, expected, "{time}");
        }
    }
}
