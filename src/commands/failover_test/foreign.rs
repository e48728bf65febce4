//! What a failover test finds out about a Redis with Sentinel that redos did not create.

use std::collections::BTreeMap;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::FailoverTestArgs;
use crate::chaos::clock::Clock;
use crate::chaos::connection::Credentials;
use crate::chaos::history::OpError;
use crate::chaos::resp::Reply;
use crate::chaos::subject::{Subject, SubjectServer};
use crate::commands::session::{Session, World};
use crate::dial::Direct;
use crate::engine::Clusters;
use crate::engine::containers::{ContainerFacts, Containers};
use crate::error::{Failure, FailureKind};
use crate::spec::{DEFAULT_CLUSTER, REDIS_PORT, REDOS_VERSION, Secret};

/// Time limit of one answer.
const ANSWER: Duration = Duration::from_secs(2);

/// Finds the group and its servers: the Sentinels name the group, the containers their addresses.
///
/// # Errors
/// A Sentinel that does not answer, a container that does not exist, or nodes that belong to no given container.
pub async fn subject<W: World>(
    session: &Session<W>,
    args: &FailoverTestArgs,
) -> Result<(Subject, BTreeMap<String, String>), Failure> {
    let usage = |why: String| Failure::message(FailureKind::Usage, why);
    let proxy = args.proxy.as_deref().unwrap_or_default();
    if args.sentinel.is_empty() || args.container.is_empty() {
        return Err(usage("--proxy needs --sentinel and --container as well".to_owned()));
    }
    let password = args.password_file.as_deref().map(|path| {
        let read = std::fs::read_to_string(path);
        let text = read.map_err(|error| usage(format!("failed to read {}: {error}", path.display())))?;
        Ok::<_, Failure>(Secret::given(text.trim_end_matches(['\r', '\n']))?)
    });
    let login = Credentials { user: None, password: password.transpose()?, trust: None };
    let write = resolve(proxy).await?;
    let read = match &args.read_proxy {
        Some(address) => Some(resolve(address).await?),
        None => None,
    };
    let mut containers = Vec::new();
    for name in &args.container {
        let found = session.engine.container(name).await?;
        containers.push(
            found.ok_or_else(|| Failure::message(FailureKind::Failed, format!("there is no container '{name}'")))?,
        );
    }
    let mut sentinels = Vec::new();
    for address in &args.sentinel {
        let SocketAddr::V4(address) = resolve(address).await? else {
            return Err(usage(format!("the Sentinel {address} has no IPv4 address")));
        };
        let container = owner(&containers, &address.ip().to_string());
        let name = container.map_or_else(|| address.to_string(), |container| container.name.clone());
        sentinels.push(SubjectServer { container: name.clone(), name, address });
    }
    let mut subject = Subject {
        name: proxy.to_owned(),
        group: String::new(),
        nodes: Vec::new(),
        sentinels,
        write,
        read,
        client: login.clone(),
        observer: login,
        sentinel: Credentials::default(),
        dialer: Arc::new(Direct),
        cluster: DEFAULT_CLUSTER.parse()?,
        down_after: Duration::ZERO,
    };
    subject.sentinel = sentinel_login(&subject).await;
    let master = watched(&subject, args).await?;
    let says = |field: &str| master.get(field).cloned().unwrap_or_default();
    subject.group = says("name");
    subject.down_after = Duration::from_millis(says("down-after-milliseconds").parse().unwrap_or(30_000));
    let replicas =
        subject.ask(first(&subject)?, &subject.sentinel, &["SENTINEL", "REPLICAS", &subject.group], ANSWER).await;
    let mut known = vec![(says("ip"), says("port"))];
    for replica in replicas.map_err(anyhow::Error::new)?.parts() {
        let replica = fields(replica);
        let says = |field: &str| replica.get(field).cloned().unwrap_or_default();
        known.push((says("ip"), says("port")));
    }
    for (host, port) in known {
        let missing = || {
            let text = format!("the node {host}:{port} is in none of the given containers");
            Failure::message(FailureKind::Failed, text).hinted("name it: --container NAME")
        };
        let container = owner(&containers, &host).ok_or_else(missing)?;
        let address = container.networks.iter().find_map(|network| network.address).ok_or_else(missing)?;
        let address = SocketAddrV4::new(host.parse().unwrap_or(address), port.parse().unwrap_or(REDIS_PORT));
        subject.nodes.push(SubjectServer { name: container.name.clone(), container: container.name.clone(), address });
    }
    let environment = [
        ("redos", REDOS_VERSION.to_owned()),
        ("engine", session.engine.describe()),
        (
            "sentinel",
            format!(
                "quorum {}, down-after {} ms, failover-timeout {} ms",
                says("quorum"),
                says("down-after-milliseconds"),
                says("failover-timeout")
            ),
        ),
    ];
    Ok((subject, environment.map(|(key, value)| (key.to_owned(), value)).into()))
}

