//! The arguments of `upgrade`.

use std::time::Duration;

use clap::Args;

use crate::commands::options::{READY_TIMEOUT, SettingsArgs};
use crate::output::command_line;
use crate::spec::settings::{FlagLayer, Key};
use crate::spec::{ClusterName, time};

/// Arguments of `upgrade`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The plan is shown first. One replica gets the new image, is in sync, and is then compared with the others for the time
of --soak: its version, its number of keys, the errors that clients get, and whether the cluster is healthy. If anything
is wrong, it gets the old image back, and no other node was touched. Then come the other replicas, the old master after
a switchover, the Sentinels, and last the proxies. An image whose server cannot read the data is refused before that.

Interrupted before the other nodes follow, 'redos up' gives the replica the old image back; after that it goes on to the
new one. 'redos upgrade' with the same image goes on in both cases.

Examples:
  redos upgrade --redis-image redis:8.4
  redos upgrade --redis-image redis:8.4 --soak 10m
  redos upgrade --proxy-image haproxy:3.2
  redos upgrade --redis-image redis:8.4 --dry-run    what it would do first
  redos upgrade --to-previous                        back to the images before"
)]
pub struct UpgradeArgs {
    /// Image of Redis or Valkey, for Redis nodes and Sentinels
    #[arg(long, value_name = "REFERENCE", conflicts_with = "to_previous")]
    pub redis_image: Option<String>,
    /// Image of HAProxy
    #[arg(long, value_name = "REFERENCE", conflicts_with = "to_previous")]
    pub proxy_image: Option<String>,
    /// Go back to the images before the last upgrade, if their server can read the data
    #[arg(long)]
    pub to_previous: bool,
    /// How long the first replica is compared with the others before they follow
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time::wait)]
    pub soak: Duration,
    /// The longest wait for each part: the first replica, Redis nodes, Sentinels, proxies
    #[arg(long, value_name = "TIME", default_value = READY_TIMEOUT, value_parser = time::wait)]
    pub timeout: Duration,
    /// Show what it would do first and why, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl UpgradeArgs {
    /// The images as settings, which win over the file.
    pub(super) fn settings(&self) -> SettingsArgs {
        let flags = FlagLayer::default()
            .with(Key::RedisImage, self.redis_image.as_deref())
            .with(Key::ProxyImage, self.proxy_image.as_deref());
        SettingsArgs { flags }
    }

    /// The same verb again, to be copied.
    pub(super) fn again(&self, cluster: &ClusterName) -> String {
        let flag = |name: &str, image: &Option<String>| {
            image.as_ref().map(|image| format!(" --{name} {image}")).unwrap_or_default()
        };
        let back = if self.to_previous { " --to-previous" } else { "" };
        let images = flag("redis-image", &self.redis_image) + &flag("proxy-image", &self.proxy_image);
        command_line(cluster, &format!("upgrade{images}{back}"))
    }
}
