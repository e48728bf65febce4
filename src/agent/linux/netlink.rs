//! Netlink, as far as the agent needs it (linux/netlink.h). There are messages of attributes, and a socket that sends
//! them and waits until the kernel has agreed.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::netlink::{NETFILTER, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;

/// The message is a request that wants to be acknowledged.
pub const REQUEST: u16 = 0x1;
/// The kernel says when it is done.
pub const ACK: u16 = 0x4;
/// Creates what does not exist.
pub const CREATE: u16 = 0x400;
/// Appends behind what exists.
pub const APPEND: u16 = 0x800;

/// A message that says how a request ended.
const ERROR: u16 = 0x2;
/// The attribute holds attributes.
const NESTED: u16 = 0x8000;
/// Bytes of a message's header.
const HEADER: usize = 16;
/// Bytes of the header of netfilter (`struct nfgenmsg`).
const GENERIC: usize = 4;
/// How long the kernel may take to answer. It answers before the sending ends, unless something is broken.
const ANSWER: Duration = Duration::from_secs(5);
/// Bytes that are received at once: the first bytes of many packets.
pub const RECEIVE: usize = 256 * 1024;

/// A message of netfilter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message(Vec<u8>);

impl Message {
    /// An empty message. `kind` is the subsystem and the message, `resource` what the subsystem makes of it.
    pub fn new(kind: u16, flags: u16, family: u8, resource: u16) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(&0u32.to_ne_bytes());
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&(flags | REQUEST).to_ne_bytes());
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&[family, 0]);
        bytes.extend_from_slice(&resource.to_be_bytes());
        Self(bytes)
    }

    /// Adds an attribute.
    #[must_use]
    pub fn bytes(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_ne_bytes());
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    /// Adds a number in network byte order, as netfilter has all its numbers.
    #[must_use]
    pub fn number(self, kind: u16, value: u32) -> Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// Adds a text with a closing zero byte.
    #[must_use]
    pub fn text(self, kind: u16, value: &str) -> Self {
        self.bytes(kind, &[value.as_bytes(), &[0]].concat())
    }

    /// Adds an attribute of attributes.
    #[must_use]
    pub fn nest(mut self, kind: u16, inside: impl FnOnce(Self) -> Self) -> Self {
        let start = self.0.len();
        self = inside(self.bytes(kind | NESTED, &[]));
        let length = u16::try_from(self.0.len() - start).unwrap_or(u16::MAX);
        self.0[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self
    }

    /// Whether the message is the answer that ends a request.
    fn is_acknowledged(&self) -> bool {
        u16::from_ne_bytes([self.0[6], self.0[7]]) & ACK != 0
    }

    /// The bytes of the message with this sequence number.
    fn numbered(mut self, sequence: u32) -> Vec<u8> {
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0[0..4].copy_from_slice(&length.to_ne_bytes());
        self.0[8..12].copy_from_slice(&sequence.to_ne_bytes());
        self.0
    }
}

/// A received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// The subsystem and the message.
    pub kind: u16,
    /// The number of the request that it answers.
    sequence: u32,
    /// The bytes behind the header.
    body: &'a [u8],
}

impl<'a> Received<'a> {
    /// The messages of a datagram.
    pub fn all(mut datagram: &'a [u8]) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            let length = u32::from_ne_bytes(datagram.get(0..4)?.try_into().ok()?) as usize;
            let message = datagram.get(..length).filter(|message| message.len() >= HEADER)?;
            datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or_default();
            Some(Self {
                kind: u16::from_ne_bytes([message[4], message[5]]),
                sequence: u32::from_ne_bytes(message[8..12].try_into().ok()?),
                body: &message[HEADER..],
            })
        })
    }

    /// The value of an attribute.
    pub fn attribute(&self, kind: u16) -> Option<&'a [u8]> {
        let mut rest = self.body.get(GENERIC..)?;
        loop {
            let length = usize::from(u16::from_ne_bytes(rest.get(0..2)?.try_into().ok()?));
            let found = u16::from_ne_bytes(rest.get(2..4)?.try_into().ok()?) & !NESTED;
            let value = rest.get(4..length)?;
            if found == kind {
                return Some(value);
            }
            rest = rest.get(length.next_multiple_of(4)..)?;
        }
    }

    /// How a request ended, if the message says that.
    fn end(&self) -> Option<io::Result<()>> {
        let code = i32::from_ne_bytes(self.body.get(0..4).filter(|_| self.kind == ERROR)?.try_into().ok()?);
        Some(if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(-code)) })
    }
}

