//! What an agent is told to do, and what it says: values that go through a command line and a log.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What an agent does to the container that it was started beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// What.
    pub task: Task,
    /// After how many milliseconds it ends by itself.
    pub lease: u64,
}

impl Order {
    /// After what time it ends by itself.
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease)
    }
}

/// A task of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Task {
    /// Something happens to packets.
    Disturb {
        /// What.
        disturbance: Disturbance,
        /// To which.
        link: Packets,
    },
    /// Writes of the server's clients wait.
    PauseWrites,
    /// The server, which has little memory left, needs more.
    Crowd,
    /// The disk of a folder is full.
    FillDisk {
        /// The folder.
        folder: String,
        /// Bytes that the disk may have at most.
        limit: u64,
    },
}

/// What happens to packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Disturbance {
    /// They vanish.
    Drop,
    /// TCP connections are reset, and refused.
    Reset,
    /// They come late: by this, and by up to as much more as the jitter says.
    Delay {
        /// Milliseconds.
        delay: u32,
        /// Milliseconds at most.
        jitter: u32,
    },
    /// Some vanish, by chance.
    Lose {
        /// How many of a thousand.
        per_mille: u16,
    },
    /// They queue up for a narrow way.
    Throttle {
        /// Bits in a second, of IP packets with their headers.
        rate: u64,
    },
}

/// Which packets: those to and from some peers, in one direction or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Packets {
    /// The addresses at the other end; everybody's when empty, but not the container's own.
    pub peers: Vec<Ipv4Addr>,
    /// Which way.
    pub direction: Direction,
    /// Servers at the other end that the effect is measured at.
    pub servers: Vec<SocketAddrV4>,
}

impl Packets {
    /// The packets to and from everybody; the effect is measured at these servers.
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

/// Which way packets go, as the container sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// To it and from it.
    #[default]
    Both,
    /// To it.
    In,
    /// From it.
    Out,
}

impl Direction {
    /// Whether packets to the container are meant.
    pub const fn inward(self) -> bool {
        matches!(self, Self::Both | Self::In)
    }

    /// Whether packets from the container are meant.
    pub const fn outward(self) -> bool {
        matches!(self, Self::Both | Self::Out)
    }
}

/// What an agent says, a line of JSON each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Word {
    /// The fault is there and was measured.
    Holds {
        /// What was measured.
        evidence: String,
    },
    /// It could not be brought about, or was not to be felt; nothing is left of it.
    Failed {
        /// Why.
        why: String,
    },
    /// It is over, and was seen to be.
    Gone {
        /// What was measured.
        evidence: String,
    },
}

impl Word {
    /// The words of a log. Lines that are none are passed over.
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
