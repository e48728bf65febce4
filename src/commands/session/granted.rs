//! Whether the Engine grants the containers what the settings ask for, before anything is recorded or changed.

use futures_util::future::join_all;

use super::{Session, World};
use crate::cluster::desired::{NodeSpec, Programs, node_spec};
use crate::cluster::observed::Inventory;
use crate::engine::{EngineError, EngineErrorKind, Probes};
use crate::error::Failure;
use crate::spec::settings::{Key, Origin, Problem, Problems, Settings};
use crate::spec::{NodeId, Spec, Subnet};

/// The settings that an Engine may refuse, each with words of its refusals.
const WORDS: [(Key, &[&str]); 5] = [
    (Key::Log, &["log"]),
    (Key::Ulimits, &["rlimit", "ulimit"]),
    (Key::Memory, &["memory", "oom"]),
    (Key::Cpus, &["cpu"]),
    (Key::DataDir, &["mount", "mkdir", "bind"]),
];

/// Tries limits, logs and folders with temporary containers, unless the cluster was recorded with the same.
///
/// One container of each kind of node is made, and only of the kinds that are concerned.
///
/// # Errors
/// The Engine refuses one of them: nothing was changed.
pub async fn check<W: World>(
    session: &Session<W>,
    settings: &Settings,
    programs: &Programs,
    inventory: &Inventory,
) -> Result<(), Failure> {
    let spec = &settings.spec;
    let defaults = Spec::with_defaults(spec.name.clone());
    let before = inventory.recorded.as_ref().unwrap_or(&defaults);
    let container = |spec: &Spec, node| node_spec(spec, programs, Subnet::EXAMPLE, node).ok();
    let granted = |node: NodeSpec| (node.host_dir, node.resources, node.ulimits, node.log);
    let one_of_each = [Spec::head(), NodeId::Sentinel(1), NodeId::Proxy(1)].into_iter().chain(spec.exporter_node());
    let concerned: Vec<NodeSpec> = one_of_each
        .filter(|node| container(before, *node).map(granted) != container(spec, *node).map(granted))
        .filter_map(|node| container(spec, node))
        .collect();
    let tried = join_all(concerned.iter().map(|node| session.engine.try_container(spec, node))).await;
    let refused = tried.into_iter().find_map(Result::err);
    refused.map_or(Ok(()), |error| Err(unfit(settings, before, error)))
}

/// A refusal of the Engine as a problem of the setting that it is about.
fn unfit(settings: &Settings, before: &Spec, error: EngineError) -> Failure {
    if error.kind != EngineErrorKind::Other {
        return error.into();
    }
    let why = error.source.as_ref().map(|source| format!(": {source}")).unwrap_or_default();
    let said = why.to_lowercase();
    let has_changed = |key: Key| {
        let (have, want) = (&before.containers, &settings.spec.containers);
        match key {
            Key::Log => have.log != want.log,
            Key::Ulimits => have.ulimits != want.ulimits,
            Key::Memory => have.memory != want.memory,
            Key::Cpus => have.cpus != want.cpus,
            _ => before.persistence.dir != settings.spec.persistence.dir,
        }
    };
    let changed = || WORDS.iter().filter(|(key, _)| has_changed(*key));
    let named = changed().find(|(_, words)| words.iter().any(|word| said.contains(word)));
    let Some((key, _)) = named.or_else(|| changed().next()) else { return error.into() };
    let origin = settings.origins.get(key).cloned().unwrap_or(Origin::Default);
    let path = key.setting().path;
    let what = format!("the Engine refuses a container with this value of {path}{why}");
    let fix = "nothing was changed; correct it, or leave it out".to_owned();
    let failure = Failure::from(Problems::one(Problem { origin, what, fix, snippet: None }));
    error.hints.into_iter().fold(failure, Failure::hinted)
}
