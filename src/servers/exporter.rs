//! The exporter: metrics as text, read over HTTP.

use super::ServerError;
use super::http::{self, HttpQuestion};
use super::link::Peer;
use crate::dial::Dial;
use crate::spec::ClusterName;

/// The path of the metrics of the exporter itself, which include its version.
pub const OWN_METRICS: &str = "/metrics";

/// Reads metrics. The caller sets the deadline.
///
/// # Errors
/// No connection, or a refusal.
pub async fn metrics(dialer: &dyn Dial, cluster: &ClusterName, peer: Peer, path: &str) -> Result<String, ServerError> {
    // The path has the word that opens the exporter; a message has the one before it.
    let command = format!("GET {}", path.split('?').next().unwrap_or_default());
    http::get(dialer, cluster, peer, HttpQuestion { path, command: &command, login: None }).await
}

/// The version in a line such as `redis_exporter_build_info{…,version="1.45.0-2+b4"} 1`.
pub fn version(metrics: &str) -> Option<String> {
    let line = metrics.lines().find(|line| line.starts_with("redis_exporter_build_info{"))?;
    quoted(line, "version").map(|version| version.trim_start_matches('v').to_owned())
}

/// Why the exporter has no metrics of the node that it was asked about; `None` if it has them.
pub fn refusal(metrics: &str) -> Option<String> {
    if metrics.lines().any(|line| line == "redis_up 1") {
        return None;
    }
    let error = metrics.lines().find(|line| line.starts_with("redis_exporter_last_scrape_error{"));
    let said = error.and_then(|line| quoted(line, "err")).filter(|said| !said.is_empty());
    Some(match said {
        None => "it does not say why".to_owned(),
        // It tries a target that does not let it in as another kind of address.
        Some(said) if said.starts_with("dial redis") => "it cannot log in, or does not reach it".to_owned(),
        Some(said) => said.to_owned(),
    })
}

/// The value of a label.
fn quoted<'a>(line: &'a str, label: &str) -> Option<&'a str> {
    // The name of another label may end the same way.
    let begins = ['{', ','].map(|before| format!("{before}{label}=\""));
    begins.iter().find_map(|begin| line.split_once(begin)?.1.split('"').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_say_why_there_are_none() {
        let refused = "redis_exporter_last_scrape_error{err=\"NOAUTH Authentication required.\"} 1\nredis_up 0\n";
        assert_eq!(refusal(refused).as_deref(), Some("NOAUTH Authentication required."));
        assert_eq!(refusal("redis_exporter_last_scrape_error{err=\"\"} 0\nredis_up 1\n"), None);
        assert!(refusal("").is_some(), "another program");
    }

    #[test]
    fn the_version_is_in_its_own_metrics() {
        let metrics =
            "redis_exporter_build_info{build_date=\"x\",golang_version=\"go1.19.8\",version=\"1.45.0-2+b4\"} 1\n";
        assert_eq!(version(metrics).as_deref(), Some("1.45.0-2+b4"));
        assert_eq!(version("redis_up 1"), None);
    }
}
