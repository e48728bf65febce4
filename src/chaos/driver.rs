//! The driver of a test. It carries out the scenario round by round and records everything that is seen.

mod inflict;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, SystemTime};

use thiserror::Error;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::fault::Written;
use super::history::{ClientKind, Header, HistoryError, KIND, Record, RoundBegin, RoundEnd, WorkloadFacts, Writer};
use super::read_back;
use super::scenario::{COOL_DOWN, SETTLE, Scenario, WARM_UP};
use super::settled::{Unsettled, settled};
use super::subject::Subject;
use super::watch::Watch;
use super::workload::{Entrance, Workload, WorkloadSettings};
use crate::dial::BoxFuture;
use crate::engine::EngineError;
use crate::engine::containers::Containers;
use crate::spec::API_VERSION;

/// Time between two looks at what the watchers saw.
const POLL: Duration = Duration::from_millis(10);
/// Time between two checks whether the subject is settled.
const SETTLE_POLL: Duration = Duration::from_millis(100);
/// Time limit until the subject is settled, before the final state is read.
const LAST_SETTLE: Duration = Duration::from_secs(10);
/// How much longer than its fault the keys of a round live. It matters only when a killed redos does not remove them.
/// It is longer than everything else in a round.
const KEYS_LIVE: Duration = Duration::from_secs(3600);

