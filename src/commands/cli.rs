//! `redos cli`: redis-cli in the right container, logged in.

use clap::Args;

use super::session::{Call, World, attach, lookup};
use crate::cluster::gate::sole_master;
use crate::cluster::observed::Observed;
use crate::cluster::reckon::successor;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::command_line;
use crate::spec::secret::user;
use crate::spec::{NodeId, Role, Secret, Secrets, Spec, render};

/// The server of an image that was never examined.
const USUAL_SERVER: &str = "redis-server";

/// Arguments of `cli`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Without a node it talks to the master. It logs in as your applications do, and to a Sentinel as
redos does; the password is in no argument and no variable.

Examples:
  redos cli
  redos cli -- SET greeting hello
  redos cli --read -- GET greeting
  redos cli sentinel-1 -- SENTINEL CKQUORUM mymaster
  redos cli redis-2 --admin -- CONFIG GET maxmemory"
)]
pub struct CliArgs {
    /// Redis node or Sentinel [default: the master]
    #[arg(value_name = "NODE")]
    pub node: Option<String>,
    /// Talk to a replica in sync
    #[arg(long, conflicts_with = "node")]
    pub read: bool,
    /// Master group, by name or number
    #[arg(short, long, value_name = "GROUP", default_value = "mymaster")]
    pub group: String,
    /// Log in as the user of redos, who may do everything
    #[arg(long)]
    pub admin: bool,
    /// A command, instead of a conversation
    #[arg(value_name = "COMMAND", last = true)]
    pub command: Vec<String>,
}

/// Connects to the node.
///
/// # Errors
/// There is no such cluster, group or node; no node is known to be the master; the node does not run.
pub async fn run<W: World>(args: CliArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let found = lookup::find(&*session.engine, &cluster).await?;
    let spec = lookup::recorded(&cluster, &found.inventory)?.clone();
    let secrets = found.secrets.clone().ok_or_else(|| lookup::no_passwords(&cluster))?;
    let observed = session.observe(&spec, found).await?.observed;
    let node = node(&args, &spec, &observed)?;
    let address = observed.inventory.server(node).ok_or_else(|| {
        Failure::message(FailureKind::Failed, format!("{node} has no address: it does not run"))
            .hinted(format!("start it: {}", command_line(&cluster, &format!("start {node}"))))
    })?;
    let (name, password) = login(&args, node, &secrets);
    let server = spec.used.redis.as_ref().map_or(USUAL_SERVER, |used| &*used.server);
    let program = format!("{}-cli", server.trim_end_matches("-server"));
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let mut words = vec![&*program, "-h", &host, "-p", &port, "--user", name, "--askpass"];
    words.splice(1..1, render::cli_arguments(&spec));
    words.extend(args.command.iter().map(String::as_str));
    attach::run(&session, &cluster, node, &words, Some(password)).await
}

/// The node of the command line.
fn node(args: &CliArgs, spec: &Spec, observed: &Observed) -> Result<NodeId, Failure> {
    if let Some(name) = &args.node {
        let node = lookup::node(&spec.name, &observed.inventory, name)?;
        let speaks = |node: &NodeId| matches!(node.role(), Role::Redis | Role::Sentinel);
        return Some(node).filter(speaks).ok_or_else(|| {
            Failure::message(FailureKind::Usage, format!("{name} has no commands of Redis"))
                .hinted(format!("talk to the master: {}", command_line(&spec.name, "cli")))
        });
    }
    let group = lookup::group(spec, &args.group)?;
    lookup::has_master(spec)?;
    let unknown = |why: String| {
        Failure::message(FailureKind::Failed, format!("{group} has no node to talk to: {why}"))
            .hinted(format!("see what is wrong: {}", command_line(&spec.name, "status")))
            .hinted(format!("talk to one node: {}", command_line(&spec.name, "cli redis-1")))
    };
    let master = sole_master(group, observed).map_err(|unmet| unknown(unmet.to_string()))?;
    if !args.read {
        return Ok(master);
    }
    successor(group, master, spec, observed).ok_or_else(|| unknown("no replica is in sync".to_owned()))
}

fn login<'a>(args: &CliArgs, node: NodeId, secrets: &'a Secrets) -> (&'static str, &'a Secret) {
    if args.admin || node.role() == Role::Sentinel {
        (user::ADMIN, &secrets.admin)
    } else {
        (user::APPLICATION, &secrets.app)
    }
}
