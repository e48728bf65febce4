//! The lock of a cluster, in memory.

use super::Sim;
use crate::engine::Result;
use crate::engine::lock::{LockEntry, Locks};
use crate::spec::ClusterName;

impl Locks for Sim {
    async fn enter(&self, _cluster: &ClusterName, entry: &LockEntry) -> Result<()> {
        self.world().locks.push(entry.clone());
        Ok(())
    }

    async fn entries(&self, _cluster: &ClusterName) -> Result<Vec<LockEntry>> {
        Ok(self.world().locks.clone())
    }

    async fn leave(&self, _cluster: &ClusterName, entry: &LockEntry) -> Result<()> {
        self.world().locks.retain(|other| other != entry);
        Ok(())
    }
}
