//! `redos url`: how to connect, password included.

use serde::Serialize;

use super::existing;
use crate::converge::Found;
use crate::engine::Engine;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::{Ui, command_line};
use crate::plan::Inventory;
use crate::plan::observed::{NodeState, PublishedPort};
use crate::plan::status::reach;
use crate::spec::{API_VERSION, ClusterName, Group, NodeId, proxy_group_ports};

/// `kind: Url`: where a group is reached, with the password.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UrlDocument<'a> {
    api_version: &'static str,
    kind: &'static str,
    cluster: &'a ClusterName,
    group: Group,
    /// Whether it is for reads from replicas.
    read: bool,
    url: String,
}

/// Prints the URL of a group's writes or reads, at the first proxy that runs.
///
/// # Errors
/// The Engine failed, there is no such cluster or group, no proxy runs, the password cannot be had, or the output is
/// closed.
pub async fn run(
    ui: &Ui,
    engine: &impl Engine,
    cluster: &ClusterName,
    group: Group,
    read: bool,
) -> Result<Exit, Failure> {
    let Found { inventory, secrets } = existing::find(engine, cluster).await?;
    let spec = existing::recorded(cluster, &inventory)?;
    if spec.groups().all(|known| known != group) {
        let groups: Vec<String> = spec.groups().map(|group| group.to_string()).collect();
        let text = format!("the cluster '{cluster}' has no group {group}; it has {}", groups.join(", "));
        return Err(Failure::message(FailureKind::Usage, text));
    }
    let ports = proxy_group_ports(group);
    let port = published(&inventory, if read { ports.read } else { ports.write }).ok_or_else(|| {
        let text = format!("no proxy of '{cluster}' is running, so there is no address for {group}");
        Failure::message(FailureKind::Failed, text)
            .hinted(format!("repair the cluster: {}", command_line(cluster, "up")))
            .hinted(format!("see what is wrong: {}", command_line(cluster, "status")))
    })?;
    let secrets = secrets.ok_or_else(|| existing::no_passwords(cluster))?;
    let document = UrlDocument {
        api_version: API_VERSION,
        kind: "Url",
        cluster,
        group,
        read,
        url: url(secrets.app.expose(), &reach(port, engine.remote_host())),
    };
    ui.document(&document, |_| document.url.clone())?;
    if let Some(why) = existing::out_of_reach(spec, engine) {
        ui.warn(why);
    }
    Ok(Exit::Done)
}

/// The published port of the first running proxy for this port of its container, IPv4 before IPv6.
fn published(inventory: &Inventory, container: u16) -> Option<&PublishedPort> {
    let proxies = inventory
        .nodes
        .iter()
        .filter(|(node, facts)| matches!(node, NodeId::Proxy(_)) && facts.state == NodeState::Running);
    proxies.map(|(_, facts)| facts.ports.iter().filter(|port| port.container == container).min()).find_map(|port| port)
}

/// A URL of the `redis` scheme (as registered with IANA) for database 0. The user is named although it is the default
/// one: `redis-cli` 7.0 takes an empty name for a user without a name, and is refused.
fn url(password: &str, address: &str) -> String {
    format!("redis://default:{}@{address}/0", percent_encoded(password))
}

/// Everything but RFC 3986's unreserved characters, encoded.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(octet));
        } else {
            encoded.push_str(&format!("%{octet:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_cannot_break_out_of_the_url() {
        assert_eq!(
            url("p@ss:/w%d?#é~", "127.0.0.1:6379"),
            "redis://default:p%40ss%3A%2Fw%25d%3F%23%C3%A9~@127.0.0.1:6379/0"
        );
        let hex = "0123456789abcdef";
        assert_eq!(url(hex, "[::1]:7000"), format!("redis://default:{hex}@[::1]:7000/0"));
    }
}
