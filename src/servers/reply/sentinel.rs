//! The answers of a Sentinel: its view of the groups, and what it describes to people.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use redis::Value;

use super::info::Info;
use super::parts::{Fields, address, fields, text};
use crate::cluster::inquiry::{Fieldset, Question};
use crate::cluster::observed::{OtherUsers, SentinelView, WatchedMaster, WatchedPeer, WatchedReplica};
use crate::spec::ParseError;

/// The view of a Sentinel, before it is asked about its groups.
///
/// # Errors
/// The text is not from a Sentinel.
pub fn sentinel_view(id: &Value, info: &Info) -> Result<SentinelView, ParseError> {
    let (_, version) = info.server().ok_or_else(|| ParseError::new("INFO without a version"))?;
    let tilt = info.get("sentinel_tilt").ok_or_else(|| ParseError::new("INFO without the section of Sentinel"))?;
    Ok(SentinelView {
        id: text(id).ok_or_else(|| ParseError::new("a SENTINEL MYID that is not text"))?,
        version: version.to_owned(),
        uptime_seconds: info.read("uptime_in_seconds").unwrap_or_default(),
        tilt: tilt == "1",
        masters: BTreeMap::new(),
        users: OtherUsers::default(),
        certificate: None,
    })
}

/// One element of `SENTINEL MASTERS`, with the group's name.
///
/// # Errors
/// A field that every Sentinel gives is missing, or is not valid.
pub fn watched_master(fields: &Fields) -> Result<(String, WatchedMaster), ParseError> {
    let name = required(fields, "name")?.to_owned();
    let master = WatchedMaster {
        address: address(required(fields, "ip")?, required(fields, "port")?),
        flags: flags(fields),
        quorum: number(fields, "quorum")?,
        down_after: number(fields, "down-after-milliseconds")?,
        failover_timeout: number(fields, "failover-timeout")?,
        parallel_syncs: number(fields, "parallel-syncs")?,
        config_epoch: number(fields, "config-epoch")?,
        down_for: number(fields, "s-down-time").ok(),
        unanswered_for: number(fields, "last-ping-sent")?,
        replicas: Vec::new(),
        peers: Vec::new(),
        quorum_check: Ok(()),
    };
    Ok((name, master))
}

/// One element of `SENTINEL REPLICAS`.
///
/// # Errors
/// As [`watched_master`].
pub fn watched_replica(fields: &Fields) -> Result<WatchedReplica, ParseError> {
    Ok(WatchedReplica {
        address: address(required(fields, "ip")?, required(fields, "port")?),
        flags: flags(fields),
        priority: number(fields, "slave-priority").or_else(|_| number(fields, "replica-priority"))?,
        link_down_for: number(fields, "master-link-down-time")
            .or_else(|_| number(fields, "primary-link-down-time"))
            .unwrap_or_default(),
        unanswered_for: number(fields, "last-ping-sent")?,
        claims_for: match fields.get("role-reported").map(String::as_str) {
            Some("master" | "primary") => number(fields, "role-reported-time").ok(),
            Some(_) | None => None,
        },
    })
}

/// One element of `SENTINEL SENTINELS`.
///
/// # Errors
/// As [`watched_master`].
pub fn watched_peer(fields: &Fields) -> Result<WatchedPeer, ParseError> {
    Ok(WatchedPeer {
        id: required(fields, "runid")?.to_owned(),
        address: address(required(fields, "ip")?, required(fields, "port")?),
        flags: flags(fields),
        unanswered_for: number(fields, "last-ping-sent")?,
    })
}

fn required<'a>(fields: &'a Fields, field: &str) -> Result<&'a str, ParseError> {
    fields.get(field).map(String::as_str).ok_or_else(|| ParseError::new(format!("no field '{field}'")))
}

fn number<T: FromStr>(fields: &Fields, field: &str) -> Result<T, ParseError> {
    let text = required(fields, field)?;
    text.parse().map_err(|_| ParseError::new(format!("the field '{field}' is '{text}'")))
}

fn flags(fields: &Fields) -> BTreeSet<String> {
    let flags = fields.get("flags").map(String::as_str).unwrap_or_default();
    flags.split(',').filter(|flag| !flag.is_empty()).map(str::to_owned).collect()
}

/// What a Sentinel describes in its answer to a question; `None` where the answer is none to this question.
pub fn records(question: Question, value: &Value) -> Option<Vec<Fieldset>> {
    let one = |fields: Vec<(String, String)>| vec![Fieldset { fields }];
    match question {
        Question::Info => {
            let info = text(value)?;
            let lines = info.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'));
            Some(one(lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
        }
        Question::Master(_) => fields(value).map(one),
        Question::Masters | Question::Replicas(_) | Question::Sentinels(_) => {
            let Value::Array(items) = value else { return None };
            items.iter().map(|item| Some(Fieldset { fields: fields(item)? })).collect()
        }
        Question::MasterAddress(_) => {
            let Value::Array(parts) = value else { return None };
            let named = ["ip", "port"].into_iter().zip(parts);
            named.map(|(name, part)| Some((name.to_owned(), text(part)?))).collect::<Option<_>>().map(one)
        }
        Question::Quorum(_) => Some(one(vec![("answer".to_owned(), text(value)?)])),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddrV4;

    use super::super::parts::list;
    use super::*;

    fn recorded(resp: &[u8]) -> Value {
        redis::parse_redis_value(resp).expect("a recorded reply is whole")
    }

    fn at(text: &str) -> SocketAddrV4 {
        text.parse().expect("a good address")
    }

    #[test]
    fn a_sentinel_of_redis_7_0() {
        let info = Info::parse(include_str!("../replies/redis-7.0-info-sentinel.txt"));
        let id = Value::BulkString(b"d2a217f739fc6dc853f838f2a1dcaeaa48c841d2".to_vec());
        let view = sentinel_view(&id, &info).expect("a view");
        assert_eq!((view.version.as_str(), view.tilt), ("7.0.15", false));

        let masters = list(&recorded(include_bytes!("../replies/redis-7.0-masters.resp")), watched_master);
        let (name, master) = masters.expect("masters").pop().expect("one master");
        assert_eq!((name.as_str(), master.address), ("mymaster", at("127.0.0.1:22001")));
        assert_eq!((master.quorum, master.down_after, master.failover_timeout), (2, 1000, 180_000));
        assert_eq!((master.parallel_syncs, master.config_epoch), (1, 0));
        assert_eq!(master.flags, BTreeSet::from(["master".to_owned()]));

        let replicas = list(&recorded(include_bytes!("../replies/redis-7.0-replicas.resp")), watched_replica);
        let replica = replicas.expect("replicas").pop().expect("one replica");
        assert_eq!((replica.address, replica.priority), (at("127.0.0.1:22002"), 100));

        let peers = list(&recorded(include_bytes!("../replies/redis-7.0-sentinels.resp")), watched_peer);
        let peer = peers.expect("peers").pop().expect("one peer");
        assert_eq!((peer.address, peer.id.len()), (at("127.0.0.1:22012"), 40));
        assert!(peer.flags.contains("sentinel"));
    }
}
