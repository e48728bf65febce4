//! `redos env`: variables to connect with.

use clap::Args;

use super::session::{Call, World, lookup};
use crate::converge::Found;
use crate::error::{Exit, Failure};
use crate::output::env::{ClientAccess, EnvDocument, EnvFormat};
use crate::spec::proxy_group_ports;

/// Arguments of `env`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "REDIS_URL and REDIS_READ_URL are for the proxies' ports; REDIS_SENTINELS are the Sentinels'
addresses on the cluster's network, for clients that are on it. With TLS, REDIS_CA_PEM is the
certificate that clients must trust.

Examples:
  eval \"$(redos env)\"
  redos env --format dotenv > .env
  redos env --user reports        a user of your own, see 'users' in redos.yaml
  redos env --format github >> \"$GITHUB_ENV\"
  redos env --format compose      for an 'environment:' of Compose")]
pub struct EnvArgs {
    /// Master group, by name or number
    #[arg(short, long, value_name = "GROUP", default_value = "mymaster")]
    pub group: String,
    /// Another user than that of applications, of the setting 'users'
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// For whom: shell, dotenv, json, compose or github
    #[arg(long, value_name = "FORMAT", default_value = "shell", hide_possible_values = true)]
    pub format: EnvFormat,
}

/// Prints the variables.
///
/// # Errors
/// There is no such cluster or group, no proxy runs, the passwords are lost, or the output is closed.
pub async fn run<W: World>(args: EnvArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let Found { inventory, secrets, .. } = lookup::find(&*session.engine, &cluster).await?;
    let spec = lookup::recorded(&cluster, &inventory)?;
    let group = lookup::group(spec, &args.group)?;
    let ports = proxy_group_ports(group);
    let secrets = secrets.ok_or_else(|| lookup::no_passwords(&cluster))?;
    let write = lookup::published(spec, &inventory, ports.write)?;
    let read = lookup::published(spec, &inventory, ports.read)?;
    let (_, password) = lookup::login(spec, &secrets, args.user.as_deref())?;
    let authority = secrets.certificate();
    let access =
        ClientAccess { group, user: args.user.as_deref(), password: &password, authority, write: &write, read: &read };
    let document = EnvDocument::of(&access, &inventory);
    session.ui.data(document.text(args.format)?)?;
    if let Some(why) = lookup::out_of_reach(spec, &*session.engine) {
        session.ui.warn(why);
    }
    Ok(Exit::Done)
}
