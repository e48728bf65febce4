//! Values that are possible each, but impossible or unwise together.

use std::collections::BTreeMap;

use super::super::time::shown as time;
use super::super::{NetworkChoice, PROXY_PORT_STEP, PersistenceMode, Spec};
use super::problem::Finding;
use super::table::{DOWN_AFTER_WISE, Key};

/// The reasons why a spec is impossible.
pub fn errors(spec: &Spec) -> Vec<Finding> {
    let mut found = Vec::new();
    if spec.quorum > spec.sentinels {
        found.push(Finding {
            keys: vec![Key::Quorum, Key::Sentinels],
            what: format!(
                "a quorum of {} can never be reached with {}",
                spec.quorum,
                counted(spec.sentinels, "Sentinel")
            ),
            fix: format!("give at most {}, or leave it out to get the majority, {}", spec.sentinels, spec.majority()),
        });
    }
    if let Some(server) = spec.follow.existing().filter(|_| spec.masters > 1) {
        found.push(Finding {
            keys: vec![Key::Follow, Key::Masters],
            what: format!("{} master groups cannot copy one server, {server}", spec.masters),
            fix: "follow it with 1 master group".to_owned(),
        });
    }
    if let Some(server) = spec.follow.existing().filter(|_| spec.encryption.is_tls()) {
        found.push(Finding {
            keys: vec![Key::Encryption, Key::Follow],
            what: format!("a cluster with TLS cannot copy {server}: its nodes would ask that server for TLS as well"),
            fix: "leave out one of the two, or give the cluster the data of a backup (up --from)".to_owned(),
        });
    }
    if let Some(what) = spec.network.subnet.and_then(|subnet| spec.misfit(subnet)) {
        let fix = "give a larger subnet, such as a /24".to_owned();
        found.push(Finding { keys: vec![Key::Subnet, Key::Masters, Key::Replicas, Key::Sentinels], what, fix });
    }
    if let NetworkChoice { subnet: Some(subnet), name: Some(name) } = &spec.network {
        found.push(Finding {
            keys: vec![Key::Subnet, Key::Network],
            what: format!("the existing network {name} has a subnet already, but {subnet} is requested"),
            fix: "give one of the two, and auto for the other".to_owned(),
        });
    }
    ports(spec, &mut found);
    found.extend(super::hosts::clashes(spec));
    found
}

/// A value that is possible and unwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnwiseSetting {
    pub key: Key,
    /// What is wrong, a sentence without its full stop.
    pub what: String,
    /// How to repair it, a sentence without its full stop.
    pub fix: String,
    /// A value that is not unwise.
    pub wise: String,
}

/// The reasons why a spec is unwise.
pub fn unwise(spec: &Spec) -> Vec<UnwiseSetting> {
    let mut found = Vec::new();
    let mut warn = |key: Key, what: String, fix: String, wise: String| {
        found.push(UnwiseSetting { key, what, fix, wise });
    };
    if spec.replicas == 0 {
        let what = "without a replica nothing can take over when the master fails".to_owned();
        warn(Key::Replicas, what, "give at least 1".to_owned(), "1".to_owned());
    }
    if spec.sentinels < 3 {
        let what = format!("with {} the loss of one ends failover", counted(spec.sentinels, "Sentinel"));
        warn(Key::Sentinels, what, "give 3".to_owned(), "3".to_owned());
    } else if spec.sentinels.is_multiple_of(2) {
        let [less, more] = [spec.sentinels - 1, spec.sentinels + 1];
        let what = format!("{} Sentinels survive no more losses than {less}", spec.sentinels);
        warn(Key::Sentinels, what, format!("give an odd number, {less} or {more}"), less.to_string());
    }
    if spec.guard && spec.sentinels == 1 {
        let what = "a guard does nothing with 1 Sentinel, which has no others to agree with".to_owned();
        warn(Key::Guard, what, "give 3 Sentinels, or no guard".to_owned(), "false".to_owned());
    }
    if spec.quorum < spec.majority() {
        let who = if spec.quorum == 1 { "one Sentinel".to_owned() } else { format!("{} Sentinels", spec.quorum) };
        let what = format!(
            "with a quorum of {} of {}, {who} alone can begin a failover of a master that all others reach",
            spec.quorum, spec.sentinels
        );
        warn(Key::Quorum, what, format!("give the majority, {}", spec.majority()), spec.majority().to_string());
    }
    if spec.sentinel.down_after < DOWN_AFTER_WISE {
        let given = time(spec.sentinel.down_after);
        let what = format!("with a down-after of {given} a short stall of the host makes a failover");
        let wise = time(DOWN_AFTER_WISE);
        warn(Key::DownAfter, what, format!("give {wise} or more"), wise.to_string());
    }
    if let Some((what, fix)) = super::hosts::unwise(spec) {
        warn(Key::Hosts, what, fix, spec.hosts.to_string());
    }
    if spec.persistence.mode == PersistenceMode::None {
        let what = "without persistence a node that restarts is empty, and all data is gone when all stop".to_owned();
        warn(Key::Persistence, what, "give aof or both, unless this is a cache".to_owned(), "both".to_owned());
    }
    found
}

