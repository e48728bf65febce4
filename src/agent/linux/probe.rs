//! Measures the effect of a disturbance, and its end, as a client of the servers at the other end.

use std::fmt;
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::error::TaskError;
use super::packet_queue::Count;
use crate::agent::order::{Direction, Disturbance, Packets};
use crate::tls::{Trust, secured};

/// Servers that are measured, at most.
const SERVERS_MAX: usize = 8;
/// Connections to each server for a time, and requests for a rate, at most.
const TRIES: usize = 3;
/// How long a connection may take without a disturbance. A lost first packet is sent again after 1 s.
const PATIENCE: Duration = Duration::from_millis(800);
/// How long to wait for a connection that should fail. On one host it would take less than a millisecond.
const SILENCE: Duration = Duration::from_millis(400);
/// How far a measured figure may be from the requested one.
const TOLERANCE: f64 = 0.2;
/// How far a measured time may be off beyond that: a busy machine wakes its processes late.
const SLACK: Duration = Duration::from_millis(5);
/// Connections that are opened to see some packets get lost. Each has at least two packets.
const CONNECTIONS: usize = 64;
/// How long bytes are sent to measure a rate.
const TRANSFER: Duration = Duration::from_millis(600);
/// How long that may take at most.
const TRANSFER_MAX: Duration = Duration::from_secs(10);
/// Rounds of requests for it, at most. A connection that is faster than these fill it is not measured.
const ROUNDS_MAX: f64 = 2000.0;
/// Requests of a round, where the answers count. To a client that has not logged in Redis sends no more than 16 kB in
/// one go, and closes the connection (networking.c, since 7.4.3 and in older releases that were fixed).
const SHORT: usize = 256;
/// Requests of a round where they themselves count, and the length of each.
const LONG: (usize, usize) = (16, 1400);

/// How an attempt to connect ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    /// It was opened, after this time.
    Open(Duration),
    /// It was refused or reset.
    Refused,
    /// No answer came back.
    Silent,
}

/// What was measured at the servers.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The servers that were reached, with the shortest time of a connection.
    reached: Vec<(SocketAddrV4, Duration)>,
    /// The number of servers.
    of: usize,
    /// Bits per second, where that was measured.
    rate: Option<f64>,
}

impl Probe {
    /// Measures before the disturbance.
    ///
    /// # Errors
    /// There is no server at the other end that could show a disturbance.
    pub async fn before(disturbance: Disturbance, link: &Packets) -> Result<Self, TaskError> {
        let servers: Vec<SocketAddrV4> = link.servers.iter().copied().take(SERVERS_MAX).collect();
        let mut look = Self::at(&servers).await;
        if look.reached.is_empty() {
            return Err(TaskError::Impossible(format!(
                "none of the {} servers at the other end could be reached before the fault",
                servers.len()
            )));
        }
        if let Disturbance::Throttle { rate } = disturbance {
            look.rate = Some(transfer(&look.reached, link, rate).await?);
        }
        Ok(look)
    }

    /// Connects to each server.
    async fn at(servers: &[SocketAddrV4]) -> Self {
        let times = join_all(servers.iter().map(|server| quickest(*server))).await;
        let reached = servers.iter().zip(times).filter_map(|(server, time)| Some((*server, time?))).collect();
        Self { reached, of: servers.len(), rate: None }
    }

    fn servers(&self) -> Vec<SocketAddrV4> {
        self.reached.iter().map(|(server, _)| *server).collect()
    }

