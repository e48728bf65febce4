//! What is wrong with the hosts of a cluster, before anything is made on them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddrV4};

use thiserror::Error;

use super::Severity;
use crate::cluster::hosts::{EngineFacts, SurveyedHost};
use crate::spec::HostName;

/// How far the clocks of hosts may be apart, in milliseconds. Clocks that are synchronised are within some 10 ms; the
/// Engine's answer may take a second on a busy machine.
const SKEW_MAX_MS: i64 = 2_000;
/// The free space of an Engine's disk that is too little, in bytes: images and append-only files need more.
const FREE_MIN: u64 = 1 << 30;

/// One thing that is wrong with a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFinding {
    pub host: HostName,
    pub fault: HostFault,
    /// What helps: commands, some with their purpose and a colon before them.
    pub remedies: Vec<String>,
}

/// What may be wrong with a host. `Display` is a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HostFault {
    #[error("its Engine does not answer: {why}")]
    Away { why: String },
    #[error("its Engine is that of {other}: two names lead to one machine")]
    SameEngine { other: HostName },
    #[error("its machine is {own}, and {first} is {others}")]
    OtherArchitecture { own: String, first: HostName, others: String },
    #[error("{what}")]
    Conflict { what: String },
    #[error("{address} is no address of it: {said}")]
    ForeignAddress { address: IpAddr, said: String },
    #[error("{from} cannot connect to it at {address}: {why}")]
    Unreached { from: String, address: SocketAddrV4, why: String },
    #[error("its clock is {seconds} s {} those of the other hosts", if *is_ahead { "ahead of" } else { "behind" })]
    ClockSkew { seconds: u64, is_ahead: bool },
    #[error("the disk of its Engine has {mebibytes} MiB left")]
    DiskFull { mebibytes: u64 },
}

impl HostFault {
    /// The word by which scripts know it. It never changes its meaning.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Away { .. } => "host-away",
            Self::SameEngine { .. } => "same-engine",
            Self::OtherArchitecture { .. } => "other-architecture",
            Self::Conflict { .. } => "host-conflict",
            Self::ForeignAddress { .. } => "foreign-address",
            Self::Unreached { .. } => "host-unreached",
            Self::ClockSkew { .. } => "clock-skew",
            Self::DiskFull { .. } => "disk-full",
        }
    }

    /// How bad it is: what is critical keeps the cluster from being ready.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::ClockSkew { .. } | Self::DiskFull { .. } => Severity::Warning,
            _ => Severity::Critical,
        }
    }

    /// What happens if nobody does anything.
    pub const fn why(&self) -> &'static str {
        match self {
            Self::Away { .. } => "Nodes cannot be made on a host that does not answer.",
            Self::SameEngine { .. } => {
                "The nodes of both would fail together, and have the same names and networks on one Engine."
            }
            Self::OtherArchitecture { .. } => "All nodes run the same image, which is for one type of machine.",
            Self::Conflict { .. } => "The Engine cannot make the nodes that are to be on this host.",
            Self::ForeignAddress { .. } => "Nodes are published at this address, by which all others know them.",
            Self::Unreached { .. } => "Replicas, Sentinels and proxies of all hosts connect to the nodes of this one.",
            Self::ClockSkew { .. } => {
                "Keys with a time to live expire by the clock of their master: after a failover they expire earlier or \
                 later. Events of the hosts are told in the wrong order."
            }
            Self::DiskFull { .. } => "Redis refuses writes when it cannot save, and images need space.",
        }
    }

    /// Whether no cluster can be on these hosts as long as it is so.
    pub const fn is_prohibitive(&self) -> bool {
        matches!(self, Self::SameEngine { .. } | Self::OtherArchitecture { .. })
    }
}

impl HostFinding {
    /// A finding with one remedy.
    fn new(host: &HostName, fault: HostFault, remedy: impl Into<String>) -> Self {
        Self { host: host.clone(), fault, remedies: vec![remedy.into()] }
    }

    /// A name or a port of a node that something else uses.
    pub fn conflict(host: &HostName, what: String, remedy: String) -> Self {
        Self::new(host, HostFault::Conflict { what }, remedy)
    }

    /// An address that the host does not have.
    pub fn foreign_address(host: &HostName, address: IpAddr, said: String) -> Self {
        let remedy = format!("see its addresses: ip -4 address, on {host}; and give one of them in 'hosts'");
        Self::new(host, HostFault::ForeignAddress { address, said }, remedy)
    }
}

