//! `redos sentinel`: the answers of the Sentinels, and where they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use console::Style;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::Ui;
use super::text_table::{Column, Table};
use crate::cluster::inquiry::Fieldset;
use crate::spec::{Group, NodeId};

/// What a Sentinel's answer is about: which columns it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The Sentinel itself.
    Sentinel,
    /// The masters that it watches.
    Masters,
    /// The replicas that it knows.
    Replicas,
    /// The other Sentinels that it knows.
    Peers,
    /// Where it leads clients.
    Address,
    /// Whether a failover is possible.
    Quorum,
}

/// What one Sentinel said to one question: an item of `kind: SentinelAnswerList`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub sentinel: NodeId,
    /// The group that it was asked about; `null` where it was asked about all.
    pub group: Option<Group>,
    /// What came of it.
    #[serde(flatten)]
    pub said: SentinelReply,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum SentinelReply {
    /// The Sentinel answered it.
    Answered {
        /// What it described, one after the other.
        records: Vec<Described>,
    },
    /// The Sentinel refused it.
    Refused {
        /// With these words.
        why: String,
    },
    /// It does not run, or gave no answer.
    Silent {
        /// The state of its container, or how the question failed.
        why: String,
    },
}

/// One thing that a Sentinel described.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Described {
    /// The node at the address that it named; `null` for a stranger, and in what a Sentinel says of itself.
    pub node: Option<NodeId>,
    /// The node at the address of the master that it named, in what is said of a replica.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master: Option<NodeId>,
    /// All fields of the answer.
    #[serde(serialize_with = "in_order")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub fields: Fieldset,
}

fn in_order<S: Serializer>(record: &Fieldset, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(record.fields.iter().map(|(name, value)| (name, value)))
}

impl SentinelReply {
    /// An answer, with the nodes that live at the addresses in it.
    pub fn of(records: Vec<Fieldset>, node_at: impl Fn(SocketAddrV4) -> Option<NodeId>) -> Self {
        let node = |record: &Fieldset, ip: &str, port: &str| {
            node_at(SocketAddrV4::new(record.get(ip)?.parse().ok()?, record.get(port)?.parse().ok()?))
        };
        let described = |fields: Fieldset| Described {
            node: node(&fields, "ip", "port"),
            master: node(&fields, "master-host", "master-port")
                .or_else(|| node(&fields, "primary-host", "primary-port")),
            fields,
        };
        Self::Answered { records: records.into_iter().map(described).collect() }
    }
}

/// Where the value of a column comes from.
#[derive(Clone, Copy)]
enum CellSource {
    /// The node that is described; its address where it is a stranger.
    Node,
    /// The node that is followed.
    Master,
    /// The first of these fields that there is.
    Field(&'static [&'static str]),
}

/// A column of the short table: its heading, and where its values come from.
type Shown = (&'static str, CellSource);

impl CellSource {
    /// Whether all Sentinels should have the same value here.
    fn is_agreed(self) -> bool {
        match self {
            Self::Node | Self::Master => true,
            Self::Field(names) => names.iter().any(|name| AGREED.contains(name)),
        }
    }
}

impl Topic {
    /// The columns after the Sentinel's.
    const fn columns(self) -> &'static [Shown] {
        match self {
            Self::Sentinel => &[
                ("VERSION", CellSource::Field(&["valkey_version", "redis_version"])),
                ("UPTIME S", CellSource::Field(&["uptime_in_seconds"])),
                ("MASTERS", CellSource::Field(&["sentinel_masters"])),
                ("TILT", CellSource::Field(&["sentinel_tilt"])),
                ("SCRIPTS", CellSource::Field(&["sentinel_running_scripts"])),
                ("QUEUED", CellSource::Field(&["sentinel_scripts_queue_length"])),
                ("SIMULATES", CellSource::Field(&["sentinel_simulate_failure_flags"])),
            ],
            Self::Masters => &[
                ("MASTER", CellSource::Node),
                ("FLAGS", CellSource::Field(&["flags"])),
                ("QUORUM", CellSource::Field(&["quorum"])),
                ("REPLICAS", CellSource::Field(&["num-slaves", "num-replicas"])),
                ("PEERS", CellSource::Field(&["num-other-sentinels"])),
                ("EPOCH", CellSource::Field(&["config-epoch"])),
                ("DOWN-AFTER", CellSource::Field(&["down-after-milliseconds"])),
            ],
            Self::Replicas => &[
                ("FLAGS", CellSource::Field(&["flags"])),
                ("FOLLOWS", CellSource::Master),
                ("LINK", CellSource::Field(&["master-link-status", "primary-link-status"])),
                ("OFFSET", CellSource::Field(&["slave-repl-offset", "replica-repl-offset"])),
                ("PRIORITY", CellSource::Field(&["slave-priority", "replica-priority"])),
            ],
            Self::Peers => &[
                ("FLAGS", CellSource::Field(&["flags"])),
                ("HELLO MS AGO", CellSource::Field(&["last-hello-message"])),
                ("VOTED IN EPOCH", CellSource::Field(&["voted-leader-epoch"])),
            ],
            Self::Address => &[
                ("MASTER", CellSource::Node),
                ("ADDRESS", CellSource::Field(&["ip"])),
                ("PORT", CellSource::Field(&["port"])),
            ],
            Self::Quorum => &[("ANSWER", CellSource::Field(&["answer"]))],
        }
    }

    /// The heading of the column for the subject of a row, where that is neither the Sentinel nor the group.
    const fn subject(self) -> Option<&'static str> {
        match self {
            Self::Replicas => Some("REPLICA"),
            Self::Peers => Some("PEER"),
            Self::Sentinel | Self::Masters | Self::Address | Self::Quorum => None,
        }
    }
}

