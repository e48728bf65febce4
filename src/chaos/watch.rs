//! The watchers of a test: roles of the nodes, events of the Sentinels, and where the proxy leads.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::clock::Clock;
use super::connection::Connection;
use super::history::{OpError, ProxySample, Record, RoleSample, SeenRole, SentinelEvent};
use super::resp::Reply;
use super::subject::{Subject, SubjectServer, ask};

/// How often a node is asked for its role.
const ROLE_EVERY: Duration = Duration::from_millis(25);
/// How often a new connection is made through the proxy.
const PROXY_EVERY: Duration = Duration::from_millis(50);
/// How long an answer may take before the server counts as silent. A good one takes less than a millisecond.
const ANSWER: Duration = Duration::from_millis(150);
/// How often an offset is recorded although nothing else changed, in nanoseconds.
const OFFSET_EVERY: u64 = 500_000_000;
/// Time between two attempts to subscribe.
const RETRY: Duration = Duration::from_millis(100);

/// The latest samples.
#[derive(Clone, Debug, Default)]
pub struct LastSeen {
    /// The last role of each node.
    pub roles: Vec<RoleSample>,
    /// Since when each node has had that role.
    pub since: BTreeMap<String, u64>,
    /// Where the proxy led last.
    pub proxy: Option<ProxySample>,
}

impl LastSeen {
    /// The latest sample of a node.
    pub fn role(&self, node: &str) -> Option<&RoleSample> {
        self.roles.iter().find(|sample| sample.node == node)
    }
}

/// Watches until it is dropped.
pub struct Watch {
    seen: Arc<Mutex<LastSeen>>,
    _watching: Vec<AbortOnDropHandle<()>>,
}

impl Watch {
    /// Begins to watch, and sends what it sees to `records`.
    pub fn start(subject: &Subject, clock: Clock, records: &Sender<Record>) -> Self {
        let watcher = NodeWatcher { subject: subject.clone(), clock, records: records.clone(), seen: Arc::default() };
        let mut watching = Vec::new();
        for node in &subject.nodes {
            watching.push(tokio::spawn(watcher.clone().roles(node.clone())));
        }
        for sentinel in &subject.sentinels {
            watching.push(tokio::spawn(watcher.clone().announcements(sentinel.clone())));
        }
        watching.push(tokio::spawn(watcher.clone().proxy()));
        Self { seen: watcher.seen, _watching: watching.into_iter().map(AbortOnDropHandle::new).collect() }
    }

    /// The latest samples.
    pub fn seen(&self) -> LastSeen {
        self.seen.lock().map(|seen| seen.clone()).unwrap_or_default()
    }
}

#[derive(Clone)]
struct NodeWatcher {
    subject: Subject,
    clock: Clock,
    records: Sender<Record>,
    seen: Arc<Mutex<LastSeen>>,
}

impl NodeWatcher {
    fn record(&self, record: Record) {
        // When nobody reads any more the test is over.
        let _ = self.records.send(record);
    }

