//! The compression of one block of a stream.

use std::io;

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress};

use super::Format;

/// The bytes before a block that its compression can refer to: the window of deflate (RFC 1951).
pub(super) const WINDOW: usize = 32 * 1024;

/// A block of a stream.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The [`WINDOW`] before it, where the codec refers to it.
    pub(super) before: Vec<u8>,
    pub(super) data: Vec<u8>,
    /// Whether the stream ends with it.
    pub(super) last: bool,
}

/// A block after its compression.
#[derive(Debug)]
pub(super) struct Compressed {
    pub(super) data: Vec<u8>,
    /// The checksum of what was compressed, and its length.
    pub(super) sum: Hasher,
    pub(super) length: usize,
}

/// The compression of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) enum Codec {
    /// Not.
    None,
    /// Blocks of one deflate stream, as pigz writes them.
    Deflate { level: u32 },
    /// A frame for each block.
    Zstd {
        #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "needs the C library"))]
        level: u32,
    },
}

/// Whether this build can write and read Zstandard.
pub const fn has_zstd() -> bool {
    cfg!(target_os = "linux")
}

impl Codec {
    pub(super) const fn of(format: Format, level: u32) -> Self {
        match format {
            Format::TarGz => Self::Deflate { level },
            Format::TarZst => Self::Zstd { level },
            Format::Tar | Format::Zip => Self::None,
        }
    }

    /// The length of a block: pigz's 128 KiB for deflate, whose window crosses blocks. A frame of
    /// Zstandard refers to nothing before it, which costs 0.4 % of the size at 4 MiB.
    pub(super) const fn block(self) -> usize {
        match self {
            Self::None | Self::Deflate { .. } => 128 * 1024,
            Self::Zstd { .. } => 4 * 1024 * 1024,
        }
    }

    /// Whether blocks refer to what is before them.
    pub(super) const fn crosses_blocks(self) -> bool {
        matches!(self, Self::Deflate { .. })
    }

    /// The encoder of successive blocks.
    pub(super) fn encoder(self) -> Encoder {
        match self {
            Self::None => Encoder::None,
            Self::Deflate { level } => Encoder::Deflate(Compression::new(level)),
            #[cfg(target_os = "linux")]
            Self::Zstd { level } => Encoder::Zstd(zstd_encoder(level)),
            #[cfg(not(target_os = "linux"))]
            Self::Zstd { .. } => Encoder::NoZstd,
        }
    }
}

/// The encoder of blocks.
pub(super) enum Encoder {
    None,
    Deflate(Compression),
    #[cfg(target_os = "linux")]
    Zstd(io::Result<zstd::bulk::Compressor<'static>>),
    #[cfg(not(target_os = "linux"))]
    NoZstd,
}

impl Encoder {
    /// Compresses a block.
    pub(super) fn compress(&mut self, block: Block) -> io::Result<Compressed> {
        let Block { before, data, last } = block;
        let (mut sum, length) = (Hasher::new(), data.len());
        let data = match self {
            Self::None => data,
            Self::Deflate(level) => {
                sum.update(&data);
                deflate(*level, &before, &data, last)?
            }
            #[cfg(target_os = "linux")]
            Self::Zstd(Ok(compressor)) if length > 0 => compressor.compress(&data)?,
            #[cfg(target_os = "linux")]
            Self::Zstd(Ok(_)) => data,
            #[cfg(target_os = "linux")]
            Self::Zstd(Err(error)) => return Err(io::Error::other(error.to_string())),
            #[cfg(not(target_os = "linux"))]
            Self::NoZstd => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(Compressed { data, sum, length })
    }
}

#[cfg(target_os = "linux")]
fn zstd_encoder(level: u32) -> io::Result<zstd::bulk::Compressor<'static>> {
    let level = i32::try_from(level).map_err(io::Error::other)?;
    let mut compressor = zstd::bulk::Compressor::new(level)?;
    compressor.include_checksum(true)?;
    Ok(compressor)
}

/// A part of a deflate stream that ends at a byte, and is the end of the stream if it is the last.
fn deflate(level: Compression, before: &[u8], data: &[u8], last: bool) -> io::Result<Vec<u8>> {
    // Not reset and reused: the output of a reset compressor depends on the previous block.
    let mut compress = Compress::new(level, false);
    if !before.is_empty() {
        compress.set_dictionary(before).map_err(io::Error::other)?;
    }
    let flush = if last { FlushCompress::Finish } else { FlushCompress::Sync };
    let mut out = Vec::with_capacity(data.len() / 2 + 1024);
    loop {
        let at = usize::try_from(compress.total_in()).map_err(io::Error::other)?;
        let status = compress.compress_vec(&data[at..], &mut out, flush)?;
        let is_done = match status {
            flate2::Status::StreamEnd => true,
            // It has more to say where it used all the space.
            _ => !last && compress.total_in() == data.len() as u64 && out.len() < out.capacity(),
        };
        if is_done {
            return Ok(out);
        }
        out.reserve(data.len().max(1024));
    }
}
