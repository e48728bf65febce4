//! What the Sentinels announce while it happens: `+sdown`, `+switch-master` and the rest, with the time when it was heard.

use std::net::SocketAddrV4;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::link::{Login, Peer, subscriber};
use super::reply;
use crate::dial::Dial;
use crate::spec::secret::user;
use crate::spec::{ClusterName, NodeId, Secret};

/// How long connecting, logging in and subscribing may take. A frozen Sentinel accepts a connection and says nothing.
const SUBSCRIBE: Duration = Duration::from_secs(1);
/// How often a silent Sentinel is asked whether it is still there, and how long it may take to answer.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Time between two attempts to reach a Sentinel that cannot be heard.
const RETRY: Duration = Duration::from_millis(100);
/// Announcements that wait for a reader before the Sentinels are no longer listened to. A failover makes some 30.
const BACKLOG: usize = 4096;

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The Sentinel.
    pub sentinel: NodeId,
    /// When, on the monotonic clock of this process.
    pub at: Instant,
    /// When, on the clock of this host.
    pub wall: SystemTime,
    /// What.
    pub what: What,
}

/// What can be heard of one Sentinel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It is listened to from now on.
    Listening,
    /// It cannot be heard, for this reason, until it is listened to again. What it says in between is missed.
    Deaf(String),
    /// It announced something.
    Announcement(Announcement),
}

/// An announcement of a Sentinel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// What kind it is.
    pub kind: Kind,
    /// Its name as Sentinel writes it: `+sdown`.
    pub name: String,
    /// The group, by the name that the Sentinels watch it under.
    pub group: Option<String>,
    /// The server that it is about; of `+switch-master` the new master.
    pub about: Option<SocketAddrV4>,
    /// Of `+switch-master`, the old master.
    pub former: Option<SocketAddrV4>,
    /// The whole text as Sentinel wrote it.
    pub text: String,
}

