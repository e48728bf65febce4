//! Whether the subject is settled, as its servers and clients see it. Each round begins and ends with it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;

use super::clock::Clock;
use super::history::{RoleSample, SeenRole};
use super::resp::Reply;
use super::subject::{Subject, SubjectServer};
use super::watch::{lead, sample};

/// Time limit of one answer.
const ANSWER: Duration = Duration::from_millis(500);
/// How many bytes a replica may be behind while writes go on.
const LAG_MAX: i64 = 65_536;

/// Whether the subject is settled. Returns its master.
///
/// There is one master, all replicas are linked and close behind, all Sentinels agree and see all nodes, and the proxy
/// leads to that master.
///
/// # Errors
/// What is not so, in words.
pub async fn settled(subject: &Subject) -> Result<String, String> {
    let master = one_master(subject).await?;
    let looks = join_all(subject.sentinels.iter().map(|sentinel| agrees(subject, sentinel, master)));
    for look in looks.await {
        look?;
    }
    let led = lead(subject, Clock::start()).await;
    match (led.node, led.role) {
        (Some(node), SeenRole::Master) if node == master.name => Ok(node),
        (Some(node), _) => Err(format!("writes go to {node}, not to {}", master.name)),
        (None, _) => Err("writes go to no node".to_owned()),
    }
}

async fn one_master(subject: &Subject) -> Result<&SubjectServer, String> {
    let asked = subject.nodes.iter().map(|node| async move {
        let reply = subject.ask(node, &subject.observer, &["ROLE"], ANSWER).await?;
        Ok::<RoleSample, String>(sample(&node.name, 0, &reply))
    });
    let roles = join_all(asked).await.into_iter().collect::<Result<Vec<_>, String>>()?;
    let masters: Vec<&RoleSample> = roles.iter().filter(|sample| sample.role == SeenRole::Master).collect();
    let [master] = masters.as_slice() else {
        let names: Vec<&str> = masters.iter().map(|sample| sample.node.as_str()).collect();
        return Err(if names.is_empty() {
            "no node is master".to_owned()
        } else {
            format!("{} are master", names.join(" and "))
        });
    };
    for replica in roles.iter().filter(|sample| sample.node != master.node) {
        if replica.link_up != Some(true) {
            return Err(format!("the link of {} to its master is not up", replica.node));
        }
        let behind = master.offset.unwrap_or(0) - replica.offset.unwrap_or(0);
        if behind > LAG_MAX {
            return Err(format!("{} is {behind} bytes behind", replica.node));
        }
    }
    subject.node(&master.node).ok_or_else(|| format!("{} is not a node of the test", master.node))
}

async fn agrees(subject: &Subject, sentinel: &SubjectServer, master: &SubjectServer) -> Result<(), String> {
    let ask = |command: &'static str| {
        let words = ["SENTINEL", command, subject.group.as_str()];
        async move { subject.ask(sentinel, &subject.sentinel, &words, ANSWER).await }
    };
    let view = fields(&ask("MASTER").await?);
    let says = |field: &str| view.get(field).cloned().unwrap_or_default();
    let address: Option<SocketAddr> = format!("{}:{}", says("ip"), says("port")).parse().ok();
    if address != Some(SocketAddr::V4(master.address)) {
        return Err(format!("{} names {}:{} as master, not {}", sentinel.name, says("ip"), says("port"), master.name));
    }
    if says("flags") != "master" {
        return Err(format!("{} sees the master as {}", sentinel.name, says("flags")));
    }
    if says("num-other-sentinels") != (subject.sentinels.len() - 1).to_string() {
        return Err(format!("{} knows {} other Sentinels", sentinel.name, says("num-other-sentinels")));
    }
    let replicas = ask("REPLICAS").await?;
    let well =
        replicas.parts().iter().filter(|replica| fields(replica).get("flags").is_some_and(|flags| flags == "slave"));
    if well.count() != subject.nodes.len() - 1 {
        return Err(format!("{} does not consider all replicas healthy", sentinel.name));
    }
    let info = subject.ask(sentinel, &subject.sentinel, &["INFO", "sentinel"], ANSWER).await?;
    if info.text().is_some_and(|text| text.contains("sentinel_tilt:1")) {
        return Err(format!("{} is in TILT", sentinel.name));
    }
    Ok(())
}

/// Pairs of names and values.
fn fields(reply: &Reply) -> BTreeMap<String, String> {
    reply.parts().chunks_exact(2).filter_map(|pair| Some((pair[0].text()?, pair[1].text()?))).collect()
}
