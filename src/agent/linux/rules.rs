//! The rules of a disturbance: one table of nf_tables that belongs to this process.
//!
//! So the kernel removes it when the process ends, however it ends (linux/netfilter/nf_tables.h; ownership since Linux
//! 5.12).

use std::io;
use std::net::Ipv4Addr;

use super::error::TaskError;
use super::netlink::{ACK, APPEND, CREATE, Message, Socket};
use crate::agent::order::{Disturbance, Packets};

/// IPv4 in netfilter and in its tables.
const IPV4: u8 = 2;
/// The subsystem of nf_tables.
const SUBSYSTEM: u16 = 10;
/// The messages that begin and end an atomic batch.
const BATCH: [u16; 2] = [0x10, 0x11];
const NEW_TABLE: u16 = SUBSYSTEM << 8;
const GET_TABLE: u16 = SUBSYSTEM << 8 | 1;
const NEW_CHAIN: u16 = SUBSYSTEM << 8 | 3;
const NEW_RULE: u16 = SUBSYSTEM << 8 | 6;
/// The table is removed when its socket closes.
const OWNED: u32 = 0x2;
/// Before other rules, but after packets are reassembled from fragments (mangle).
const PRIORITY: i32 = -150;
/// The register that values are loaded into.
const REGISTER: u32 = 1;
/// The register of the verdict.
const VERDICT: u32 = 0;
const DROP: u32 = 0;
/// TCP, as a protocol of IP.
const TCP: u8 = 6;
/// RST in the flags of TCP.
const RST: u8 = 0x4;
/// Bytes of the name of a network device, at most.
const DEVICE_NAME: usize = 16;
/// Packets pass when no process listens to their queue (xt_NFQUEUE.h: NFQ_FLAG_BYPASS).
const BYPASS: u16 = 0x1;

/// Rules that hold until this is dropped.
pub struct Rules {
    socket: Socket,
    name: String,
}

/// A chain: its hook, and which part of a packet it sees.
struct Chain {
    name: &'static str,
    hook: u32,
    /// The metadata key that names the device.
    device: u32,
    /// The offset of the peer's address in the header of IPv4.
    peer_at: u32,
}

/// Packets that the container receives.
const IN: Chain = Chain { name: "in", hook: 1, device: 6, peer_at: 12 };
/// Packets that the container sends.
const OUT: Chain = Chain { name: "out", hook: 3, device: 7, peer_at: 16 };

impl Rules {
    /// Adds the rules. Packets that are delayed or lost by chance go to the queue of this number.
    ///
    /// # Errors
    /// The kernel cannot do it.
    pub async fn apply(disturbance: Disturbance, link: &Packets, queue: u16) -> Result<Self, TaskError> {
        let name = format!("redos-{queue}");
        let mut socket = Socket::open().map_err(TaskError::system("the kernel has no netfilter"))?;
        let table = [begin(), table(&name), end()];
        socket.request(table).await.map_err(|cause| {
            let what = match cause.raw_os_error() {
                Some(NOT_SUPPORTED | INVALID) => {
                    "the kernel has no tables that end with their owner (Linux 5.12 and later has)"
                }
                Some(NOT_PERMITTED) => "the Engine does not grant NET_ADMIN",
                _ => "the kernel has no nf_tables",
            };
            TaskError::system(what)(cause)
        })?;
        let mut messages = vec![begin()];
        for chain in [(&IN, link.direction.inward()), (&OUT, link.direction.outward())] {
            let (chain, true) = chain else { continue };
            messages.push(hooked(&name, chain));
            if link.peers.is_empty() {
                messages.push(rule(&name, chain, None, disturbance, queue));
            }
            messages.extend(link.peers.iter().map(|peer| rule(&name, chain, Some(*peer), disturbance, queue)));
        }
        messages.push(end());
        let refused = TaskError::system(format!("the kernel refuses {}", needs(disturbance)));
        socket.request(messages).await.map_err(refused)?;
        Ok(Self { socket, name })
    }

