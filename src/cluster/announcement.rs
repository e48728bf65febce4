//! The announcements in a Sentinel's log: `+sdown`, `+switch-master` and the rest.

use std::net::{Ipv4Addr, SocketAddrV4};

/// An announcement of a Sentinel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub kind: AnnouncementKind,
    /// Its name as Sentinel writes it: `+sdown`.
    pub name: String,
    /// The group, by the name that the Sentinels watch it under.
    pub group: Option<String>,
    /// The server that it is about; for `+switch-master` the new master.
    pub about: Option<SocketAddrV4>,
    /// The old master in `+switch-master`.
    pub former: Option<SocketAddrV4>,
}

/// Defines [`AnnouncementKind`] with the name of each announcement.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// The announcements about the course of a failover. The text says what the server is: `master`, `slave` or
        /// `sentinel`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AnnouncementKind {
            $($(#[$doc])* $kind,)*
            /// Any other announcement.
            Other,
        }

        impl AnnouncementKind {
            /// The kind with this name.
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
    /// This Sentinel considers a server down.
    SubjectivelyDown = "+sdown",
    /// It no longer considers it down.
    SubjectivelyUp = "-sdown",
    /// A quorum of Sentinels considers a master down.
    ObjectivelyDown = "+odown",
    /// No quorum considers it down any more.
    ObjectivelyUp = "-odown",
    /// A new epoch began.
    NewEpoch = "+new-epoch",
    /// This Sentinel wants to replace the master and asks for votes.
    TryFailover = "+try-failover",
    /// This Sentinel gave its vote.
    VoteForLeader = "+vote-for-leader",
    /// This Sentinel was elected to replace the master.
    ElectedLeader = "+elected-leader",
    /// The elected Sentinel chose the replica to promote.
    SelectedReplica = "+selected-slave",
    /// It is about to promote the replica.
    SendReplicaOfNoOne = "+failover-state-send-slaveof-noone",
    /// It has promoted the replica and waits for its report.
    WaitPromotion = "+failover-state-wait-promotion",
    /// The replica reports that it is a master.
    PromotedReplica = "+promoted-slave",
    /// The other replicas are told to follow it.
    ReconfigureReplicas = "+failover-state-reconf-slaves",
    /// A replica was told which master to follow.
    ReplicaReconfigurationSent = "+slave-reconf-sent",
    /// A replica follows and copies the data.
    ReplicaReconfigurationInProgress = "+slave-reconf-inprog",
    /// A replica follows and is in sync.
    ReplicaReconfigurationDone = "+slave-reconf-done",
    /// The failover is over.
    FailoverEnd = "+failover-end",
    /// The failover is over, although not every replica followed.
    FailoverEndForTimeout = "+failover-end-for-timeout",
    /// The group has a new master.
    SwitchMaster = "+switch-master",
    /// This Sentinel learned of it from another one.
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
    /// No Sentinel won the election in time.
    AbortNotElected = "-failover-abort-not-elected",
    /// No replica was fit to be promoted.
    AbortNoGoodReplica = "-failover-abort-no-good-slave",
    /// The chosen replica did not become a master in time.
    AbortReplicaTimeout = "-failover-abort-slave-timeout",
    /// The Sentinel does not trust its clock and does not act for 30 s.
    Tilt = "+tilt",
    /// The Sentinel acts again.
    TiltEnded = "-tilt",
    /// A new replica was found.
    NewReplica = "+slave",
    /// A new Sentinel was found.
    NewSentinel = "+sentinel",
}

impl Announcement {
    /// Parses a line of a Sentinel's log: `1:X 27 Nov 2026 13:05:01.123 # +sdown master mymaster 10.0.0.1 6379`. `None`
    /// for other lines.
    pub fn of_line(line: &str) -> Option<Self> {
        let (_, said) = line.split_once(" # ").or_else(|| line.split_once(" * "))?;
        let (name, text) = said.split_once(' ').unwrap_or((said, ""));
        let is_name = name.starts_with(['+', '-']) && name.len() > 1;
        is_name.then(|| Self::parse(name, text))
    }

    /// Parses an announcement by its name.
    ///
    /// Most texts are `TYPE NAME IP PORT`, for servers other than masters followed by ` @ GROUP MASTER-IP MASTER-PORT`.
    /// `+switch-master` is `GROUP OLD-IP OLD-PORT NEW-IP NEW-PORT`.
    fn parse(name: &str, text: &str) -> Self {
        let kind = AnnouncementKind::named(name);
        let words: Vec<&str> = text.split(' ').collect();
        let (group, about, former) = match words.as_slice() {
            [group, old_ip, old_port, ip, port] if kind == AnnouncementKind::SwitchMaster => {
                (Some(*group), Some(address(ip, port)), Some(address(old_ip, old_port)))
            }
            ["master", group, ip, port, ..] => (Some(*group), Some(address(ip, port)), None),
            [_, _, ip, port, "@", group, ..] => (Some(*group), Some(address(ip, port)), None),
            _ => (None, None, None),
        };
        Self { kind, name: name.to_owned(), group: group.map(str::to_owned), about, former }
    }
}

fn address(host: &str, port: &str) -> SocketAddrV4 {
    SocketAddrV4::new(host.parse().unwrap_or(Ipv4Addr::UNSPECIFIED), port.parse().unwrap_or_default())
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
            (AnnouncementKind::SwitchMaster, group(), at("10.0.0.2:6379"), at("10.0.0.1:6379"))
        );
        assert_eq!(
            of("+sdown", "master mymaster-2 10.0.0.1 6379"),
            (AnnouncementKind::SubjectivelyDown, group(), at("10.0.0.1:6379"), None)
        );
        assert_eq!(
            of("+odown", "master mymaster-2 10.0.0.1 6379 #quorum 2/2"),
            (AnnouncementKind::ObjectivelyDown, group(), at("10.0.0.1:6379"), None)
        );
        assert_eq!(
            of("+selected-slave", "slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster-2 10.0.0.1 6379"),
            (AnnouncementKind::SelectedReplica, group(), at("10.0.0.2:6379"), None)
        );
        assert_eq!(
            of("+sdown", "sentinel d2a217f7 10.0.0.9 26379 @ mymaster-2 10.0.0.1 6379"),
            (AnnouncementKind::SubjectivelyDown, group(), at("10.0.0.9:26379"), None)
        );
        assert_eq!(of("+new-epoch", "7"), (AnnouncementKind::NewEpoch, None, None, None));
        assert_eq!(of("+tilt", "#tilt mode entered"), (AnnouncementKind::Tilt, None, None, None));
        assert_eq!(of("+elected-by-aliens", "1 2 3"), (AnnouncementKind::Other, None, None, None));
    }
}
