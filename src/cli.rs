//! The command line: clap types whose doc comments are the help. No logic, and of the other rooms only
//! the choices of output.
//!
//! Settings of a cluster stay text here: the table of settings reads flags, variables and the file in one way, and reports
//! what is wrong with all of them at once. A test holds the help of their flags to the table's.

mod chaos;
mod habits;
mod lifecycle;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use chaos::{ChaosArgs, ChaosVerb, DirectionArg, FaultArgs, LinkArgs, TargetArgs};
pub use habits::advice;
pub use lifecycle::{RestartArgs, StartArgs, StopArgs};

use crate::output::{Color, Format};
use crate::spec::time;

/// How long `up` waits for a ready cluster unless told otherwise: an empty host with cold disks needs well under a
/// minute, and a scheduler that gives up sooner hides the reason.
const UP_TIMEOUT: &str = "120s";

/// Highly available Redis on Docker: masters, replicas, Sentinels and one address, from one command.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "redos",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Examples:
  redos up                      a cluster with the defaults, ready to use
  redos status                  who is master, and whether all is well
  redis-cli -u \"$(redos url)\"   talk to it
  redos down                    remove it, keep its data

Settings come from flags, else REDOS_* variables, else redos.yaml, else the
existing cluster, else REDIS_*, SENTINEL_* and ADMIN_* variables, else
defaults; 'redos config' shows which one won.

Exit codes: 0 done or healthy, 1 the answer is no, 2 usage or invalid settings,
3 data loss or invalid test, 4 timeout, 5 Docker unreachable, 6 conflict,
7 no such cluster, 130 interrupted."
)]
pub struct Cli {
    /// What every verb takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What every verb takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Name of the cluster, which begins the name of everything it has in Docker [env: REDOS_PROJECT] [default: redos]
    #[arg(short, long, global = true, value_name = "NAME")]
    pub project: Option<String>,
    /// File with settings, '-' for standard input [env: REDOS_FILE] [default: redos.yaml if it is there]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How to print data: table, json or yaml
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "table", hide_possible_values = true)]
    pub output: Format,
    /// Print data and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: what each step costs and why
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colour: auto, always or never; NO_COLOR means never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: Color,
    /// Docker host, such as unix:///run/docker.sock [env: REDOS_HOST, DOCKER_HOST]
    #[arg(short = 'H', long, global = true, value_name = "URL", env = "REDOS_HOST", hide_env = true)]
    pub host: Option<String>,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// Create the cluster, or repair it, until it is ready
    Up(UpArgs),
    /// Remove the cluster; its data stays unless told otherwise
    Down(DownArgs),
    /// Show who is master, what Sentinels and proxies say, and the verdict
    Status(StatusArgs),
    /// List the containers of the cluster
    #[command(after_help = "Examples:
  redos ps
  redos ps -o json
  docker stats $(redos ps -q)")]
    Ps,
    /// List all clusters of this Docker host
    #[command(after_help = "Examples:
  redos ls
  redos -H tcp://10.0.0.5:2375 ls")]
    Ls,
    /// Show what 'up' would do and why, and change nothing
    Plan(PlanArgs),
    /// Change how many nodes there are, without losing a write or the quorum
    Scale(ScaleArgs),
    /// Make a replica the master, without losing a write
    Failover(FailoverArgs),
    /// Stop nodes, or the whole cluster in good order; nothing is removed
    Stop(StopArgs),
    /// Start nodes that are stopped, or the whole cluster, and wait until it is ready
    Start(StartArgs),
    /// Restart nodes one after the other, a master last and after a switchover
    Restart(RestartArgs),
    /// Print the URL to connect to, password included
    Url(UrlArgs),
    /// Measure a failover under load: outage, lost writes and why, and a verdict
    FailoverTest(FailoverTestArgs),
    /// Judge the history of a failover test once more
    Verify(VerifyArgs),
    /// Inflict one fault on a node, for a time
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Chaos(ChaosArgs),
    /// Get the images, or carry them to a host without a registry
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Images(ImagesArgs),
    /// Write a commented redos.yaml
    Init(InitArgs),
    /// Show all settings and where each comes from
    Config(ConfigArgs),
    /// Print a script that completes redos in a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

/// Arguments of `up`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "It is done when every replica is in sync, all Sentinels agree and a write
through the proxy was read back. Run again it repairs what is broken, and
changes nothing if nothing is. What is not given stays as it was.

Examples:
  redos up                              1 master, 2 replicas, 3 Sentinels
  redos up --masters 3 --port 7000      writes on 7000, 7002 and 7004
  redos up --password-file secret.txt   with a password of your own
  redos up --redis maxmemory=256mb --redis maxmemory-policy=allkeys-lru
  redos -p shop -f shop.yaml up         another cluster, from a file")]