/// A test that could not be carried out. `Display` does not repeat the source.
#[derive(Debug, Error)]
pub enum DriverError {
    /// The history cannot be written.
    #[error("failed to write the history of the test")]
    History(#[source] HistoryError),
    /// The workload cannot be started.
    #[error("failed to start the workload")]
    Workload(#[source] std::io::Error),
    /// A fault could not be undone. It is in the journal.
    #[error("failed to undo the fault")]
    Undo(#[source] EngineError),
    /// The subject is not settled, so that a test would prove nothing.
    #[error("the cluster is not settled: {0}")]
    Unsettled(Unsettled),
}

/// Makes a planned switchover to another node. Its error with all causes is the evidence in the history.
pub type Switchover<'a> = Box<dyn Fn() -> BoxFuture<'a, anyhow::Result<()>> + 'a>;

/// The task that writes the history.
type Writing = JoinHandle<Result<(), HistoryError>>;

/// A running test.
pub struct Driver<'a, 's, E> {
    pub engine: &'a E,
    /// The servers and the way of the clients that are tested.
    pub subject: Subject,
    /// What is done to the master, how often, and under which load.
    pub scenario: Scenario,
    /// Versions and settings of the machine, for the history.
    pub environment: BTreeMap<String, String>,
    /// Makes a planned switchover. `None` where redos did not create the subject.
    pub switchover: Option<Switchover<'s>>,
    /// Starts a process that undoes a fault when its lease is over.
    pub watchdog: &'a (dyn Fn(&Written) + Sync),
    /// Receives a line for the user about each stage.
    pub progress: &'a (dyn Fn(String) + Sync),
    /// Set by the first Ctrl-C.
    pub cancel: CancellationToken,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waited {
    /// The condition became true.
    Seen,
    /// The time limit passed first.
    Late,
    /// The user interrupted the test.
    Interrupted,
}

impl<E: Containers> Driver<'_, '_, E> {
    /// Runs the test and leaves its history at `path`.
    ///
    /// # Errors
    /// The first round could not begin, the history cannot be written, or a fault could not be undone. Everything else is
    /// a matter of the verdict.
    pub async fn run(&self, path: &Path) -> Result<(), DriverError> {
        (self.progress)(format!("waiting until {} is settled", self.subject.name));
        let mut settled = self.settle(SETTLE).await;
        if let Err(why) = &settled {
            return Err(DriverError::Unsettled(why.clone()));
        }
        let clock = Clock::start();
        let (records, writing) = self.write(path)?;
        let mut next_id = 1;
        for round in 1..=self.scenario.rounds {
            if round > 1 {
                settled = self.settle(SETTLE).await;
            }
            if self.cancel.is_cancelled() {
                break;
            }
            next_id = self.round(round, next_id, settled.clone(), clock, &records).await?;
        }
        drop(records);
        match writing.await {
            Ok(written) => written.map_err(DriverError::History),
            Err(error) => Err(DriverError::Workload(std::io::Error::other(error))),
        }
    }

    /// Writes records to the file until all senders are gone.
    fn write(&self, path: &Path) -> Result<(Sender<Record>, Writing), DriverError> {
        let made = File::create(path).map_err(|source| HistoryError::Io("create", source));
        let file = BufWriter::new(made.map_err(DriverError::History)?);
        let mut writer = Writer::new(file, &self.header()).map_err(DriverError::History)?;
        let (records, recorded): (Sender<Record>, Receiver<Record>) = mpsc::channel();
        let writing = tokio::task::spawn_blocking(move || {
            for record in recorded {
                writer.write(&record)?;
            }
            writer.flush()
        });
        Ok((records, writing))
    }

    fn header(&self) -> Header {
        let scenario = &self.scenario;
        Header {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            run: format!("{:08x}", rand::random::<u32>()),
            started_at: humantime::format_rfc3339_millis(SystemTime::now()).to_string(),
            subject: self.subject.name.clone(),
            scenario: scenario.trial.to_string(),
            seed: scenario.seed,
            workload: WorkloadFacts {
                rate: scenario.rate,
                deadline: u64::try_from(scenario.deadline.as_nanos()).unwrap_or(u64::MAX),
                clients: self.clients(),
                durability: scenario.durability,
            },
            limits: scenario.limits,
            environment: self.environment.clone(),
        }
    }

    /// The kinds of clients that have a port to use.
    fn clients(&self) -> Vec<ClientKind> {
        let usable = |client: &&ClientKind| **client != ClientKind::Reader || self.subject.read.is_some();
        self.scenario.clients.iter().filter(usable).copied().collect()
    }

    /// Waits until the subject is settled, or the user interrupts. Returns its master.
    async fn settle(&self, limit: Duration) -> Result<String, Unsettled> {
        self.settle_unless(limit, &self.cancel).await
    }

    async fn settle_unless(&self, limit: Duration, cancel: &CancellationToken) -> Result<String, Unsettled> {
        let deadline = Instant::now() + limit;
        loop {
            match settled(&self.subject).await {
                Ok(master) => return Ok(master),
                Err(why) if Instant::now() >= deadline || cancel.is_cancelled() => return Err(why),
                Err(_) => sleep(SETTLE_POLL).await,
            }
        }
    }

    /// Runs one round. Returns the next free id.
    async fn round(
        &self,
        round: u32,
        first_id: u64,
        settled: Result<String, Unsettled>,
        clock: Clock,
        records: &Sender<Record>,
    ) -> Result<u64, DriverError> {
        let record = |record: Record| drop(records.send(record));
        let (master, unsettled) = match settled {
            Ok(master) => (master, None),
            Err(why) => (String::new(), Some(why.to_string())),
        };
        record(Record::RoundBegin(RoundBegin {
            round,
            at: clock.now(),
            master: master.clone(),
            nodes: self.subject.nodes.iter().map(|node| node.name.clone()).collect(),
            unsettled: unsettled.clone(),
        }));
        let Some(target) = self.subject.node(&master).filter(|_| unsettled.is_none()) else {
            record(Record::RoundEnd(RoundEnd { round, at: clock.now(), converged: None, interrupted: None }));
            return Ok(first_id);
        };
        let of = self.scenario.rounds;
        let watch = Watch::start(&self.subject, clock, records);
        // The name is unique to the test and the round, and nobody needs to remember it.
        let prefix = format!("redos:{:08x}-{round}", rand::random::<u32>());
        let workload = self.workload(&prefix, first_id, clock, records).map_err(DriverError::Workload)?;

        (self.progress)(format!("round {round} of {of}: writes to {}, master {master}", self.subject.write));
        let keys_live = KEYS_LIVE + self.scenario.longest_fault(self.subject.down_after);
        let keys_expire = async {
            sleep(WARM_UP).await;
            read_back::expire(&self.subject, target, &prefix, keys_live).await;
        };
        // This happens during the wait, so that the phase of the fault stays what the seed says.
        let (waited, ()) = tokio::join!(self.pause(self.scenario.before_fault(round)), keys_expire);
        let mut interrupted = waited == Waited::Interrupted;
        if !interrupted {
            (self.progress)(format!("round {round} of {of}: {} of {master}", self.scenario.trial));
            let (fault, broken_off) = self.inflict(target, &watch, clock).await?;
            interrupted = broken_off;
            record(Record::Fault(fault));
        }
        let mut converged = None;
        if !interrupted {
            (self.progress)(format!("round {round} of {of}: waiting until {} is whole again", self.subject.name));
            converged = self.settle(SETTLE).await.ok().map(|_| clock.now());
            interrupted = self.pause(COOL_DOWN).await == Waited::Interrupted;
        }
        let next_id = workload.finish().await;
        // What was unknown at its deadline may still be executed within the next moments. After an interrupt everything
        // has to be removed, which takes the master of a settled subject.
        let last = self.settle_unless(LAST_SETTLE, &CancellationToken::new()).await;
        if let Some(master) = last.ok().and_then(|name| self.subject.node(&name)) {
            match read_back::read(&self.subject, master, &prefix, clock).await {
                Ok(finals) => {
                    finals.parts().for_each(|part| record(Record::Final(part)));
                    finals.read_back.into_iter().for_each(|read| record(Record::ReadBack(read)));
                }
                Err(why) => (self.progress)(format!("round {round} of {of}: {why}")),
            }
            read_back::remove(&self.subject, master, &prefix).await;
        } else {
            (self.progress)(format!("the keys of the test stay for {}", humantime::format_duration(keys_live)));
        }
        drop(watch);
        let interrupted = interrupted.then(|| "the user interrupted the test".to_owned());
        record(Record::RoundEnd(RoundEnd { round, at: clock.now(), converged, interrupted }));
        Ok(next_id)
    }

    fn workload(
        &self,
        prefix: &str,
        first_id: u64,
        clock: Clock,
        records: &Sender<Record>,
    ) -> std::io::Result<Workload> {
        let settings = WorkloadSettings {
            rate: self.scenario.rate,
            deadline: self.scenario.deadline,
            clients: self.clients(),
            durability: self.scenario.durability,
            prefix: prefix.to_owned(),
            first_id,
        };
        let place = Entrance {
            write: self.subject.write,
            read: self.subject.read,
            login: self.subject.client.clone(),
            names: self.subject.names(),
        };
        Workload::start(settings, place, clock, records.clone())
    }

    /// Waits for a fixed time.
    async fn pause(&self, time: Duration) -> Waited {
        match self.cancel.run_until_cancelled(sleep(time)).await {
            Some(()) => Waited::Late,
            None => Waited::Interrupted,
        }
    }

    /// Waits until a condition is true, or a time is over.
    async fn until(&self, limit: Duration, so: impl Fn() -> bool) -> Waited {
        let deadline = Instant::now() + limit;
        while !so() {
            if Instant::now() >= deadline {
                return Waited::Late;
            }
            if self.pause(POLL).await == Waited::Interrupted {
                return Waited::Interrupted;
            }
        }
        Waited::Seen
    }
}
