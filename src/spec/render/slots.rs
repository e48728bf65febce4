//! The nodes for which configurations have a place, whether they exist or not.

use super::super::Spec;
use crate::spec::names::{Group, NodeId};

/// The Redis nodes of a group that have a place.
pub fn redis_slots(spec: &Spec, group: Group) -> Vec<NodeId> {
    let slots = spec.proxy.redis_slots.max(spec.replicas + 1);
    (1..=slots).map(|ordinal| NodeId::redis(group, ordinal)).collect()
}

/// The Sentinels that have a place.
pub fn sentinel_slots(spec: &Spec) -> Vec<NodeId> {
    (1..=spec.proxy.sentinel_slots.max(spec.sentinels)).map(NodeId::Sentinel).collect()
}
