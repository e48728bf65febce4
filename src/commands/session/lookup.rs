//! What verbs need that work on an existing cluster.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::cluster::Inventory;
use crate::cluster::observed::NodeState;
use crate::converge::{self, Found};
use crate::engine::{Clusters, Nodes};
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::output::units::count;
use crate::plan::diff::lifecycle::Objection;
use crate::spec::secret::user as user_names;
use crate::spec::{ClusterName, Group, NodeId, Role, Secret, Secrets, Spec};

/// The inventory of a cluster that has containers.
///
/// # Errors
/// The Engine failed, or the cluster has no container.
pub async fn inventory(engine: &impl Clusters, cluster: &ClusterName) -> Result<Inventory, Failure> {
    let inventory = engine.inventory(cluster).await?;
    present(engine, cluster, &inventory)?;
    Ok(inventory)
}

/// [`inventory`] for a verb that asks the cluster's servers as well.
///
/// # Errors
/// As [`inventory`].
pub async fn find(engine: &(impl Clusters + Nodes), cluster: &ClusterName) -> Result<Found, Failure> {
    let found = converge::find(engine, cluster).await?;
    present(engine, cluster, &found.inventory)?;
    Ok(found)
}

/// Whether a cluster has containers.
///
/// # Errors
/// It has none.
pub fn present(engine: &impl Clusters, cluster: &ClusterName, inventory: &Inventory) -> Result<(), Failure> {
    if !inventory.nodes.is_empty() {
        return Ok(());
    }
    let up = command_line(cluster, "up");
    let failure = match inventory.volumes.len() {
        0 => Failure::message(
            FailureKind::NoCluster,
            format!("there is no cluster '{cluster}' on {}", engine.describe()),
        )
        .hinted(format!("create it: {up}"))
        .hinted("see which clusters there are: redos ls"),
        kept => Failure::message(
            FailureKind::NoCluster,
            format!("the cluster '{cluster}' is down; {} of it are kept", count(kept, "volume")),
        )
        .hinted(format!("bring it back with its data: {up}")),
    };
    Err(failure)
}

/// The configuration that was recorded with a cluster.
///
/// # Errors
/// There is none, for example because its volume was removed.
pub fn recorded<'a>(cluster: &ClusterName, inventory: &'a Inventory) -> Result<&'a Spec, Failure> {
    inventory.recorded.as_ref().ok_or_else(|| {
        Failure::message(
            FailureKind::Failed,
            format!("the cluster '{cluster}' has lost the record of its configuration"),
        )
        .hinted(format!("record it again, with the settings that it had: {}", command_line(cluster, "up")))
    })
}

/// The nodes that a command line names; `None` for all.
///
/// # Errors
/// The cluster has no such node.
pub fn named(spec: &Spec, inventory: &Inventory, names: &[String]) -> Result<Option<BTreeSet<NodeId>>, Failure> {
    let known = spec.nodes().into_iter().chain(inventory.nodes.keys().copied()).collect();
    let nodes = names.iter().map(|name| of_name(&spec.name, &known, name));
    if names.is_empty() { Ok(None) } else { nodes.collect::<Result<_, _>>().map(Some) }
}

/// The node of this name, among those that have a container.
///
/// # Errors
/// There is no such node.
pub fn node(cluster: &ClusterName, inventory: &Inventory, name: &str) -> Result<NodeId, Failure> {
    of_name(cluster, &inventory.nodes.keys().copied().collect(), name)
}

/// The nodes of these names, among those that have a container.
///
/// # Errors
/// There is no such node.
pub fn nodes(cluster: &ClusterName, inventory: &Inventory, names: &[String]) -> Result<BTreeSet<NodeId>, Failure> {
    names.iter().map(|name| node(cluster, inventory, name)).collect()
}

fn of_name(cluster: &ClusterName, known: &BTreeSet<NodeId>, name: &str) -> Result<NodeId, Failure> {
    let node = cluster.node(name).ok().filter(|node| known.contains(node));
    node.ok_or_else(|| no_such_node(cluster, known, name))
}

/// The failure for a name that no node of a cluster has.
pub fn no_such_node(cluster: &ClusterName, known: &BTreeSet<NodeId>, name: &str) -> Failure {
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let what = format!("the cluster '{cluster}' has no node '{name}'");
    Failure::message(FailureKind::Usage, what).hinted(format!("its nodes are {}", known.join(", ")))
}

/// Refuses if there are objections, unless it is forced.
///
/// # Errors
/// The objections, with the command that ignores them.
pub fn meant(
    cluster: &ClusterName,
    verb: &str,
    names: &[String],
    objections: &[Objection],
    force: bool,
) -> Result<(), Failure> {
    if force || objections.is_empty() {
        return Ok(());
    }
    let why: Vec<String> = objections.iter().map(ToString::to_string).collect();
    let words = [vec![verb], names.iter().map(String::as_str).collect(), vec!["--force"]].concat().join(" ");
    Err(Failure::message(FailureKind::Usage, format!("nothing was done: {}", why.join("; ")))
        .hinted(format!("see how it is: {}", command_line(cluster, "status")))
        .hinted(format!("if you mean it: {}", command_line(cluster, &words))))
}

