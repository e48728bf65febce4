//! What a round does to the master: a fault that is applied, seen, held and undone, or a planned change.

use std::net::SocketAddrV4;
use std::time::Duration;

use anyhow::anyhow;
use tokio::time::Instant;

use super::{Driver, DriverError, Waited};
use crate::agent::order::Packets;
use crate::chaos::clock::Clock;
use crate::chaos::fault::{Fault, Written};
use crate::chaos::history::{FaultNature, FaultRecord, ProxySample, SeenRole};
use crate::chaos::scenario::{AFTER_FAILOVER, Trial};
use crate::chaos::subject::SubjectServer;
use crate::chaos::watch::{LastSeen, Watch};
use crate::engine::containers::Containers;

/// How long a fault may take until a watcher sees it.
const BITE: Duration = Duration::from_secs(5);
/// Time limit of `SENTINEL FAILOVER` and of a switchover.
const PLANNED: Duration = Duration::from_secs(30);

impl<E: Containers> Driver<'_, '_, E> {
    /// Carries out the scenario on the master, and undoes it. Returns whether the user interrupted the test.
    pub(super) async fn inflict(
        &self,
        target: &SubjectServer,
        watch: &Watch,
        clock: Clock,
    ) -> Result<(FaultRecord, bool), DriverError> {
        let trial = self.scenario.trial;
        let mut fault = FaultRecord {
            fault: trial.to_string(),
            target: target.name.clone(),
            nature: trial.nature(),
            applied: clock.now(),
            effective: None,
            evidence: String::new(),
            reverted: None,
            gone: None,
        };
        let broken_off = match trial {
            Trial::Fault(kind) => {
                let link = self.encrypted(Packets::to_everybody(self.others(target)));
                self.cause(kind, &link, target, &mut fault, (watch, clock)).await?
            }
            Trial::Isolate => {
                let (kind, link) = (Fault::PARTITION, self.encrypted(Packets::to(self.others(target))));
                self.cause(kind, &link, target, &mut fault, (watch, clock)).await?
            }
            Trial::Restart => {
                fault.applied = clock.now();
                let done = match self.engine.stop(&target.container).await {
                    Ok(()) => self.engine.start(&target.container).await,
                    Err(error) => Err(error),
                };
                self.planned(&mut fault, done.map_err(anyhow::Error::new), watch, clock);
                false
            }
            Trial::SentinelFailover => {
                fault.applied = clock.now();
                let asked = self.sentinel_failover().await;
                let waited = self.until(PLANNED, || another_master(&watch.seen(), &target.name)).await;
                self.planned(&mut fault, asked, watch, clock);
                waited == Waited::Interrupted
            }
            Trial::Switchover => {
                fault.applied = clock.now();
                let done = match &self.switchover {
                    Some(switch) => switch().await,
                    None => Err(anyhow!("a switchover needs a cluster that redos created")),
                };
                self.until(PLANNED, || another_master(&watch.seen(), &target.name)).await;
                self.planned(&mut fault, done, watch, clock);
                false
            }
        };
        Ok((fault, broken_off))
    }

    /// The same packets, with the authority of the servers where they are encrypted.
    fn encrypted(&self, link: Packets) -> Packets {
        let trust = self.subject.observer.trust.as_ref();
        Packets { authority: trust.map(|trust| trust.certificate().to_owned()), ..link }
    }

    /// Records a fault in the journal and holds it. Returns whether the user interrupted the test.
    async fn cause(
        &self,
        kind: Fault,
        link: &Packets,
        target: &SubjectServer,
        fault: &mut FaultRecord,
        (watch, clock): (&Watch, Clock),
    ) -> Result<bool, DriverError> {
        let lease = self.scenario.lease(self.subject.down_after);
        match Written::write(self.engine, kind, &target.name, &target.container, link, lease).await {
            Ok(written) => self.hold(&written, target, fault, watch, clock).await,
            Err(error) => {
                fault.evidence = in_full(error);
                Ok(false)
            }
        }
    }

