//! `redos failover-test`: a workload, a fault, and a verdict.

mod foreign;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::session::judge::{HISTORY, judge};
use super::session::lock::Turn;
use super::session::{Call, Session, World, faults, lookup};
use crate::chaos::connection::Credentials;
use crate::chaos::driver::{Driver, DriverError, Switchover};
use crate::chaos::fault::Written;
use crate::chaos::history::{ClientKind, Limits};
use crate::chaos::scenario::{Scenario, Trial};
use crate::chaos::subject::{Subject, SubjectServer};
use crate::cluster::gate::sole_master;
use crate::cluster::observed::{Inventory, Observed};
use crate::cluster::reckon::successor;
use crate::converge::Found;
use crate::dial::BoxFuture;
use crate::engine::Clusters;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::units::count;
use crate::servers::Servers;
use crate::spec::secret::user;
use crate::spec::{ClusterName, Group, NodeId, REDOS_VERSION, Secrets, Spec, proxy_group_ports, time};
use crate::tls::Trust;

/// Arguments of `failover-test`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Clients of several kinds write on a fixed schedule while the master gets a fault. When the failover is over the
fault is undone, and the test waits until the old master is back as a replica: that is when writes get lost.

Exit codes: 0 passed, 1 a limit was missed, 3 acknowledged writes lost or the test proves nothing.

Examples:
  redos failover-test                                  pause the master, unpause it, judge
  redos failover-test --fault kill --rounds 10 --report out
  redos failover-test --fault isolate                  the proxy still reaches it, its replicas do not
  redos failover-test --clients fresh,lasting --rate 1000 --max-outage 3s
  redos failover-test --proxy 127.0.0.1:6379 --sentinel 127.0.0.1:26379 \\
    --container redis_master --container redis_slave   any Redis with Sentinel in Docker"
)]
pub struct FailoverTestArgs {
    /// What happens to the master: pause, kill, stop, freeze, disconnect, partition, reset, latency=50ms, loss=5%,
    /// throttle=1mbit, slow, no-fork, client-pause, oom or fill-disk=256mb as in 'redos chaos'; isolate (cut off from its peers,
    /// not from the proxy); restart, switchover or sentinel-failover
    #[arg(long, value_name = "FAULT", default_value = "pause")]
    pub fault: String,
    /// Number of rounds
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub rounds: u32,
    /// Requests per second, of all clients together
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub rate: u32,
    /// How long after its intended time a request may be answered [default: 1 s, and as long as the proxy holds a new connection]
    #[arg(long, value_name = "TIME", value_parser = time::wait)]
    pub deadline: Option<Duration>,
    /// Kinds of clients: lasting, fresh, pipeline, counter, queue, pubsub, reader [default: all]
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub clients: Vec<String>,
    /// What counts as an acknowledgement: 'ack', the master's answer; or 'wait', that a replica has it too
    #[arg(long, value_name = "WHAT", default_value = "ack")]
    pub durability: String,
    /// The longest write outage of any kind of client that passes
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time::wait)]
    pub max_outage: Duration,
    /// Acknowledged writes that may be lost in a round
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_lost: u64,
    /// How long the fault lasts [default: until 2 s after the failover]
    #[arg(long, value_name = "TIME", value_parser = time::wait)]
    pub hold: Option<Duration>,
    /// Where the random choices come from, to make them again
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Write history.ndjson, report.json, junit.xml and report.html into this folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Master group, by name or number
    #[arg(short, long, value_name = "GROUP", default_value = "mymaster")]
    pub group: String,
    /// Say which fault would hit which node, and do nothing
    #[arg(long, conflicts_with_all = ["proxy", "report"])]
    pub dry_run: bool,
    /// Test a Redis that redos did not make: the address that its clients write to
    #[arg(long, value_name = "HOST:PORT", help_heading = "Another Redis")]
    pub proxy: Option<String>,
    /// The address that its clients read from
    #[arg(long, value_name = "HOST:PORT", help_heading = "Another Redis", requires = "proxy")]
    pub read_proxy: Option<String>,
    /// Addresses of its Sentinels
    #[arg(long, value_name = "HOST:PORT", value_delimiter = ',', help_heading = "Another Redis", requires = "proxy")]
    pub sentinel: Vec<String>,
    /// The containers of its Redis nodes
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Another Redis", requires = "proxy")]
    pub container: Vec<String>,
    /// File with its password
    #[arg(long, value_name = "FILE", help_heading = "Another Redis", requires = "proxy")]
    pub password_file: Option<PathBuf>,
}

