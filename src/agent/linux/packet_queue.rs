//! The queue of packets that the kernel hands over until the agent lets them go on (linux/netfilter/nfnetlink_queue.h).
//! The rule that sends them here lets them pass when no process listens any more.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::netlink::{ACK, Message, RECEIVE, Received, Socket};
use super::shaper::Shaper;
use crate::agent::order::Disturbance;

/// The subsystem of queues.
const SUBSYSTEM: u16 = 3;
const PACKET: u16 = SUBSYSTEM << 8;
const VERDICT: u16 = SUBSYSTEM << 8 | 1;
const CONFIG: u16 = SUBSYSTEM << 8 | 2;
/// The command that makes this socket the queue's listener.
const BIND: u8 = 1;
/// Copy the beginning of each packet. Without it the kernel does not report its length.
const COPY: u8 = 2;
/// Bytes of the copy: the header of IPv4.
const COPIED: u32 = 20;
/// Take packets that the network card would split as one: up to 64 KiB.
const UNCUT: u32 = 0x4;
/// Bits per second below which a throttled connection takes no unsplit packets.
///
/// One alone would fill it for more than the 5 ms that timers here are precise to, and its loss would be that of a
/// whole TCP window.
const CUT_BELOW: u64 = 100_000_000;
/// Packets that may wait at once. At 100 ms of delay that is 300,000 per second.
const HELD_MAX: u32 = 32_768;
/// Bytes of the socket's buffer: some 100 for each packet's message, and room for the kernel's own.
const BUFFER: usize = 16 << 20;
const ACCEPT: u32 = 1;
const DROP: u32 = 0;
/// Packets to the container come from this hook.
const INWARD: u8 = 1;
/// `ENOBUFS`: the kernel lost a message because the buffer was full.
const NO_BUFFERS: i32 = 105;

/// How many packets came through.
#[derive(Debug, Default)]
pub struct Count {
    /// All packets that the queue saw.
    pub seen: AtomicU64,
    /// Packets that were lost.
    pub lost: AtomicU64,
}

/// A queue that is served.
pub struct Queue {
    pub count: Arc<Count>,
    stop: CancellationToken,
    served: JoinHandle<io::Result<()>>,
}

/// A packet that waits in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    due: Duration,
    id: u32,
}

impl Queue {
    /// Listens to the queue of this number and serves it.
    ///
    /// # Errors
    /// The kernel has no queues, or another process listens already.
    pub async fn serve(number: u16, disturbance: Disturbance) -> io::Result<Self> {
        let mut socket = Socket::open()?;
        socket.widen(BUFFER);
        let config = || Message::new(CONFIG, ACK, 0, number);
        socket.request([config().bytes(1, &[BIND, 0, 0, 0])]).await?;
        let params = [COPIED.to_be_bytes().as_slice(), &[COPY]].concat();
        let cut = matches!(disturbance, Disturbance::Throttle { rate } if rate < CUT_BELOW);
        let flags = if cut { 0 } else { UNCUT };
        socket.request([config().bytes(2, &params).number(3, HELD_MAX).number(4, flags).number(5, UNCUT)]).await?;
        let (count, stop) = (Arc::new(Count::default()), CancellationToken::new());
        let serving = Serving {
            socket,
            number,
            shapers: [Shaper::new(disturbance), Shaper::new(disturbance)],
            held: BinaryHeap::new(),
            began: Instant::now(),
            count: Arc::clone(&count),
        };
        let served = tokio::spawn(serving.until(stop.clone()));
        Ok(Self { count, stop, served })
    }

    /// Lets all waiting packets pass, and ends. The rules have to be gone before.
    ///
    /// # Errors
    /// The queue had failed.
    pub async fn end(self) -> io::Result<()> {
        self.stop.cancel();
        self.served.await.map_err(io::Error::other)?
    }
}

/// The task that serves a queue.
struct Serving {
    socket: Socket,
    number: u16,
    /// The shapers for packets from the container, and to it.
    shapers: [Shaper; 2],
    held: BinaryHeap<Reverse<Held>>,
    began: Instant,
    count: Arc<Count>,
}

impl Serving {
    async fn until(mut self, stop: CancellationToken) -> io::Result<()> {
        let mut buffer = vec![0; RECEIVE];
        loop {
            let next = self.held.peek().map(|Reverse(held)| self.began + held.due);
            let wake = async {
                match next {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = wake => {}
                received = self.socket.receive(&mut buffer) => match received {
                    Ok(length) => self.take(&buffer[..length]).await?,
                    // The kernel dropped those packets; the rest goes on.
                    Err(error) if error.raw_os_error() == Some(NO_BUFFERS) => {}
                    Err(error) => return Err(error),
                },
            }
            self.release(self.began.elapsed()).await?;
        }
        self.release(Duration::MAX).await
    }

    /// Decides on the packets of a datagram.
    async fn take(&mut self, datagram: &[u8]) -> io::Result<()> {
        let now = self.began.elapsed();
        for message in Received::all(datagram).filter(|message| message.kind == PACKET) {
            let Some(header) = message.attribute(1).filter(|header| header.len() >= 7) else { continue };
            let id = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
            let number = |bytes: &[u8]| bytes.try_into().map(u32::from_be_bytes).ok();
            // The kernel reports the whole length when it copied less.
            let whole = message.attribute(13).and_then(number);
            let copied = message.attribute(10).map_or(0, <[u8]>::len);
            let bytes = whole.unwrap_or_else(|| u32::try_from(copied).unwrap_or(COPIED));
            let shaper = &mut self.shapers[usize::from(header[6] == INWARD)];
            self.count.seen.fetch_add(1, Ordering::Relaxed);
            match shaper.due(now, bytes, rand::random()) {
                Some(due) => self.held.push(Reverse(Held { due, id })),
                None => {
                    self.count.lost.fetch_add(1, Ordering::Relaxed);
                    self.decide(id, DROP).await?;
                }
            }
        }
        Ok(())
    }

    /// Lets the packets go on that are due.
    async fn release(&mut self, now: Duration) -> io::Result<()> {
        while let Some(Reverse(held)) = self.held.peek().copied().filter(|Reverse(held)| held.due <= now) {
            self.held.pop();
            self.decide(held.id, ACCEPT).await?;
        }
        Ok(())
    }

    async fn decide(&self, id: u32, verdict: u32) -> io::Result<()> {
        let header = [verdict.to_be_bytes(), id.to_be_bytes()].concat();
        self.socket.tell(Message::new(VERDICT, 0, 0, self.number).bytes(2, &header)).await
    }
}
