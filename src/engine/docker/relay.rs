//! Connections to a cluster's servers.
//!
//! Where the containers' addresses can be dialled from here, that is plain TCP. Where they cannot (Docker Desktop, a
//! remote Engine), a command inside a running container carries the bytes over the Engine's API.

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bytes::{Buf, Bytes};
use futures_util::{Stream as FutureStream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::handle::Way;
use super::oneoff::{self, Location, OneOff};
use super::{DockerEngine, calls, labels, listing, network};
use crate::dial::{BoxFuture, Dial, Stream, Target};
use crate::engine::Result;
use crate::spec::{ClusterName, Role};

/// The relay's first byte, before those of the server. Any other first byte begins an error: the Engine reports a
/// command that it cannot run on the same stream.
const READY: &[u8] = b"+";
/// Carries standard input to `$1:$2` and back, by the first program that the image has. All of them end when the server
/// closes, and close the server's side when standard input ends, so that nothing is left when the dialler goes away;
/// bash cannot close one side only and ends at once. Alpine has busybox, Debian has Perl; plain nc comes last because
/// not all of them close.
const RELAY: &str = r#"
has() { command -v "$1" >/dev/null 2>&1; }
if has busybox; then printf +; exec busybox nc "$1" "$2"
elif has perl; then printf +; exec perl -MSocket -e '
    my $s;
    socket($s, PF_INET, SOCK_STREAM, 0) && connect($s, pack_sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) or die "$!\n";
    my ($open, $b) = (1, "");
    while (1) {
      my $r = ""; vec($r, fileno($s), 1) = 1; vec($r, 0, 1) = 1 if $open;
      select($r, undef, undef, undef);
      if (vec($r, fileno($s), 1)) {
        my $n = sysread($s, $b, 65536); last unless $n;
        for (my $o = 0; $o < $n;) { my $w = syswrite(STDOUT, $b, $n - $o, $o); exit 1 unless $w; $o += $w }
      }
      if ($open && vec($r, 0, 1)) {
        my $n = sysread(STDIN, $b, 65536);
        if (!$n) { $open = 0; shutdown($s, 1); next }
        for (my $o = 0; $o < $n;) { my $w = syswrite($s, $b, $n - $o, $o); exit 1 unless $w; $o += $w }
      }
    }' "$1" "$2"
elif has bash; then printf +; exec bash -c '
    exec 3<>"/dev/tcp/$0/$1" 4<&0 || exit 1
    cat <&3 & cat <&4 >&3 & wait -n; kill $(jobs -p) 2>/dev/null' "$1" "$2"
elif has nc; then printf +; exec nc "$1" "$2"
else echo "the image has none of busybox, perl, bash and nc" >&2; exit 127
fi"#;

/// Time limit of the start of a relay. Measured on Docker 26.1 over TCP: 0.1 s on an idle machine, more than 1 s on one
/// with twenty processes waiting for each core.
const DETOUR: Duration = Duration::from_secs(4);

/// Where Linux lists the devices of the network in which redos runs.
const DEVICES: &str = "/sys/class/net";

impl DockerEngine {
    /// Stores the device of a cluster's network, which saves a question later.
    pub(super) fn note_device(&self, cluster: &ClusterName, device: &str) {
        // A poisoned lock guards nothing but a hint.
        if let Ok(mut devices) = self.ways.devices.lock() {
            devices.insert(cluster.clone(), device.to_owned());
        }
    }

    /// Whether the addresses of a cluster can be dialled from here.
    pub(super) async fn reaches(&self, cluster: &ClusterName) -> Result<bool> {
        Ok(matches!(self.way(cluster).await?, Way::Direct))
    }

    async fn way(&self, cluster: &ClusterName) -> Result<Way> {
        let mut ways = self.ways.found.lock().await;
        if let Some(way) = ways.get(cluster) {
            return Ok(way.clone());
        }
        let is_near = self.endpoint.is_local() && self.owns_network(cluster).await?;
        let way = if is_near { Way::Direct } else { Way::Through(None) };
        ways.insert(cluster.clone(), way.clone());
        Ok(way)
    }

    /// Whether the device of the cluster's network is here.
    ///
    /// Its addresses do not tell: another Engine behind a local socket, such as one in a virtual machine, can give the same to
    /// another network than the Engine of this host.
    async fn owns_network(&self, cluster: &ClusterName) -> Result<bool> {
        let noted = self.ways.devices.lock().ok().and_then(|devices| devices.get(cluster).cloned());
        let device = match noted {
            Some(device) => Some(device),
            None => {
                let networks = listing::networks(self, &labels::filter(cluster)).await?;
                network::chosen(cluster, &networks).map(network::facts).transpose()?.map(|facts| facts.device)
            }
        };
        Ok(device.is_some_and(|device| Path::new(DEVICES).join(device).exists()))
    }

    async fn dial_network(&self, cluster: &ClusterName, server: SocketAddrV4) -> io::Result<Box<dyn Stream>> {
        let through = match self.way(cluster).await.map_err(io::Error::other)? {
            Way::Direct => return direct(SocketAddr::V4(server)).await,
            Way::Through(container) => container,
        };
        if let Some(container) = through {
            match self.relay(&container, IpAddr::V4(*server.ip()), server.port()).await {
                // It was stopped, paused or removed since; another one may do.
                Err(RelayError::NoExec(_)) => self.remember(cluster, None).await,
                carried => return carried.map_err(RelayError::into),
            }
        }
        let container = self.carrier(cluster).await?;
        let carried = self.relay(&container, IpAddr::V4(*server.ip()), server.port()).await?;
        self.remember(cluster, Some(container)).await;
        Ok(carried)
    }

    async fn remember(&self, cluster: &ClusterName, container: Option<String>) {
        self.ways.found.lock().await.insert(cluster.clone(), Way::Through(container));
    }

    /// A running container of the cluster, preferably a proxy. That is the last to be tested or to fail over.
    async fn carrier(&self, cluster: &ClusterName) -> io::Result<String> {
        let mut filters = labels::filter(cluster);
        filters.insert("status".to_owned(), vec!["running".to_owned()]);
        let running = listing::containers(self, &filters).await.map_err(io::Error::other)?;
        let candidates = running.into_iter().filter_map(|container| {
            let node = labels::node(container.labels.as_ref()?)?;
            Some((node.role() != Role::Proxy, node, container.id?))
        });
        let nothing = || io::Error::new(io::ErrorKind::NotConnected, format!("no node of {cluster} is running"));
        candidates.min().map(|(_, _, id)| id).ok_or_else(nothing)
    }

    /// Starts a relay in a container and waits until it is there.
    async fn relay(&self, container: &str, ip: IpAddr, port: u16) -> std::result::Result<Box<dyn Stream>, RelayError> {
        let command = ["sh", "-c", RELAY, "relay", &ip.to_string(), &port.to_string()].map(str::to_owned);
        let options = CreateExecOptions {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.to_vec()),
            ..Default::default()
        };
        // It is never closed, so that waiting for it does not fail.
        let _starting = self.ways.starting.acquire().await;
        let exec = self.docker.create_exec(container, options).await.map_err(RelayError::NoExec)?;
        let started = self.docker.start_exec(&exec.id, None).await.map_err(RelayError::NoExec)?;
        let StartExecResults::Attached { output, input } = started else {
            return Err(RelayError::Complaint("the Engine did not attach to the relay".to_owned()));
        };
        Relay::begun(output, input).await
    }

    /// A connection to a port of a running container, made from inside it.
    pub(super) async fn inside(&self, container: &str, ip: IpAddr, port: u16) -> io::Result<Box<dyn Stream>> {
        Ok(self.relay(container, ip, port).await?)
    }

    /// It is [`Probes::dial_from`](crate::engine::Probes::dial_from) of this Engine.
    pub(super) async fn dial_from_container<T>(
        &self,
        image: &str,
        server: SocketAddrV4,
        question: impl AsyncFnOnce(io::Result<Box<dyn Stream>>) -> T,
    ) -> Result<T> {
        let (ip, port) = (server.ip().to_string(), server.port().to_string());
        let command = ["sh", "-c", RELAY, "relay", &ip, &port];
        let operation = || format!("reach {server} from a container of {image}");
        let OneOff { id, streams } = oneoff::start(self, image, &command, Location::DefaultNetwork, operation).await?;
        let carried = Relay::begun(streams.output, streams.input).await;
        let answer = question(carried.map_err(RelayError::into)).await;
        calls::remove(self, &id).await?;
        Ok(answer)
    }
}

