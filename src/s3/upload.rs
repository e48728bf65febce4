//! An object that appears when it is whole.

use std::io::{self, Write};
use std::mem;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::bucket::OpenUpload;
use super::{Bucket, S3Error};

/// The size of a part in bytes. S3 wants 5 MiB at least; two parts are in memory.
const PART: usize = 8 << 20;
/// Parts after which the next ones are twice as large. So the 10 000 that S3 takes are enough for 300 GB.
const PARTS_OF_SIZE: usize = 2500;
/// How long after its beginning an upload is that of a program that was killed. No snapshot takes so long.
const ABANDONED: Duration = Duration::from_secs(6 * 3600);

/// An upload in parts, which is aborted if it is dropped. It blocks, and so needs a thread of its own.
///
/// While one part is on its way the next one is filled.
#[derive(Debug)]
pub struct Upload {
    bucket: Bucket,
    key: String,
    id: String,
    part: Vec<u8>,
    on_its_way: Option<JoinHandle<Result<String, S3Error>>>,
    tags: Vec<String>,
    bytes: u64,
    is_complete: bool,
}

impl Upload {
    /// Begins an upload.
    ///
    /// # Errors
    /// The server refused or failed.
    pub fn begin(bucket: Bucket, key: &str) -> Result<Self, S3Error> {
        let id = bucket.wait(bucket.begin(key))?;
        let key = key.to_owned();
        let (part, tags) = (Vec::with_capacity(PART), Vec::new());
        Ok(Self { bucket, key, id, part, on_its_way: None, tags, bytes: 0, is_complete: false })
    }

    /// Makes an object of all that was written.
    ///
    /// # Errors
    /// The server refused or failed. There is no object then.
    pub fn finish(mut self) -> Result<(), S3Error> {
        if !self.part.is_empty() {
            self.send_part()?;
        }
        self.await_part()?;
        self.bucket.wait(self.bucket.complete(&self.key, &self.id, &self.tags, self.bytes))?;
        self.is_complete = true;
        Ok(())
    }

    fn part_bytes(&self) -> usize {
        PART << (self.tags.len() / PARTS_OF_SIZE)
    }

    /// Sends what was written since the last part, when that has arrived.
    fn send_part(&mut self) -> Result<(), S3Error> {
        self.await_part()?;
        let room = Vec::with_capacity(self.part_bytes());
        let part = Bytes::from(mem::replace(&mut self.part, room));
        self.bytes += part.len() as u64;
        let number = u16::try_from(self.tags.len() + 1).unwrap_or(u16::MAX);
        let (bucket, key, id) = (self.bucket.clone(), self.key.clone(), self.id.clone());
        let send = async move { bucket.send_part(&key, &id, number, part).await };
        self.on_its_way = Some(self.bucket.runtime().spawn(send));
        Ok(())
    }

    fn await_part(&mut self) -> Result<(), S3Error> {
        if let Some(sent) = self.on_its_way.take() {
            let tag = self.bucket.wait(sent).unwrap_or(Err(S3Error::Interrupted))?;
            self.tags.push(tag);
        }
        Ok(())
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.part_bytes().saturating_sub(self.part.len()));
        self.part.extend_from_slice(&bytes[..taken]);
        if self.part.len() >= self.part_bytes() {
            self.send_part()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.is_complete {
            return;
        }
        if let Some(sent) = self.on_its_way.take() {
            // A part that arrives after the abort would stay.
            sent.abort();
            let _ = self.bucket.wait(sent);
        }
        // Whatever is left then, the next backup removes.
        let _ = self.bucket.wait(self.bucket.abort(&self.key, &self.id));
    }
}

/// Aborts the uploads that killed programs have left under keys that begin like this.
///
/// Only those go whose key `is_ours`.
///
/// # Errors
/// The server refused or failed.
pub async fn abort_abandoned(bucket: &Bucket, prefix: &str, is_ours: impl Fn(&str) -> bool) -> Result<(), S3Error> {
    for OpenUpload { key, id, initiated } in bucket.open_uploads(prefix).await? {
        let began = humantime::parse_rfc3339(&initiated).ok();
        let age = began.and_then(|began| SystemTime::now().duration_since(began).ok());
        if is_ours(&key) && age.is_some_and(|age| age > ABANDONED) {
            bucket.abort(&key, &id).await?;
        }
    }
    Ok(())
}
