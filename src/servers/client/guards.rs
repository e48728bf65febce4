//! What guards say of themselves.

use tokio::io::AsyncReadExt;

use super::{Client, within};
use crate::cluster::observed::{GuardView, NodeFacts};
use crate::dial::Target;
use crate::servers::ServerError;
use crate::servers::error::unexpected;
use crate::spec::{GUARD_PORT, NodeId};

/// The most that a guard says, in bytes: a line for each group.
const LONGEST: u64 = 64 * 1024;

impl Client {
    /// Asks a guard what it watches. It answers every connection and asks for nothing.
    pub(super) async fn guard_at(&self, node: NodeId, facts: &NodeFacts) -> Result<GuardView, ServerError> {
        let target = Target::Node(node, self.place(node, facts, GUARD_PORT)?);
        let asked = async {
            let unreached = |source: std::io::Error| ServerError::Connect { node, source: source.into() };
            let stream = self.dialer.dial(&self.spec.name, target).await.map_err(unreached)?;
            let mut text = Vec::new();
            stream.take(LONGEST).read_to_end(&mut text).await.map_err(unreached)?;
            serde_json::from_slice(&text).map_err(|why| unexpected(node, "what it watches", why.to_string()))
        };
        within(node, "what it watches", self.first_question(), asked).await
    }
}