async fn direct(address: SocketAddr) -> io::Result<Box<dyn Stream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}

type Output = Pin<Box<dyn FutureStream<Item = std::result::Result<LogOutput, Error>> + Send>>;
type Input = Pin<Box<dyn AsyncWrite + Send>>;

impl Relay {
    /// Waits until the relay with these streams has started.
    async fn begun(mut output: Output, input: Input) -> std::result::Result<Box<dyn Stream>, RelayError> {
        // The two streams come in no particular order: a relay may report an error before its first byte is here.
        let mut complaint = Vec::new();
        let mut first = loop {
            match output.next().await {
                Some(Ok(LogOutput::StdErr { message })) => complaint.extend_from_slice(&message),
                Some(Ok(chunk)) if chunk.as_ref().starts_with(READY) => break chunk.into_bytes(),
                Some(Ok(chunk)) => complaint.extend_from_slice(chunk.as_ref()),
                Some(Err(error)) => return Err(RelayError::Complaint(error.to_string())),
                None => return Err(RelayError::Complaint(String::from_utf8_lossy(&complaint).trim().to_owned())),
            }
        };
        first.advance(READY.len());
        Ok(Box::new(Self { output, input, pending: first, read_any: false, complaint }))
    }
}

impl Dial for DockerEngine {
    fn dial<'a>(&'a self, cluster: &'a ClusterName, target: Target) -> BoxFuture<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            match target {
                Target::Node(_, server) | Target::Network(server) => self.dial_network(cluster, server).await,
                Target::Published(address) => direct(address).await,
            }
        })
    }

    fn tries_published<'a>(&'a self, cluster: &'a ClusterName) -> BoxFuture<'a, bool> {
        Box::pin(async move { self.reaches(cluster).await.unwrap_or(false) })
    }

    fn detour(&self) -> Duration {
        // The first connection finds the way. If it is being looked for at this moment, the answer is not known yet.
        let found =
            || self.ways.found.try_lock().is_ok_and(|ways| ways.values().any(|way| matches!(way, Way::Through(_))));
        let relayed = !self.endpoint.is_local() || found();
        if relayed { DETOUR } else { Duration::ZERO }
    }
}

