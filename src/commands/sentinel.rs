//! `redos sentinel`: what each Sentinel says, side by side.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use futures_util::future::join_all;

use super::session::{Call, Session, World, lookup};
use crate::cluster::Inventory;
use crate::cluster::inquiry::{Question, Testimony};
use crate::cluster::observed::NodeState;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::List;
use crate::output::sentinels::{Item, SentinelReply, Topic, text};
use crate::servers::Servers;
use crate::spec::{Group, NodeId, Spec};

/// Arguments of `sentinel`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "A value that most Sentinels do not give is marked with '*'. The exit code is 1
when no Sentinel answers, and for 'ckquorum' when one says no.

Examples:
  redos sentinel
  redos sentinel replicas -o wide          every field, the Sentinels side by side
  redos sentinel masters --node sentinel-2
  redos sentinel ckquorum --group mymaster-2
  redos sentinel masters -o json | jq '.items[].records[].fields.flags'")]
pub struct SentinelArgs {
    /// What they are asked
    #[arg(value_enum, default_value = "masters")]
    pub what: What,
    /// About one master group, by name or number; all unless given
    #[arg(short, long, value_name = "GROUP")]
    pub group: Option<String>,
    /// One Sentinel; all unless given
    #[arg(short, long, value_name = "SENTINEL")]
    pub node: Option<String>,
}

/// What the Sentinels are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// The Sentinels themselves: INFO
    Info,
    /// The masters that they watch: SENTINEL MASTERS
    Masters,
    /// The master of each group: SENTINEL MASTER
    Master,
    /// The replicas that they know: SENTINEL REPLICAS
    Replicas,
    /// The other Sentinels that they know: SENTINEL SENTINELS
    Sentinels,
    /// Where clients find the master: SENTINEL GET-MASTER-ADDR-BY-NAME
    GetMasterAddr,
    /// Whether they could replace the master: SENTINEL CKQUORUM
    Ckquorum,
}

impl What {
    const fn topic(self) -> Topic {
        match self {
            Self::Info => Topic::Sentinel,
            Self::Masters | Self::Master => Topic::Masters,
            Self::Replicas => Topic::Replicas,
            Self::Sentinels => Topic::Peers,
            Self::GetMasterAddr => Topic::Address,
            Self::Ckquorum => Topic::Quorum,
        }
    }

    /// The questions, about these groups.
    fn questions(self, groups: &[Group]) -> Vec<Question> {
        let of_each = |question: fn(Group) -> Question| groups.iter().copied().map(question).collect();
        match self {
            Self::Info => vec![Question::Info],
            Self::Masters => vec![Question::Masters],
            Self::Master => of_each(Question::Master),
            Self::Replicas => of_each(Question::Replicas),
            Self::Sentinels => of_each(Question::Sentinels),
            Self::GetMasterAddr => of_each(Question::MasterAddress),
            Self::Ckquorum => of_each(Question::Quorum),
        }
    }
}

/// Asks all of them at once.
///
/// # Errors
/// There is no such cluster, group or Sentinel, the Engine failed, or the output is closed.
pub async fn run<W: World>(args: SentinelArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let found = lookup::find(&*session.engine, &cluster).await?;
    let inventory = found.inventory;
    let spec = lookup::recorded(&cluster, &inventory)?.clone();
    let secrets = found.secrets.ok_or_else(|| lookup::no_passwords(&cluster))?;
    let groups: Vec<Group> = match &args.group {
        Some(word) => vec![lookup::group(&spec, word)?],
        None => spec.groups().collect(),
    };
    let sentinels = asked(&spec, &inventory, args.node.as_deref())?;
    let servers = session.servers(&spec, &secrets);
    // `SENTINEL MASTERS` cannot be asked about one group.
    let what = if args.what == What::Masters && args.group.is_some() { What::Master } else { args.what };
    let questions = what.questions(&groups);
    let pairs = questions.iter().flat_map(|question| sentinels.iter().map(move |sentinel| (*question, *sentinel)));
    let items =
        join_all(pairs.map(|(question, sentinel)| ask(&session, &servers, &inventory, sentinel, question))).await;
    let list = List::new("SentinelAnswerList", items);
    session.ui.items(&list, |ui| text(what.topic(), &list.items, ui))?;
    let is_refusal = |item: &Item| matches!(item.said, SentinelReply::Refused { .. });
    let is_answer = |item: &Item| matches!(item.said, SentinelReply::Answered { .. });
    let says_no = what == What::Ckquorum && list.items.iter().any(is_refusal);
    Ok(Exit::answer(list.items.iter().any(is_answer) && !says_no))
}

/// The Sentinels that are asked.
fn asked(spec: &Spec, inventory: &Inventory, name: Option<&str>) -> Result<BTreeSet<NodeId>, Failure> {
    let is_sentinel = |node: &NodeId| matches!(node, NodeId::Sentinel(_));
    let Some(name) = name else { return Ok(inventory.nodes.keys().copied().filter(is_sentinel).collect()) };
    let node = lookup::node(&spec.name, inventory, name)?;
    if !is_sentinel(&node) {
        let what = format!("{node} is no Sentinel, and cannot be asked what Sentinels know");
        let known: Vec<String> =
            inventory.nodes.keys().filter(|node| is_sentinel(node)).map(NodeId::to_string).collect();
        return Err(
            Failure::message(FailureKind::Usage, what).hinted(format!("the Sentinels are {}", known.join(", ")))
        );
    }
    Ok(BTreeSet::from([node]))
}

/// Asks one Sentinel. One that does not run is not asked: it would not answer.
async fn ask<W: World>(
    session: &Session<W>,
    servers: &W::Servers,
    inventory: &Inventory,
    sentinel: NodeId,
    question: Question,
) -> Item {
    let state = inventory.nodes.get(&sentinel).map_or(NodeState::Dead, |facts| facts.state.clone());
    let said = if state == NodeState::Running {
        let asked = session.cancel.run_until_cancelled(servers.ask_sentinel(inventory, sentinel, question)).await;
        match asked {
            Some(Ok(Testimony::Answer(records))) => SentinelReply::of(records, |address| inventory.node_at(address)),
            Some(Ok(Testimony::Refusal(why))) => SentinelReply::Refused { why },
            Some(Err(error)) => SentinelReply::Silent { why: error.reason() },
            None => SentinelReply::Silent { why: "interrupted".to_owned() },
        }
    } else {
        SentinelReply::Silent { why: state.as_str().to_owned() }
    };
    Item { sentinel, group: question.group(), said }
}