/// The use of a published port.
#[derive(Clone, Copy)]
struct Use {
    key: Key,
    proxy: u16,
    /// The group; `None` for statistics, which all groups share.
    group: Option<u16>,
}

impl Use {
    /// The setting that decides the port, and those that make the cluster large enough for it.
    fn keys(self) -> impl Iterator<Item = Key> {
        let masters = self.group.is_some_and(|group| group > 1).then_some(Key::Masters);
        let proxies = (self.proxy > 1).then_some(Key::Proxies);
        [Some(self.key), masters, proxies].into_iter().flatten()
    }
}

impl std::fmt::Display for Use {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.key {
            Key::WritePort => "writes",
            Key::ReadPort => "reads",
            _ => "statistics",
        };
        match self.group {
            Some(group) => write!(f, "{what} of group {group} at proxy {}", self.proxy),
            None => write!(f, "{what} at proxy {}", self.proxy),
        }
    }
}

/// Finds published ports that are used twice or are too high. There is one finding for each pair of settings.
fn ports(spec: &Spec, found: &mut Vec<Finding>) {
    let mut taken: BTreeMap<u32, Use> = BTreeMap::new();
    let mut reported: Vec<(Key, Option<Key>)> = Vec::new();
    for (port, of) in uses(spec) {
        let other = taken.get(&port).copied();
        if port > u32::from(u16::MAX) && !reported.contains(&(of.key, None)) {
            reported.push((of.key, None));
            let what = format!("the port for {of} would be {port}, and ports end at {}", u16::MAX);
            let fix = "give a lower port, or 0 to let Docker choose".to_owned();
            found.push(Finding { keys: of.keys().collect(), what, fix });
        }
        if let Some(other) = other.filter(|other| !reported.contains(&(of.key, Some(other.key)))) {
            reported.push((of.key, Some(other.key)));
            let what = format!("port {port} would be for {other} and for {of}");
            let fix = format!(
                "move one of them; each group takes 2 ports more, each proxy is {PROXY_PORT_STEP} above the one before"
            );
            // The less prominent port is the one to change: it comes later in the table.
            found.push(Finding { keys: of.keys().chain(other.keys()).collect(), what, fix });
        }
        taken.entry(port).or_insert(of);
    }
}

/// All published ports with their uses, in a wider type so that none wraps. Docker's choices are left out.
fn uses(spec: &Spec) -> impl Iterator<Item = (u32, Use)> + '_ {
    let group_ports = [(Key::WritePort, spec.ports.write), (Key::ReadPort, spec.ports.read)];
    (1..=spec.proxies).flat_map(move |proxy| {
        let shift = u32::from(PROXY_PORT_STEP) * u32::from(proxy - 1);
        let groups = (1..=spec.masters).flat_map(move |group| {
            group_ports.into_iter().filter(|(_, port)| *port > 0).map(move |(key, port)| {
                (u32::from(port) + 2 * u32::from(group - 1), Use { key, proxy, group: Some(group) })
            })
        });
        let stats = (spec.ports.stats > 0)
            .then_some((u32::from(spec.ports.stats), Use { key: Key::StatsPort, proxy, group: None }));
        groups.chain(stats).map(move |(port, of)| (port + shift, of))
    })
}

/// `1 Sentinel`, `3 Sentinels`.
fn counted(count: u16, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
