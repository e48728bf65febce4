//! Places of backups as verbs use them: on threads that may block, and with a failure that says what helps.

use std::io;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::backup::Place;
use crate::error::{Failure, FailureKind};
use crate::s3::S3Error;

/// The place that the user names. A bucket is not asked yet.
///
/// # Errors
/// It is no address of an object, or there are no credentials.
pub fn place_of(path: &Path, cancel: &CancellationToken) -> Result<Place, Failure> {
    Place::of(path, cancel).map_err(|error| {
        let (kind, remedy) = (FailureKind::from(&error), error.remedy());
        Failure::new(kind, error).hinted(remedy)
    })
}

/// Does work that waits for a disk or a bucket.
///
/// # Errors
/// The work panicked.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::new(FailureKind::Failed, error))
}

/// The failure of a place: where a bucket failed, its kind and remedy count, elsewhere these.
pub fn failed_at(error: anyhow::Error, kind: FailureKind, hint: impl Into<String>) -> Failure {
    let (kind, hint) = match S3Error::in_chain(error.as_ref()) {
        Some(bucket) => (bucket.into(), bucket.remedy()),
        None => (kind, hint.into()),
    };
    Failure::new(kind, error).hinted(hint)
}

/// The failure for a directory that cannot be read.
pub fn unlisted(directory: &Place, error: io::Error) -> Failure {
    let error = anyhow::Error::new(error).context(format!("failed to read the directory {directory}"));
    failed_at(error, FailureKind::Usage, "give the directory with the backups: redos backups DIR")
}