/// Fields on which all Sentinels should agree, whatever is asked. `down-after-milliseconds` is none of them: Sentinels
/// beyond the quorum wait a little longer, so that they do not stand for election at the same moment.
const AGREED: [&str; 27] = [
    "answer",
    "config-epoch",
    "failover-timeout",
    "flags",
    "ip",
    "master-host",
    "master-link-status",
    "master-port",
    "name",
    "num-other-sentinels",
    "num-slaves",
    "parallel-syncs",
    "port",
    "quorum",
    "redis_mode",
    "redis_version",
    "replica-announced",
    "role-reported",
    "runid",
    "sentinel_masters",
    "sentinel_running_scripts",
    "sentinel_scripts_queue_length",
    "sentinel_simulate_failure_flags",
    "sentinel_tilt",
    "slave-priority",
    "valkey_release_stage",
    "valkey_version",
];

/// What rows are about: a group, and a node or an address in it.
type AskedAbout = (Option<Group>, String);

/// Who said what of one subject, and why the others said nothing of it.
type Sayings<'a> = BTreeMap<NodeId, Result<&'a Described, &'a str>>;

/// All subjects with what each Sentinel said of them.
fn by_subject<'a>(topic: Topic, items: &'a [Item]) -> BTreeMap<AskedAbout, Sayings<'a>> {
    let mut subjects: BTreeMap<AskedAbout, Sayings<'a>> = BTreeMap::new();
    for item in items {
        let SentinelReply::Answered { records } = &item.said else { continue };
        for described in records {
            subjects.entry(subject(topic, item, described)).or_default().insert(item.sentinel, Ok(described));
        }
    }
    if subjects.is_empty() {
        let groups = items.iter().map(|item| (item.group, String::new()));
        subjects.extend(groups.map(|subject| (subject, Sayings::default())));
    }
    for (subject, sayings) in &mut subjects {
        for item in items.iter().filter(|item| item.group.is_none() || item.group == subject.0) {
            let own = topic == Topic::Peers && item.sentinel.to_string() == subject.1;
            let why = match &item.said {
                SentinelReply::Answered { .. } => "not known",
                SentinelReply::Refused { why } | SentinelReply::Silent { why } => why,
            };
            if !own {
                sayings.entry(item.sentinel).or_insert(Err(why));
            }
        }
    }
    subjects
}

fn subject(topic: Topic, item: &Item, described: &Described) -> AskedAbout {
    let named = described.fields.get("name").and_then(|name| name.parse().ok());
    let group = item.group.or(named.filter(|_| topic == Topic::Masters));
    (group, topic.subject().map(|_| node_name(described)).unwrap_or_default())
}

/// The node, or the address of what is none.
fn node_name(described: &Described) -> String {
    let address = || described.fields.get("ip").unwrap_or("-").to_owned();
    described.node.map_or_else(address, |node| node.to_string())
}

