//! The older backups that `--keep` removes.

use super::places::{blocking, failed_at, unlisted};
use crate::backup::Place;
use crate::backup::read::in_directory;
use crate::backup::retention::Retention;
use crate::backup::seal::BackupKeys;
use crate::error::{Failure, FailureKind};
use crate::output::backup::BackupDocument;

/// Removes the backups of the same group that a list does not keep. Nothing else in the directory is touched.
///
/// # Errors
/// The directory cannot be read, or one of them cannot be removed. What was removed before is in the document.
pub async fn remove_expired(directory: Place, keep: Retention, made: &mut BackupDocument) -> Result<(), Failure> {
    let hint = format!("the new backup is whole; remove older ones by hand, see: redos backups {directory}");
    for place in blocking(expired(directory, keep, made)).await?.map_err(|failure| failure.hinted(&hint))? {
        let path = place.path();
        blocking(move || place.remove()).await?.map_err(|error| {
            let error = anyhow::Error::new(error).context(format!("failed to remove {}", path.display()));
            failed_at(error, FailureKind::Failed, &hint)
        })?;
        made.removed.push(path);
    }
    Ok(())
}

/// The backups that go, as work that waits.
fn expired(
    directory: Place,
    keep: Retention,
    made: &BackupDocument,
) -> impl FnOnce() -> Result<Vec<Place>, Failure> + use<> {
    let series = (made.manifest.cluster.clone(), made.manifest.group);
    let new = made.file.clone();
    move || {
        let files = in_directory(&directory, &BackupKeys::default()).map_err(|error| unlisted(&directory, error))?;
        let named = files.iter().filter(|file| !file.place.is_link());
        let named = named.filter_map(|file| Some((file.place.path(), file.named()?)));
        let expired = keep.expired(named.filter(|(_, name)| (name.cluster.clone(), name.group) == series));
        let goes = |place: &Place| expired.contains(&place.path()) && Some(place.path()) != new;
        Ok(files.into_iter().map(|file| file.place).filter(goes).collect())
    }
}