pub struct UpArgs {
    /// The longest wait for a ready cluster
    #[arg(long, value_name = "TIME", default_value = UP_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Remove the users of Redis nodes and Sentinels that redos did not make, and end their connections
    #[arg(long)]
    pub remove_unknown_users: bool,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Ask nothing, also in a terminal
    #[arg(short, long)]
    pub yes: bool,
    /// What the cluster should be.
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// Arguments of `down`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Only what carries the labels of this cluster is removed. An 'up' after it has
the data and the password again.

In a terminal it asks before data go; a script is taken at its word.

Examples:
  redos down
  redos down --volumes       and the data is gone
  redos -p shop down")]
pub struct DownArgs {
    /// Remove the volumes too: all data and passwords of the cluster
    #[arg(long)]
    pub volumes: bool,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Ask nothing, also in a terminal
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `status`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The exit code is 0 when the cluster is healthy and 1 when it is not.

Examples:
  redos status
  redos status --watch
  redos status -o json | jq -r '.groups[].master.node'")]
pub struct StatusArgs {
    /// Show it again and again until interrupted
    #[arg(short, long)]
    pub watch: bool,
}

/// Arguments of `plan`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The exit code is 0 when there is nothing to do and 1 when there is.

Examples:
  redos plan
  redos plan --replicas 4
  redos plan -o json")]
pub struct PlanArgs {
    /// What the cluster should be.
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// Arguments of `scale`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The plan is shown first. The live master is never removed: another takes over before. Sentinels come and go one at
a time and the quorum follows. Volumes of removed nodes are kept.

Examples:
  redos scale --replicas 4
  redos scale --sentinels 5 --proxies 2
  redos plan --replicas 4                    what it would do"
)]
pub struct ScaleArgs {
    /// Master groups, each with its own replicas and its own ports
    #[arg(long, value_name = "N")]
    pub masters: Option<String>,
    /// Replicas of each master
    #[arg(long, value_name = "N")]
    pub replicas: Option<String>,
    /// Sentinels, which watch all groups; an odd number
    #[arg(long, value_name = "N")]
    pub sentinels: Option<String>,
    /// HAProxies; the ports of each are 100 above those of the one before
    #[arg(long, value_name = "N")]
    pub proxies: Option<String>,
    /// Allow an even number of Sentinels, and the removal of a group that holds keys
    #[arg(long)]
    pub force: bool,
    /// The longest wait for a ready cluster
    #[arg(long, value_name = "TIME", default_value = UP_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl ScaleArgs {
    /// The counts as settings, which win over the file. The quorum follows the Sentinels.
    pub fn settings(&self) -> SettingsArgs {
        SettingsArgs {
            masters: self.masters.clone(),
            replicas: self.replicas.clone(),
            sentinels: self.sentinels.clone(),
            proxies: self.proxies.clone(),
            ..SettingsArgs::default()
        }
    }
}

/// Arguments of `failover`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Writes wait for some milliseconds and none is lost. The old master becomes a replica.

Examples:
  redos failover
  redos failover mymaster-2
  redos failover --to redis-3")]
pub struct FailoverArgs {
    /// Master group, by name or number
    #[arg(value_name = "GROUP", default_value = "mymaster")]
    pub group: String,
    /// The replica to promote; without one the most complete
    #[arg(long, value_name = "NODE")]
    pub to: Option<String>,
    /// Show what it would do and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `url`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redis-cli -u \"$(redos url)\"
  REDIS_URL=$(redos url --group 2) ./app
  redos url --read             for reads from replicas
  redos url --stats            the statistics page, for a browser")]
pub struct UrlArgs {
    /// Master group, by name or number
    #[arg(short, long, value_name = "GROUP", default_value = "mymaster")]
    pub group: String,
    /// The port for reads from replicas, which may be a moment behind
    #[arg(long)]
    pub read: bool,
    /// The statistics page of the proxy, with its user and password
    #[arg(long, conflicts_with = "read")]
    pub stats: bool,
}

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
    /// How often
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub rounds: u32,
    /// Requests per second, of all clients together
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub rate: u32,
    /// How long after its intended time a request may be answered
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = time::wait)]
    pub deadline: Duration,
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
    /// Test a Redis that redos did not make: the address that its clients write to
    #[arg(long, value_name = "HOST:PORT", help_heading = "Another Redis")]
    pub proxy: Option<String>,
    /// The address that its clients read from
    #[arg(long, value_name = "HOST:PORT", help_heading = "Another Redis", requires = "proxy")]
    pub read_proxy: Option<String>,
    /// Its Sentinels
    #[arg(long, value_name = "HOST:PORT", value_delimiter = ',', help_heading = "Another Redis", requires = "proxy")]
    pub sentinel: Vec<String>,
    /// The containers of its Redis nodes
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Another Redis", requires = "proxy")]
    pub container: Vec<String>,
    /// File with its password
    #[arg(long, value_name = "FILE", help_heading = "Another Redis", requires = "proxy")]
    pub password_file: Option<PathBuf>,
}