    async fn roles(self, node: SubjectServer) {
        let mut ticks = interval(ROLE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut connection: Option<Connection> = None;
        let mut written: Option<RoleSample> = None;
        loop {
            ticks.tick().await;
            let asked = self.clock.now();
            let asking = async {
                let mut open = match connection.take() {
                    Some(open) => open,
                    None => self.subject.connect(&node, &self.subject.observer, self.clock).await?,
                };
                let reply = ask(&mut open, &["ROLE"]).await?;
                Ok::<_, OpError>((open, reply))
            };
            let sample = match timeout(ANSWER, asking).await {
                Ok(Ok((open, reply))) => {
                    connection = Some(open);
                    sample(&node.name, self.clock.now(), &reply)
                }
                Ok(Err(_)) | Err(_) => sample(&node.name, asked, &Reply::Bulk(None)),
            };
            let news = written.as_ref().is_none_or(|last| {
                let same = last.role == sample.role && last.link_up == sample.link_up;
                !same || (sample.offset != last.offset && sample.at - last.at > OFFSET_EVERY)
            });
            if let Ok(mut seen) = self.seen.lock() {
                if seen.role(&node.name).is_none_or(|last| last.role != sample.role) {
                    seen.since.insert(node.name.clone(), sample.at);
                }
                seen.roles.retain(|other| other.node != node.name);
                seen.roles.push(sample.clone());
            }
            if news {
                self.record(Record::Role(sample.clone()));
                written = Some(sample);
            }
        }
    }

    async fn announcements(self, sentinel: SubjectServer) {
        loop {
            // It ends when the Sentinel ends.
            let _ = self.listen(&sentinel).await;
            sleep(RETRY).await;
        }
    }

    async fn listen(&self, sentinel: &SubjectServer) -> Result<(), OpError> {
        let opening = self.subject.connect(sentinel, &self.subject.sentinel, self.clock);
        let mut connection = timeout(ANSWER, opening).await.map_err(|_| OpError::Timeout)??;
        timeout(ANSWER, ask(&mut connection, &["PSUBSCRIBE", "*"])).await.map_err(|_| OpError::Timeout)??;
        loop {
            let message = connection.reply().await?;
            let at = self.clock.now();
            let [_, _, event, text] = message.parts() else { continue };
            let (Some(event), Some(text)) = (event.text(), text.text()) else { continue };
            // Announcements about other groups do not matter; those about no group do.
            let named = text.split_whitespace().any(|word| word == self.subject.group);
            if named || matches!(event.as_str(), "+tilt" | "-tilt" | "+new-epoch") {
                self.record(Record::Sentinel(SentinelEvent { at, sentinel: sentinel.name.clone(), event, text }));
            }
        }
    }

    async fn proxy(self) {
        let mut ticks = interval(PROXY_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut written: Option<ProxySample> = None;
        loop {
            ticks.tick().await;
            let sample = lead(&self.subject, self.clock).await;
            let news = written.as_ref().is_none_or(|last| (&last.node, last.role) != (&sample.node, sample.role));
            if let Ok(mut seen) = self.seen.lock() {
                seen.proxy = Some(sample.clone());
            }
            if news {
                self.record(Record::Proxy(sample.clone()));
                written = Some(sample);
            }
        }
    }
}

/// Finds where a new connection to the write port ends.
pub(super) async fn lead(subject: &Subject, clock: Clock) -> ProxySample {
    let asking = async {
        let stream = TcpStream::connect(subject.write).await.map_err(|_| OpError::Connect)?;
        let names = subject.names();
        let mut connection = Connection::open(Box::new(stream), &subject.client, &names, clock).await?;
        let reply = ask(&mut connection, &["ROLE"]).await?;
        Ok::<_, OpError>((connection.node, reply))
    };
    match timeout(ANSWER, asking).await {
        Ok(Ok((node, reply))) => ProxySample { at: clock.now(), node, role: sample("", 0, &reply).role },
        Ok(Err(_)) | Err(_) => ProxySample { at: clock.now(), node: None, role: SeenRole::Silent },
    }
}

/// Reads an answer to `ROLE`.
pub(super) fn sample(node: &str, at: u64, reply: &Reply) -> RoleSample {
    let silent = RoleSample { at, node: node.to_owned(), role: SeenRole::Silent, link_up: None, offset: None };
    let offset = |reply: &Reply| reply.text().and_then(|text| text.parse().ok());
    match reply.parts() {
        [kind, at_offset, ..] if kind.text().as_deref() == Some("master") => {
            RoleSample { role: SeenRole::Master, offset: offset(at_offset), ..silent }
        }
        [kind, _, _, link, at_offset] if kind.text().as_deref() == Some("slave") => RoleSample {
            role: SeenRole::Replica,
            link_up: Some(link.text().as_deref() == Some("connected")),
            offset: offset(at_offset),
            ..silent
        },
        _ => silent,
    }
}