    /// Measures while the disturbance is active.
    ///
    /// # Errors
    /// It is not felt, or it is felt as something else.
    pub async fn felt(
        &self,
        disturbance: Disturbance,
        link: &Packets,
        count: Option<&Count>,
    ) -> Result<String, TaskError> {
        let servers = self.servers();
        match disturbance {
            Disturbance::Drop => self.all(Opening::Silent, "are silent").await,
            Disturbance::Reset => self.all(Opening::Refused, "refuse connections").await,
            Disturbance::Delay { delay, jitter } => {
                let ways = if link.direction == Direction::Both { 2.0 } else { 1.0 };
                let least = Duration::from_millis(delay.into()).mul_f64(ways);
                let most = Duration::from_millis(u64::from(delay) + u64::from(jitter)).mul_f64(ways);
                let now = Self::at(&servers).await;
                let none = || TaskError::Measured("no connection opens within 0.8 s plus the delay".to_owned());
                let added = self.added(&now).ok_or_else(none)?;
                let evidence = format!("connections take {} longer", millis(added));
                if added < least.mul_f64(1.0 - TOLERANCE) || added > most.mul_f64(1.0 + TOLERANCE) + SLACK {
                    let (least, most) = (millis(least), millis(most));
                    return Err(TaskError::Measured(format!("{evidence}, but {least} to {most} were requested")));
                }
                Ok(evidence)
            }
            Disturbance::Lose { per_mille } => {
                let count = count.ok_or_else(|| TaskError::Measured("no packet was counted".to_owned()))?;
                let many = servers.iter().cycle().take(CONNECTIONS);
                join_all(many.map(|server| connect(*server, SILENCE))).await;
                let (seen, lost) = (count.seen.load(Ordering::Relaxed), count.lost.load(Ordering::Relaxed));
                let evidence = format!("{lost} of {seen} packets were lost");
                measured(plausible(seen, lost, f64::from(per_mille) / 1000.0), evidence)
            }
            Disturbance::Throttle { rate } => {
                let now = transfer(&self.reached, link, rate).await?;
                let before = self.rate.unwrap_or_default();
                let evidence = format!("{} get through, {} before", bits(now), bits(before));
                if now > rate as f64 * (1.0 + TOLERANCE) || before < now * (1.0 + TOLERANCE) {
                    let wanted = bits(rate as f64);
                    return Err(TaskError::Measured(format!("{evidence}, but {wanted} were requested")));
                }
                Ok(evidence)
            }
        }
    }

    /// Measures once more after the disturbance.
    pub async fn over(&self) -> String {
        let now = Self::at(&self.servers()).await;
        let time = now.reached.iter().map(|(_, time)| *time).max().unwrap_or_default();
        format!("{now}, within {}", millis(time))
    }

    /// Whether all servers that were reached have this outcome now.
    async fn all(&self, wanted: Opening, what: &str) -> Result<String, TaskError> {
        let servers = self.servers();
        let outcomes = join_all(servers.iter().map(|server| connect(*server, SILENCE))).await;
        let so = outcomes.iter().filter(|outcome| **outcome == wanted).count();
        let evidence = format!("{so} of {} servers {what}", servers.len());
        measured(so == servers.len(), evidence)
    }

    /// How much longer connections take than before: the median of the servers.
    fn added(&self, now: &Self) -> Option<Duration> {
        let before = |server| self.reached.iter().find(|(known, _)| *known == server).map(|(_, time)| *time);
        let mut added: Vec<Duration> =
            now.reached.iter().filter_map(|(server, time)| Some(time.saturating_sub(before(*server)?))).collect();
        added.sort();
        added.get(added.len() / 2).copied()
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} servers are reached", self.reached.len(), self.of)
    }
}

/// The evidence of a measurement, as that of success or of failure.
fn measured(is_as_requested: bool, evidence: String) -> Result<String, TaskError> {
    if is_as_requested { Ok(evidence) } else { Err(TaskError::Measured(evidence)) }
}

/// The shortest time of a connection to a server; `None` when one cannot be opened.
async fn quickest(server: SocketAddrV4) -> Option<Duration> {
    let mut quickest: Option<Duration> = None;
    for _ in 0..TRIES {
        // A first packet may get lost where some do.
        if let Opening::Open(took) = connect(server, PATIENCE * 2).await {
            quickest = Some(quickest.map_or(took, |known| known.min(took)));
        } else if quickest.is_none() {
            return None;
        }
    }
    quickest
}

async fn connect(server: SocketAddrV4, limit: Duration) -> Opening {
    let began = Instant::now();
    match timeout(limit, TcpStream::connect(SocketAddr::V4(server))).await {
        Ok(Ok(_)) => Opening::Open(began.elapsed()),
        Ok(Err(error)) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset) => {
            Opening::Refused
        }
        Ok(Err(_)) | Err(_) => Opening::Silent,
    }
}

