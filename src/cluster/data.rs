//! Which node of a stopped group has the data; pure.
//!
//! If a master starts without data, its replicas drop theirs: Redis replicates whatever its master has. So the last
//! master leads again only if its data are complete; otherwise the node leads that has most.

use std::cmp::Reverse;

use super::claims::is_joining;
use super::observed::{Answer, DataFacts, NodeFacts, Observed, StoredData, StoredState};
use super::refusal::Refusal;
use crate::spec::render::{self, DataFiles};
use crate::spec::{Group, NODE_UID, NodeId};

/// The node that leads a group whose last master was `last`, if that is known.
///
/// After a `down` its address may be of a removed network. `None` for a group with neither a last master nor data.
///
/// # Errors
/// No node has complete data and some have damaged ones, or the Engine does not show all data that there are: what each
/// node has, and what can be done.
pub fn leader(group: Group, last: Option<NodeId>, observed: &Observed) -> Result<Option<NodeId>, Refusal> {
    let is_damaged = |node: &NodeId| damage(*node, observed).is_some();
    let leads_again = |node: &NodeId| {
        observed.runs(*node) && !is_damaged(node) || matches!(data(*node, observed), Some(StoredData::Whole(_)))
    };
    if let Some(last) = last.filter(leads_again) {
        return Ok(Some(last));
    }
    if nodes(group, observed).any(|node| unread(node, observed).is_some()) {
        return Err(not_known(group, observed));
    }
    let others = || nodes(group, observed).filter(|node| Some(*node) != last);
    let copies = others().filter_map(|node| Some((copy(node, observed)?, Reverse(node))));
    if let Some((_, Reverse(node))) = copies.max() {
        return Ok(Some(node));
    }
    let all = || last.into_iter().chain(others());
    // A running node that has not answered yet may have the data.
    let is_awaited = |node: &NodeId| observed.runs(*node) && !is_damaged(node) && !observed.is_up(*node);
    if others().any(|node| is_awaited(&node)) || !all().any(|node| is_damaged(&node)) {
        return Ok(last);
    }
    let each: Vec<String> = all().map(|node| describe(node, observed)).collect();
    let why = format!("no node of {group} has complete data: {}", each.join("; "));
    let next = all().filter(is_damaged).flat_map(|node| remedies(node, observed)).collect();
    Err(Refusal { why, next })
}

/// Why the last master does not lead.
pub fn lost(last: NodeId, observed: &Observed) -> String {
    match damage(last, observed) {
        Some(why) => format!("the data of {last}, the last master, are damaged ({why})"),
        None => format!("{last}, the last master, has lost its data"),
    }
}

/// Why a node cannot load its data; `None` if nothing is known to be wrong.
pub fn damage(node: NodeId, observed: &Observed) -> Option<&str> {
    match data(node, observed)? {
        StoredData::Damaged { why } => Some(why),
        StoredData::Unloadable { said } => Some(said),
        StoredData::Nothing | StoredData::Whole(_) => None,
    }
}

/// What a node that dies at every start says of data that it cannot load.
pub fn unloadable(node: NodeId, observed: &Observed) -> Option<&str> {
    match data(node, observed)? {
        StoredData::Unloadable { said } => Some(said),
        StoredData::Damaged { .. } | StoredData::Nothing | StoredData::Whole(_) => None,
    }
}

/// Why the files of a node that does not run could not be read.
fn unread(node: NodeId, observed: &Observed) -> Option<&str> {
    observed.inventory.nodes.get(&node)?.unread.as_deref()
}

/// The refusal to choose a leader while some data could not be looked at.
///
/// They may be those with the last writes.
fn not_known(group: Group, observed: &Observed) -> Refusal {
    let each: Vec<String> = nodes(group, observed).map(|node| describe(node, observed)).collect();
    let why = format!("it is not known which node of {group} has the last data: {}", each.join("; "));
    let again = observed.inventory.recorded.as_ref().map(|spec| format!("look again: redos -p {} up", spec.name));
    let hidden = nodes(group, observed).filter(|node| unread(*node, observed).is_some());
    let remedies = hidden.filter_map(|node| {
        let NodeFacts { name, .. } = observed.inventory.nodes.get(&node)?;
        let look = format!("see whether Docker shows the files of {node}: docker cp {name}:/data - | tar -t");
        Some([Some(look), give_up(node, observed)].into_iter().flatten())
    });
    Refusal { why, next: again.into_iter().chain(remedies.flatten()).collect() }
}

/// What removes the data of a node, so that they count no more.
fn give_up(node: NodeId, observed: &Observed) -> Option<String> {
    let name = &observed.inventory.nodes.get(&node)?.name;
    let volume = &observed.inventory.volumes.get(&node)?.name;
    Some(format!("or give up the data of {node} FOR GOOD: docker rm {name} && docker volume rm {volume}"))
}

