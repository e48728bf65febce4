//! The order for an agent and its answers: values that go through a command line and a log.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What an agent does to the container that it was started beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub task: Task,
    /// Milliseconds until it ends by itself.
    pub lease: u64,
}

impl Order {
    /// The time until it ends by itself.
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease)
    }
}

/// A task of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Task {
    /// Drops, delays or resets packets.
    Disturb {
        /// What happens to them.
        disturbance: Disturbance,
        /// Which packets are affected.
        link: Packets,
    },
    /// Lets the writes of the server's clients wait.
    PauseWrites,
    /// Makes a server that has little memory left need more.
    Crowd,
    /// Fills the disk of a folder.
    FillDisk {
        /// The folder in the container.
        folder: String,
        /// Size of the largest disk that it fills, in bytes.
        limit: u64,
    },
}

/// What happens to packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Disturbance {
    /// All packets are dropped.
    Drop,
    /// TCP connections are reset and refused.
    Reset,
    /// Packets are late by the delay, and by up to the jitter more.
    Delay {
        /// The delay in milliseconds.
        delay: u32,
        /// The largest random delay beyond that, in milliseconds.
        jitter: u32,
    },
    /// Some packets are dropped by chance.
    Lose {
        /// Thousandths of all packets.
        per_mille: u16,
    },
    /// Packets wait for a throttled connection.
    Throttle {
        /// Bits per second of IP packets with their headers.
        rate: u64,
    },
}

/// Which packets are affected: those to and from some peers, in one direction or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Packets {
    /// The addresses at the other end. Empty means all except the container's own.
    pub peers: Vec<Ipv4Addr>,
    pub direction: Direction,
    /// Servers at the other end where the effect is measured.
    pub servers: Vec<SocketAddrV4>,
    /// The certificate (PEM) of the authority of these servers; `None` where they have no TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
}

impl Packets {
    /// All packets; the effect is measured at these servers.
    pub fn to_everybody(servers: Vec<SocketAddrV4>) -> Self {
        Self { servers, ..Self::default() }
    }

    /// The packets to and from these servers.
    pub fn to(servers: Vec<SocketAddrV4>) -> Self {
        let mut peers: Vec<Ipv4Addr> = servers.iter().map(|server| *server.ip()).collect();
        peers.sort();
        peers.dedup();
        Self { peers, servers, ..Self::default() }
    }
}

/// The direction of packets, as the container sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// To the container and from it.
    #[default]
    Both,
    /// To the container only.
    In,
    /// From the container only.
    Out,
}

/// An answer of an agent, one line of JSON each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Word {
    /// The fault is active, and its effect was measured.
    Holds { evidence: String },
    /// It could not be started, or had no effect; nothing is left of it.
    Failed {
        /// The reason, for people.
        why: String,
    },
    /// It is over, and its effect is gone.
    Gone { evidence: String },
}

impl Word {
    /// The answers in a log. Other lines are skipped.
    pub fn all(log: &str) -> impl DoubleEndedIterator<Item = Self> {
        log.lines().filter_map(|line| serde_json::from_str(line).ok())
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A plain value with text keys, which JSON can always hold.
        f.write_str(&serde_json::to_string(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_heard_among_noise() {
        let holds = Word::Holds { evidence: "0 of 5 servers are reached".to_owned() };
        let gone = Word::Gone { evidence: "5 of 5 servers are reached".to_owned() };
        let log = format!("exec format error\n{holds}\nredos: interrupted\n{gone}\n");
        assert_eq!(Word::all(&log).collect::<Vec<_>>(), [holds, gone]);
    }

    #[test]
    fn an_order_survives_the_command_line() {
        let servers = vec!["10.0.0.2:6379".parse().expect("an address"), "10.0.0.2:26379".parse().expect("one")];
        let order = Order {
            task: Task::Disturb {
                disturbance: Disturbance::Delay { delay: 100, jitter: 5 },
                link: Packets { direction: Direction::Out, ..Packets::to(servers.clone()) },
            },
            lease: 10_000,
        };
        assert_eq!(Packets::to(servers).peers, [Ipv4Addr::new(10, 0, 0, 2)]);
        let text = serde_json::to_string(&order).expect("JSON");
        assert_eq!(serde_json::from_str::<Order>(&text).expect("an order"), order);
    }
}