/// The answers as a table: the main fields, or with `-o wide` all of them, each Sentinel a column.
pub fn text(topic: Topic, items: &[Item], ui: &Ui) -> String {
    let subjects = by_subject(topic, items);
    let (text, differs) =
        if ui.is_wide() { all_fields(topic, &subjects, ui) } else { main_fields(topic, &subjects, ui) };
    let remark = if differs { "\n* most Sentinels say something else" } else { "" };
    format!("{text}{remark}")
}

fn main_fields(topic: Topic, subjects: &BTreeMap<AskedAbout, Sayings<'_>>, ui: &Ui) -> (String, bool) {
    let has_groups = subjects.keys().filter_map(|(group, _)| *group).collect::<BTreeSet<_>>().len() > 1;
    let shown = topic.columns();
    let mut columns = vec![Column::new("GROUP").only_if(has_groups)];
    columns.extend(topic.subject().map(Column::new));
    columns.push(Column::new("SENTINEL"));
    // In a narrow terminal the last columns are left out.
    columns.extend(shown.iter().enumerate().map(|(place, (heading, _))| match *heading {
        "ANSWER" => Column::text(*heading),
        heading if place < 2 => Column::new(heading),
        heading => Column::new(heading).optional(),
    }));
    let mut table = Table::new(columns);
    let mut differs = false;
    for ((group, about), sayings) in subjects {
        let common: Vec<Option<String>> =
            shown.iter().map(|(_, source)| commonest(sayings, |said| value(*source, said))).collect();
        for (sentinel, said) in sayings {
            let mut row = vec![group.map(|group| group.to_string()).unwrap_or_default()];
            row.extend(topic.subject().map(|_| about.clone()));
            row.push(sentinel.to_string());
            match said {
                Err(why) => {
                    row.push(format!("({why})"));
                    row.resize(row.len() + shown.len() - 1, String::new());
                }
                Ok(described) => {
                    for ((_, source), common) in shown.iter().zip(&common) {
                        let own = value(*source, described);
                        let is_other = source.is_agreed() && common.as_ref() != Some(&own);
                        differs |= is_other;
                        row.push(marked(own, is_other));
                    }
                }
            }
            table.row(row);
        }
    }
    (table.render(ui.width()), differs)
}

fn all_fields(topic: Topic, subjects: &BTreeMap<AskedAbout, Sayings<'_>>, ui: &Ui) -> (String, bool) {
    let mut differs = false;
    let mut parts = Vec::new();
    for ((group, about), sayings) in subjects {
        let mut columns = vec![Column::new("FIELD")];
        columns.extend(sayings.keys().map(|sentinel| Column::new(sentinel.to_string())));
        let mut table = Table::new(columns);
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in sayings.values().flatten().flat_map(|described| &described.fields.fields) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        if sayings.values().any(Result::is_err) {
            let why = |said: &Result<&Described, &str>| said.err().map(|why| format!("({why})")).unwrap_or_default();
            table.row([String::new()].into_iter().chain(sayings.values().map(why)));
        }
        for name in names {
            let field = |described: &Described| described.fields.get(name).unwrap_or_default().to_owned();
            let common = commonest(sayings, field);
            let cells = sayings.values().map(|said| {
                let Ok(described) = said else { return String::new() };
                let own = field(described);
                let is_other = AGREED.contains(&name) && common.as_ref() != Some(&own);
                differs |= is_other;
                marked(own, is_other)
            });
            let cells: Vec<String> = cells.collect();
            table.row([name.to_owned()].into_iter().chain(cells));
        }
        let about = match (topic, group) {
            (Topic::Replicas | Topic::Peers, Some(group)) => format!("{about} of {group}"),
            (_, Some(group)) => group.to_string(),
            (_, None) => "Sentinels".to_owned(),
        };
        parts.push(format!("{}\n{}", ui.paint_data(&about, &Style::new().bold()), table.render(None)));
    }
    (parts.join("\n\n"), differs)
}

fn value(source: CellSource, described: &Described) -> String {
    match source {
        CellSource::Node => node_name(described),
        CellSource::Master => described.master.map_or_else(|| "-".to_owned(), |master| master.to_string()),
        CellSource::Field(names) => names.iter().find_map(|name| described.fields.get(name)).unwrap_or("-").to_owned(),
    }
}