/// What is wrong by what the Engines say of themselves.
pub fn of_engines(hosts: &[SurveyedHost]) -> Vec<HostFinding> {
    let mut found = Vec::new();
    let mut before: Vec<(&HostName, &EngineFacts)> = Vec::new();
    for SurveyedHost { host, engine } in hosts {
        let facts = match engine {
            Ok(facts) => facts,
            Err(away) => {
                let (fault, remedies) = (HostFault::Away { why: away.why.clone() }, away.remedies.clone());
                found.push(HostFinding { host: host.name.clone(), fault, remedies });
                continue;
            }
        };
        if let Some((other, _)) = before.iter().find(|(_, other)| other.identity == facts.identity) {
            let fault = HostFault::SameEngine { other: (*other).clone() };
            found.push(HostFinding::new(&host.name, fault, "give each host its own Engine in 'hosts'"));
        }
        if let Some((first, other)) = before.first()
            && other.architecture != facts.architecture
        {
            let (own, others) = (facts.architecture.clone(), other.architecture.clone());
            let fault = HostFault::OtherArchitecture { own, first: (*first).clone(), others };
            found.push(HostFinding::new(&host.name, fault, "use hosts with one type of machine"));
        }
        before.push((&host.name, facts));
    }
    found.extend(skews(&before));
    found
}

/// The hosts whose clocks are apart from most of the others'.
fn skews(hosts: &[(&HostName, &EngineFacts)]) -> Vec<HostFinding> {
    let mut clocks: Vec<i64> = hosts.iter().filter_map(|(_, facts)| facts.ahead_ms).collect();
    clocks.sort_unstable();
    let Some(median) = clocks.get(clocks.len().saturating_sub(1) / 2).copied() else { return Vec::new() };
    let skewed = |(host, facts): &(&HostName, &EngineFacts)| {
        let ahead = facts.ahead_ms?.saturating_sub(median);
        let seconds = ahead.unsigned_abs().div_ceil(1000);
        let fault = HostFault::ClockSkew { seconds, is_ahead: ahead > 0 };
        let remedy = format!("let NTP set it, on {host}: timedatectl set-ntp true");
        (ahead.abs() > SKEW_MAX_MS).then(|| HostFinding::new(host, fault, remedy))
    };
    hosts.iter().filter_map(skewed).collect()
}

/// What is wrong with the free space of a host's disk.
pub fn of_disk(host: &HostName, free: u64) -> Option<HostFinding> {
    let fault = HostFault::DiskFull { mebibytes: free >> 20 };
    let remedy = format!("see what takes it, on {host}: docker system df; and free some: docker image prune");
    (free < FREE_MIN).then(|| HostFinding::new(host, fault, remedy))
}

/// An attempt of one host to connect to another one, or to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostDial {
    pub from: HostName,
    pub to: HostName,
    pub address: SocketAddrV4,
    /// Why it failed.
    pub outcome: Result<(), String>,
}

