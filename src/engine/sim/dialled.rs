//! The nodes in memory at the other end of a connection, as far as a failover test asks them.

use std::net::{SocketAddr, SocketAddrV4};

use super::talk::{OK, Talker, array, bulk, integer};
use super::{Sim, SimServer, SimWorld};
use crate::cluster::observed::{RoleView, WatchedMaster};
use crate::spec::{NodeId, proxy_group_ports};

/// What a replica answers to a write.
const READ_ONLY: &[u8] = b"-READONLY You can't write against a read only replica.\r\n";
/// The answer where there is nothing.
const NOTHING: &[u8] = b"$-1\r\n";
/// What a server answers to a command that it does not know.
const UNKNOWN: &[u8] = b"-ERR unknown command\r\n";

/// A connection to a node. It lasts as long as the node runs; through a proxy, as long as that leads to it.
pub(super) struct Dialled {
    sim: Sim,
    node: NodeId,
    /// The published port through which it was made.
    through: Option<SocketAddr>,
}

impl Dialled {
    /// The Redis node or Sentinel at an address of the cluster's network.
    pub fn at(sim: &Sim, address: SocketAddrV4) -> Option<Self> {
        let world = sim.world();
        let node = world.node_at(address).filter(|node| world.runs(*node))?;
        Some(Self { sim: sim.clone(), node, through: None })
    }

    /// The master to which the published port of a proxy leads.
    pub fn through(sim: &Sim, port: SocketAddr) -> Option<Self> {
        let node = sim.world().led_to(port)?;
        Some(Self { sim: sim.clone(), node, through: Some(port) })
    }
}

impl Talker for Dialled {
    fn answer(&mut self, request: &[&str]) -> Option<Vec<u8>> {
        let mut world = self.sim.world();
        let lasts = world.runs(self.node) && self.through.is_none_or(|port| world.led_to(port) == Some(self.node));
        if !lasts {
            return None;
        }
        match (request, world.nodes.get(&self.node)?.server.clone()?) {
            (["AUTH", ..], _) => Some(OK.to_vec()),
            (["CLIENT", ..], _) => {
                let address = world.address(self.node)?;
                Some(bulk(&format!("id=1 laddr={address} name=")))
            }
            (_, SimServer::Sentinel { watched }) => {
                let view = world.sentinel_view(&watched);
                let master = request.get(2).and_then(|group| view.masters.get(*group));
                Some(sentinel_answer(request, master))
            }
            (_, SimServer::Redis { replica_of, config }) => {
                let role = world.redis_view(self.node, replica_of, &config).role;
                match world.data_answer(self.node, &role, request) {
                    Some(answer) => Some(answer),
                    None => world.talking(self.node)?.answer(request),
                }
            }
            _ => None,
        }
    }
}

fn sentinel_answer(request: &[&str], master: Option<&WatchedMaster>) -> Vec<u8> {
    let strings = |words: &[&str]| array(words.iter().map(|word| bulk(word)));
    match (request, master) {
        (["SENTINEL", "MASTER", ..], Some(master)) => {
            let (ip, port) = (master.address.ip().to_string(), master.address.port().to_string());
            let flags = master.flags.iter().map(String::as_str).collect::<Vec<_>>().join(",");
            let others = master.peers.len().to_string();
            strings(&["ip", &ip, "port", &port, "flags", &flags, "num-other-sentinels", &others])
        }
        (["SENTINEL", "REPLICAS", ..], Some(master)) => array(master.replicas.iter().map(|replica| {
            let flags = replica.flags.iter().map(String::as_str).collect::<Vec<_>>().join(",");
            strings(&["flags", &flags])
        })),
        (["INFO", ..], _) => bulk("sentinel_tilt:0\r\n"),
        (["PSUBSCRIBE", pattern], _) => array([bulk("psubscribe"), bulk(pattern), integer(1)]),
        _ => UNKNOWN.to_vec(),
    }
}

impl SimWorld {
    /// The master to which a published port of a proxy leads.
    fn led_to(&self, port: SocketAddr) -> Option<NodeId> {
        let spec = self.spec.as_ref()?;
        let at_proxy = self.nodes.iter().find_map(|(id, node)| {
            let Some(SimServer::Proxy { checked, existing }) = &node.server else { return None };
            let (inside, _) = node.spec.ports.iter().find(|(_, host)| **host == port.port())?;
            let group = spec.groups().find(|group| proxy_group_ports(*group).write == *inside)?;
            self.proxy_view(*id, spec, checked, *existing).routes.get(&group)?.write
        });
        at_proxy.filter(|node| self.runs(*node))
    }

    /// The answer to a question about keys and the role; `None` where it is about something else.
    fn data_answer(&mut self, node: NodeId, role: &RoleView, request: &[&str]) -> Option<Vec<u8>> {
        let is_master = matches!(role, RoleView::Master { .. });
        let keys = self.keys.entry(node).or_default();
        let list = |key: &str| keys.get(key).map(Vec::as_slice).unwrap_or_default();
        let answer = match request {
            ["ROLE"] => return Some(role_answer(role)),
            ["LINDEX", key, "-1"] => return Some(list(key).last().map_or(NOTHING.to_vec(), |last| bulk(last))),
            ["GET", key] => return Some(list(key).last().map_or(NOTHING.to_vec(), |last| bulk(last))),
            ["LRANGE", key, from, to] => {
                let (from, to): (usize, usize) = (from.parse().ok()?, to.parse().ok()?);
                let within = list(key).iter().skip(from).take(to + 1 - from);
                return Some(array(within.map(|entry| bulk(entry))));
            }
            ["RPUSH" | "INCR" | "EXPIRE" | "UNLINK", ..] if !is_master => return Some(READ_ONLY.to_vec()),
            ["RPUSH", key, entry] => {
                let list = keys.entry((*key).to_owned()).or_default();
                list.push((*entry).to_owned());
                integer(list.len())
            }
            ["INCR", key] => {
                let next = list(key).last().and_then(|last| last.parse::<usize>().ok()).unwrap_or(0) + 1;
                keys.insert((*key).to_owned(), vec![next.to_string()]);
                integer(next)
            }
            ["EXPIRE", ..] => integer(1),
            ["UNLINK", gone @ ..] => {
                keys.retain(|key, _| !gone.contains(&key.as_str()));
                integer(gone.len())
            }
            _ => return None,
        };
        self.pass_on(node, role);
        Some(answer)
    }

    /// Gives the keys of a master to the replicas that are attached to it.
    fn pass_on(&mut self, master: NodeId, role: &RoleView) {
        let RoleView::Master { replicas } = role else { return };
        if self.is_forgetful {
            return;
        }
        let keys = self.keys.get(&master).cloned().unwrap_or_default();
        let attached: Vec<NodeId> = replicas.iter().filter_map(|replica| self.node_at(replica.address)).collect();
        self.keys.extend(attached.into_iter().map(|replica| (replica, keys.clone())));
    }
}

fn role_answer(role: &RoleView) -> Vec<u8> {
    match role {
        RoleView::Master { .. } => array([bulk("master"), integer(0), array([])]),
        RoleView::Replica { master, link_up, .. } => {
            let link = if *link_up { "connected" } else { "connect" };
            let (ip, port) = (bulk(&master.ip().to_string()), integer(master.port().into()));
            array([bulk("slave"), ip, port, bulk(link), integer(0)])
        }
    }
}
