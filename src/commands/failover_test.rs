//! `redos failover-test`: a workload, a fault, and a verdict.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;

use super::lock::Turn;
use super::{Context, existing, foreign, verify};
use crate::chaos::connection::Login;
use crate::chaos::driver::{Driver, DriverError, Switchover};
use crate::chaos::fault::Written;
use crate::chaos::history::{Client as Kind, Limits};
use crate::chaos::scenario::{Scenario, Trial};
use crate::chaos::subject::{Server, Subject};
use crate::cli::FailoverTestArgs;
use crate::cluster::gate::sole_master;
use crate::cluster::observed::{Inventory, NodeState, Observed, PublishedPort};
use crate::cluster::reckon::successor;
use crate::cluster::status::reach;
use crate::converge::Found;
use crate::dial::BoxFuture;
use crate::engine::Engine;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::servers::Servers;
use crate::servers::client::Client;
use crate::spec::secret::user;
use crate::spec::{ClusterName, Group, NodeId, REDIS_PORT, SENTINEL_PORT, Secrets, Spec, proxy_group_ports};

/// Makes the test and shows its verdict.
///
/// # Errors
/// Wrong usage, no such cluster, or a test that could not be made.
pub async fn run(context: &Context, cluster: &ClusterName, args: &FailoverTestArgs) -> Result<Exit, Failure> {
    let scenario = scenario(args)?;
    let scratch = tempfile::tempdir().context("failed to make a temporary folder")?;
    let folder = args.report.as_deref();
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    }
    let history = folder.unwrap_or(scratch.path()).join(verify::HISTORY);
    if args.proxy.is_some() {
        let (subject, environment) = foreign::subject(context, args).await?;
        drive(context, subject, scenario, environment, None, &history).await?;
    } else {
        // To its end: whoever changes the cluster meanwhile would be measured as well.
        let test = async |_| ours(context, cluster, args, scenario, &history).await;
        Turn::of(cluster, "failover-test").take(context, test).await?;
    }
    let verdict = verify::run(&context.ui, &history, folder)?;
    Ok(if context.cancel.is_cancelled() { Exit::Interrupted } else { verdict })
}

/// A test of a cluster of redos.
async fn ours(
    context: &Context,
    cluster: &ClusterName,
    args: &FailoverTestArgs,
    scenario: Scenario,
    history: &Path,
) -> Result<(), Failure> {
    let group: Group = args.group.parse().map_err(|why: String| Failure::message(FailureKind::Usage, why))?;
    let Found { inventory, secrets } = existing::find(&*context.engine, cluster).await?;
    let spec = existing::recorded(cluster, &inventory)?.clone();
    existing::has_master(&spec)?;
    if !spec.groups().any(|known| known == group) {
        let unknown = format!("'{cluster}' has no master group {group}, it has {}", spec.masters);
        return Err(Failure::message(FailureKind::Usage, unknown).hinted(command_line(cluster, "status")));
    }
    let secrets = secrets.ok_or_else(|| existing::no_passwords(cluster))?;
    let subject = subject(context, group, &spec, &secrets, &inventory)?;
    let environment = environment(context, &spec);
    let servers = Client::new(context.engine.clone(), spec.clone(), secrets);
    let switchover = || -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            let inventory = context.engine.inventory(cluster).await.map_err(|error| error.to_string())?;
            let topology = servers.topology(&inventory).await;
            let observed = Observed::new(inventory, topology);
            let from = sole_master(group, &observed)?;
            let to = successor(group, from, &spec, &observed).ok_or("no replica is in sync")?;
            servers.switchover(&observed.inventory, group, to).await.map(drop).map_err(|error| error.reason())
        })
    };
    drive(context, subject, scenario, environment, Some(Box::new(switchover)), history).await
}

async fn drive(
    context: &Context,
    subject: Subject,
    scenario: Scenario,
    environment: BTreeMap<String, String>,
    switchover: Option<Switchover<'_>>,
    history: &Path,
) -> Result<(), Failure> {
    let (guard, progress) =
        (|written: &Written| super::chaos::guard(context, written), |text: String| context.ui.status(text));
    // Another Redis has no command of redos that mends it; nor can redos switch it over.
    let remedies = switchover.as_ref().map(|_| {
        let of = |verb| command_line(&subject.cluster, verb);
        [format!("see what is wrong: {}", of("status")), format!("repair it: {}", of("up"))]
    });
    let driver = Driver {
        engine: &*context.engine,
        subject,
        scenario,
        environment,
        switchover,
        guard: &guard,
        progress: &progress,
        cancel: context.cancel.clone(),
    };
    driver.run(history).await.map_err(|error| {
        let unsettled = matches!(error, DriverError::Unsettled(_));
        let failure = Failure::new(FailureKind::Failed, error);
        remedies.into_iter().flatten().filter(|_| unsettled).fold(failure, Failure::hinted)
    })
}

