//! `redos url`: the address to connect to, or of the statistics, password included.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::session::{Call, Session, World, lookup};
use crate::converge::Found;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::List;
use crate::output::urls::{redis_url, statistics_url};
use crate::spec::{API_VERSION, ClusterName, Group, HostName, NodeId, STATS_PORT, Spec, proxy_group_ports};

/// Arguments of `url`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redis-cli -u \"$(redos url)\"
  REDIS_URL=$(redos url --group 2) ./app
  redos url --read             for reads from replicas
  redos url --user reports     a user of your own, see 'users' in redos.yaml
  redos url --all              of every proxy, such as those of several hosts
  redos url --stats            the statistics page, for a browser
  redos url --ca > ca.pem      what clients of a cluster with TLS trust")]
pub struct UrlArgs {
    /// Master group, by name or number
    #[arg(short, long, value_name = "GROUP", default_value = "mymaster")]
    pub group: String,
    /// The port for reads from replicas, which may be a moment behind
    #[arg(long)]
    pub read: bool,
    /// Another user than that of applications, of the setting 'users'
    #[arg(long, value_name = "USER", conflicts_with = "stats")]
    pub user: Option<String>,
    /// The statistics page of the proxy, with its user and password
    #[arg(long, conflicts_with = "read")]
    pub stats: bool,
    /// A line for each running proxy, instead of the first one
    #[arg(long)]
    pub all: bool,
    /// The certificate that clients of a cluster with TLS must trust, as PEM
    #[arg(long, conflicts_with_all = ["read", "stats", "user", "all"])]
    pub ca: bool,
}

/// `kind: Url`: the URL of a group or of the statistics page, with the password.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UrlDocument<'a> {
    api_version: &'static str,
    /// Always `Url`, the kind of document.
    kind: &'static str,
    cluster: &'a ClusterName,
    /// The group; it is missing for the statistics, which are for all groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Group>,
    /// Whether it is the port for reads.
    read: bool,
    url: String,
    /// The certificate of the authority that clients must trust, as PEM; it is missing without TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<&'a str>,
}

/// The URL at one proxy, with the password: an item of `kind: UrlList`.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyUrl {
    /// The proxy that publishes the port.
    node: NodeId,
    /// Its host, in a cluster that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<HostName>,
    url: String,
}

/// The port to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// A group's writes.
    Writes(Group),
    /// A group's reads from replicas.
    Reads(Group),
    /// The statistics page.
    Statistics,
}

impl Door {
    const fn group(self) -> Option<Group> {
        match self {
            Self::Writes(group) | Self::Reads(group) => Some(group),
            Self::Statistics => None,
        }
    }

    /// The port in the proxy's container.
    const fn port(self) -> u16 {
        match self {
            Self::Writes(group) => proxy_group_ports(group).write,
            Self::Reads(group) => proxy_group_ports(group).read,
            Self::Statistics => STATS_PORT,
        }
    }
}

/// Prints a URL at the first running proxy, or at each of them.
///
/// # Errors
/// There is no such cluster or group, no proxy runs, the passwords are lost, or the output is closed.
pub async fn run<W: World>(args: UrlArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let Found { inventory, secrets, .. } = lookup::find(&*session.engine, &cluster).await?;
    let spec = lookup::recorded(&cluster, &inventory)?;
    let door = match (args.stats, args.read) {
        (true, _) => Door::Statistics,
        (false, true) => Door::Reads(lookup::group(spec, &args.group)?),
        (false, false) => Door::Writes(lookup::group(spec, &args.group)?),
    };
    let places = lookup::published_by_all(spec, &inventory, door.port())?;
    let secrets = secrets.ok_or_else(|| lookup::no_passwords(&cluster))?;
    let url = |address: &str| {
        Ok::<String, Failure>(match door {
            Door::Statistics => statistics_url(&spec.proxy.stats_user, secrets.stats.expose(), address),
            Door::Writes(_) | Door::Reads(_) => {
                let (user, password) = lookup::login(spec, &secrets, args.user.as_deref())?;
                redis_url(spec.encryption, user, password.expose(), address)
            }
        })
    };
    if args.all {
        let row = |(node, address): &(NodeId, String)| {
            let host = inventory.nodes.get(node).and_then(|facts| facts.host_name.clone());
            Ok(ProxyUrl { node: *node, host, url: url(address)? })
        };
        let list = List::new("UrlList", places.iter().map(row).collect::<Result<_, Failure>>()?);
        session.ui.items(&list, |_| list.items.iter().map(|row| row.url.as_str()).collect::<Vec<_>>().join("\n"))?;
        return told_of_reach(&session, spec);
    }
    let document = UrlDocument {
        api_version: API_VERSION,
        kind: "Url",
        cluster: &cluster,
        group: door.group(),
        read: matches!(door, Door::Reads(_)),
        url: url(places.first().map_or("", |(_, address)| address))?,
        authority: secrets.certificate(),
    };
    if args.ca && document.authority.is_none() {
        let what = format!("the cluster '{cluster}' has no TLS, so that there is no certificate to trust");
        return Err(Failure::message(FailureKind::Failed, what));
    }
    let authority = document.authority.filter(|_| args.ca).map(|pem| pem.trim_end().to_owned());
    session.ui.document(&document, |_| authority.clone().unwrap_or_else(|| document.url.clone()))?;
    told_of_reach(&session, spec)
}

/// Warns if clients here cannot connect.
fn told_of_reach<W: World>(session: &Session<W>, spec: &Spec) -> Result<Exit, Failure> {
    if let Some(why) = lookup::out_of_reach(spec, &*session.engine) {
        session.ui.warn(why);
    }
    Ok(Exit::Done)
}
