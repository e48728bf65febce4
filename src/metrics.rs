//! What other programs need to watch a cluster: a scrape configuration and alerts for Prometheus, a dashboard for Grafana.
//!
//! Pure: texts from what is known of a cluster. The names of jobs and labels are the same in all three.

mod alerts;
mod dashboard;
mod scrape;

pub use alerts::rules;
pub use dashboard::dashboard;
pub use scrape::{PASSWORD_FILE, RULES_FILE, ScrapedCluster, scrape_configuration};

/// The jobs, which divide the targets by what they are.
mod job {
    /// The proxies' own metrics.
    pub const PROXY: &str = "redos-proxy";
    /// Redis nodes, through the exporter.
    pub const REDIS: &str = "redos-redis";
    /// Sentinels, through the exporter.
    pub const SENTINEL: &str = "redos-sentinel";
    /// The exporter's own metrics.
    pub const EXPORTER: &str = "redos-exporter";
}
