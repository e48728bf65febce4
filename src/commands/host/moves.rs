//! `redos host drain`, `undrain`, `replace` and `rm`: the nodes of a host go to others.

use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::super::backup::KeyArgs;
use super::super::options::{READY_TIMEOUT, SettingsArgs};
use super::super::session::lock::Turn;
use super::super::session::{Call, World, lookup};
use super::super::up::{self, UpArgs};
use crate::engine::{Clusters, EngineErrorKind};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::spec::names::listed_nodes;
use crate::spec::settings::{FlagLayer, Key, clash_of_hosts};
use crate::spec::{ClusterName, Host, HostName, Hosts, NodeId, ParseError, Placement, Spec, time};

/// Arguments of the verbs that move nodes.
#[derive(Args, Clone, Debug)]
pub struct MoveArgs {
    /// The longest wait for a ready cluster
    #[arg(long, value_name = "TIME", default_value = READY_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Ask nothing, also in a terminal
    #[arg(short, long)]
    pub yes: bool,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `host drain`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The host stays in the list, marked with 'drain', and gets no nodes until 'host undrain'.
Masters among its nodes hand over first, so that no acknowledged write is lost. All
nodes of the cluster are recreated one at a time, since each knows the places of the
others. The volumes of data on the host are kept.

A host that does not answer is given up: its nodes are recreated from those of the
others. When it is back, 'redos up' removes the old ones.

Examples:
  redos host drain c                 before its maintenance
  redos host undrain c               it may have nodes again; nothing moves back by itself
  redos host drain c --dry-run       what it would do first")]
pub struct DrainArgs {
    /// The host whose nodes move
    #[arg(value_name = "HOST")]
    pub named: HostName,
    /// What all of these verbs take.
    #[command(flatten)]
    pub how: MoveArgs,
}

/// Arguments of `host undrain`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Nothing moves back by itself: what is added may come to it.

Examples:
  redos host undrain c")]
pub struct UndrainArgs {
    /// The host that may have nodes again
    #[arg(value_name = "HOST")]
    pub named: HostName,
    /// What all of these verbs take.
    #[command(flatten)]
    pub how: MoveArgs,
}

/// Arguments of `host replace`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It adds the new host and drains the old one, which may be dead. Take the old one from the
list with 'host rm' when it is clean, or will never be back.

Examples:
  redos host replace c d ssh://deploy@10.0.0.4 zone=r3
  redos host replace c d prod-d 10.0.0.4")]
pub struct ReplaceArgs {
    /// The host whose nodes move
    #[arg(value_name = "OLD")]
    pub old: HostName,
    /// The host that is added: NAME ENGINE [ADDRESS] [zone=ZONE] [roles=ROLE,…]
    #[arg(value_name = "NEW", num_args = 1.., required = true)]
    pub new: Vec<String>,
    /// What all of these verbs take.
    #[command(flatten)]
    pub how: MoveArgs,
}

/// Arguments of `host rm`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Its nodes move to the others first, as with 'host drain'. Volumes of data on it are kept.

Examples:
  redos host rm c
  redos host rm c --force            also if it does not answer and may have nodes of the cluster")]
pub struct RmArgs {
    /// The host that leaves the cluster
    #[arg(value_name = "HOST")]
    pub named: HostName,
    /// Take it from the list although it does not answer
    #[arg(long, conflicts_with = "dry_run")]
    pub force: bool,
    /// What all of these verbs take.
    #[command(flatten)]
    pub how: MoveArgs,
}

/// A cluster on several hosts, as it is recorded.
struct Recorded {
    spec: Spec,
    /// The hosts that files and variables name; none if they name none.
    given: Hosts,
}

impl Recorded {
    /// # Errors
    /// There is no such cluster or host, or no Engine answers.
    async fn of<W: World>(call: &Call<W>, host: &HostName) -> Result<Self, Failure> {
        let call = call.clone();
        let cluster = call.cluster()?;
        let given = call.hosts.get().cloned().unwrap_or_default();
        let (session, found) = call.reach(&cluster).await?;
        lookup::present(&*session.engine, &cluster, &found.inventory)?;
        let spec = lookup::recorded(&cluster, &found.inventory)?.clone();
        if spec.hosts.get(host).is_some() {
            return Ok(Self { spec, given });
        }
        let names: Vec<&str> = spec.hosts.iter().map(|host| host.name.as_str()).collect();
        let failure = Failure::message(FailureKind::Usage, format!("the cluster '{cluster}' has no host '{host}'"));
        Err(match names.as_slice() {
            [] => failure.hinted("it is on one Engine; give a new cluster hosts: redos -p OTHER up --hosts …"),
            names => failure.hinted(format!("its hosts are {}", names.join(", "))),
        })
    }

