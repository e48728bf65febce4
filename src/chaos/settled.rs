//! Whether the subject is settled, as its servers and clients see it. Each round begins and ends with it.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use thiserror::Error;

use super::clock::Clock;
use super::history::{RoleSample, SeenRole};
use super::resp::Reply;
use super::subject::{AskError, Subject, SubjectServer};
use super::watch::{lead, sample};

/// Time limit of one answer.
const ANSWER: Duration = Duration::from_millis(500);
/// How many bytes a replica may be behind while writes go on.
const LAG_MAX: i64 = 65_536;

/// The first condition of a settled subject that is not met. `Display` is the sentence for users.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unsettled {
    #[error(transparent)]
    Asked(#[from] AskError),
    #[error("no node is master")]
    NoMaster,
    #[error("{} are master", .0.join(" and "))]
    SeveralMasters(Vec<String>),
    #[error("the link of {node} to its master is not up")]
    LinkDown { node: String },
    #[error("{node} is {bytes} bytes behind")]
    Behind { node: String, bytes: i64 },
    #[error("{node} is not a node of the test")]
    Stranger { node: String },
    #[error("{sentinel} names {named} as master, not {master}")]
    NamesAnother { sentinel: String, named: String, master: String },
    #[error("{sentinel} flags the master as {flags}")]
    MasterFlagged { sentinel: String, flags: String },
    #[error("{sentinel} knows {known} other Sentinels, and there are {others}")]
    KnowsOthers { sentinel: String, known: String, others: usize },
    #[error("{sentinel} does not consider all replicas healthy")]
    ReplicasUnhealthy { sentinel: String },
    #[error("{sentinel} is in TILT and does not act for 30 s")]
    InTilt { sentinel: String },
    #[error("writes go to {to}, not to {master}")]
    WritesElsewhere { to: String, master: String },
    #[error("writes go to no node")]
    WritesNowhere,
}

/// Whether the subject is settled. Returns its master.
///
/// There is one master, all replicas are linked and close behind, all Sentinels agree and see all nodes, and the proxy
/// leads to that master.
///
/// # Errors
/// The first condition that is not met.
pub async fn settled(subject: &Subject) -> Result<String, Unsettled> {
    let master = one_master(subject).await?;
    let looks = join_all(subject.sentinels.iter().map(|sentinel| agrees(subject, sentinel, master)));
    for look in looks.await {
        look?;
    }
    let led = lead(subject, Clock::start()).await;
    match (led.node, led.role) {
        (Some(node), SeenRole::Master) if node == master.name => Ok(node),
        (Some(node), _) => Err(Unsettled::WritesElsewhere { to: node, master: master.name.clone() }),
        (None, _) => Err(Unsettled::WritesNowhere),
    }
}

async fn one_master(subject: &Subject) -> Result<&SubjectServer, Unsettled> {
    let asked = subject.nodes.iter().map(|node| async move {
        let reply = subject.ask(node, &subject.observer, &["ROLE"], ANSWER).await?;
        Ok(sample(&node.name, 0, &reply))
    });
    let roles = join_all(asked).await.into_iter().collect::<Result<Vec<RoleSample>, AskError>>()?;
    let masters: Vec<&RoleSample> = roles.iter().filter(|sample| sample.role == SeenRole::Master).collect();
    let [master] = masters.as_slice() else {
        return Err(match masters.as_slice() {
            [] => Unsettled::NoMaster,
            _ => Unsettled::SeveralMasters(masters.iter().map(|sample| sample.node.clone()).collect()),
        });
    };
    for replica in roles.iter().filter(|sample| sample.node != master.node) {
        let node = replica.node.clone();
        if replica.link_up != Some(true) {
            return Err(Unsettled::LinkDown { node });
        }
        let bytes = master.offset.unwrap_or(0) - replica.offset.unwrap_or(0);
        if bytes > LAG_MAX {
            return Err(Unsettled::Behind { node, bytes });
        }
    }
    subject.node(&master.node).ok_or_else(|| Unsettled::Stranger { node: master.node.clone() })
}

async fn agrees(subject: &Subject, sentinel: &SubjectServer, master: &SubjectServer) -> Result<(), Unsettled> {
    let ask = |command: &'static str| {
        let words = ["SENTINEL", command, subject.group.as_str()];
        async move { subject.ask(sentinel, &subject.sentinel, &words, ANSWER).await }
    };
    let view = fields(&ask("MASTER").await?);
    let says = |field: &str| view.get(field).cloned().unwrap_or_default();
    let of = || sentinel.name.clone();
    let named = format!("{}:{}", says("ip"), says("port"));
    if named.parse() != Ok(master.address) {
        let node = subject.nodes.iter().find(|node| named.parse() == Ok(node.address));
        let named = node.map_or(named, |node| node.name.clone());
        return Err(Unsettled::NamesAnother { sentinel: of(), named, master: master.name.clone() });
    }
    if says("flags") != "master" {
        return Err(Unsettled::MasterFlagged { sentinel: of(), flags: says("flags") });
    }
    let others = subject.sentinels.len() - 1;
    if says("num-other-sentinels") != others.to_string() {
        return Err(Unsettled::KnowsOthers { sentinel: of(), known: says("num-other-sentinels"), others });
    }
    let replicas = ask("REPLICAS").await?;
    let well =
        replicas.parts().iter().filter(|replica| fields(replica).get("flags").is_some_and(|flags| flags == "slave"));
    if well.count() != subject.nodes.len() - 1 {
        return Err(Unsettled::ReplicasUnhealthy { sentinel: of() });
    }
    let info = subject.ask(sentinel, &subject.sentinel, &["INFO", "sentinel"], ANSWER).await?;
    if info.text().is_some_and(|text| text.contains("sentinel_tilt:1")) {
        return Err(Unsettled::InTilt { sentinel: of() });
    }
    Ok(())
}

/// Pairs of names and values.
fn fields(reply: &Reply) -> BTreeMap<String, String> {
    reply.parts().chunks_exact(2).filter_map(|pair| Some((pair[0].text()?, pair[1].text()?))).collect()
}
