//! `redos doctor`: what is wrong with a cluster, why it matters, and what helps.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use super::options::READY_TIMEOUT;
use super::session::lock::Turn;
use super::session::watcher::silent;
use super::session::{Call, Session, World, ask, faults, lookup, propose, ready};
use crate::cluster::Inventory;
use crate::cluster::observed::{NodeState, Observed, RotationView};
use crate::cluster::vitals::Vitals;
use crate::converge::{Found, certificates};
use crate::doctor::host::SCRIPT;
use crate::doctor::{Diagnosis, Examined, HostFacts, diagnose};
use crate::engine::{Clusters, Streams};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::output::doctor::DoctorDocument;
use crate::output::plan::PlanDocument;
use crate::plan::diff;
use crate::servers::Servers;
use crate::spec::settings::GivenSecrets;
use crate::spec::{ClusterName, NodeId, Role, time};

/// Time limit of the question to a node about its host. It takes the Engine 50 ms to start a program in a node.
const HOST_QUESTION: Duration = Duration::from_secs(2);

/// Arguments of `doctor`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It changes nothing, except with --fix. The exit code is 1 when a finding is
critical; warnings and remarks do not count.

Examples:
  redos doctor
  redos doctor -o wide                   a column for each of finding, evidence and remedy
  redos doctor -o json | jq -r '.findings[] | select(.severity == \"critical\").id'
  redos doctor --fix                     show what 'up' would repair, ask, and do it
  redos explain replica-link-down        why it matters")]
pub struct DoctorArgs {
    /// Repair what 'up' repairs, after showing the plan
    #[arg(long)]
    pub fix: bool,
    /// With --fix: ask nothing
    #[arg(short, long, requires = "fix")]
    pub yes: bool,
    /// With --fix: show what it would do and why, and change nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
    /// With --fix: the longest wait for a ready cluster
    #[arg(long, value_name = "TIME", default_value = READY_TIMEOUT, value_parser = time::wait, requires = "fix")]
    pub timeout: Duration,
}

/// Examines the cluster. The answer is yes when no finding is critical.
///
/// # Errors
/// There is no such cluster, the Engine failed, or the output is closed. With `--fix`, what `up` fails with.
pub async fn run<W: World>(args: DoctorArgs, call: Call<W>) -> Result<Exit, Failure> {
    if args.fix {
        return fix(args, call).await;
    }
    let cluster = call.cluster()?;
    let (session, found) = call.reach(&cluster).await?;
    let diagnosis = examine(&session, &cluster, found).await?;
    show(&session, &cluster, diagnosis)
}

fn show<W: World>(session: &Session<W>, cluster: &ClusterName, diagnosis: Diagnosis) -> Result<Exit, Failure> {
    let document = DoctorDocument::new(cluster, diagnosis);
    session.ui.document(&document, |ui| document.text(ui))?;
    Ok(Exit::answer(document.healthy))
}

/// Looks at everything at the same time, and judges it.
async fn examine<W: World>(session: &Session<W>, cluster: &ClusterName, found: Found) -> Result<Diagnosis, Failure> {
    let Found { mut inventory, secrets, kept } = found;
    let rotation = secrets.as_ref().and_then(|secrets| RotationView::of(secrets, &kept));
    let engine = &*session.engine;
    lookup::present(engine, cluster, &inventory)?;
    let spec = lookup::recorded(cluster, &inventory)?.clone();
    let servers = secrets.as_ref().map(|secrets| session.servers(&spec, secrets));
    let asked = async {
        match &servers {
            Some(servers) => tokio::join!(servers.topology(&inventory), vitals(servers, &inventory)),
            None => (silent(&inventory, "the cluster's passwords are on none of its nodes"), BTreeMap::new()),
        }
    };
    let (active, host, (topology, vitals)) =
        tokio::join!(faults::active(engine, cluster), host(session, cluster, &inventory), asked);
    faults::overlook_limits(engine, &spec, &mut inventory).await?;
    let certificates = secrets.as_ref().and_then(|secrets| certificates(secrets, &topology));
    let observed = Observed::new(inventory, topology).with_rotation(rotation).with_certificates(certificates);
    let engine = engine.version().map(|version| version.version);
    Ok(diagnose(&Examined { spec: &spec, observed: &observed, vitals, host, engine, faults: active? }))
}