    /// Applies a recorded fault, waits for the failover, and undoes the fault. Returns whether the user interrupted the
    /// test.
    async fn hold(
        &self,
        written: &Written,
        target: &SubjectServer,
        fault: &mut FaultRecord,
        watch: &Watch,
        clock: Clock,
    ) -> Result<bool, DriverError> {
        (self.watchdog)(written);
        fault.applied = clock.now();
        let started = Instant::now();
        let applied = match written.apply(self.engine).await {
            Ok(()) => written.await_applied(self.engine).await,
            Err(error) => Err(error),
        };
        let mut interrupted = false;
        match applied {
            Err(error) => fault.evidence = in_full(error),
            Ok(seen_by_engine) => {
                let silent = || silent_since(&watch.seen(), &target.name, fault.applied);
                let halts = self.scenario.trial.nature() == FaultNature::Halts;
                let seen = if halts { self.until(BITE, || silent().is_some()).await } else { Waited::Seen };
                interrupted = seen == Waited::Interrupted;
                fault.effective = if halts { silent() } else { Some(clock.now()) };
                fault.evidence = match (fault.effective, halts) {
                    (Some(_), true) => format!("{} no longer answers", target.name),
                    (Some(_), false) => seen_by_engine,
                    (None, _) => format!("{} still answers", target.name),
                };
            }
        }
        if !interrupted {
            let longest = self.scenario.longest_fault(self.subject.down_after);
            let rest = longest.saturating_sub(started.elapsed());
            let over = || {
                self.scenario.hold.is_none()
                    && self.scenario.trial.moves_master()
                    && led_elsewhere(&watch.seen(), &target.name)
            };
            interrupted = match self.until(rest, over).await {
                Waited::Seen => self.pause(AFTER_FAILOVER).await == Waited::Interrupted,
                Waited::Late => false,
                Waited::Interrupted => true,
            };
        }
        fault.reverted = Some(clock.now());
        written.undo(self.engine).await.map_err(DriverError::Undo)?;
        if interrupted {
            (self.progress)(format!("{} of {} is undone", self.scenario.trial, target.name));
        }
        let answers = || watch.seen().role(&target.name).is_some_and(|sample| sample.role != SeenRole::Silent);
        if self.until(Duration::from_secs(30), answers).await != Waited::Late {
            fault.gone = Some(clock.now());
        }
        Ok(interrupted)
    }

    /// The addresses of all servers except one.
    fn others(&self, but: &SubjectServer) -> Vec<SocketAddrV4> {
        let servers = self.subject.nodes.iter().chain(&self.subject.sentinels);
        servers.filter(|server| server.container != but.container).map(|server| server.address).collect()
    }

    /// Fills in the record of a trial that leaves nothing to undo.
    fn planned(&self, fault: &mut FaultRecord, done: anyhow::Result<()>, watch: &Watch, clock: Clock) {
        let moved = another_master(&watch.seen(), &fault.target);
        match done {
            Ok(()) if moved || !self.scenario.trial.moves_master() => {
                fault.effective = Some(clock.now());
                fault.evidence = "it was carried out".to_owned();
            }
            Ok(()) => fault.evidence = "no other node became master".to_owned(),
            Err(error) => fault.evidence = in_full(error),
        }
    }

    /// Sends `SENTINEL FAILOVER` to the Sentinels in turn until one accepts it.
    async fn sentinel_failover(&self) -> anyhow::Result<()> {
        let mut refused = anyhow!("there is no Sentinel");
        for sentinel in &self.subject.sentinels {
            let words = ["SENTINEL", "FAILOVER", self.subject.group.as_str()];
            match self.subject.ask(sentinel, &self.subject.sentinel, &words, Duration::from_secs(2)).await {
                Ok(_) => return Ok(()),
                Err(error) => refused = error.into(),
            }
        }
        Err(refused)
    }
}

/// Since when a node has been silent, if its silence was seen after `after`.
fn silent_since(seen: &LastSeen, node: &str, after: u64) -> Option<u64> {
    let silent = seen.role(node).is_some_and(|sample| sample.role == SeenRole::Silent);
    // A question that was asked just before the fault may be the one that it left unanswered.
    seen.since.get(node).filter(|_| silent).map(|since| (*since).max(after))
}

fn another_master(seen: &LastSeen, than: &str) -> bool {
    seen.roles.iter().any(|sample| sample.role == SeenRole::Master && sample.node != than)
}

/// Whether a new connection now reaches another master.
fn led_elsewhere(seen: &LastSeen, than: &str) -> bool {
    let led = |sample: &ProxySample| {
        sample.role == SeenRole::Master && sample.node.as_deref().is_some_and(|node| node != than)
    };
    seen.proxy.as_ref().is_some_and(led)
}

/// An error with its causes, on one line.
fn in_full(error: impl Into<anyhow::Error>) -> String {
    format!("{:#}", error.into())
}
