//! A stream of bytes as compressed blocks.

use std::io::{self, Write};
use std::mem;

use crc32fast::Hasher;

use super::codec::{Block, Codec, Compressed, WINDOW};

/// Cuts what is written into blocks and hands them over.
pub(super) struct Blocks<'a> {
    codec: Codec,
    block: Block,
    give: &'a mut dyn FnMut(Block) -> io::Result<()>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(codec: Codec, give: &'a mut dyn FnMut(Block) -> io::Result<()>) -> Self {
        Self { codec, block: Block::default(), give }
    }

    /// Hands over the last block, which may be empty.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.block.last = true;
        (self.give)(self.block)
    }

    fn next(&mut self) -> io::Result<()> {
        let data = &self.block.data;
        let window = data.len() - data.len().min(WINDOW);
        let before = if self.codec.crosses_blocks() { data[window..].to_vec() } else { Vec::new() };
        let data = Vec::with_capacity(self.codec.block());
        let block = mem::replace(&mut self.block, Block { before, data, last: false });
        (self.give)(block)
    }
}

impl Write for Blocks<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let free = self.codec.block() - self.block.data.len();
        let taken = bytes.len().min(free);
        self.block.data.extend_from_slice(&bytes[..taken]);
        if self.block.data.len() == self.codec.block() {
            self.next()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The file that the blocks go to, in their order.
pub(super) struct Output<'f, W: Write> {
    file: &'f mut W,
    codec: Codec,
    sum: Hasher,
    length: u64,
}

/// A header of gzip (RFC 1952): deflate, no name, no time, no flags of the compressor, Unix.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

impl<'f, W: Write> Output<'f, W> {
    pub(super) fn new(file: &'f mut W, codec: Codec) -> io::Result<Self> {
        if let Codec::Deflate { .. } = codec {
            file.write_all(&GZIP_HEADER)?;
        }
        Ok(Self { file, codec, sum: Hasher::new(), length: 0 })
    }

    pub(super) fn add(&mut self, block: &Compressed) -> io::Result<()> {
        self.sum.combine(&block.sum);
        self.length += block.length as u64;
        self.file.write_all(&block.data)
    }

    /// Ends the file.
    pub(super) fn finish(self) -> io::Result<()> {
        if let Codec::Deflate { .. } = self.codec {
            self.file.write_all(&self.sum.finalize().to_le_bytes())?;
            // RFC 1952: the length modulo 2^32.
            let [low @ .., _, _, _, _] = self.length.to_le_bytes();
            self.file.write_all(&low)?;
        }
        self.file.flush()
    }
}