    /// Brings the cluster to these hosts.
    async fn bring_to<W: World>(&self, hosts: Hosts, how: &MoveArgs, call: Call<W>) -> Result<Exit, Failure> {
        let ui = call.ui.clone();
        let flags = FlagLayer::default().with(Key::Hosts, Some(&hosts.to_string()));
        let args = UpArgs {
            timeout: how.timeout,
            remove_unknown_users: false,
            renew_certificates: false,
            from: None,
            keys: KeyArgs::default(),
            dry_run: how.dry_run,
            yes: how.yes,
            settings: SettingsArgs { flags },
        };
        let exit = Box::pin(up::run(args, call)).await?;
        if !self.given.is_empty() && self.given != hosts && !how.dry_run {
            ui.hint(format!(
                "write the same into redos.yaml or REDOS_HOSTS, else the next 'up' takes it back: {hosts}"
            ));
        }
        Ok(exit)
    }
}

/// Moves the nodes of a host to the others.
///
/// # Errors
/// There is no such host; else as [`up::run`].
pub async fn drain<W: World>(args: DrainArgs, call: Call<W>) -> Result<Exit, Failure> {
    let known = Recorded::of(&call, &args.named).await?;
    known.bring_to(known.spec.hosts.draining(&args.named, true), &args.how, call).await
}

/// Lets a host have nodes again.
///
/// # Errors
/// There is no such host; else as [`up::run`].
pub async fn undrain<W: World>(args: UndrainArgs, call: Call<W>) -> Result<Exit, Failure> {
    let known = Recorded::of(&call, &args.named).await?;
    known.bring_to(known.spec.hosts.draining(&args.named, false), &args.how, call).await
}

/// Adds a host, and moves the nodes of another one.
///
/// # Errors
/// There is no such host, or the new one is in the list; else as [`up::run`].
pub async fn replace<W: World>(args: ReplaceArgs, call: Call<W>) -> Result<Exit, Failure> {
    let refused = |why: ParseError| Failure::message(FailureKind::Usage, format!("nothing was done: {why}"));
    let new: Host = args.new.join(" ").parse().map_err(refused)?;
    let known = Recorded::of(&call, &args.old).await?;
    let drained = known.spec.hosts.draining(&args.old, true);
    // Once it was interrupted, the new one is in the list.
    let hosts = match drained.get(&new.name) {
        Some(there) if *there == new => drained,
        _ => Hosts::try_from(format!("{drained}; {new}")).map_err(refused)?,
    };
    let (ui, cluster) = (call.ui.clone(), known.spec.name.clone());
    let exit = known.bring_to(hosts, &args.how, call).await?;
    let rm = command_line(&cluster, &format!("host rm {}", args.old));
    ui.hint(format!("when {} is clean, or will never be back, take it from the list: {rm}", args.old));
    Ok(exit)
}

/// Moves the nodes of a host, and takes it from the list.
///
/// # Errors
/// There is no such host, the others are not enough, or it does not answer; else as [`up::run`].
pub async fn rm<W: World>(args: RmArgs, call: Call<W>) -> Result<Exit, Failure> {
    let RmArgs { named: host, force, how } = args;
    let known = Recorded::of(&call, &host).await?;
    may_go(&known.spec, &host)?;
    // Also if a file has it no longer: it must be asked.
    let _ = call.hosts.set(known.spec.hosts.clone());
    if how.dry_run || known.spec.hosts.get(&host).is_some_and(|host| !host.is_drained) {
        let drained = known.spec.hosts.draining(&host, true);
        let exit = known.bring_to(drained, &how, call.clone()).await?;
        if how.dry_run || exit != Exit::Done {
            return Ok(exit);
        }
    }
    let deadline = Instant::now() + how.timeout;
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let leave = async |_| {
        let inventory = session.engine.inventory(&cluster).await?;
        let recorded = lookup::recorded(&cluster, &inventory)?;
        let Some(gone) = recorded.hosts.get(&host).cloned() else { return Ok(()) };
        let here = inventory.nodes.iter().filter(|(_, facts)| facts.host_name.as_ref() == Some(&host));
        let left = inventory.left_behind.iter().filter(|(_, on)| *on == host);
        let here: Vec<NodeId> = here.map(|(node, _)| *node).chain(left.map(|(node, _)| *node)).collect();
        if !here.is_empty() {
            return Err(still_there(&cluster, &host, here));
        }
        let is_left = session.engine.leave_host(&cluster, &host).await;
        match is_left {
            Ok(()) => {}
            Err(error) if error.kind == EngineErrorKind::Unreachable && force => {
                let what = format!("{host} does not answer: if it comes back, its nodes join the cluster again");
                session.ui.warn(format_args!("{what}; remove them there before: {}", remove_all(&gone, &cluster)));
            }
            Err(error) if error.kind == EngineErrorKind::Unreachable => {
                let again = command_line(&cluster, &format!("host rm {host} --force"));
                return Err(Failure::from(error)
                    .hinted(format!("when it is back, 'up' removes its old nodes: {}", command_line(&cluster, "up")))
                    .hinted(format!("if it is gone for good: {again}")));
            }
            Err(error) => return Err(error.into()),
        }
        let mut spec = Spec { hosts: recorded.hosts.without(&host), ..recorded.clone() };
        spec.placement = Placement::settled(&spec, Some(recorded));
        session.engine.record_spec(&spec).await?;
        session.ui.status(format_args!("{host} is no longer a host of '{cluster}'"));
        let volumes = format!("{} volume ls --filter label=dev.redos.cluster={cluster}", gone.docker());
        session.ui.hint(format!("what is left of its volumes: {volumes}"));
        session.ui.hint("take it from the list in redos.yaml or REDOS_HOSTS, if it is there");
        Ok(())
    };
    Turn { cluster: &cluster, verb: "host rm", deadline }.take(&session, leave).await?;
    Ok(Exit::Done)
}

/// The command that removes all containers of a cluster on a host.
fn remove_all(host: &Host, cluster: &ClusterName) -> String {
    let docker = host.docker();
    format!("{docker} rm -f $({docker} ps -aq --filter label=dev.redos.cluster={cluster})")
}

fn still_there(cluster: &ClusterName, host: &HostName, nodes: Vec<NodeId>) -> Failure {
    let nodes = listed_nodes(&nodes.into_iter().collect());
    Failure::message(FailureKind::Failed, format!("the host {host} still has {nodes}"))
        .hinted(format!("bring the cluster to an end that is under way: {}", command_line(cluster, "up")))
}

/// Whether a cluster can do without a host.
///
/// # Errors
/// It cannot: why, and what helps.
fn may_go(spec: &Spec, host: &HostName) -> Result<(), Failure> {
    let mut rest = Spec { hosts: spec.hosts.without(host), ..spec.clone() };
    rest.placement = Placement::settled(&rest, Some(spec));
    let failure = |what: String| Failure::message(FailureKind::Usage, format!("nothing was done: {what}"));
    if rest.hosts.is_empty() {
        return Err(failure(format!("{host} is the only host of '{}'", spec.name))
            .hinted(format!("remove the cluster: {}", command_line(&spec.name, "down"))));
    }
    match clash_of_hosts(&rest) {
        Some((what, fix)) => Err(failure(what).hinted(fix)),
        None => Ok(()),
    }
}