/// Sends requests to the first server that answers, until about [`TRANSFER`] at a rate is over.
///
/// Returns the bits per second of the slow direction: that of the answers, unless only the other one is slow.
async fn transfer(servers: &[(SocketAddrV4, Duration)], link: &Packets, rate: u64) -> Result<f64, TaskError> {
    // Redis closes the connection of a client that has not logged in also where its answers pile up before a slow
    // connection.
    let trust = link.authority.as_deref().map(Trust::of);
    for (server, _) in servers.iter().cycle().take(servers.len() * TRIES) {
        match timeout(TRANSFER_MAX, exchange(*server, trust.as_ref(), link.direction, rate)).await {
            Ok(Ok(measured)) => return Ok(measured),
            Ok(Err(_)) => {}
            Err(_) => {
                let seconds = TRANSFER_MAX.as_secs();
                return Err(TaskError::Measured(format!("{server} has not answered in {seconds} s")));
            }
        }
    }
    Err(TaskError::Measured("none of the servers at the other end answers PING".to_owned()))
}

/// Exchanges what Redis and Sentinel answer to every client, be it with a refusal.
///
/// With TLS it counts the bytes within the encryption, which adds one in a hundred to requests and answers of this size.
async fn exchange(server: SocketAddrV4, trust: Option<&Trust>, direction: Direction, rate: u64) -> io::Result<f64> {
    let stream = TcpStream::connect(SocketAddr::V4(server)).await?;
    stream.set_nodelay(true)?;
    let mut stream = secured(trust, Box::new(stream)).await?;
    let (question, questions) = match direction {
        Direction::Both | Direction::In => ("PING\r\n".to_owned(), SHORT),
        Direction::Out => (format!("PING {}\r\n", "x".repeat(LONG.1)), LONG.0),
    };
    stream.write_all(question.as_bytes()).await?;
    stream.flush().await?;
    let mut buffer = vec![0; 64 * 1024];
    let answer = stream.read(&mut buffer).await?;
    if answer == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let round = question.repeat(questions);
    let size = if direction.inward() { answer * questions } else { round.len() };
    let rounds = (rate as f64 / 8.0 * TRANSFER.as_secs_f64() / size as f64).clamp(2.0, ROUNDS_MAX) as usize;
    let began = Instant::now();
    for _ in 0..rounds {
        stream.write_all(round.as_bytes()).await?;
        stream.flush().await?;
        let mut left = answer * questions;
        while left > 0 {
            let heard = stream.read(&mut buffer).await?;
            if heard == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            left = left.saturating_sub(heard);
        }
    }
    Ok((rounds * size) as f64 * 8.0 / began.elapsed().as_secs_f64())
}

/// Whether this many losses can be chance at this share: within four standard deviations.
fn plausible(seen: u64, lost: u64, share: f64) -> bool {
    let (expected, deviation) = (seen as f64 * share, (seen as f64 * share * (1.0 - share)).sqrt());
    seen > 0 && (lost as f64 - expected).abs() <= 4.0 * deviation.max(0.5) && (lost > 0 || expected < 8.0)
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn bits(rate: f64) -> String {
    if rate >= 1e6 { format!("{:.2} Mbit/s", rate / 1e6) } else { format!("{:.0} kbit/s", rate / 1e3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_held_against_what_was_asked_for() {
        assert!(plausible(200, 60, 0.3));
        assert!(plausible(200, 45, 0.3));
        assert!(!plausible(200, 0, 0.3), "nothing is lost");
        assert!(!plausible(200, 120, 0.3), "far too much is");
        assert!(!plausible(0, 0, 0.3), "nothing was seen");
        assert!(plausible(200, 0, 0.01), "too few to tell");
        assert!(!plausible(2000, 0, 0.01));
    }

    #[tokio::test]
    async fn nobody_at_the_other_end_is_an_error() {
        let link = Packets::to(vec!["127.0.0.1:1".parse().expect("an address")]);
        let look = Probe::before(Disturbance::Drop, &link).await;
        assert!(look.is_err_and(|why| why.to_string().contains("none of the 1 servers")));
    }
}