/// The nodes of a group whose volumes only their missing containers could show.
///
/// There are none while a node of the group runs, which can be asked instead.
pub fn hidden(group: Group, observed: &Observed) -> impl Iterator<Item = NodeId> {
    let volumes = observed.inventory.volumes.keys().copied().filter(move |node| node.group() == Some(group));
    let is_asked = nodes(group, observed).any(|node| observed.runs(node));
    volumes.filter(move |node| !is_asked && !observed.inventory.nodes.contains_key(node))
}

fn nodes(group: Group, observed: &Observed) -> impl Iterator<Item = NodeId> {
    observed.inventory.nodes.keys().copied().filter(move |node| node.group() == Some(group))
}

/// How much data a node other than the last master has. A node that answers knows its offset; a stopped one has files.
fn copy(node: NodeId, observed: &Observed) -> Option<(i64, DataFacts)> {
    match (observed.topology.redis.get(&node).and_then(Answer::said), data(node, observed)) {
        (Some(view), _) if view.keys > 0 => Some((view.offset, DataFacts { changed_at: 0, bytes: 0 })),
        (None, Some(StoredData::Whole(facts))) => {
            // The files of a replica that has never been in sync may hold a part of the data.
            Some((if is_joining(node, observed) { i64::MIN } else { i64::MIN + 1 }, *facts))
        }
        _ => None,
    }
}

fn data(node: NodeId, observed: &Observed) -> Option<&StoredData> {
    match &observed.inventory.nodes.get(&node)?.stored {
        Some(StoredState::Redis { data, .. }) => data.as_ref(),
        Some(StoredState::Sentinel { .. }) | None => None,
    }
}

/// The data of a node in words, for a user who must decide.
fn describe(node: NodeId, observed: &Observed) -> String {
    let name = observed.inventory.nodes.get(&node).map(|NodeFacts { name, .. }| name);
    match (data(node, observed), name) {
        (Some(StoredData::Whole(facts)), _) => format!("{node} has {} bytes", facts.bytes),
        (Some(StoredData::Damaged { why }), Some(name)) => format!("{node} (container {name}): {why}"),
        (Some(StoredData::Damaged { why }), None) => format!("{node}: {why}"),
        (Some(StoredData::Unloadable { said }), _) => format!("{node} cannot load its data and says: {said}"),
        (Some(StoredData::Nothing), _) => format!("{node} has no data"),
        (None, Some(_)) => match unread(node, observed) {
            Some(why) => format!("{node} could not be looked at ({why})"),
            None => format!("{node} could not be looked at"),
        },
        (None, None) => format!("{node} is missing"),
    }
}

