//! Settings of running servers that are not what the configuration says: somebody else has changed them; pure.

use std::collections::BTreeMap;

use thiserror::Error;

use super::claims::is_joining;
use super::observed::{Answer, Observed, RedisView, WatchedMaster};
use super::strangers::is_current;
use crate::spec::render::directives::PRIORITY;
use crate::spec::{Group, NodeId, Spec, render};

/// A setting that is not what the configuration says. `Display` is the sentence for users.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Alteration {
    #[error("{node} has {name} '{have}', and the configuration says '{want}'")]
    Directive { node: NodeId, name: String, have: String, want: String },
    #[error("{node} has {name} {have} for {group}, and the configuration says {want}")]
    Watch { node: NodeId, group: Group, name: String, have: u64, want: String },
}

/// Every setting that was changed on a node that `up` would not recreate.
///
/// A node that it would recreate may be of an earlier redos, which gave other settings.
pub fn alterations(spec: &Spec, observed: &Observed) -> Vec<Alteration> {
    let mut found = Vec::new();
    for node in spec.nodes().into_iter().filter(|node| is_current(spec, *node, observed)) {
        if let Some(view) = observed.topology.redis.get(&node).and_then(Answer::said) {
            let wanted = directives_to_set(spec, view).into_iter();
            // A replica that joins becomes promotable when it has all data.
            let wanted = wanted.filter(|(name, _)| name != PRIORITY || !is_joining(node, observed));
            found.extend(wanted.map(|(name, want)| {
                let have = view.config.get(&name).cloned().unwrap_or_default();
                Alteration::Directive { node, name, have, want }
            }));
        }
        let watched = observed.topology.sentinels.get(&node).and_then(Answer::said).map(|view| &view.masters);
        for group in spec.groups() {
            let Some(watched) = watched.and_then(|masters| masters.get(&group.to_string())) else { continue };
            let wanted = settings_to_set(spec, node, watched).into_iter();
            found.extend(wanted.filter_map(|(name, want)| {
                let have = watch_setting(watched, &name)?;
                Some(Alteration::Watch { node, group, name, have, want })
            }));
        }
    }
    found
}

/// The directives of a running Redis node that a specification gives otherwise, with its values.
pub fn directives_to_set(spec: &Spec, view: &RedisView) -> BTreeMap<String, String> {
    let differs = |(name, value): &(String, String)| {
        let is_so = |have: &String| render::same_value(name, value, have) || spec.served.get(name) == Some(have);
        view.config.get(name).is_some_and(|have| !is_so(have))
    };
    render::told_directives(spec).into_iter().filter(differs).collect()
}

/// The settings of a group at a Sentinel that a specification gives otherwise, with its values.
pub fn settings_to_set(spec: &Spec, node: NodeId, watched: &WatchedMaster) -> BTreeMap<String, String> {
    let mut wanted = render::sentinel_settings(spec, node);
    wanted.insert("quorum".to_owned(), spec.quorum.to_string());
    let differs =
        |(name, value): &(String, String)| watch_setting(watched, name).is_some_and(|have| have.to_string() != *value);
    let mut settings: BTreeMap<String, String> = wanted.clone().into_iter().filter(differs).collect();
    // A Sentinel does not report `master-reboot-down-after-period`. It is set together with the other.
    if settings.contains_key("down-after-milliseconds") {
        settings.extend(wanted.remove_entry("master-reboot-down-after-period"));
    }
    settings
}

/// A setting of a group as a Sentinel reports it.
pub fn watch_setting(watched: &WatchedMaster, name: &str) -> Option<u64> {
    match name {
        "quorum" => Some(watched.quorum.into()),
        "down-after-milliseconds" => Some(watched.down_after),
        "failover-timeout" => Some(watched.failover_timeout),
        "parallel-syncs" => Some(watched.parallel_syncs.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{healthy, redis, redis_mut, sentinel_mut};

    fn spec() -> Spec {
        Spec::with_defaults("redos".parse().expect("a name"))
    }

    fn told(observed: &Observed) -> Vec<String> {
        alterations(&spec(), observed).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_somebody_else_set_is_told_with_both_values() {
        let mut observed = healthy(&spec());
        assert_eq!(told(&observed), [""; 0]);
        redis_mut(&mut observed, redis(2)).config.insert("appendonly".to_owned(), "no".to_owned());
        sentinel_mut(&mut observed, 3).masters.get_mut("mymaster").expect("watched").down_after = 600_000;
        let sentences = [
            "redis-2 has appendonly 'no', and the configuration says 'yes'",
            "sentinel-3 has down-after-milliseconds 600000 for mymaster, and the configuration says 1300",
        ];
        assert_eq!(told(&observed), sentences);
    }

    #[test]
    fn a_replica_that_joins_and_a_node_of_an_earlier_redos_have_other_settings_rightly() {
        let mut observed = healthy(&spec());
        redis_mut(&mut observed, redis(2)).replica_priority = 0;
        redis_mut(&mut observed, redis(2)).config.insert(PRIORITY.to_owned(), "0".to_owned());
        assert_eq!(told(&observed), [""; 0]);
        redis_mut(&mut observed, redis(3)).config.insert("repl-timeout".to_owned(), "60".to_owned());
        assert_eq!(told(&observed).len(), 1);
        observed.inventory.nodes.get_mut(&redis(3)).expect("the node").spec_hash = "another".to_owned();
        assert_eq!(told(&observed), [""; 0]);
    }
}