/// Time limit of a request where no proxy holds its connection.
const DEADLINE: Duration = Duration::from_secs(1);

/// Runs the test and shows its verdict.
///
/// # Errors
/// Wrong usage, no such cluster, or a test that could not be carried out.
pub async fn run<W: World>(args: FailoverTestArgs, call: Call<W>) -> Result<Exit, Failure> {
    let scenario = scenario(&args)?;
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    if args.dry_run {
        return foretell(&session, &cluster, &args, &scenario).await;
    }
    let scratch = tempfile::tempdir().context("failed to make a temporary folder")?;
    let folder = args.report.as_deref();
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    }
    let history = folder.unwrap_or(scratch.path()).join(HISTORY);
    if args.proxy.is_some() {
        let (subject, environment) = foreign::subject(&session, &args).await?;
        drive(&session, subject, scenario, environment, None, &history).await?;
    } else {
        // It holds the lock to its end: another change of the cluster would be measured as well.
        let test = async |_| ours(&session, &cluster, &args, scenario, &history).await;
        Turn::of(&cluster, "failover-test").take(&session, test).await?;
    }
    let verdict = judge(&session.ui, &history, folder)?;
    Ok(if session.cancel.is_cancelled() { Exit::Interrupted } else { verdict })
}

/// Says which fault would hit which node now.
async fn foretell<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    args: &FailoverTestArgs,
    scenario: &Scenario,
) -> Result<Exit, Failure> {
    let found = lookup::find(&*session.engine, cluster).await?;
    let spec = lookup::recorded(cluster, &found.inventory)?.clone();
    lookup::has_master(&spec)?;
    let group = lookup::group(&spec, &args.group)?;
    let observed = session.observe_decided(&spec, found).await?.observed;
    let master = sole_master(group, &observed).map_err(anyhow::Error::new)?;
    let (fault, rounds) = (&args.fault, count(scenario.rounds as usize, "round"));
    session.ui.data(format!("{fault} of {master} in {cluster}, {rounds}, seed {}", scenario.seed))?;
    Ok(Exit::Done)
}

/// Runs a test of a cluster of redos.
async fn ours<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    args: &FailoverTestArgs,
    mut scenario: Scenario,
    history: &Path,
) -> Result<(), Failure> {
    let Found { inventory, secrets, .. } = lookup::find(&*session.engine, cluster).await?;
    let spec = lookup::recorded(cluster, &inventory)?.clone();
    lookup::has_master(&spec)?;
    let group = lookup::group(&spec, &args.group)?;
    let secrets = secrets.ok_or_else(|| lookup::no_passwords(cluster))?;
    if args.deadline.is_none() {
        scenario.deadline += Duration::from_millis(spec.proxy.hold);
    }
    let subject = subject(session, group, &spec, &secrets, &inventory).await?;
    let environment = environment(session, &spec);
    let servers = session.servers(&spec, &secrets);
    let switchover = || -> BoxFuture<'_, anyhow::Result<()>> {
        Box::pin(async {
            let inventory = session.engine.inventory(cluster).await?;
            let topology = servers.topology(&inventory).await;
            let observed = Observed::new(inventory, topology);
            let from = sole_master(group, &observed)?;
            let to = successor(group, from, &spec, &observed).context("no replica is in sync")?;
            servers.switchover(&observed.inventory, group, to).await?;
            Ok(())
        })
    };
    drive(session, subject, scenario, environment, Some(Box::new(switchover)), history).await
}

async fn drive<W: World>(
    session: &Session<W>,
    subject: Subject,
    scenario: Scenario,
    environment: BTreeMap<String, String>,
    switchover: Option<Switchover<'_>>,
    history: &Path,
) -> Result<(), Failure> {
    let (watchdog, progress) =
        (|written: &Written| faults::start_watchdog(session, written), |text: String| session.ui.status(text));
    // redos has no command that repairs another Redis, and cannot switch it over.
    let remedies = switchover.as_ref().map(|_| {
        let of = |verb| command_line(&subject.cluster, verb);
        [format!("see what is wrong: {}", of("status")), format!("repair it: {}", of("up"))]
    });
    let driver = Driver {
        engine: &*session.engine,
        subject,
        scenario,
        environment,
        switchover,
        watchdog: &watchdog,
        progress: &progress,
        cancel: session.cancel.clone(),
    };
    driver.run(history).await.map_err(|error| {
        let unsettled = matches!(error, DriverError::Unsettled(_));
        let failure = Failure::new(FailureKind::Failed, error);
        remedies.into_iter().flatten().filter(|_| unsettled).fold(failure, Failure::hinted)
    })
}