/// Arguments of `verify`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The verdict is computed from the history alone, as at the end of the test.

Examples:
  redos verify out/history.ndjson
  redos verify out/history.ndjson --report again -o json")]
pub struct VerifyArgs {
    /// The history
    #[arg(value_name = "FILE")]
    pub history: PathBuf,
    /// Write report.json, junit.xml and report.html into this folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
}

/// Arguments of `images`.
#[derive(Args, Clone, Debug)]
pub struct ImagesArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub action: ImagesVerb,
}

/// What to do with images.
#[derive(Clone, Debug, Subcommand)]
pub enum ImagesVerb {
    /// List the images that 'up' would use, and whether they are here
    List(ImageChoiceArgs),
    /// Pull the images from their registry
    Pull(ImageChoiceArgs),
    /// Make the images from Debian's packages, without a registry
    #[command(after_help = "It needs a Debian or Ubuntu host with its package archive in reach, and no root.

Examples:
  redos images build
  redos images build --suite trixie --server valkey    then: redos up --redis-image redos/valkey:...")]
    Build(ImagesBuildArgs),
    /// Save the images to a file
    #[command(after_help = "Examples:
  redos images save redos-images.tar
  redos images save - | ssh host redos images load -")]
    Save(ImagesFileArgs),
    /// Load images from a file that 'save' wrote
    #[command(after_help = "Examples:
  redos images load redos-images.tar")]
    Load(ImagesLoadArgs),
}

/// Arguments of `images list` and `images pull`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redos images list
  redos images pull --redis-image redis:8.2")]
pub struct ImageChoiceArgs {
    /// The images.
    #[command(flatten)]
    pub images: ImageArgs,
}

/// Arguments of `images build`.
#[derive(Args, Clone, Debug)]
pub struct ImagesBuildArgs {
    /// The release whose packages are taken, by its code name [default: this host's]
    #[arg(long, value_name = "NAME")]
    pub suite: Option<String>,
    /// The server of the Redis image
    #[arg(long, value_enum, default_value_t)]
    pub server: ServerArg,
}

/// A server that images can be made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ServerArg {
    /// Redis
    #[default]
    Redis,
    /// Valkey, in Debian since 13 (trixie)
    Valkey,
}

/// Arguments of `images save`.
#[derive(Args, Clone, Debug)]
pub struct ImagesFileArgs {
    /// The file to write, '-' for standard output
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// The images.
    #[command(flatten)]
    pub images: ImageArgs,
}

/// Arguments of `images load`.
#[derive(Args, Clone, Debug)]
pub struct ImagesLoadArgs {
    /// The file to read, '-' for standard input
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
}

/// Arguments of `init`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redos init
  redos init shop.yaml
  redos init -               to standard output")]