/// Why a relay did not start.
enum RelayError {
    /// The Engine does not run commands in this container: it does not run, is paused, or is gone.
    NoExec(Error),
    /// The relay did not begin; the text is its error or the Engine's.
    Complaint(String),
}

impl From<RelayError> for io::Error {
    fn from(error: RelayError) -> Self {
        match error {
            RelayError::NoExec(error) => io::Error::new(io::ErrorKind::NotConnected, super::errors::message(&error)),
            RelayError::Complaint(said) => io::Error::other(format!("no relay: {said}")),
        }
    }
}

/// A connection that a command in a container carries.
struct Relay {
    output: Output,
    input: Input,
    pending: Bytes,
    read_any: bool,
    complaint: Vec<u8>,
}

impl AsyncRead for Relay {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if !self.pending.is_empty() {
                let count = self.pending.len().min(buf.remaining());
                buf.put_slice(&self.pending.split_to(count));
                self.read_any = true;
                return Poll::Ready(Ok(()));
            }
            match ready!(self.output.poll_next_unpin(cx)) {
                Some(Ok(LogOutput::StdErr { message })) => self.complaint.extend_from_slice(&message),
                Some(Ok(chunk)) => self.pending = chunk.into_bytes(),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                // An end before the first byte, with an error, is a connection that was never made.
                None if !self.read_any && !self.complaint.is_empty() => {
                    return Poll::Ready(Err(refused(&String::from_utf8_lossy(&self.complaint))));
                }
                None => return Poll::Ready(Ok(())),
            }
        }
    }
}

