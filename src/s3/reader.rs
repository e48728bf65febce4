//! An object that is read like a file, a window at a time.

use std::array;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::sleep;

use super::bucket::{PAUSES, Piece};
use super::wire::OpenAnswer;
use super::{Bucket, S3Error};

/// The first window, in bytes. It holds the end of a backup, and all of a small one.
const WINDOW: u64 = 64 * 1024;
/// Bytes after which a connection that breaks is the first one that does.
const PROGRESS: u64 = 1 << 20;

/// An object that can be read from any place. It blocks, and so needs a thread of its own.
///
/// Who reads on past the first window gets the rest of the object in one answer: a server may read the whole object for each
/// request. If the connection breaks, the rest is asked for again.
#[derive(Debug)]
pub struct ObjectReader {
    bucket: Bucket,
    key: String,
    size: u64,
    /// The content that is read. Another one is refused.
    tag: String,
    at: u64,
    window: ObjectWindow,
    /// The answer that has what follows the window.
    rest: Option<OpenAnswer>,
    /// The waits that are left before the rest is asked for again.
    pauses: array::IntoIter<Duration, { PAUSES.len() }>,
    /// Where the connection broke last.
    broke_at: u64,
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
        let (key, pauses) = (key.to_owned(), PAUSES.into_iter());
        Ok(Self { bucket, key, size, tag, at: 0, window, rest: None, pauses, broke_at: 0 })
    }

    /// Fetches the window with the present place.
    fn fetch(&mut self) -> Result<(), S3Error> {
        self.window = if self.at == self.window.end() {
            ObjectWindow { from: self.at, bytes: self.read_on()? }
        } else {
            self.rest = None;
            let from = self.at / WINDOW * WINDOW;
            let piece = self.bucket.wait(self.bucket.read(&self.key, from, WINDOW, Some(&self.tag)))?;
            ObjectWindow { from, bytes: piece.bytes }
        };
        Ok(())
    }

    /// Waits for the bytes from the present place on, which is where the rest begins.
    fn read_on(&mut self) -> Result<Bytes, S3Error> {
        loop {
            let (bucket, rest) = (&self.bucket, &mut self.rest);
            let next = async {
                if rest.is_none() {
                    *rest = Some(bucket.read_on(&self.key, self.at, self.size, &self.tag).await?);
                }
                match rest {
                    Some(answer) => bucket.next(answer).await,
                    None => Ok(None),
                }
            };
            let error = match bucket.wait(next) {
                Ok(bytes) => return Ok(bytes.unwrap_or_default()),
                Err(error) => error,
            };
            self.rest = None;
            if self.at >= self.broke_at + PROGRESS {
                self.pauses = PAUSES.into_iter();
            }
            self.broke_at = self.at;
            match self.pauses.next() {
                Some(pause) if error.may_pass() => bucket.wait(sleep(pause)),
                _ => return Err(error),
            }
        }
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
