//! The containers that a specification asks for, pure.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use crate::spec::NodeId;

/// A container to be made for a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// Which node.
    pub node: NodeId,
    /// An image that is here.
    pub image: String,
    /// The program and its arguments; replaces the image's entry point and command.
    pub command: Vec<String>,
    /// The address that it keeps for life.
    pub address: Ipv4Addr,
    /// The host directory mounted at [`crate::spec::NODE_DIR`]; the node's named volume when absent.
    pub host_dir: Option<PathBuf>,
    /// Container port to host port; host port 0 lets the Engine choose.
    pub ports: BTreeMap<u16, u16>,
    /// The host address that the ports are published on.
    pub bind: IpAddr,
    /// How long a stop waits before it kills.
    pub stop_grace: Duration,
    /// The label `dev.redos.spec-hash`.
    pub spec_hash: String,
}

/// An image that is here and the server program in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The image's reference.
    pub image: String,
    /// The server: `redis-server`, `valkey-server` or `haproxy`.
    pub server: String,
}

/// The programs that nodes run, from the images that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// Of Redis nodes and Sentinels.
    pub redis: Program,
    /// Of proxies.
    pub proxy: Program,
}

impl Programs {
    /// The program of a node.
    pub fn of(&self, node: NodeId) -> &Program {
        match node {
            NodeId::Redis { .. } | NodeId::Sentinel(_) => &self.redis,
            NodeId::Proxy(_) => &self.proxy,
        }
    }
}