/// The error of a relay that cannot connect, as `connect` itself would have reported it.
fn refused(complaint: &str) -> io::Error {
    let lower = complaint.to_lowercase();
    let kind = if lower.contains("refused") {
        io::ErrorKind::ConnectionRefused
    } else if lower.contains("no route") || lower.contains("unreachable") {
        io::ErrorKind::HostUnreachable
    } else {
        io::ErrorKind::Other
    };
    io::Error::new(kind, complaint.trim().to_owned())
}

impl AsyncWrite for Relay {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        unless_ended(self.input.as_mut().poll_write(cx, bytes), bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        unless_ended(self.input.as_mut().poll_flush(cx), ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        unless_ended(self.input.as_mut().poll_shutdown(cx), ())
    }
}

/// Data for an ended relay are lost, as on a connection that the server has closed. The reader gets the reason.
fn unless_ended<T>(sent: Poll<io::Result<T>>, instead: T) -> Poll<io::Result<T>> {
    match sent {
        Poll::Ready(Err(error))
            if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) =>
        {
            Poll::Ready(Ok(instead))
        }
        sent => sent,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    fn found(program: &str) -> PathBuf {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file());
        found.unwrap_or_else(|| panic!("this test needs {program}"))
    }

    /// The relay to a port of this host, by this program only.
    fn relay_by(program: &str, tools: &Path, port: u16) -> Child {
        for tool in [program, "cat"] {
            // Both are `cat`, or a second round: the first link stays.
            let _ = symlink(found(tool), tools.join(tool));
        }
        let arguments = ["-c", RELAY, "relay", "127.0.0.1", &port.to_string()];
        let mut command = Command::new(found("sh"));
        command.args(arguments).env("PATH", tools).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("a relay")
    }

    fn ended(mut relay: Child) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if let Some(status) = relay.try_wait().expect("a child") {
                return Some(status.code().unwrap_or(-1));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        relay.kill().expect("killed");
        None
    }

    #[test]
    fn every_program_carries_both_ways_and_ends_with_either_side() {
        for program in ["perl", "bash"] {
            let tools = tempfile::tempdir().expect("a folder");
            let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
            let port = listener.local_addr().expect("its address").port();

            let mut relay = relay_by(program, tools.path(), port);
            let (mut server, _) = listener.accept().expect("a connection");
            server.set_read_timeout(Some(Duration::from_secs(5))).expect("a deadline");
            let (mut input, mut output) = (relay.stdin.take().expect("a pipe"), relay.stdout.take().expect("a pipe"));
            input.write_all(b"PING\0\n").expect("written");
            let mut heard = [0; 6];
            server.read_exact(&mut heard).expect("there");
            server.write_all(b"PONG\0\n").expect("written");
            let mut answer = [0; 7];
            output.read_exact(&mut answer).expect("back");
            assert_eq!((&heard, &answer), (b"PING\0\n", b"+PONG\0\n"), "{program}");
            drop(input);
            let mut rest = Vec::new();
            server.read_to_end(&mut rest).expect("our side is closed");
            drop(server);
            assert!(ended(relay).is_some(), "{program} ends when standard input does");

            let mut relay = relay_by(program, tools.path(), port);
            let (server, _) = listener.accept().expect("a connection");
            let input = relay.stdin.take();
            drop(server);
            assert!(ended(relay).is_some(), "{program} ends when the server closes");
            drop(input);
        }
    }

    #[test]
    fn a_complaint_becomes_the_error_of_connect() {
        assert_eq!(refused("nc: 10.0.0.1: Connection refused").kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(refused("No route to host").kind(), io::ErrorKind::HostUnreachable);
        assert_eq!(refused("something else\n").to_string(), "something else");
    }
}
