//! Options that several verbs take.
//!
//! Settings of a cluster stay text here: the table of settings reads flags, variables and the file in one way, and reports
//! what is wrong with all of them at once. A test holds the help of their flags to the table's.

use std::path::PathBuf;

use clap::Args;

use crate::output::{Color, Format, Options};

/// How long a verb waits for a ready cluster by default.
///
/// An empty host with cold disks needs well under a minute, and a scheduler that gives up sooner hides the reason.
pub const READY_TIMEOUT: &str = "120s";

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
    /// How to print data: table, wide (all columns), json or yaml
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

impl Global {
    /// The output options of the command line.
    pub const fn output_options(&self) -> Options {
        Options { format: self.output, color: self.color, quiet: self.quiet, verbose: self.verbose }
    }
}

/// Settings of a cluster, as text. A missing one comes from the environment, the file or the existing cluster.
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
    /// Patterns that applications may use in PSUBSCRIBE, separated by spaces; * allows all, also those that match the
    /// Sentinels' channels
    #[arg(long, value_name = "PATTERNS")]
    pub pubsub_patterns: Option<String>,
    /// Time without an answer after which a Sentinel considers a node down
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