/// Defines [`Kind`] with the name of each announcement.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// The announcements that tell the course of a failover. `master`, `slave` and `sentinel` in the text say what
        /// the server is that it is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
            /// Any other.
            Other,
        }

        impl Kind {
            /// The kind that goes by a name.
            pub fn named(name: &str) -> Self {
                match name {
                    $($name => Self::$kind,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

kinds! {
    /// This Sentinel holds a server to be down.
    SubjectivelyDown = "+sdown",
    /// It no longer does.
    SubjectivelyUp = "-sdown",
    /// A quorum of Sentinels holds a master to be down.
    ObjectivelyDown = "+odown",
    /// It no longer does.
    ObjectivelyUp = "-odown",
    /// A new epoch began.
    NewEpoch = "+new-epoch",
    /// This Sentinel wants to replace the master and asks for votes.
    TryFailover = "+try-failover",
    /// It gave its vote.
    VoteForLeader = "+vote-for-leader",
    /// It was elected to do it.
    ElectedLeader = "+elected-leader",
    /// It chose the replica to promote.
    SelectedReplica = "+selected-slave",
    /// It is about to promote it.
    SendReplicaOfNoOne = "+failover-state-send-slaveof-noone",
    /// It has promoted it and waits for it to say so.
    WaitPromotion = "+failover-state-wait-promotion",
    /// The replica says that it is a master.
    PromotedReplica = "+promoted-slave",
    /// The other replicas are being pointed at it.
    ReconfigureReplicas = "+failover-state-reconf-slaves",
    /// A replica was told whom to follow.
    ReplicaReconfigurationSent = "+slave-reconf-sent",
    /// A replica follows and copies.
    ReplicaReconfigurationInProgress = "+slave-reconf-inprog",
    /// A replica follows and is in sync.
    ReplicaReconfigurationDone = "+slave-reconf-done",
    /// The failover is over.
    FailoverEnd = "+failover-end",
    /// The failover is over although not every replica followed.
    FailoverEndForTimeout = "+failover-end-for-timeout",
    /// The group has a new master.
    SwitchMaster = "+switch-master",
    /// This Sentinel learned of it from another.
    ConfigUpdate = "+config-update-from",
    /// A node that came back as a master was made a replica.
    ConvertToReplica = "+convert-to-slave",
    /// A replica that followed the wrong master was pointed at the right one.
    FixReplica = "+fix-slave-config",
    /// A server was restarted.
    Reboot = "+reboot",
    /// A server changed its role.
    RoleChange = "+role-change",
    /// A server has the role again that it should have.
    RoleRestored = "-role-change",
    /// No election was won in time.
    AbortNotElected = "-failover-abort-not-elected",
    /// No replica was fit.
    AbortNoGoodReplica = "-failover-abort-no-good-slave",
    /// The chosen replica did not become a master in time.
    AbortReplicaTimeout = "-failover-abort-slave-timeout",
    /// The Sentinel does not trust its clock and does not act for a while.
    Tilt = "+tilt",
    /// It acts again.
    TiltEnded = "-tilt",
    /// A new replica was found.
    NewReplica = "+slave",
    /// A new Sentinel was found.
    NewSentinel = "+sentinel",
}

impl Announcement {
    /// Reads what was published: the channel has the name.
    ///
    /// Most texts are `TYPE NAME IP PORT`, of a master, with ` @ GROUP MASTER-IP MASTER-PORT` behind it for the others;
    /// `+switch-master` is `GROUP OLD-IP OLD-PORT NEW-IP NEW-PORT`.
    pub fn parse(name: &str, text: &str) -> Self {
        let kind = Kind::named(name);
        let words: Vec<&str> = text.split(' ').collect();
        let (group, about, former) = match words.as_slice() {
            [group, old_ip, old_port, ip, port] if kind == Kind::SwitchMaster => {
                (Some(*group), Some(reply::address(ip, port)), Some(reply::address(old_ip, old_port)))
            }
            ["master", group, ip, port, ..] => (Some(*group), Some(reply::address(ip, port)), None),
            [_, _, ip, port, "@", group, ..] => (Some(*group), Some(reply::address(ip, port)), None),
            _ => (None, None, None),
        };
        Self { kind, name: name.to_owned(), group: group.map(str::to_owned), about, former, text: text.to_owned() }
    }
}

/// Listens to Sentinels until it is dropped.
pub struct Watch {
    heard: mpsc::Receiver<Heard>,
    _listeners: Vec<AbortOnDropHandle<()>>,
}

impl Watch {
    /// The next thing that is heard. Those of one Sentinel come in its order.
    pub async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }

    /// The next thing if something was heard already.
    pub fn try_next(&mut self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }
}

/// Listens to all announcements of these Sentinels, each over a connection of its own that is opened again when it breaks.
/// For each the first thing heard is [`What::Listening`] or [`What::Deaf`].
pub fn watch_sentinels(dialer: &Arc<dyn Dial>, cluster: &ClusterName, admin: &Secret, sentinels: &[Peer]) -> Watch {
    let (sender, heard) = mpsc::channel(BACKLOG);
    let listeners = sentinels.iter().map(|sentinel| {
        let listener = Listener {
            dialer: Arc::clone(dialer),
            cluster: cluster.clone(),
            admin: admin.clone(),
            sentinel: *sentinel,
            sender: sender.clone(),
        };
        AbortOnDropHandle::new(tokio::spawn(listener.run()))
    });
    Watch { _listeners: listeners.collect(), heard }
}

/// Listens to one Sentinel.
struct Listener {
    dialer: Arc<dyn Dial>,
    cluster: ClusterName,
    admin: Secret,
    sentinel: Peer,
    sender: mpsc::Sender<Heard>,
}

impl Listener {
    async fn run(self) {
        let mut attempts = interval(RETRY);
        attempts.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut deaf = false;
        loop {
            attempts.tick().await;
            let (listened, why) = self.listen().await;
            if self.sender.is_closed() {
                return;
            }
            // Said once, however many attempts follow.
            if listened || !deaf {
                self.tell(What::Deaf(why)).await;
            }
            deaf = true;
        }
    }

    /// Listens until that is no longer possible. Returns whether it ever was, and why it is not.
    async fn listen(&self) -> (bool, String) {
        let login = Login { user: user::ADMIN, password: &self.admin };
        let subscribed = async {
            let pubsub = subscriber(&*self.dialer, &self.cluster, self.sentinel, login);
            let (mut sink, stream) = pubsub.await.map_err(|error| error.reason())?.split();
            sink.psubscribe("*").await.map_err(|error| error.to_string())?;
            Ok((sink, stream))
        };
        let subscribed = timeout(SUBSCRIBE, subscribed).await;
        let (mut sink, mut stream) = match subscribed.unwrap_or_else(|_| Err(no_answer(SUBSCRIBE))) {
            Ok(subscription) => subscription,
            Err(why) => return (false, why),
        };
        self.tell(What::Listening).await;
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = stream.next() => {
                    let Some(message) = message else { return (true, "the connection was closed".to_owned()) };
                    let text = String::from_utf8_lossy(message.get_payload_bytes()).into_owned();
                    self.tell(What::Announcement(Announcement::parse(message.get_channel_name(), &text))).await;
                    heartbeat.reset();
                }
                // A frozen Sentinel keeps its connections: only a question tells it from one that has nothing to say.
                _ = heartbeat.tick() => match timeout(HEARTBEAT, sink.ping::<redis::Value>()).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => return (true, error.to_string()),
                    Err(_) => return (true, no_answer(HEARTBEAT)),
                },
            }
        }
    }

    async fn tell(&self, what: What) {
        let heard = Heard { sentinel: self.sentinel.node, at: Instant::now(), wall: SystemTime::now(), what };
        // Nobody listens any more: the run ends at its next turn.
        let _ = self.sender.send(heard).await;
    }
}