fn scenario(args: &FailoverTestArgs) -> Result<Scenario, Failure> {
    let usage = |why: String| Failure::message(FailureKind::Usage, why);
    let trial: Trial = args.fault.parse().map_err(usage)?;
    let clients: Vec<Kind> =
        args.clients.iter().map(|client| client.parse()).collect::<Result<_, String>>().map_err(usage)?;
    if args.rate == 0 || args.rounds == 0 {
        return Err(usage("--rate and --rounds must be at least 1".to_owned()));
    }
    let writes = |kind: &Kind| !matches!(kind, Kind::Reader | Kind::Pubsub);
    if !clients.is_empty() && !clients.iter().any(writes) {
        return Err(usage("--clients needs a kind that writes: lasting, fresh, pipeline, counter or queue".to_owned()));
    }
    Ok(Scenario {
        trial,
        rounds: args.rounds,
        seed: args.seed.unwrap_or_else(|| u64::from(rand::random::<u32>())),
        rate: args.rate,
        deadline: args.deadline,
        clients: if clients.is_empty() { Kind::ALL.to_vec() } else { clients },
        durability: args.durability.parse().map_err(usage)?,
        limits: Limits {
            max_outage: u64::try_from(args.max_outage.as_nanos()).unwrap_or(u64::MAX),
            max_lost: args.max_lost,
        },
        hold: args.hold,
    })
}

/// The servers of a group of a cluster, and the ways to them.
fn subject(
    context: &Context,
    group: Group,
    spec: &Spec,
    secrets: &Secrets,
    inventory: &Inventory,
) -> Result<Subject, Failure> {
    if let Some(why) = existing::out_of_reach(spec, &*context.engine) {
        let text = format!("the workload cannot connect to '{}': {why}", spec.name);
        return Err(Failure::message(FailureKind::Failed, text));
    }
    let server = |node: NodeId, port: u16| {
        let facts = inventory.nodes.get(&node)?;
        let address = std::net::SocketAddrV4::new(facts.address?, port);
        Some(Server { name: node.to_string(), container: facts.name.clone(), address })
    };
    let ports = proxy_group_ports(group);
    let remote = context.engine.remote_host();
    let at = |port: u16| -> Option<SocketAddr> { reach(published(inventory, port)?, remote).parse().ok() };
    let write = at(ports.write).ok_or_else(|| {
        Failure::message(FailureKind::Failed, format!("no proxy of '{}' is running", spec.name))
            .hinted(format!("repair the cluster: {}", command_line(&spec.name, "up")))
    })?;
    let login = |name: &str, password: &crate::spec::Secret| Login {
        user: Some(name.to_owned()),
        password: Some(password.clone()),
    };
    Ok(Subject {
        name: spec.name.to_string(),
        group: group.to_string(),
        nodes: spec.redis_nodes(group).filter_map(|node| server(node, REDIS_PORT)).collect(),
        sentinels: spec.sentinel_nodes().filter_map(|node| server(node, SENTINEL_PORT)).collect(),
        write,
        read: at(ports.read),
        client: login(user::APPLICATION, &secrets.app),
        observer: login(user::ADMIN, &secrets.admin),
        sentinel: login(user::ADMIN, &secrets.admin),
        dialer: context.engine.clone(),
        cluster: spec.name.clone(),
        down_after: std::time::Duration::from_millis(spec.sentinel.down_after),
    })
}

/// The published port of the first running proxy for this port of its container.
fn published(inventory: &Inventory, container: u16) -> Option<&PublishedPort> {
    let proxies = inventory
        .nodes
        .iter()
        .filter(|(node, facts)| matches!(node, NodeId::Proxy(_)) && facts.state == NodeState::Running);
    proxies.flat_map(|(_, facts)| &facts.ports).find(|port| port.container == container)
}

fn environment(context: &Context, spec: &Spec) -> BTreeMap<String, String> {
    let nodes = format!(
        "masters {}, replicas of each {}, Sentinels {} (quorum {}), proxies {}",
        spec.masters, spec.replicas, spec.sentinels, spec.quorum, spec.proxies
    );
    let waits =
        format!("down-after {} ms, failover-timeout {} ms", spec.sentinel.down_after, spec.sentinel.failover_timeout);
    [
        ("redos", env!("CARGO_PKG_VERSION").to_owned()),
        ("engine", context.engine.describe()),
        ("nodes", nodes),
        ("sentinel", waits),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}