/// What can be done about damaged data.
fn remedies(node: NodeId, observed: &Observed) -> Vec<String> {
    let Some(NodeFacts { name, image, .. }) = observed.inventory.nodes.get(&node) else { return Vec::new() };
    if matches!(data(node, observed), Some(StoredData::Unloadable { .. }))
        && let Some(DataFiles::AppendOnly { manifest, .. }) =
            observed.inventory.recorded.as_ref().map(render::data_files)
    {
        let check = format!("$(command -v redis-check-aof || command -v valkey-check-aof) --fix {manifest}");
        return vec![format!(
            "cut off the part that does not load, and all that was written after it: docker stop {name} && \
             docker run --rm -it --user {NODE_UID}:{NODE_UID} --volumes-from {name} --entrypoint sh {image} -c '{check}'"
        )];
    }
    let shell = format!("docker run --rm -it --user 0 --volumes-from {name} --entrypoint sh {image}");
    let mut next = vec![format!("put back the files that {node} lacks, in a shell on its volume: {shell}")];
    next.extend(give_up(node, observed));
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{GROUP, halt, healthy, redis, remove, stored_data};
    use crate::cluster::observed::NodeState;
    use crate::spec::Spec;

    const ALL: DataFacts = DataFacts { changed_at: 100, bytes: 5000 };
    const LESS: DataFacts = DataFacts { changed_at: 90, bytes: 9000 };

    /// A stopped cluster whose nodes have these data.
    fn stopped(data: [StoredData; 3]) -> Observed {
        let mut observed = healthy(&Spec::with_defaults("redos".parse().expect("a name")));
        for node in observed.inventory.nodes.keys().copied().collect::<Vec<_>>() {
            halt(&mut observed, node, NodeState::Exited { code: 0, oom_killed: false });
        }
        for (ordinal, data) in (1..).zip(data) {
            stored_data(&mut observed, redis(ordinal), data);
        }
        observed
    }

    fn damaged() -> StoredData {
        StoredData::Damaged { why: "appendonly.aof.manifest is missing".to_owned() }
    }

    #[test]
    fn the_last_master_leads_where_its_data_are_whole_though_another_has_more_bytes() {
        let observed = stopped([StoredData::Whole(LESS), StoredData::Whole(ALL), StoredData::Nothing]);
        assert_eq!(leader(GROUP, Some(redis(1)), &observed), Ok(Some(redis(1))));
    }

    #[test]
    fn a_last_master_without_whole_data_gives_way_to_the_node_that_was_written_last() {
        for lost in [StoredData::Nothing, damaged()] {
            let observed = stopped([lost, StoredData::Whole(LESS), StoredData::Whole(ALL)]);
            assert_eq!(leader(GROUP, Some(redis(1)), &observed), Ok(Some(redis(3))));
        }
        let mut observed = stopped([StoredData::Whole(ALL), StoredData::Whole(LESS), StoredData::Whole(LESS)]);
        remove(&mut observed, redis(1));
        assert_eq!(leader(GROUP, Some(redis(1)), &observed), Ok(Some(redis(2))), "the first of equals");
        assert_eq!(leader(GROUP, None, &observed), Ok(Some(redis(2))), "the last master was of a network that is gone");
    }

    #[test]
    fn damaged_copies_alone_are_for_a_person() {
        let mut observed = stopped([damaged(), StoredData::Nothing, damaged()]);
        remove(&mut observed, redis(3));
        let Refusal { why: told, next } = leader(GROUP, Some(redis(1)), &observed).expect_err("nobody leads");
        assert_eq!(next.len(), 2, "{next:?}");
        let expected = "no node of mymaster has complete data: redis-1 (container redos-redis-1): \
            appendonly.aof.manifest is missing; \
            redis-2 has no data";
        assert_eq!(told, expected);
    }

    /// The Engine does not show the files of this node.
    fn hide(observed: &mut Observed, node: NodeId) {
        let facts = observed.inventory.nodes.get_mut(&node).expect("the node");
        (facts.stored, facts.unread) = (None, Some("failed to read /data".to_owned()));
    }

    #[test]
    fn data_that_could_not_be_looked_at_may_be_the_last_ones() {
        for hidden in [1, 3] {
            let mut observed = stopped([StoredData::Nothing, StoredData::Whole(ALL), StoredData::Nothing]);
            hide(&mut observed, redis(hidden));
            let Refusal { why: told, next } = leader(GROUP, Some(redis(1)), &observed).expect_err("nobody leads");
            let each = (1..=3).map(|ordinal| match ordinal {
                ordinal if ordinal == hidden => format!("redis-{hidden} could not be looked at (failed to read /data)"),
                2 => "redis-2 has 5000 bytes".to_owned(),
                other => format!("redis-{other} has no data"),
            });
            let each = each.collect::<Vec<_>>().join("; ");
            assert_eq!(told, format!("it is not known which node of mymaster has the last data: {each}"));
            let name = format!("redos-redis-{hidden}");
            let expected = [
                "look again: redos -p redos up".to_owned(),
                format!("see whether Docker shows the files of redis-{hidden}: docker cp {name}:/data - | tar -t"),
                format!(
                    "or give up the data of redis-{hidden} FOR GOOD: docker rm {name} && docker volume rm {name}-data"
                ),
            ];
            assert_eq!(next, expected);
        }
        let mut observed = stopped([StoredData::Whole(LESS), StoredData::Nothing, StoredData::Nothing]);
        hide(&mut observed, redis(2));
        assert_eq!(leader(GROUP, Some(redis(1)), &observed), Ok(Some(redis(1))), "the last master has its own");
    }

    #[test]
    fn a_group_that_has_nothing_anywhere_starts_as_it_was() {
        let observed = stopped([StoredData::Nothing, StoredData::Nothing, StoredData::Nothing]);
        assert_eq!(leader(GROUP, Some(redis(2)), &observed), Ok(Some(redis(2))));
        assert_eq!(leader(GROUP, None, &observed), Ok(None), "it never had a master");
    }

    #[test]
    fn a_volume_without_a_container_is_looked_into_first() {
        let mut observed = stopped([StoredData::Nothing, StoredData::Nothing, StoredData::Nothing]);
        assert_eq!(hidden(GROUP, &observed).next(), None);
        remove(&mut observed, redis(3));
        assert_eq!(hidden(GROUP, &observed).collect::<Vec<_>>(), [redis(3)]);
        observed.inventory.volumes.remove(&redis(3));
        assert_eq!(hidden(GROUP, &observed).next(), None, "there is nothing to look into");
    }
}
