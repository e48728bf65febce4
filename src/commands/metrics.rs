//! `redos metrics`: what Prometheus and Grafana need to watch a cluster.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Error;
use clap::{Args, Subcommand};
use tempfile::NamedTempFile;

use super::session::{Call, World, lookup};
use crate::cluster::observed::PublishedPort;
use crate::converge::Found;
use crate::engine::Clusters;
use crate::error::{Exit, Failure, FailureKind};
use crate::metrics::{PASSWORD_FILE, RULES_FILE, ScrapedCluster, dashboard, rules, scrape_configuration};
use crate::output::command_line;
use crate::spec::time::{SECOND, WrongTime, milliseconds, shown};
use crate::spec::{NodeId, ParseError, STATS_PORT, Secret};

/// The file of Prometheus's own configuration.
const CONFIGURATION_FILE: &str = "prometheus.yml";
/// The shortest and the longest time between two looks, in milliseconds. The exporter takes a second to say that a node does
/// not answer.
const INTERVALS: (u64, u64) = (2000, 3_600_000);

/// Arguments of `metrics`.
#[derive(Args, Clone, Debug)]
pub struct MetricsArgs {
    /// For which program
    #[command(subcommand)]
    pub watcher: MetricsVerb,
}

/// The programs that watch a cluster.
#[derive(Clone, Debug, Subcommand)]
pub enum MetricsVerb {
    /// Print a scrape configuration, or the alert rules
    #[command(after_help = "Redis nodes and Sentinels are in it when the cluster has an exporter: redos up --exporter.

Examples:
  redos metrics prometheus --dir monitoring   all files that it needs
  redos metrics prometheus --inside           for one on the cluster's network
  redos metrics prometheus --rules            the alerts, without an Engine")]
    Prometheus(PrometheusArgs),
    /// Print a dashboard that Grafana imports
    #[command(after_help = "Examples:
  redos metrics grafana > redos.json     then in Grafana: Dashboards, New, Import")]
    Grafana,
}

/// Arguments of `metrics prometheus`.
#[derive(Args, Clone, Debug)]
pub struct PrometheusArgs {
    /// Write prometheus.yml, the alerts and the password of the statistics into this folder
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Name the proxies as containers on the cluster's network reach them
    #[arg(long)]
    pub inside: bool,
    /// Print the alert rules, which are the same for all clusters
    #[arg(long, conflicts_with_all = ["dir", "inside"])]
    pub rules: bool,
    /// Time between two looks
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = interval)]
    pub interval: u64,
}

fn interval(text: &str) -> Result<u64, ParseError> {
    let (least, most) = INTERVALS;
    milliseconds(text, SECOND, least, most).map_err(|WrongTime { what, fix }| ParseError::new(format!("{what}; {fix}")))
}

/// Prints or writes what the program needs.
///
/// # Errors
/// There is no such cluster, no proxy runs, a file cannot be written, or the output is closed.
pub async fn run<W: World>(args: MetricsArgs, call: Call<W>) -> Result<Exit, Failure> {
    match args.watcher {
        MetricsVerb::Grafana => {
            let text = serde_json::to_string_pretty(&dashboard()).map_err(Error::new)?;
            call.ui.data(text)?;
            Ok(Exit::Done)
        }
        MetricsVerb::Prometheus(args) if args.rules => {
            call.ui.data(rules().map_err(Error::new)?)?;
            Ok(Exit::Done)
        }
        MetricsVerb::Prometheus(args) => prometheus(args, call).await,
    }
}

