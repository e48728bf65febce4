//! An object that is read like a file, a window at a time.

use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use tokio_util::task::AbortOnDropHandle;

use super::bucket::Piece;
use super::{Bucket, S3Error};

/// The first window, in bytes. It holds the end of a backup, and all of a small one.
const WINDOW: u64 = 64 * 1024;
/// The largest window. Two of them are in memory: the one that is read, and the next.
const WINDOW_MAX: u64 = 4 << 20;

/// An object that can be read from any place. It blocks, and so needs a thread of its own.
///
/// Windows grow while it is read on, and the next one is fetched meanwhile. A window whose connection breaks is fetched again.
#[derive(Debug)]
pub struct ObjectReader {
    bucket: Bucket,
    key: String,
    size: u64,
    /// The content that is read. Another one is refused.
    tag: String,
    at: u64,
    window: ObjectWindow,
    next: Option<(u64, AbortOnDropHandle<Result<Piece, S3Error>>)>,
}

/// Bytes of an object from a place on.
#[derive(Debug)]
struct ObjectWindow {
    from: u64,
    bytes: Bytes,
}

impl ObjectWindow {
    fn end(&self) -> u64 {
        self.from + self.bytes.len() as u64
    }
}

impl ObjectReader {
    /// Opens an object and reads its beginning.
    ///
    /// # Errors
    /// There is no such object, or the server refused or failed.
    pub fn open(bucket: Bucket, key: &str) -> Result<Self, S3Error> {
        let Piece { bytes, size, tag } = match bucket.wait(bucket.read(key, 0, WINDOW, None)) {
            // An object without bytes has no part that could be asked for.
            Err(S3Error::Refused { status: 416, .. }) => Piece { bytes: Bytes::new(), size: 0, tag: String::new() },
            first => first?,
        };
        let window = ObjectWindow { from: 0, bytes };
        Ok(Self { bucket, key: key.to_owned(), size, tag, at: 0, window, next: None })
    }

    /// Fetches the window with the present place, and begins to fetch the one behind it.
    fn fetch(&mut self) -> Result<(), S3Error> {
        let reads_on = self.at == self.window.end();
        let from = if reads_on { self.at } else { self.at / WINDOW * WINDOW };
        let piece = match self.next.take().filter(|(begin, _)| *begin == from) {
            Some((_, piece)) => self.bucket.wait(piece).unwrap_or(Err(S3Error::Interrupted))?,
            None => self.bucket.wait(self.bucket.read(&self.key, from, WINDOW, Some(&self.tag)))?,
        };
        self.window = ObjectWindow { from, bytes: piece.bytes };
        let end = self.window.end();
        if reads_on && end < self.size {
            let length = (2 * self.window.bytes.len() as u64).min(WINDOW_MAX);
            let (bucket, key, tag) = (self.bucket.clone(), self.key.clone(), self.tag.clone());
            let read = async move { bucket.read(&key, end, length, Some(&tag)).await };
            self.next = Some((end, AbortOnDropHandle::new(self.bucket.runtime().spawn(read))));
        }
        Ok(())
    }
}

impl Read for ObjectReader {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || to.is_empty() {
            return Ok(0);
        }
        if !(self.window.from..self.window.end()).contains(&self.at) {
            self.fetch()?;
        }
        let have = usize::try_from(self.at - self.window.from).ok().and_then(|skip| self.window.bytes.get(skip..));
        let have = have.filter(|have| !have.is_empty()).ok_or(io::ErrorKind::UnexpectedEof)?;
        let read = have.len().min(to.len());
        to[..read].copy_from_slice(&have[..read]);
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for ObjectReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