/// The failure for a cluster whose passwords are lost, so that its servers cannot be asked.
pub fn no_passwords(cluster: &ClusterName) -> Failure {
    Failure::message(FailureKind::Failed, format!("the passwords of '{cluster}' are on none of its nodes"))
        .hinted(format!("repair the cluster: {}", command_line(cluster, "up")))
}

/// The group that a command line names, by name or number.
///
/// # Errors
/// The cluster has no such group. A node in its place is recognised.
pub fn group(spec: &Spec, word: &str) -> Result<Group, Failure> {
    let known: Vec<String> = spec.groups().map(|group| group.to_string()).collect();
    let missing = |what: String| {
        Failure::message(FailureKind::Usage, what).hinted(format!("its groups are {}", known.join(", ")))
    };
    match word.parse::<Group>() {
        Ok(group) if spec.groups().any(|known| known == group) => Ok(group),
        Ok(group) => Err(missing(format!("the cluster '{}' has no group {group}", spec.name))),
        Err(_) if spec.name.node(word).is_ok() => Err(missing(format!("'{word}' is a node; give a master group"))),
        Err(_) => Err(missing(format!("the cluster '{}' has no group '{word}'", spec.name))),
    }
}

/// The `host:port` at which the first running proxy publishes a port of its container.
///
/// # Errors
/// No proxy runs.
pub fn published(spec: &Spec, inventory: &Inventory, container: u16) -> Result<String, Failure> {
    let all = published_by_all(spec, inventory, container)?;
    Ok(all.into_iter().map(|(_, address)| address).next().unwrap_or_default())
}

/// [`published`] of each running proxy, at least of one.
///
/// # Errors
/// No proxy runs.
pub fn published_by_all(spec: &Spec, inventory: &Inventory, container: u16) -> Result<Vec<(NodeId, String)>, Failure> {
    let running =
        inventory.nodes.iter().filter(|(node, facts)| node.role() == Role::Proxy && facts.state == NodeState::Running);
    let all: Vec<_> = running.filter_map(|(node, facts)| Some((*node, facts.reached_at(container)?))).collect();
    if all.is_empty() {
        let what = format!("no proxy of '{}' is running, so there is no address to connect to", spec.name);
        return Err(Failure::message(FailureKind::Failed, what)
            .hinted(format!("repair the cluster: {}", command_line(&spec.name, "up")))
            .hinted(format!("see what is wrong: {}", command_line(&spec.name, "status"))));
    }
    Ok(all)
}

/// Refuses a verb that needs a master while the cluster is a standby.
///
/// # Errors
/// It is a standby.
pub fn has_master(spec: &Spec) -> Result<(), Failure> {
    let Some(existing) = spec.follow.existing() else { return Ok(()) };
    let what =
        format!("'{}' is a standby of {existing}, which takes the writes: none of its nodes is master", spec.name);
    Err(Failure::message(FailureKind::Usage, what)
        .hinted(format!("have it take over: {}", command_line(&spec.name, "up --follow none"))))
}

/// Why clients on this host cannot connect to a cluster's ports, with a remedy.
///
/// The ports are open on the loopback address of another host, the Engine's.
pub fn out_of_reach(spec: &Spec, engine: &impl Clusters) -> Option<String> {
    let host = engine.remote_host()?;
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let open = command_line(&spec.name, "up --bind 0.0.0.0");
    let bind = spec.ports.bind;
    (bind.is_loopback() && !is_here).then(|| {
        format!(
            "{bind} is an address of the Engine's host, {host}, that only that host reaches; open the \
            ports to others: {open}"
        )
    })
}

/// The name and the password of a user: that of applications, or one of the setting `users`.
///
/// # Errors
/// The cluster has no such user.
pub fn login<'a>(spec: &Spec, secrets: &Secrets, user: Option<&'a str>) -> Result<(&'a str, Secret), Failure> {
    let Some(name) = user.filter(|name| *name != user_names::APPLICATION) else {
        return Ok((user_names::APPLICATION, secrets.app.clone()));
    };
    if spec.users.0.contains_key(name) {
        return Ok((name, secrets.of_own_user(name)));
    }
    let names: Vec<&str> = spec.users.0.keys().map(String::as_str).collect();
    let what = format!("the cluster '{}' has no user '{name}' of the setting 'users'", spec.name);
    let hint = match names.as_slice() {
        [] => format!("add it: {}", command_line(&spec.name, &format!("up --users '{name} readonly'"))),
        names => format!("it has {}", names.join(", ")),
    };
    Err(Failure::message(FailureKind::Usage, what).hinted(hint))
}