/// The value that most Sentinels give; none where two values are as common.
fn commonest(sayings: &Sayings<'_>, value: impl Fn(&Described) -> String) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for described in sayings.values().flatten() {
        *counts.entry(value(described)).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    let mut commonest = counts.into_iter().filter(|(_, count)| *count == most).map(|(value, _)| value);
    let first = commonest.next();
    first.filter(|_| commonest.next().is_none())
}

/// A cell, with a mark on what others do not say. It has no colour: the table would count the codes as columns.
fn marked(value: String, is_other: bool) -> String {
    if is_other { format!("{value} *") } else { value }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Options, Terminal};
    use super::*;

    fn ui(format: Format) -> Ui {
        let terminal = Terminal { columns: Some(80), ..Terminal::default() };
        let options = Options { format, ..Options::default() };
        Ui::with_streams(options, terminal, Box::new(std::io::sink()), Box::new(std::io::sink()))
    }

    fn says(ordinal: u16, flags: &str) -> Item {
        let at = [("name", "mymaster"), ("ip", "10.0.0.1"), ("port", "6379")];
        let fields = [at.as_slice(), &[("flags", flags), ("last-ping-reply", flags)]].concat().into_iter();
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let said = SentinelReply::of(vec![Fieldset { fields }], |_| "redis-1".parse().ok());
        Item { sentinel: NodeId::Sentinel(ordinal), group: None, said }
    }

    fn silent(ordinal: u16) -> Item {
        let said = SentinelReply::Silent { why: "paused".to_owned() };
        Item { sentinel: NodeId::Sentinel(ordinal), group: None, said }
    }

    #[test]
    fn what_most_sentinels_do_not_say_is_marked() {
        let items = [says(1, "master"), says(2, "master,s_down"), says(3, "master"), silent(4)];
        insta::assert_snapshot!(text(Topic::Masters, &items, &ui(Format::Table)), @r"
        SENTINEL    MASTER    FLAGS            QUORUM  REPLICAS  PEERS  EPOCH
        sentinel-1  redis-1   master           -       -         -      -
        sentinel-2  redis-1   master,s_down *  -       -         -      -
        sentinel-3  redis-1   master           -       -         -      -
        sentinel-4  (paused)
        (left out at 80 columns: DOWN-AFTER)
        * most Sentinels say something else
        ");
        insta::assert_snapshot!(text(Topic::Masters, &items, &ui(Format::Wide)), @r"
        mymaster
        FIELD            sentinel-1  sentinel-2       sentinel-3  sentinel-4
                                                                  (paused)
        name             mymaster    mymaster         mymaster
        ip               10.0.0.1    10.0.0.1         10.0.0.1
        port             6379        6379             6379
        flags            master      master,s_down *  master
        last-ping-reply  master      master,s_down    master
        * most Sentinels say something else
        ");
        let halves = [says(1, "master"), says(2, "master,s_down")];
        assert_eq!(text(Topic::Masters, &halves, &ui(Format::Table)).matches("s *").count(), 0);
        assert!(
            text(Topic::Masters, &halves, &ui(Format::Table)).contains("master,s_down *"),
            "of two nobody is right"
        );
        assert!(!text(Topic::Masters, &[says(1, "a"), says(2, "a")], &ui(Format::Wide)).contains('*'));
    }

    #[test]
    fn a_node_that_one_of_them_does_not_know_is_told() {
        let answer = |ordinal, replicas: &[&str]| {
            let record = |ip: &&str| Fieldset { fields: vec![("ip".to_owned(), (*ip).to_owned())] };
            let said = SentinelReply::of(replicas.iter().map(record).collect(), |_| None);
            Item { sentinel: NodeId::Sentinel(ordinal), group: Some(Group::number(1)), said }
        };
        let items = [answer(1, &["10.0.0.2", "10.0.0.3"]), answer(2, &["10.0.0.2"])];
        let text = text(Topic::Replicas, &items, &ui(Format::Table));
        assert!(text.contains("10.0.0.3  sentinel-2  (not known)"), "{text}");
        assert_eq!(text.matches("(not known)").count(), 1, "{text}");
    }
}