/// A socket to netfilter, in the network namespace of this process.
pub struct Socket {
    fd: AsyncFd<OwnedFd>,
    sequence: u32,
}

impl Socket {
    /// Opens a socket to netfilter.
    ///
    /// # Errors
    /// The kernel has no netfilter.
    pub fn open() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let fd = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(NETFILTER))?;
        rustix::net::bind(&fd, &SocketAddrNetlink::new(0, 0))?;
        #[expect(deprecated, reason = "its successor is unsafe for the sake of types that do not own their descriptor")]
        let fd = AsyncFd::new(fd)?;
        Ok(Self { fd, sequence: 0 })
    }

    /// Enlarges the buffer for unread messages, as far as the kernel allows.
    pub fn widen(&self, bytes: usize) {
        let forced = rustix::net::sockopt::set_socket_recv_buffer_size_force(self.fd.get_ref(), bytes);
        if forced.is_err() {
            // Without the capability to force it, the kernel gives what every process may have.
            let _ = rustix::net::sockopt::set_socket_recv_buffer_size(self.fd.get_ref(), bytes);
        }
    }

    /// Sends messages in one datagram, and waits until the kernel has agreed to all that want an answer.
    ///
    /// # Errors
    /// What the kernel said of the first that it refused.
    pub async fn request(&mut self, messages: impl IntoIterator<Item = Message>) -> io::Result<()> {
        let (mut datagram, mut awaited) = (Vec::new(), Vec::new());
        for message in messages {
            self.sequence += 1;
            if message.is_acknowledged() {
                awaited.push(self.sequence);
            }
            datagram.extend(message.numbered(self.sequence));
        }
        self.send(&datagram).await?;
        let mut buffer = vec![0; RECEIVE];
        while !awaited.is_empty() {
            let length = timeout(ANSWER, self.receive(&mut buffer)).await.map_err(io::Error::from)??;
            for message in Received::all(&buffer[..length]) {
                let Some(end) = message.end() else { continue };
                awaited.retain(|sequence| *sequence != message.sequence);
                end?;
            }
        }
        Ok(())
    }

    /// Sends a message that is not answered.
    ///
    /// # Errors
    /// The kernel refused it.
    pub async fn tell(&self, message: Message) -> io::Result<()> {
        self.send(&message.numbered(0)).await
    }

    async fn send(&self, datagram: &[u8]) -> io::Result<()> {
        loop {
            let mut ready = self.fd.writable().await?;
            let sent = ready.try_io(|fd| Ok(rustix::net::send(fd, datagram, SendFlags::empty())?));
            match sent {
                Ok(sent) => return sent.map(drop),
                Err(_would_block) => {}
            }
        }
    }

    /// Receives a datagram.
    ///
    /// # Errors
    /// `ENOBUFS` when the buffer was full and something was lost; the socket can still be read.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.fd.readable().await?;
            let received = ready.try_io(|fd| Ok(rustix::net::recv(fd, &mut *buffer, RecvFlags::empty())?.0));
            match received {
                Ok(received) => return received,
                Err(_would_block) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_read_back_as_they_were_written() {
        let message = Message::new(0x0a06, ACK, 2, 7).text(1, "table").nest(4, |inner| inner.number(1, 9)).number(5, 1);
        assert!(message.is_acknowledged());
        let bytes = message.numbered(3);
        assert_eq!(bytes.len() % 4, 0);
        let twice = [bytes.clone(), bytes].concat();
        let received: Vec<Received<'_>> = Received::all(&twice).collect();
        assert_eq!(received.len(), 2);
        let first = received[0];
        assert_eq!((first.kind, first.sequence), (0x0a06, 3));
        assert_eq!(first.attribute(1), Some(&b"table\0"[..]));
        assert_eq!(first.attribute(4).map(<[u8]>::len), Some(8));
        assert_eq!(first.attribute(5), Some(&[0, 0, 0, 1][..]));
        assert_eq!(first.attribute(6), None);
    }

    #[test]
    fn a_refusal_is_the_kernels_own_error() {
        let mut bytes = Message::new(ERROR, 0, 0, 0).numbered(1);
        bytes[HEADER..HEADER + 4].copy_from_slice(&(-95i32).to_ne_bytes());
        let received = Received::all(&bytes).next().expect("a message");
        let error = received.end().expect("an end").expect_err("a refusal");
        assert_eq!(error.raw_os_error(), Some(95));
        assert_eq!(Received::all(&bytes[..7]).next(), None, "what is cut off is nothing");
    }
}
