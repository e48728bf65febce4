//! `redos compose`: a cluster as a service of a Compose project. Compose 2.36 and later runs it for services with
//! `provider: {type: redos}`.
//!
//! Compose asks a provider for the options that it takes, and silently leaves out all others. redos does not answer, so
//! that Compose gives it all of them, and a mistyped one is refused.

use clap::{Args, Subcommand};

use super::session::{Call, World, lookup};
use super::{down, up};
use crate::converge::Found;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::env::{ClientAccess, EnvDocument};
use crate::output::{Options, Ui};
use crate::spec::{ClusterName, Group, proxy_group_ports};

/// Arguments of `compose`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "For a service of a compose.yaml, with any flag of 'redos up' as an option:

  services:
    redis:
      provider:
        type: redos
        options: {replicas: 2, network: shop_default}
    app:
      image: my-app            # gets REDIS_URL, REDIS_HOST, REDIS_PORT, …
      depends_on: [redis]      # starts when the cluster is ready
  networks:
    default:                   # nodes have fixed addresses: it needs a subnet
      ipam: {config: [{subnet: 10.91.0.0/24}]}

Compose runs this by itself on up and down; the data stay.

Examples:
  redos compose --project-name shop up --replicas=2 redis")]
pub struct ComposeArgs {
    /// Name of the Compose project; its clusters are called PROJECT-SERVICE unless --project names them
    #[arg(long, value_name = "PROJECT", default_value = "redos")]
    pub project_name: String,
    /// What Compose wants.
    #[command(subcommand)]
    pub action: ComposeVerb,
}

/// What Compose wants.
#[derive(Clone, Debug, Subcommand)]
pub enum ComposeVerb {
    /// Create or repair the cluster of a service, and tell Compose how to connect to it
    Up {
        /// The flags of 'redos up'.
        #[command(flatten)]
        up: Box<up::UpArgs>,
        /// Name of the service in the compose.yaml
        service: String,
    },
    /// Remove the cluster of a service; its data stays
    Down {
        /// The flags of 'redos up': Compose gives all options of a service to both.
        #[command(flatten)]
        up: Box<up::UpArgs>,
        /// Name of the service in the compose.yaml
        service: String,
    },
}

/// Does what Compose wants and tells it so.
///
/// # Errors
/// As `up` and `down`.
pub async fn run<W: World>(args: ComposeArgs, mut call: Call<W>) -> Result<Exit, Failure> {
    let compose = call.ui.clone();
    call.ui = compose.for_compose();
    let result = obey(args, call, &compose).await;
    if let Err(failure) = &result {
        compose.compose_failure(failure)?;
    }
    result
}

/// Tells Compose of a command line that redos does not understand: what goes to stderr Compose does not show.
pub fn refuse(words: &[String], error: &clap::Error) {
    if words.first().is_some_and(|word| word == "compose") {
        let failure = Failure::message(FailureKind::Usage, error.to_string().trim_start_matches("error: "));
        // If nobody reads it, nobody can be told.
        let _ = Ui::new(Options::default()).compose_failure(&failure);
    }
}

async fn obey<W: World>(args: ComposeArgs, mut call: Call<W>, compose: &Ui) -> Result<Exit, Failure> {
    let (ComposeVerb::Up { service, .. } | ComposeVerb::Down { service, .. }) = &args.action;
    let cluster = name_cluster(&mut call, &args.project_name, service)?;
    match args.action {
        ComposeVerb::Up { up, .. } => provide(*up, call, (&args.project_name, &cluster), compose).await,
        ComposeVerb::Down { up, .. } => {
            let args = down::DownArgs { volumes: false, dry_run: up.dry_run, yes: true };
            down::run(args, call).await
        }
    }
}

/// Names the cluster of a service, unless an option of the service, a variable or the file does.
fn name_cluster<W: World>(call: &mut Call<W>, project: &str, service: &str) -> Result<ClusterName, Failure> {
    let (name, is_named) = call.cluster_and_whether_named()?;
    let name = if is_named { name.to_string() } else { format!("{project}-{service}") };
    call.global.project = Some(name);
    call.cluster()
}

/// Brings the cluster up and tells Compose how containers on its network connect.
async fn provide<W: World>(
    args: up::UpArgs,
    call: Call<W>,
    (project, cluster): (&str, &ClusterName),
    compose: &Ui,
) -> Result<Exit, Failure> {
    let afterwards = call.clone();
    // On the heap: a verb within a verb would need twice the stack.
    let exit = Box::pin(up::run(args, call)).await?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    let (session, Found { inventory, secrets, .. }) = afterwards.reach(cluster).await?;
    let spec = lookup::recorded(cluster, &inventory)?;
    if spec.network.name.is_none() {
        // Compose does not say which networks the services are on.
        session.ui.warn(format_args!(
            "the host {} exists only on the network {cluster}, which the services of '{project}' are not on by themselves; \
             give the cluster the option 'network: {project}_default', and that network a subnet ('redos compose --help')",
            spec.name.proxies_name()
        ));
    }
    let secrets = secrets.ok_or_else(|| lookup::no_passwords(cluster))?;
    let group = Group::number(1);
    let ports = proxy_group_ports(group);
    let at = |port: u16| format!("{}:{port}", spec.name.proxies_name());
    let authority = secrets.certificate();
    let (write, read) = (at(ports.write), at(ports.read));
    let access = ClientAccess { group, user: None, password: &secrets.app, authority, write: &write, read: &read };
    compose.compose_variables(&EnvDocument::of(&access, &inventory))?;
    Ok(exit)
}
