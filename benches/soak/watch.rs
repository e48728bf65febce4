//! What a client sees at the published port, beside what `status` says at the same time.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::{Cluster, connect};

/// Time between two probes.
const PROBE_PERIOD: Duration = Duration::from_millis(100);
/// How long a probe waits for its answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long clients must have been refused before a `status` that begins then is wrong to say healthy: the time that one probe
/// may take. A shorter spell may begin after `status` has asked the node that it is about.
const GRACE: Duration = PATIENCE;
/// Time between two looks of `status`.
const STATUS_PERIOD: Duration = Duration::from_millis(500);

/// Both, in the background.
pub struct Watch {
    began: Instant,
    probes: JoinHandle<Vec<Probe>>,
    looks: JoinHandle<Vec<Look>>,
}

/// A new connection through the published port, and one write on it.
pub struct Probe {
    from: Instant,
    refused: Option<String>,
}

struct Look {
    from: Instant,
    to: Instant,
    healthy: bool,
}

/// All that was seen.
pub struct Report {
    began: Instant,
    /// In the order of time.
    pub probes: Vec<Probe>,
    looks: Vec<Look>,
}

/// A `status` that said healthy although clients were refused.
pub struct Lie {
    at: Duration,
    refused_for: Duration,
    why: String,
}

impl fmt::Display for Lie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, spell) = (self.at.as_secs_f64(), self.refused_for.as_secs_f64());
        write!(f, "at {at:.1} s status said healthy, and clients had been refused for {spell:.1} s: {}", self.why)
    }
}

impl Watch {
    /// Begins to probe and to look, until told to stop.
    pub fn start(cluster: &Cluster, url: &str, stop: Arc<AtomicBool>) -> Self {
        let (url, stopped) = (url.trim().to_owned(), Arc::clone(&stop));
        let status = cluster.command(&["status", "-q"]);
        let (program, arguments): (_, Vec<_>) =
            (status.as_std().get_program().to_owned(), status.as_std().get_args().map(ToOwned::to_owned).collect());
        let probes = tokio::spawn(async move {
            let mut probes = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let from = Instant::now();
                let refused = match timeout(PATIENCE, write(&url)).await {
                    Ok(written) => written.err().map(|error| error.to_string()),
                    Err(_) => Some(format!("no answer within {} s", PATIENCE.as_secs())),
                };
                probes.push(Probe { from, refused });
                tokio::time::sleep(PROBE_PERIOD.saturating_sub(from.elapsed())).await;
            }
            probes
        });
        let looks = tokio::spawn(async move {
            let mut looks = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let from = Instant::now();
                let output = Command::new(&program).args(&arguments).output().await.expect("redos runs");
                looks.push(Look { from, to: Instant::now(), healthy: output.status.success() });
                tokio::time::sleep(STATUS_PERIOD).await;
            }
            looks
        });
        Self { began: Instant::now(), probes, looks }
    }

    /// What was seen.
    pub async fn end(self) -> Report {
        let Self { began, probes, looks } = self;
        Report { began, probes: probes.await.expect("probes"), looks: looks.await.expect("looks") }
    }
}

async fn write(url: &str) -> redis::RedisResult<()> {
    let mut connection = connect(url).await?;
    redis::cmd("SET").arg("probe").arg(1).query_async(&mut connection).await
}

impl Report {
    /// How many probes were refused.
    pub fn refused(&self) -> usize {
        self.probes.iter().filter(|probe| probe.refused.is_some()).count()
    }

    /// The looks that said healthy while a spell of refusals went on that began [`GRACE`] before them and ended after them.
    pub fn lies(&self) -> Vec<Lie> {
        let spells = self.probes.chunk_by(|one, next| one.refused.is_some() == next.refused.is_some());
        let mut lies = Vec::new();
        let mut spells = spells.peekable();
        while let Some(spell) = spells.next() {
            let (Some(first), Some(why)) = (spell.first(), spell.last().and_then(|probe| probe.refused.as_ref()))
            else {
                continue;
            };
            let end = spells.peek().and_then(|next| next.first()).map_or_else(Instant::now, |next| next.from);
            let inside = |look: &&Look| look.healthy && look.from >= first.from + GRACE && look.to <= end;
            lies.extend(self.looks.iter().filter(inside).map(|look| Lie {
                at: look.from - self.began,
                refused_for: look.from - first.from,
                why: why.clone(),
            }));
        }
        lies
    }
}
