//! Properties of the planner on the in-memory engine, and golden plans.

mod certificates;
mod encryption;
mod equality;
mod golden;
mod hosts;
mod properties;
mod restore;
mod rotation;
mod upgrade;
mod users;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use redos::testing::apply::{Applier, ApplyError, Reached};
use redos::testing::cluster::desired::{Program, Programs};
use redos::testing::cluster::observed::Observed;
use redos::testing::converge::{Converged, Converger, Found, Seen, find, fit_authority};
use redos::testing::engine::sim::Sim;
use redos::testing::engine::{Clusters, Nodes};
use redos::testing::plan::{Action, Past, Plan, Stage, next, teardown};
use redos::testing::servers::Servers;
use redos::testing::spec::Secret;
use redos::testing::spec::secret::SECRET_BYTES;
use redos::testing::spec::settings::GivenSecrets;
use redos::testing::spec::{Secrets, Spec};
use redos::testing::tls::new_authority;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A server outside of the cluster.
const EXISTING: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 5), 7000);

fn spec(masters: u16, replicas: u16, sentinels: u16, proxies: u16) -> Spec {
    let defaults = Spec::with_defaults("sim".parse().expect("a good name"));
    Spec { masters, replicas, sentinels, quorum: sentinels / 2 + 1, proxies, ..defaults }
}

/// Masters, replicas, Sentinels and proxies.
type Size = (u16, u16, u16, u16);

fn sized((masters, replicas, sentinels, proxies): Size) -> Spec {
    spec(masters, replicas, sentinels, proxies)
}

/// How many times as many cases are tried as in the quick tests.
fn times() -> u32 {
    std::env::var("REDOS_TEST_CASES").map_or(1, |times| times.parse().expect("a number of times"))
}

/// How many cases a property tries.
fn cases(quick: u32) -> u32 {
    quick * times()
}

/// How many changes lie between two places at which a run is cut off.
fn stride(quick: usize) -> usize {
    quick.div_ceil(times() as usize)
}

fn programs() -> Programs {
    let program = |image: &str, server: &str| Program { image: image.to_owned(), server: server.to_owned() };
    Programs {
        redis: program("redis", "redis-server"),
        proxy: program("haproxy", "haproxy"),
        exporter: Some(program("exporter", "redis_exporter")),
    }
}

/// `redos up` in memory. Time is virtual: an hour of waiting costs nothing.
async fn up(sim: &Sim, spec: &Spec) -> Result<Converged, ApplyError> {
    converge(sim, spec, Duration::from_secs(60)).await
}

async fn converge(sim: &Sim, spec: &Spec, limit: Duration) -> Result<Converged, ApplyError> {
    converge_by(sim, spec, next, limit).await
}

async fn converge_by(
    sim: &Sim,
    spec: &Spec,
    next: impl Fn(&Spec, &Observed, &Past) -> Stage + Send + Sync,
    limit: Duration,
) -> Result<Converged, ApplyError> {
    let found = find(sim, &spec.name).await.expect("the simulation never fails to look");
    converge_from(sim, spec, next, limit, found).await
}

/// [`converge_by`] for a cluster that was found, with the secrets that it should have.
async fn converge_from(
    sim: &Sim,
    spec: &Spec,
    next: impl Fn(&Spec, &Observed, &Past) -> Stage + Send + Sync,
    limit: Duration,
    found: Found,
) -> Result<Converged, ApplyError> {
    let given = GivenSecrets::default();
    let new = spec.encryption.is_tls().then(|| new_authority(&spec.name).expect("an authority"));
    let found = fit_authority(sim, spec, found, new.as_ref()).await.expect("secrets");
    let seen = Seen::of(found, &given, |secrets| sim.knowing(secrets)).await?;
    let mut byte = 8;
    let random = || {
        byte += 1;
        [byte; SECRET_BYTES]
    };
    let converger = Converger {
        engine: sim,
        connect: |secrets: &Secrets| sim.knowing(secrets),
        spec,
        next,
        new_secrets: Secrets {
            existing: Some(Secret::from_random([8; SECRET_BYTES])),
            authority: new,
            ..Secrets::made(random)
        },
        given,
        prepare: async |_: &redos::testing::cluster::Inventory| Ok(programs()),
        report: &|_| {},
        cancel: &CancellationToken::new(),
        deadline: Instant::now() + limit,
    };
    converger.converge(seen).await
}

async fn observed(sim: &Sim, spec: &Spec) -> Observed {
    let inventory = sim.inventory(&spec.name).await.expect("the inventory of the simulation never fails");
    let topology = sim.topology(&inventory).await;
    Observed::new(inventory, topology)
}

async fn down(sim: &Sim, spec: &Spec, with_volumes: bool) {
    let inventory = sim.inventory(&spec.name).await.expect("the inventory of the simulation never fails");
    for step in teardown(&inventory, with_volumes).steps {
        let result = match step.action {
            Action::StopNode { node } => sim.stop_node(&spec.name, node).await,
            Action::RemoveNode { node } => sim.remove_node(&spec.name, node).await,
            Action::RemoveVolume { node } => sim.remove_volume(&spec.name, node).await,
            Action::RemoveNetwork => sim.remove_network("network").await,
            Action::RemoveRecord => sim.remove_record(&spec.name).await,
            other => panic!("a teardown has no business with: {other}"),
        };
        if result.is_err() {
            return;
        }
    }
}

/// Walks one plan in memory.
async fn walk(sim: &Sim, spec: &Spec, plan: &Plan, seen: &Observed) -> Result<(), ApplyError> {
    let reached = Reached { secrets: Secrets::made(|| [7; SECRET_BYTES]), servers: sim.clone() };
    let cancel = CancellationToken::new();
    let applier = Applier {
        engine: sim,
        reached: Some(&reached),
        spec,
        target: spec,
        programs: None,
        report: &|_| {},
        cancel: &cancel,
        deadline: Instant::now() + Duration::from_secs(60),
        replan: None,
    };
    applier.apply(plan, &seen.inventory).await.map(drop)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}
