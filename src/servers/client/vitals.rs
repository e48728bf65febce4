//! The vital signs of one server, for `redos doctor`.

use std::time::SystemTime;

use redis::{Value, pipe};

use super::{Client, accepted};
use crate::cluster::observed::Inventory;
use crate::cluster::vitals::Vitals;
use crate::servers::ServerError;
use crate::servers::error::unexpected;
use crate::servers::reply::{self, Fields};
use crate::spec::{NodeId, Role};

/// Entries of the slow log that are read, newest first.
const SLOW_ENTRIES: usize = 32;
/// Entries of the log of refusals that are read, newest first: all that a server keeps.
const REFUSED_ENTRIES: usize = 128;

impl Client {
    /// Asks a Redis node or a Sentinel, with one question.
    pub(super) async fn ask_vitals(&self, inventory: &Inventory, node: NodeId) -> Result<Vitals, ServerError> {
        let peer = self.peer(inventory, node)?;
        let is_sentinel = node.role() == Role::Sentinel;
        let mut pipeline = pipe();
        if is_sentinel {
            pipeline.cmd("INFO");
            pipeline.cmd("SENTINEL").arg("CONFIG").arg("GET").arg("*");
            pipeline.cmd("SENTINEL").arg("DEBUG");
        } else {
            pipeline.cmd("INFO").arg(&["server", "clients", "memory", "persistence", "stats", "replication"]);
            pipeline.cmd("CONFIG").arg("GET").arg("*");
            pipeline.cmd("SLOWLOG").arg("GET").arg(SLOW_ENTRIES);
            pipeline.cmd("ACL").arg("LOG").arg(REFUSED_ENTRIES);
        }
        let replies = self.send(peer, "INFO", &pipeline, self.patience(node)).await?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let [info, config, third, rest @ ..] = replies.as_slice() else {
            return Err(unexpected(node, "INFO", "too few replies"));
        };
        let pairs = |command: &str, reply: &Value| {
            let reply = accepted(node, command, reply)?;
            reply::fields::<Fields>(reply).ok_or_else(|| unexpected(node, command, "no pairs"))
        };
        let info = super::info_of(node, info)?.into_fields();
        let theirs = info.get("server_time_usec").and_then(|micros| micros.parse::<i64>().ok());
        let ours = i64::try_from(now.as_millis()).ok();
        let mut vitals = Vitals {
            clock_ahead: theirs.zip(ours).map(|(theirs, ours)| theirs / 1000 - ours),
            info,
            config: reply::without_secrets(pairs("CONFIG GET", config)?),
            ..Vitals::default()
        };
        if is_sentinel {
            let periods = pairs("SENTINEL DEBUG", third)?;
            vitals.periods = periods.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        } else {
            vitals.slowest = reply::slowest(accepted(node, "SLOWLOG GET", third)?);
            let log = rest.first().ok_or_else(|| unexpected(node, "ACL LOG", "too few replies"))?;
            vitals.refused = reply::refused(accepted(node, "ACL LOG", log)?);
        }
        Ok(vitals)
    }
}