fn scenario(args: &FailoverTestArgs) -> Result<Scenario, Failure> {
    let usage = |why: String| Failure::message(FailureKind::Usage, why);
    let trial: Trial = args.fault.parse()?;
    let clients: Vec<ClientKind> = args.clients.iter().map(|client| client.parse()).collect::<Result<_, _>>()?;
    if args.rate == 0 || args.rounds == 0 {
        return Err(usage("--rate and --rounds must be at least 1".to_owned()));
    }
    let writes = |kind: &ClientKind| !matches!(kind, ClientKind::Reader | ClientKind::Pubsub);
    if !clients.is_empty() && !clients.iter().any(writes) {
        return Err(usage("--clients needs a kind that writes: lasting, fresh, pipeline, counter or queue".to_owned()));
    }
    Ok(Scenario {
        trial,
        rounds: args.rounds,
        seed: args.seed.unwrap_or_else(|| u64::from(rand::random::<u32>())),
        rate: args.rate,
        deadline: args.deadline.unwrap_or(DEADLINE),
        clients: if clients.is_empty() { ClientKind::ALL.to_vec() } else { clients },
        durability: args.durability.parse()?,
        limits: Limits {
            max_outage: u64::try_from(args.max_outage.as_nanos()).unwrap_or(u64::MAX),
            max_lost: args.max_lost,
        },
        hold: args.hold,
    })
}

/// The servers of a cluster's group, and how to reach them.
async fn subject<W: World>(
    session: &Session<W>,
    group: Group,
    spec: &Spec,
    secrets: &Secrets,
    inventory: &Inventory,
) -> Result<Subject, Failure> {
    if let Some(why) = lookup::out_of_reach(spec, &*session.engine) {
        let text = format!("the workload cannot connect to '{}': {why}", spec.name);
        return Err(Failure::message(FailureKind::Failed, text));
    }
    let server = |node: NodeId| {
        let address = inventory.server(node)?;
        Some(SubjectServer { name: node.to_string(), container: inventory.nodes.get(&node)?.name.clone(), address })
    };
    let ports = proxy_group_ports(group);
    // The Engine's host may be known by name.
    let at = async |port: u16| foreign::resolve(&lookup::published(spec, inventory, port)?).await;
    let (write, read) = (at(ports.write).await?, at(ports.read).await.ok());
    let trust = Trust::in_cluster(spec, secrets);
    let login = |name: &str, password: &crate::spec::Secret| Credentials {
        user: Some(name.to_owned()),
        password: Some(password.clone()),
        trust: trust.clone(),
    };
    Ok(Subject {
        name: spec.name.to_string(),
        group: group.to_string(),
        nodes: spec.redis_nodes(group).filter_map(server).collect(),
        sentinels: spec.sentinel_nodes().filter_map(server).collect(),
        write,
        read,
        client: login(user::APPLICATION, &secrets.app),
        observer: login(user::ADMIN, &secrets.admin),
        sentinel: login(user::ADMIN, &secrets.admin),
        dialer: session.engine.clone(),
        cluster: spec.name.clone(),
        down_after: Duration::from_millis(spec.sentinel.down_after),
    })
}

fn environment<W: World>(session: &Session<W>, spec: &Spec) -> BTreeMap<String, String> {
    let nodes = format!(
        "masters {}, replicas of each {}, Sentinels {} (quorum {}), proxies {}",
        spec.masters, spec.replicas, spec.sentinels, spec.quorum, spec.proxies
    );
    let waits =
        format!("down-after {} ms, failover-timeout {} ms", spec.sentinel.down_after, spec.sentinel.failover_timeout);
    let hold = match spec.proxy.hold {
        0 => "closes a new connection for writes at once while there is no master".to_owned(),
        hold => format!("holds a new connection for writes for {hold} ms while there is no master"),
    };
    [
        ("redos", REDOS_VERSION.to_owned()),
        ("engine", session.engine.describe()),
        ("nodes", nodes),
        ("sentinel", waits),
        ("proxy", hold),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}