    /// Removes the rules and checks that they are gone.
    ///
    /// # Errors
    /// They are still there, or the kernel does not say.
    pub async fn end(self) -> Result<(), TaskError> {
        let Self { socket, name } = self;
        drop(socket);
        let failed = |cause| TaskError::system("the kernel does not say whether the rules are gone")(cause);
        let mut socket = Socket::open().map_err(failed)?;
        match socket.request([Message::new(GET_TABLE, ACK, IPV4, 0).text(1, &name)]).await {
            Ok(()) => Err(TaskError::Measured("the rules are still there".to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

const NOT_PERMITTED: i32 = 1;
const INVALID: i32 = 22;
const NOT_SUPPORTED: i32 = 95;

/// The kernel features that a disturbance needs.
const fn needs(disturbance: Disturbance) -> &'static str {
    match disturbance {
        Disturbance::Drop => "rules that drop packets",
        Disturbance::Reset => "rules that reset connections (CONFIG_NFT_REJECT_IPV4)",
        Disturbance::Delay { .. } | Disturbance::Lose { .. } | Disturbance::Throttle { .. } => {
            "rules that queue packets (CONFIG_NFT_COMPAT and CONFIG_NETFILTER_XT_TARGET_NFQUEUE)"
        }
    }
}

fn begin() -> Message {
    Message::new(BATCH[0], 0, 0, SUBSYSTEM)
}

fn end() -> Message {
    Message::new(BATCH[1], 0, 0, SUBSYSTEM)
}

fn table(name: &str) -> Message {
    Message::new(NEW_TABLE, ACK | CREATE, IPV4, 0).text(1, name).number(2, OWNED)
}

fn hooked(table: &str, chain: &Chain) -> Message {
    let hook = |hook: Message| hook.number(1, chain.hook).number(2, PRIORITY.cast_unsigned());
    Message::new(NEW_CHAIN, ACK | CREATE, IPV4, 0).text(1, table).text(3, chain.name).nest(4, hook).text(7, "filter")
}

/// The rule for the packets of one peer, or of all peers except the container itself.
fn rule(table: &str, chain: &Chain, peer: Option<Ipv4Addr>, disturbance: Disturbance, queue: u16) -> Message {
    let expressions = |mut list: Message| {
        let mut loopback = [0; DEVICE_NAME];
        loopback[..2].copy_from_slice(b"lo");
        list = compare(meta(list, chain.device), false, &loopback);
        if let Some(peer) = peer {
            list = compare(payload(list, 1, chain.peer_at, 4), true, &peer.octets());
        }
        match disturbance {
            Disturbance::Drop => expression(list, "immediate", |data| {
                data.number(1, VERDICT).nest(2, |data| data.nest(2, |verdict| verdict.number(1, DROP)))
            }),
            Disturbance::Reset => {
                // The protocol (NFT_META_L4PROTO) is TCP, and the packet is not a reset: those that this rule sends
                // pass here, too.
                list = compare(meta(list, 16), true, &[TCP]);
                list = expression(payload(list, 2, 13, 1), "bitwise", |data| {
                    let data = data.number(1, REGISTER).number(2, REGISTER).number(3, 1);
                    data.nest(4, |mask| mask.bytes(1, &[RST])).nest(5, |xor| xor.bytes(1, &[0]))
                });
                expression(compare(list, true, &[0]), "reject", |data| data.number(1, 1).bytes(2, &[0]))
            }
            Disturbance::Delay { .. } | Disturbance::Lose { .. } | Disturbance::Throttle { .. } => {
                // The number of the queue, the number of queues, flags; in the byte order of the machine.
                let mut info = [queue, 1, BYPASS, 0].map(u16::to_ne_bytes).concat();
                info.truncate(8);
                expression(list, "target", |data| data.text(1, "NFQUEUE").number(2, 3).bytes(3, &info))
            }
        }
    };
    Message::new(NEW_RULE, ACK | CREATE | APPEND, IPV4, 0).text(1, table).text(2, chain.name).nest(4, expressions)
}

/// Adds an expression to a list of them.
fn expression(list: Message, name: &str, data: impl FnOnce(Message) -> Message) -> Message {
    list.nest(1, |element| element.text(1, name).nest(2, data))
}

/// Loads a metadata value into the register.
fn meta(list: Message, key: u32) -> Message {
    expression(list, "meta", |data| data.number(1, REGISTER).number(2, key))
}

/// Loads bytes of a header: of the network (1) or of the transport (2).
fn payload(list: Message, base: u32, offset: u32, length: u32) -> Message {
    expression(list, "payload", |data| data.number(1, REGISTER).number(2, base).number(3, offset).number(4, length))
}

/// Goes on if the loaded value is equal, or is not.
fn compare(list: Message, equal: bool, value: &[u8]) -> Message {
    expression(list, "cmp", |data| {
        data.number(1, REGISTER).number(2, u32::from(!equal)).nest(3, |data| data.bytes(1, value))
    })
}
