//! The entries of locks: an empty volume for each, with its cluster and its holder in labels.
//!
//! It has no label of a cluster's object, so that nothing takes it for data.

use std::collections::HashMap;

use bollard::models::Volume;

use super::{DockerEngine, errors, labels, listing, volumes};
use crate::engine::Result;
use crate::engine::lock::{LockEntry, Locks};
use crate::spec::ClusterName;

/// The HTTP status of a proxy in front of the Engine that allows only reads.
const READ_ONLY: [u16; 2] = [403, 405];

impl Locks for DockerEngine {
    async fn enter(&self, cluster: &ClusterName, entry: &LockEntry) -> Result<()> {
        // A holder is plain data with text keys, which JSON can always hold.
        let holder = serde_json::to_string(&entry.holder).unwrap_or_default();
        let labels = [(labels::LOCK, cluster.to_string()), (labels::LOCK_HOLDER, holder)];
        let labels = labels.map(|(key, value)| (key.to_owned(), value)).into();
        let made = self.docker.create_volume(volumes::of_labels(&name(cluster, entry), labels)).await;
        made.map(drop).map_err(|error| {
            let is_refused = errors::status(&error).is_some_and(|status| READ_ONLY.contains(&status));
            let failed = self.failed(format!("lock the cluster {cluster}"), error);
            if !is_refused {
                return failed;
            }
            failed.hinted(
                "a lock is a volume, and this Docker host creates none: if a proxy in front of it allows only reads, \
                 let it allow POST and DELETE of /volumes, or use another --host",
            )
        })
    }

    async fn entries(&self, cluster: &ClusterName) -> Result<Vec<LockEntry>> {
        let filter = HashMap::from([("label".to_owned(), vec![format!("{}={cluster}", labels::LOCK)])]);
        let found = listing::volumes(self, &filter).await?;
        Ok(found.iter().filter_map(|volume| entry(cluster, volume)).collect())
    }

    async fn leave(&self, cluster: &ClusterName, entry: &LockEntry) -> Result<()> {
        volumes::remove(self, &name(cluster, entry)).await
    }
}

fn name(cluster: &ClusterName, entry: &LockEntry) -> String {
    format!("{}{}-{}", prefix(cluster), entry.id, entry.beat)
}

fn prefix(cluster: &ClusterName) -> String {
    format!("{cluster}-lock-")
}

/// The entry of a volume. An entry with an unknown holder counts all the same.
fn entry(cluster: &ClusterName, volume: &Volume) -> Option<LockEntry> {
    let (id, beat) = volume.name.strip_prefix(&prefix(cluster))?.rsplit_once('-')?;
    let holder = volume.labels.get(labels::LOCK_HOLDER).and_then(|text| serde_json::from_str(text).ok());
    Some(LockEntry { id: id.to_owned(), beat: beat.parse().ok()?, holder: holder.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::lock::Holder;

    #[test]
    fn an_entry_is_read_from_its_volume_also_where_its_holder_is_not_understood() {
        let cluster: ClusterName = "demo".parse().expect("a name");
        let written = |label: &str| Volume {
            name: "demo-lock-00ff-12".to_owned(),
            labels: HashMap::from([(labels::LOCK_HOLDER.to_owned(), label.to_owned())]),
            ..Default::default()
        };
        let holder = Holder { verb: "up".to_owned(), pid: 7, host: "alpha".to_owned(), ..Holder::default() };
        let label = serde_json::to_string(&holder).expect("JSON");
        let read = entry(&cluster, &written(&label)).expect("an entry");
        assert_eq!(read, LockEntry { id: "00ff".to_owned(), beat: 12, holder });
        assert_eq!(written(&label).name, name(&cluster, &read));
        for label in [r#"{"verb":"up","pid":7,"host":"alpha","since":1,"mood":"good"}"#, "{", ""] {
            assert!(entry(&cluster, &written(label)).is_some(), "{label}");
        }
    }
}