fn no_answer(limit: Duration) -> String {
    format!("no answer within {}", humantime::format_duration(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<SocketAddrV4> {
        text.parse().ok()
    }

    #[test]
    fn announcements_of_redis_7_0() {
        let of = |name: &str, text: &str| {
            let announcement = Announcement::parse(name, text);
            (announcement.kind, announcement.group, announcement.about, announcement.former)
        };
        let group = || Some("mymaster-2".to_owned());
        assert_eq!(
            of("+switch-master", "mymaster-2 10.0.0.1 6379 10.0.0.2 6379"),
            (Kind::SwitchMaster, group(), at("10.0.0.2:6379"), at("10.0.0.1:6379"))
        );
        assert_eq!(
            of("+sdown", "master mymaster-2 10.0.0.1 6379"),
            (Kind::SubjectivelyDown, group(), at("10.0.0.1:6379"), None)
        );
        assert_eq!(
            of("+odown", "master mymaster-2 10.0.0.1 6379 #quorum 2/2"),
            (Kind::ObjectivelyDown, group(), at("10.0.0.1:6379"), None)
        );
        assert_eq!(
            of("+selected-slave", "slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster-2 10.0.0.1 6379"),
            (Kind::SelectedReplica, group(), at("10.0.0.2:6379"), None)
        );
        assert_eq!(
            of("+sdown", "sentinel d2a217f7 10.0.0.9 26379 @ mymaster-2 10.0.0.1 6379"),
            (Kind::SubjectivelyDown, group(), at("10.0.0.9:26379"), None)
        );
        assert_eq!(of("+new-epoch", "7"), (Kind::NewEpoch, None, None, None));
        assert_eq!(of("+tilt", "#tilt mode entered"), (Kind::Tilt, None, None, None));
        assert_eq!(of("+elected-by-aliens", "1 2 3"), (Kind::Other, None, None, None));
    }
}