pub struct InitArgs {
    /// The file to write, '-' for standard output
    #[arg(value_name = "FILE", default_value = "redos.yaml")]
    pub path: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `config`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Passwords are never shown. An invalid setting is reported with its place, and
the exit code is 2.

Examples:
  redos config
  redos config --masters 3 -o json
  redos config --schema > redos.schema.json   for completion in an editor")]
pub struct ConfigArgs {
    /// Print the JSON schema of redos.yaml instead
    #[arg(long)]
    pub schema: bool,
    /// What the cluster should be.
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// Arguments of `completions`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redos completions bash > ~/.local/share/bash-completion/completions/redos
  redos completions zsh > \"${fpath[1]}/_redos\"
  redos completions fish > ~/.config/fish/completions/redos.fish")]
pub struct CompletionsArgs {
    /// The shell: bash, zsh, fish or elvish
    #[arg(hide_possible_values = true)]
    pub shell: Shell,
}

/// A shell that can complete redos, of those that Linux, macOS and WSL have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash.
    Bash,
    /// Z shell.
    Zsh,
    /// fish.
    Fish,
    /// Elvish.
    Elvish,
}

/// Arguments of `man`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  redos man | man -l -
  redos man up | man -l -
  redos man > /usr/local/share/man/man1/redos.1")]
pub struct ManArgs {
    /// The verb whose page is printed; without one the page of redos
    #[arg(value_name = "VERB")]
    pub verb: Option<String>,
}

/// Settings of a cluster, as text. What is not given comes from the environment, the file or the existing cluster.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Settings")]
pub struct SettingsArgs {
    /// Master groups, each with its own replicas and its own ports
    #[arg(long, value_name = "N")]
    pub masters: Option<String>,
    /// Replicas of each master
    #[arg(long, value_name = "N")]
    pub replicas: Option<String>,
    /// Sentinels, which watch all groups; an odd number
    #[arg(long, value_name = "N")]
    pub sentinels: Option<String>,
    /// Sentinels that must agree that a master is down [default: the majority]
    #[arg(long, value_name = "N")]
    pub quorum: Option<String>,
    /// HAProxies; the ports of each are 100 above those of the one before
    #[arg(long, value_name = "N")]
    pub proxies: Option<String>,
    /// Address of the Docker host to publish on; 0.0.0.0 opens the cluster to its networks
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<String>,
    /// Port for writes, 2 more for each further group; 0 lets Docker choose all ports
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// Port for reads from replicas, 2 more for each further group [default: the write port plus 1]
    #[arg(long, value_name = "PORT")]
    pub read_port: Option<String>,
    /// Port of the proxy's statistics page and metrics [default: the write port plus 2025]
    #[arg(long, value_name = "PORT")]
    pub stats_port: Option<String>,
    /// Subnet of the cluster's network, at least a /28; auto takes one of Docker's address pools
    #[arg(long, value_name = "SUBNET")]
    pub subnet: Option<String>,
    /// Existing Docker network to use, which redos never removes; auto makes one for the cluster
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,
    /// Most memory of a node, such as 512mb; redis:4gb is for the nodes of a kind (redis, sentinel, proxy)
    #[arg(long, value_name = "WORDS")]
    pub memory: Option<String>,
    /// Most CPUs of a node, such as 1.5 or redis:2
    #[arg(long, value_name = "WORDS")]
    pub cpus: Option<String>,
    /// Limits of the processes of a node, such as nofile=65536 or redis:memlock=0
    #[arg(long, value_name = "WORDS")]
    pub ulimits: Option<String>,
    /// Docker log driver of a node and its options, such as journald, or json-file max-size=50m
    #[arg(long, value_name = "WORDS")]
    pub log: Option<String>,
    /// Further labels of the containers, such as team=shop or redis:tier=data
    #[arg(long, value_name = "WORDS")]
    pub labels: Option<String>,
    /// File with the password of applications; without one a random password is made
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<String>,
    /// File with the password of replicas at their master; without one a random password is made
    #[arg(long, value_name = "FILE")]
    pub replication_password_file: Option<String>,
    /// What Redis keeps on disk: both (append-only file and snapshots), aof, rdb or none
    #[arg(long, value_name = "MODE")]
    pub persistence: Option<String>,
    /// Directory of the Docker host for the data, one folder per node [default: a named volume per node]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<String>,
    /// Put before the names of the snapshot and the append-only file
    #[arg(long, value_name = "TEXT")]
    pub file_prefix: Option<String>,
    /// Further directive of redis.conf, such as maxmemory=256mb; an empty value takes it back
    #[arg(long, value_name = "NAME=VALUE")]
    pub redis: Vec<String>,
    /// A redis.conf whose directives are taken over; those that redos sets itself are named and left out
    #[arg(long, value_name = "FILE")]
    pub redis_conf: Option<String>,
    /// Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, those that hear the Sentinels
    /// among them
    #[arg(long, value_name = "PATTERNS")]
    pub pubsub_patterns: Option<String>,
    /// Silence after which a Sentinel holds a node to be down
    #[arg(long, value_name = "TIME")]
    pub down_after: Option<String>,
    /// Time limit of a failover's phases; a failed one is tried again after twice this
    #[arg(long, value_name = "TIME")]
    pub failover_timeout: Option<String>,
    /// Time between two checks of a node by the proxy
    #[arg(long, value_name = "TIME")]
    pub check_interval: Option<String>,
    /// Time for which the proxy holds a new connection for writes while there is no master; 0 closes it at once
    #[arg(long, value_name = "TIME")]
    pub proxy_hold: Option<String>,
    /// User of the statistics page
    #[arg(long, value_name = "NAME")]
    pub stats_user: Option<String>,
    /// File with the password of the statistics page; without one a random password is made
    #[arg(long, value_name = "FILE")]
    pub stats_password_file: Option<String>,
    /// Existing Redis server to copy and to send writes to, host:port; none takes over from it
    #[arg(long, value_name = "HOST:PORT")]
    pub follow: Option<String>,
    /// Images of the nodes.
    #[command(flatten)]
    pub images: ImageArgs,
    /// Modules of Redis: image (those that its own entry point loads) or none
    #[arg(long, value_name = "WHICH")]
    pub modules: Option<String>,
}

/// The settings that choose images, as text.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Settings")]
pub struct ImageArgs {
    /// Image of Redis (or Valkey) and Sentinel; auto finds, pulls or makes one
    #[arg(long, value_name = "IMAGE")]
    pub redis_image: Option<String>,
    /// Image of HAProxy; auto finds, pulls or makes one
    #[arg(long, value_name = "IMAGE")]
    pub proxy_image: Option<String>,
}
