//! The story of a cluster: events of its Sentinels and the Engine, in order of time, each fact once.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::announcement::{Announcement, AnnouncementKind};
use super::observed::Inventory;
use crate::spec::NodeId;

/// The longest time between two Sentinels that report the same fact.
///
/// Each notices on its own, and the last one learns of a failover from the others, which greet each other every 2 s.
const SAME_FACT: i64 = 3_000_000_000;

/// One fact in the story of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chapter {
    /// When it was reported first, in nanoseconds since 1970 by the Engine's clock.
    #[serde(skip)]
    pub at: i64,
    /// Its name: a Sentinel's word such as `+sdown`, or the Engine's such as `die`.
    pub name: String,
    /// The node that it is about, if any.
    pub node: Option<NodeId>,
    /// The master group, if a Sentinel named one.
    pub group: Option<String>,
    /// The Sentinels that reported it; empty if the Engine did.
    pub by: BTreeSet<NodeId>,
    /// What happened, in words.
    pub text: String,
    /// Whether it is a step of a failover and not its result.
    #[serde(skip)]
    pub is_detail: bool,
}

impl Chapter {
    /// The fact in a Sentinel's announcement.
    pub fn of_sentinel(at: i64, sentinel: NodeId, announced: &Announcement, inventory: &Inventory) -> Self {
        let node_at = |address: Option<std::net::SocketAddrV4>| inventory.node_at(address?);
        let node = node_at(announced.about);
        let (text, is_detail) = words(announced, node_at(announced.former));
        Self {
            at,
            name: announced.name.clone(),
            node,
            group: announced.group.clone(),
            by: BTreeSet::from([sentinel]),
            text,
            is_detail,
        }
    }

    /// The fact in an event of a container.
    pub fn of_engine(at: i64, node: NodeId, action: &str, exit_code: Option<i64>) -> Self {
        let text = match (action, exit_code) {
            ("die", Some(0)) => "it ended in good order".to_owned(),
            ("die", Some(137)) => "it was killed".to_owned(),
            ("die", Some(code)) => format!("it died with exit code {code}"),
            ("die", None) => "it ended".to_owned(),
            ("oom", _) => "it ran out of memory: the kernel killed a process of it".to_owned(),
            ("start", _) => "it was started".to_owned(),
            ("stop", _) => "it was stopped".to_owned(),
            ("kill", _) => "it was sent a signal".to_owned(),
            ("pause", _) => "it was paused".to_owned(),
            ("unpause", _) => "it was unpaused".to_owned(),
            ("create", _) => "its container was created".to_owned(),
            ("destroy", _) => "its container was removed".to_owned(),
            (other, _) => format!("the Engine reports '{other}'"),
        };
        let is_detail = !matches!(action, "die" | "oom" | "start" | "pause" | "unpause" | "create" | "destroy");
        Self { at, name: action.to_owned(), node: Some(node), group: None, by: BTreeSet::new(), text, is_detail }
    }

    /// Whether the other reports the same fact: another Sentinel, or the same source once more.
    fn is_same(&self, other: &Self) -> bool {
        let is_other_source = !self.by.is_empty() && !self.by.is_superset(&other.by);
        (is_other_source || self.at == other.at)
            && self.by.is_empty() == other.by.is_empty()
            && (&self.name, self.node, &self.group, &self.text) == (&other.name, other.node, &other.group, &other.text)
            && (other.at - self.at).abs() <= SAME_FACT
    }
}