/// The vital signs of all nodes that run.
async fn vitals(servers: &impl Servers, inventory: &Inventory) -> BTreeMap<NodeId, Result<Vitals, String>> {
    let running = inventory.nodes.iter().filter(|(_, facts)| facts.state == NodeState::Running);
    let asked = running.map(|(node, _)| *node).filter(|node| matches!(node.role(), Role::Redis | Role::Sentinel));
    let ask = async |node| (node, servers.vitals(inventory, node).await.map_err(|error| error.reason()));
    join_all(asked.map(ask)).await.into_iter().collect()
}

/// What a node that runs sees of its host.
///
/// One node is asked: all are on the same host, and it takes the Engine longer than all else.
async fn host<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    inventory: &Inventory,
) -> Result<HostFacts, String> {
    let running = inventory.nodes.iter().filter(|(_, facts)| facts.state == NodeState::Running);
    let mut able = running.map(|(node, _)| *node).filter(|node| matches!(node.role(), Role::Redis | Role::Sentinel));
    let node = able.next().ok_or_else(|| "no node runs that could tell of it".to_owned())?;
    let asked = async {
        let exec = session.engine.exec(cluster, node, &["sh", "-c", SCRIPT], None).await?;
        exec.output.try_collect::<Vec<_>>().await
    };
    let chunks = timeout(HOST_QUESTION, asked).await;
    let chunks = chunks.map_err(|_| format!("{node} did not tell of it within {} s", HOST_QUESTION.as_secs()))?;
    let chunks = chunks.map_err(|error| error.to_string())?;
    let bytes: Vec<u8> = chunks.into_iter().filter(|chunk| !chunk.stderr).flat_map(|chunk| chunk.bytes).collect();
    Ok(HostFacts::parse(&String::from_utf8_lossy(&bytes)))
}

/// Shows findings and plan, asks, and walks the plan as `up` does.
async fn fix<W: World>(args: DoctorArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let (session, found) = call.reach(&cluster).await?;
    lookup::present(&*session.engine, &cluster, &found.inventory)?;
    if args.dry_run {
        return propose::plan(&session, &cluster, &examine(&session, &cluster, found).await?.plan);
    }
    if !args.yes && !session.ui.can_ask() {
        let what = "nothing was done: --fix asks before it changes anything, and there is no terminal";
        return Err(Failure::message(FailureKind::Usage, what)
            .hinted(format!("see the plan: {}", command_line(&cluster, "doctor --fix --dry-run")))
            .hinted(format!("go on without a question: {}", command_line(&cluster, "doctor --fix --yes"))));
    }
    let diagnosis = examine(&session, &cluster, found).await?;
    let plan = diagnosis.plan.clone();
    if !plan.changes() || plan.refusal.is_some() {
        session.ui.status(PlanDocument::new(&cluster, &plan).text(&session.ui));
        return show(&session, &cluster, diagnosis);
    }
    for finding in &diagnosis.findings {
        session.ui.status(format_args!("{}: {} [{}]", finding.check.severity.as_str(), finding.text, finding.check.id));
    }
    session.ui.status(PlanDocument::new(&cluster, &plan).text(&session.ui));
    if !args.yes {
        ask::agreed(&session, &format!("repair '{cluster}' in this way?")).await?;
    }
    let deadline = Instant::now() + args.timeout;
    let given = GivenSecrets::default();
    let repair = async |_| {
        let found = lookup::find(&*session.engine, &cluster).await?;
        let spec = lookup::recorded(&cluster, &found.inventory)?.clone();
        let seen = session.observe(&spec, found).await?;
        ready::no_snapshot_is_ignored(&spec, &seen.observed)?;
        ready::converge(&session, &spec, (&given, &given), diff::next, seen, deadline).await
    };
    Turn { cluster: &cluster, verb: "doctor --fix", deadline }.take(&session, repair).await?;
    let found = lookup::find(&*session.engine, &cluster).await?;
    let diagnosis = examine(&session, &cluster, found).await?;
    show(&session, &cluster, diagnosis)
}
