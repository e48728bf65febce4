//! `redos url`: how to connect, or to see the statistics, password included.

use serde::Serialize;

use super::existing;
use crate::cluster::Inventory;
use crate::cluster::observed::{NodeState, PublishedPort};
use crate::cluster::status::reach;
use crate::converge::Found;
use crate::engine::Engine;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::{Ui, command_line};
use crate::spec::{API_VERSION, ClusterName, Group, NodeId, STATS_PORT, proxy_group_ports};

/// `kind: Url`: where a group or the statistics page is reached, with the password.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UrlDocument<'a> {
    api_version: &'static str,
    kind: &'static str,
    cluster: &'a ClusterName,
    /// The group; absent for the statistics, which are of all groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Group>,
    /// Whether it is for reads from replicas.
    read: bool,
    url: String,
}

/// What is to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A group's writes.
    Writes(Group),
    /// A group's reads from replicas.
    Reads(Group),
    /// The statistics page.
    Statistics,
}

impl Door {
    const fn group(self) -> Option<Group> {
        match self {
            Self::Writes(group) | Self::Reads(group) => Some(group),
            Self::Statistics => None,
        }
    }

    /// Its port inside the proxy's container.
    const fn port(self) -> u16 {
        match self {
            Self::Writes(group) => proxy_group_ports(group).write,
            Self::Reads(group) => proxy_group_ports(group).read,
            Self::Statistics => STATS_PORT,
        }
    }
}

/// Prints the URL of a group's writes or reads, or of the statistics, at the first proxy that runs.
///
/// # Errors
/// The Engine failed, there is no such cluster or group, no proxy runs, the password cannot be had, or the output is
/// closed.
pub async fn run(ui: &Ui, engine: &impl Engine, cluster: &ClusterName, door: Door) -> Result<Exit, Failure> {
    let Found { inventory, secrets } = existing::find(engine, cluster).await?;
    let spec = existing::recorded(cluster, &inventory)?;
    if let Some(group) = door.group().filter(|group| spec.groups().all(|known| known != *group)) {
        let groups: Vec<String> = spec.groups().map(|group| group.to_string()).collect();
        let text = format!("the cluster '{cluster}' has no group {group}; it has {}", groups.join(", "));
        return Err(Failure::message(FailureKind::Usage, text));
    }
    let port = published(&inventory, door.port()).ok_or_else(|| {
        let what = door.group().map_or_else(|| "its statistics".to_owned(), |group| group.to_string());
        let text = format!("no proxy of '{cluster}' is running, so there is no address for {what}");
        Failure::message(FailureKind::Failed, text)
            .hinted(format!("repair the cluster: {}", command_line(cluster, "up")))
            .hinted(format!("see what is wrong: {}", command_line(cluster, "status")))
    })?;
    let secrets = secrets.ok_or_else(|| existing::no_passwords(cluster))?;
    let address = reach(port, engine.remote_host());
    let document = UrlDocument {
        api_version: API_VERSION,
        kind: "Url",
        cluster,
        group: door.group(),
        read: matches!(door, Door::Reads(_)),
        url: match door {
            Door::Statistics => page_url(&spec.proxy.stats_user, secrets.stats.expose(), &address),
            Door::Writes(_) | Door::Reads(_) => url(secrets.app.expose(), &address),
        },
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

/// The statistics page, for a browser.
fn page_url(user: &str, password: &str, address: &str) -> String {
    format!("http://{}:{}@{address}/", percent_encoded(user), percent_encoded(password))
}

/// Everything but RFC 3986's unreserved characters, encoded.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
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
        assert_eq!(page_url("ad@min", "a:b/c", "127.0.0.1:8404"), "http://ad%40min:a%3Ab%2Fc@127.0.0.1:8404/");
        let hex = "0123456789abcdef";
        assert_eq!(url(hex, "[::1]:7000"), format!("redis://default:{hex}@[::1]:7000/0"));
    }
}