/// The fact in words, and whether it is a detail.
fn words(announced: &Announcement, former: Option<NodeId>) -> (String, bool) {
    let text = match announced.kind {
        AnnouncementKind::SubjectivelyDown => "it does not answer",
        AnnouncementKind::SubjectivelyUp => "it answers again",
        AnnouncementKind::ObjectivelyDown => "a quorum of Sentinels considers it down",
        AnnouncementKind::ObjectivelyUp => "no quorum of Sentinels considers it down any more",
        AnnouncementKind::TryFailover => "a Sentinel wants to replace this master and asks for votes",
        AnnouncementKind::ElectedLeader => "a Sentinel was elected to replace this master",
        AnnouncementKind::SelectedReplica => "it was chosen to become the master",
        AnnouncementKind::PromotedReplica => "it has become a master",
        AnnouncementKind::SwitchMaster => {
            let former = former.map(|node| format!(" in place of {node}")).unwrap_or_default();
            return (format!("it is the master{former}"), false);
        }
        AnnouncementKind::FailoverEnd => "the failover is over",
        AnnouncementKind::FailoverEndForTimeout => "the failover is over, although not every replica follows",
        AnnouncementKind::ConvertToReplica => "it came back as a master and was made a replica",
        AnnouncementKind::FixReplica => "it followed the wrong master and was pointed at the right one",
        AnnouncementKind::Reboot => "it was restarted",
        AnnouncementKind::AbortNotElected => "the failover was given up: no Sentinel won the election",
        AnnouncementKind::AbortNoGoodReplica => "the failover was given up: no replica is fit to be the master",
        AnnouncementKind::AbortReplicaTimeout => {
            "the failover was given up: the chosen replica did not become a master in time"
        }
        AnnouncementKind::Tilt => "this Sentinel does not trust its clock, and does not act for a while",
        AnnouncementKind::TiltEnded => "this Sentinel acts again",
        AnnouncementKind::NewReplica => "a Sentinel found this replica",
        AnnouncementKind::NewSentinel => "a Sentinel found this Sentinel",
        AnnouncementKind::NewEpoch => return ("a new epoch began".to_owned(), true),
        AnnouncementKind::VoteForLeader => return ("a Sentinel gave its vote".to_owned(), true),
        AnnouncementKind::ConfigUpdate => return ("a Sentinel learned of the master from another".to_owned(), true),
        AnnouncementKind::SendReplicaOfNoOne
        | AnnouncementKind::WaitPromotion
        | AnnouncementKind::ReconfigureReplicas
        | AnnouncementKind::ReplicaReconfigurationSent
        | AnnouncementKind::ReplicaReconfigurationInProgress
        | AnnouncementKind::ReplicaReconfigurationDone
        | AnnouncementKind::RoleChange
        | AnnouncementKind::RoleRestored
        | AnnouncementKind::Other => return (format!("Sentinel says '{}'", announced.name), true),
    };
    (
        text.to_owned(),
        matches!(
            announced.kind,
            AnnouncementKind::NewReplica | AnnouncementKind::NewSentinel | AnnouncementKind::Reboot
        ),
    )
}

/// Chapters in order of time, each fact once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story(Vec<Chapter>);

impl Story {
    /// The story of these chapters, in whichever order they are.
    pub fn of(mut chapters: Vec<Chapter>) -> Self {
        chapters.sort_by_key(|chapter| chapter.at);
        let mut story = Self::default();
        for chapter in chapters {
            story.go_on(chapter);
        }
        story
    }

    /// The chapters in order of time.
    pub fn chapters(&self) -> &[Chapter] {
        &self.0
    }

    /// Adds a chapter, and returns it if it is news. The same fact of another Sentinel joins the chapter that has it; a
    /// repeated one is dropped.
    pub fn go_on(&mut self, chapter: Chapter) -> Option<&Chapter> {
        let recent = self.0.iter_mut().rev().take_while(|earlier| chapter.at - earlier.at <= SAME_FACT);
        let mut found = None;
        for earlier in recent {
            if earlier.is_same(&chapter) {
                found = Some(earlier);
                break;
            }
        }
        if let Some(earlier) = found {
            earlier.by.extend(chapter.by);
            return None;
        }
        self.0.push(chapter);
        self.0.last()
    }

    /// Forgets all but this many last chapters, for a story that goes on without end.
    ///
    /// A fact that is told again after its chapter was forgotten is a new chapter.
    pub fn keep_last(&mut self, count: usize) {
        self.0.drain(..self.0.len().saturating_sub(count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{ClusterName, Spec};

    fn said(at: i64, sentinel: u16, line: &str) -> Chapter {
        let inventory = Inventory::assumed(
            &Spec::with_defaults(ClusterName::default()),
            "172.30.0.0/16".parse().expect("a subnet"),
        );
        let announced = Announcement::of_line(&format!("1:X 27 Nov 2026 13:05:01.123 # {line}")).expect(line);
        Chapter::of_sentinel(at, NodeId::Sentinel(sentinel), &announced, &inventory)
    }

    #[test]
    fn what_several_sentinels_tell_is_told_once_and_in_order() {
        let second = 1_000_000_000;
        let down = "+sdown master mymaster 172.30.255.223 6379";
        let story = Story::of(vec![
            said(2 * second, 1, "+switch-master mymaster 172.30.255.223 6379 172.30.255.222 6379"),
            said(second, 1, down),
            said(second + 5, 2, down),
            Chapter::of_engine(second / 2, NodeId::redis(crate::spec::Group::number(1), 1), "die", Some(137)),
            said(second + 9, 3, down),
            // The same words much later are another fact.
            said(9 * second, 2, down),
        ]);
        let lines: Vec<String> = story
            .chapters()
            .iter()
            .map(|c| format!("{} {} by {}", c.node.map_or_else(String::new, |n| n.to_string()), c.text, c.by.len()))
            .collect();
        assert_eq!(
            lines,
            [
                "redis-1 it was killed by 0",
                "redis-1 it does not answer by 3",
                "redis-2 it is the master in place of redis-1 by 1",
                "redis-1 it does not answer by 1",
            ]
        );
    }

    #[test]
    fn lines_that_announce_nothing_are_no_chapters() {
        for line in ["", "1:X 27 Nov 2026 13:05:01.123 * Sentinel new configuration saved on disk", "redos: it starts"]
        {
            assert_eq!(Announcement::of_line(line), None, "{line}");
        }
    }
}