/// The hosts that others cannot connect to. `ports` are the first and the last that nodes may have.
pub fn of_connections(tried: &[HostDial], ports: (u16, u16)) -> Vec<HostFinding> {
    let mut failed: BTreeMap<(&HostName, SocketAddrV4, &str), Vec<&HostName>> = BTreeMap::new();
    for HostDial { from, to, address, outcome } in tried {
        if let Err(why) = outcome {
            failed.entry((to, *address, why)).or_default().push(from);
        }
    }
    let finding = |((to, address, why), from): ((&HostName, SocketAddrV4, &str), Vec<&HostName>)| {
        let names: Vec<&str> =
            from.iter().map(|host| if *host == to { "its own containers" } else { host.as_str() }).collect();
        let fault = HostFault::Unreached { from: names.join(" and "), address, why: why.to_owned() };
        let (first, last) = ports;
        let remedy = format!(
            "allow TCP connections to {}:{first}-{last} in the firewall of {to} and between the hosts",
            address.ip()
        );
        HostFinding::new(to, fault, remedy)
    };
    failed.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::hosts::{EngineIdentity, Unanswered};

    fn name(text: &str) -> HostName {
        text.parse().expect("a name")
    }

    /// Three hosts on which nothing is wrong.
    fn three() -> Vec<SurveyedHost> {
        let of = |(place, text): (usize, &str)| {
            let identity = EngineIdentity {
                id: format!("ID{place}"),
                machine: "vm".to_owned(),
                folder: "/var/lib/docker".to_owned(),
            };
            let (version, api, architecture) = ("26.1.5".to_owned(), "1.45".to_owned(), "amd64".to_owned());
            let facts = EngineFacts { identity, version, api, architecture, ahead_ms: Some(100 * place as i64) };
            SurveyedHost { host: text.parse().expect("a host"), engine: Ok(facts) }
        };
        ["a ssh://10.0.0.1", "b ssh://10.0.0.2", "c ssh://10.0.0.3"].into_iter().enumerate().map(of).collect()
    }

    fn told(hosts: &[SurveyedHost]) -> Vec<String> {
        of_engines(hosts).iter().map(|found| format!("{} {}: {}", found.fault.id(), found.host, found.fault)).collect()
    }

    fn facts(host: &mut SurveyedHost) -> &mut EngineFacts {
        host.engine.as_mut().expect("it answers")
    }

    #[test]
    fn what_engines_say_of_themselves_is_compared() {
        assert_eq!(told(&three()), [""; 0]);

        let mut twice = three();
        facts(&mut twice[2]).identity.id = "ID0".to_owned();
        assert_eq!(told(&twice), ["same-engine c: its Engine is that of a: two names lead to one machine"]);
        facts(&mut twice[2]).identity.machine = "a copy of that machine".to_owned();
        assert_eq!(told(&twice), [""; 0], "copies share the id");

        let mut other = three();
        facts(&mut other[1]).architecture = "arm64".to_owned();
        assert_eq!(told(&other), ["other-architecture b: its machine is arm64, and a is amd64"]);

        let mut away = three();
        let why = "ssh 10.0.0.1 failed: Permission denied (publickey)".to_owned();
        away[0].engine = Err(Unanswered { why, remedies: vec!["ssh-copy-id".to_owned()] });
        let said = "host-away a: its Engine does not answer: ssh 10.0.0.1 failed: Permission denied (publickey)";
        assert_eq!(told(&away), [said]);
    }

    #[test]
    fn the_clock_that_is_apart_from_most_is_the_wrong_one() {
        let mut hosts = three();
        facts(&mut hosts[0]).ahead_ms = Some(-61_500);
        assert_eq!(told(&hosts), ["clock-skew a: its clock is 62 s behind those of the other hosts"]);
        facts(&mut hosts[0]).ahead_ms = Some(2_050);
        assert_eq!(told(&hosts), [""; 0], "a busy Engine answers late");
        facts(&mut hosts[0]).ahead_ms = None;
        assert_eq!(told(&hosts), [""; 0]);
    }

    #[test]
    fn a_host_that_some_do_not_reach_is_told_once_for_each_reason() {
        let dialled = |from: &str, to: &str, outcome: Result<(), &str>| HostDial {
            from: name(from),
            to: name(to),
            address: "10.0.0.2:7100".parse().expect("an address"),
            outcome: outcome.map_err(str::to_owned),
        };
        let late = Err("no answer within 5 s");
        let tried =
            [dialled("a", "b", late), dialled("b", "b", Ok(())), dialled("c", "b", late), dialled("a", "a", Ok(()))];
        let found = of_connections(&tried, (7100, 7154));
        let told: Vec<String> = found.iter().map(|found| format!("{}: {}", found.host, found.fault)).collect();
        assert_eq!(told, ["b: a and c cannot connect to it at 10.0.0.2:7100: no answer within 5 s"]);
        assert!(found[0].remedies[0].contains("10.0.0.2:7100-7154"), "{:?}", found[0].remedies);
        let own = of_connections(&[dialled("b", "b", Err("connection refused"))], (7100, 7154));
        assert!(own[0].fault.to_string().starts_with("its own containers cannot"), "{}", own[0].fault);
    }

    #[test]
    fn a_disk_is_full_when_less_than_a_gibibyte_is_left() {
        assert_eq!(of_disk(&name("a"), FREE_MIN), None);
        let found = of_disk(&name("a"), 100 << 20).expect("a finding");
        assert_eq!(
            (found.fault.to_string().as_str(), found.fault.severity()),
            ("the disk of its Engine has 100 MiB left", Severity::Warning)
        );
    }
}