async fn prometheus<W: World>(args: PrometheusArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let Found { inventory, secrets, .. } = lookup::find(&*session.engine, &cluster).await?;
    let spec = lookup::recorded(&cluster, &inventory)?;
    let remote = session.engine.remote_host();
    let inside = |node: NodeId| (node, format!("{}:{STATS_PORT}", node.container_name(&cluster)));
    let outside = |(number, node): (u16, NodeId)| {
        let published = inventory.nodes.get(&node).and_then(|facts| facts.reached_at(STATS_PORT));
        // A proxy that does not run publishes none, and is to be missed.
        let host = spec.published_stats_port(number);
        let configured = PublishedPort { container: STATS_PORT, host_ip: spec.ports.bind, host };
        let address = published.or_else(|| (host != 0).then(|| configured.reached_at(remote)))?;
        Some((node, address))
    };
    let proxies: Vec<(NodeId, String)> = match args.inside {
        true => spec.proxy_nodes().map(inside).collect(),
        false => (1..).zip(spec.proxy_nodes()).filter_map(outside).collect(),
    };
    if proxies.is_empty() {
        // It says why.
        lookup::published(spec, &inventory, STATS_PORT)?;
    }
    let is_left_out = |node: &NodeId| !proxies.iter().any(|(proxy, _)| proxy == node);
    let left_out: Vec<String> = spec.proxy_nodes().filter(is_left_out).map(|node| node.to_string()).collect();
    let nodes = spec.groups().flat_map(|group| spec.redis_nodes(group)).chain(spec.sentinel_nodes());
    // Prometheus takes no spaces.
    let interval = shown(args.interval).replace(' ', "");
    let configuration = scrape_configuration(&ScrapedCluster {
        name: &cluster,
        is_standby: spec.follow.existing().is_some(),
        proxies,
        nodes: nodes.filter(|_| spec.exporter).collect(),
        user: &spec.proxy.stats_user,
        interval: &interval,
    })
    .map_err(Error::new)?;
    let ui = &session.ui;
    if !left_out.is_empty() {
        let nodes = left_out.join(" and ");
        ui.warn(format!(
            "{nodes} left out, because Docker chooses the port when it starts: repair it, and do this again"
        ));
    }
    match &args.dir {
        None => ui.data(&configuration)?,
        Some(folder) => {
            let password = secrets.ok_or_else(|| lookup::no_passwords(&cluster))?.stats;
            write_all(folder, &configuration, &password)?;
            ui.status(format!("wrote {CONFIGURATION_FILE}, {RULES_FILE} and {PASSWORD_FILE} to {}", folder.display()));
            ui.hint(format!("start it: prometheus --config.file {}", folder.join(CONFIGURATION_FILE).display()));
        }
    }
    if !spec.exporter {
        ui.hint(format!("for Redis nodes and Sentinels as well: {}", command_line(&cluster, "up --exporter")));
    }
    if let Some(why) = lookup::out_of_reach(spec, &*session.engine).filter(|_| !args.inside) {
        ui.warn(why);
    }
    Ok(Exit::Done)
}

/// Writes the three files. The one with the password is for its owner alone.
fn write_all(folder: &Path, configuration: &str, password: &Secret) -> Result<(), Failure> {
    let rules = rules().map_err(Error::new)?;
    let [own, alerts, secret] = [CONFIGURATION_FILE, RULES_FILE, PASSWORD_FILE].map(|name| folder.join(name));
    let (is_configured, has_alerts, known) = (present(&own)?, present(&alerts)?, present(&secret)?);
    let differs =
        |text: &Option<String>, ours: &str| text.as_deref().is_some_and(|text| first_line(text) != first_line(ours));
    // A password has no mark of redos: it is ours where the configuration beside it is.
    let is_secret_foreign = is_configured.is_none() && differs(&known, password.expose());
    for (path, is_foreign) in [
        (&own, differs(&is_configured, configuration)),
        (&alerts, differs(&has_alerts, &rules)),
        (&secret, is_secret_foreign),
    ] {
        if is_foreign {
            let what = format!("{} is there, and redos did not write it for this cluster", path.display());
            return Err(Failure::message(FailureKind::Usage, what).hinted("give another folder"));
        }
    }
    fs::create_dir_all(folder).map_err(|error| unwritten(folder, error))?;
    for (path, before, text, is_public) in [
        (&secret, known, password.expose(), false),
        (&alerts, has_alerts, &*rules, true),
        (&own, is_configured, configuration, true),
    ] {
        if before.as_deref() != Some(text) {
            write_one(folder, path, text, is_public).map_err(|error| unwritten(path, error))?;
        }
    }
    Ok(())
}

/// The text of a file; `None` if there is none.
fn present(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let error = Error::new(error).context(format!("{} is there and cannot be read", path.display()));
            Err(Failure::new(FailureKind::Usage, error)
                .hinted("run it as a user who may read it, or give another folder"))
        }
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Writes a file that is there when it is complete. One that replaces another keeps its owner and its mode.
fn write_one(folder: &Path, path: &Path, text: &str, is_public: bool) -> std::io::Result<()> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
        match fs::metadata(path) {
            Ok(before) => {
                let now = file.as_file().metadata()?;
                if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
                    fchown(file.as_file(), Some(before.uid()), Some(before.gid()))?;
                }
                file.as_file().set_permissions(before.permissions())?;
            }
            Err(_) if is_public => file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?,
            Err(_) => {}
        }
    }
    file.persist(path)?;
    Ok(())
}

fn unwritten(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(FailureKind::Failed, Error::new(error).context(format!("failed to write {}", path.display())))
}