/// The login at the Sentinels: none if they need no password, else the user of the data nodes.
async fn sentinel_login(subject: &Subject) -> Credentials {
    let open = Credentials::default();
    let Some(first) = subject.sentinels.first() else { return open };
    match timeout(ANSWER, subject.connect(first, &open, Clock::start())).await {
        Ok(Err(OpError::Auth)) => subject.observer.clone(),
        // An unreachable Sentinel shows as an error when it is asked.
        Ok(Ok(_) | Err(_)) | Err(_) => open,
    }
}

/// The Sentinel that tells which servers there are.
fn first(subject: &Subject) -> Result<&SubjectServer, Failure> {
    subject.sentinels.first().ok_or_else(|| Failure::message(FailureKind::Failed, "there is no Sentinel"))
}

/// The view of the first Sentinel of the tested group: the named one, or the only one.
async fn watched(subject: &Subject, args: &FailoverTestArgs) -> Result<BTreeMap<String, String>, Failure> {
    let first = first(subject)?;
    let masters = subject.ask(first, &subject.sentinel, &["SENTINEL", "MASTERS"], ANSWER).await;
    let masters = masters.map_err(anyhow::Error::new)?;
    let masters: Vec<BTreeMap<String, String>> = masters.parts().iter().map(fields).collect();
    let named = masters.iter().find(|master| master.get("name") == Some(&args.group));
    match (named, masters.as_slice()) {
        (Some(named), _) => Ok(named.clone()),
        (None, [only]) => Ok(only.clone()),
        (None, _) => {
            let text = format!("{} watches no group '{}'", first.name, args.group);
            Err(Failure::message(FailureKind::Failed, text).hinted("choose one of its groups: --group NAME"))
        }
    }
}

/// The container with this address or name on one of its networks.
fn owner<'a>(containers: &'a [ContainerFacts], host: &str) -> Option<&'a ContainerFacts> {
    containers.iter().find(|container| {
        let on = |network: &crate::engine::containers::Attachment| {
            network.address.is_some_and(|address| address.to_string() == host)
                || network.aliases.iter().any(|alias| alias == host)
        };
        container.name == host || container.networks.iter().any(on)
    })
}

/// The first address of a `HOST:PORT`.
///
/// # Errors
/// It is not that, or the name has no address.
pub(super) async fn resolve(address: &str) -> Result<SocketAddr, Failure> {
    let wrong = |why: String| Failure::message(FailureKind::Usage, format!("'{address}' is not HOST:PORT: {why}"));
    let mut found = lookup_host(address).await.map_err(|error| wrong(error.to_string()))?;
    found.next().ok_or_else(|| wrong("it has no address".to_owned()))
}

/// Pairs of names and values.
fn fields(reply: &Reply) -> BTreeMap<String, String> {
    reply.parts().chunks_exact(2).filter_map(|pair| Some((pair[0].text()?, pair[1].text()?))).collect()
}
