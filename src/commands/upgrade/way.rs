//! What an upgrade has to do, and why it is refused.

use std::time::Duration;

use crate::cluster::claims::master_of;
use crate::cluster::desired::other_image;
use crate::cluster::observed::{Answer, Observed, RedisView};
use crate::cluster::status::status;
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::output::units::seconds;
use crate::plan::diff::canary::{canary, chosen};
use crate::plan::{Past, Plan, diff};
use crate::spec::{FormerImages, Modules, NodeId, Release, Spec, UsedImage};

/// The way of an upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UpgradeWay {
    /// The cluster runs these images.
    Nothing,
    /// This replica tries the image of Redis first, or does so already.
    Canary(NodeId),
    /// The servers need no trial: proxies alone change, or an upgrade goes on that is recorded.
    Rest,
    /// Back to the images before, from an upgrade in which no master runs the new server.
    Back,
}

impl UpgradeWay {
    /// The first part of the way, to be shown.
    pub(super) fn plan(self, old: &Spec, new: &Spec, observed: &Observed, soak: Duration) -> Plan {
        let past = Past::default();
        match self {
            Self::Nothing => Plan::default(),
            Self::Canary(node) => {
                let mut plan = canary(new, node, observed, &past).plan;
                let then = if new.used.proxy == old.used.proxy { "" } else { ", and proxies" };
                plan.then_observe = Some(format!(
                    "{node} is compared with the others for {}; then follow the other replicas, the old master after a \
                     switchover, Sentinels{then}",
                    seconds(soak)
                ));
                plan
            }
            Self::Rest | Self::Back => diff(new, observed),
        }
    }
}

/// The images before the last upgrade.
///
/// # Errors
/// None are recorded.
pub(super) fn former(old: &Spec) -> Result<&FormerImages, Failure> {
    old.former.as_deref().ok_or_else(|| {
        let what = format!("the images of '{}' have never changed: there are none to go back to", old.name);
        Failure::message(FailureKind::Usage, what)
            .hinted(format!("see its images: {}", command_line(&old.name, "config")))
    })
}

/// The recorded cluster with the images of these settings.
///
/// # Errors
/// The settings change more than images.
pub(super) fn only_images(old: &Spec, settings: &Spec) -> Result<Spec, Failure> {
    let Spec { images, used, former, served, taken_back, .. } = settings.clone();
    let new = Spec { images, used, former, served, taken_back, ..old.clone() };
    let alike = |spec: &Spec| Spec { served: Default::default(), taken_back: Default::default(), ..spec.clone() };
    if alike(&new) == alike(settings) {
        return Ok(new);
    }
    let what = "nothing was done: the settings of flags, variables or file change more than the images of the cluster";
    Err(Failure::message(FailureKind::Usage, what)
        .hinted(format!("see what they change: {}", command_line(&old.name, "plan")))
        .hinted(format!("make these changes first, with the present images: {}", command_line(&old.name, "up"))))
}

/// Decides the way of an upgrade.
///
/// # Errors
/// It is refused: the new server cannot read the data, there is no replica to try it on, or the cluster is not in order.
pub(super) fn way(old: &Spec, new: &Spec, to_previous: bool, observed: &Observed) -> Result<UpgradeWay, Failure> {
    let is_in_order = diff(old, observed).is_empty() && status(old, observed).healthy;
    let changes = |of: fn(&Spec) -> Option<&UsedImage>| {
        of(old).zip(of(new)).is_some_and(|(old, new)| old.id != new.id) || of(old).is_some() != of(new).is_some()
    };
    let (servers, proxies) = (changes(|spec| spec.used.redis.as_ref()), changes(|spec| spec.used.proxy.as_ref()));
    if !servers && !proxies {
        return match (is_in_order, runs_others(old, observed).is_empty()) {
            (true, _) => Ok(UpgradeWay::Nothing),
            (false, false) => Ok(UpgradeWay::Rest),
            (false, true) => Err(not_in_order(old, observed)),
        };
    }
    if servers {
        reads_data(old, new, to_previous, observed)?;
        has_modules(old, new)?;
    }
    if observed.rotation.is_some() {
        let what = format!("nothing was done: a rotation of passwords is open in '{}'", old.name);
        return Err(Failure::message(FailureKind::Usage, what)
            .hinted(format!("end it first: {}", command_line(&old.name, "password rotate --finish"))));
    }
    let trying = runs_others(old, observed);
    if let ([(node, id)], true) = (trying.as_slice(), servers)
        && new.used.redis.as_ref().is_some_and(|image| image.id == *id)
        && is_replica(*node, observed)
    {
        return Ok(UpgradeWay::Canary(*node));
    }
    if !is_in_order && to_previous && !trying.is_empty() {
        return Ok(UpgradeWay::Back);
    }
    if !is_in_order {
        return Err(not_in_order(old, observed));
    }
    if !servers {
        return Ok(UpgradeWay::Rest);
    }
    chosen(old, observed).map(UpgradeWay::Canary).ok_or_else(|| {
        let image = new.used.redis.as_ref().map(|image| image.reference.clone()).unwrap_or_default();
        let what = format!("nothing was done: '{}' has no replica on which the image could be tried first", old.name);
        Failure::message(FailureKind::Usage, what)
            .hinted(format!("add one: {}", command_line(&old.name, "scale --replicas 1")))
            .hinted(format!(
                "or change the image without a trial: {}",
                command_line(&old.name, &format!("up --redis-image {image}"))
            ))
    })
}

/// The nodes that run other images than those recorded, with the ids of these.
fn runs_others(old: &Spec, observed: &Observed) -> Vec<(NodeId, String)> {
    let nodes = observed.inventory.nodes.iter().filter(|(node, _)| !node.role().is_optional());
    let others = nodes.filter(|(node, facts)| other_image(old, **node, facts).is_some());
    others.filter_map(|(node, facts)| Some((*node, facts.image_id.clone()?))).collect()
}

fn is_replica(node: NodeId, observed: &Observed) -> bool {
    node.group().is_some_and(|group| master_of(group, observed).is_some_and(|master| master != node))
}

fn not_in_order(old: &Spec, observed: &Observed) -> Failure {
    let reasons = status(old, observed).reasons;
    let first = diff(old, observed).steps.first().map(|step| format!("{}, as {}", step.action, step.why));
    let why = if reasons.is_empty() { first.unwrap_or_default() } else { reasons.join("; ") };
    let what = format!("nothing was done: '{}' is not what it should be before an upgrade: {why}", old.name);
    let failure = Failure::message(FailureKind::Failed, what)
        .hinted(format!("see what is wrong: {}", command_line(&old.name, "status")))
        .hinted(format!("repair it: {}", command_line(&old.name, "up")));
    match old.former {
        Some(_) if !runs_others(old, observed).is_empty() => failure.hinted(format!(
            "or undo the upgrade that was interrupted: {}",
            command_line(&old.name, "upgrade --to-previous")
        )),
        _ => failure,
    }
}

/// Refuses a server that cannot read the data of a master.
fn reads_data(old: &Spec, new: &Spec, to_previous: bool, observed: &Observed) -> Result<(), Failure> {
    let Some(want) = &new.used.redis else { return Ok(()) };
    let recorded = old.used.redis.as_ref().map(|image| image.release.clone());
    let wrote = old.groups().filter_map(|group| {
        let master = master_of(group, observed).and_then(|master| observed.topology.redis.get(&master));
        let runs = master.and_then(Answer::said).map(RedisView::release);
        runs.or_else(|| recorded.clone())
    });
    let unreadable: Option<Release> = wrote.into_iter().find(|wrote| !want.release.reads_data_of(wrote));
    let Some(wrote) = unreadable else { return Ok(()) };
    let name = &old.name;
    let what = format!("nothing was done: {want} cannot read the data of '{name}', which {wrote} wrote");
    let failure = Failure::message(FailureKind::Usage, what);
    if to_previous {
        let reference = &want.reference;
        return Err(failure.hinted(format!(
            "what remains is a backup from before the upgrade, in a new cluster: redos -p NEW up --redis-image {reference} \
             --from BACKUP"
        )));
    }
    Err(failure.hinted(format!("name an image of {} {} or later", wrote.name, wrote.version)))
}

/// Refuses a server without the modules that may have data.
fn has_modules(old: &Spec, new: &Spec) -> Result<(), Failure> {
    let (Some(have), Some(want)) = (&old.used.redis, &new.used.redis) else { return Ok(()) };
    if old.images.modules == Modules::None {
        return Ok(());
    }
    let name = |file: &String| file.rsplit('/').next().unwrap_or_default().to_owned();
    let new_ones: Vec<String> = want.modules.iter().map(name).collect();
    let missing: Vec<String> = have.modules.iter().map(name).filter(|module| !new_ones.contains(module)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what = format!(
        "nothing was done: {want} lacks {}, which {have} loads; it could not load data of these modules",
        missing.join(", ")
    );
    Err(Failure::message(FailureKind::Usage, what).hinted("name an image that has them".to_owned()).hinted(format!(
        "if no data are theirs, turn them off with the present image: {}",
        command_line(&old.name, "up --modules none")
    )))
}

/// A failure in one line.
pub(super) fn words(failure: &Failure) -> String {
    failure.chain().collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{healthy, redis, redis_mut};
    use crate::spec::ClusterName;

    /// A cluster that runs what its nodes report, and its observation.
    fn running() -> (Spec, Observed) {
        let name: ClusterName = "shop".parse().expect("a name");
        let mut spec = Spec::with_defaults(name);
        spec.used.redis = Some(image("redis", "8.0.2"));
        let mut observed = healthy(&spec);
        observed.inventory.recorded = Some(spec.clone());
        for facts in observed.inventory.nodes.values_mut() {
            facts.image_id = Some(image("redis", "8.0.2").id);
        }
        (spec, observed)
    }

    fn image(name: &str, version: &str) -> UsedImage {
        UsedImage {
            reference: format!("{name}:{version}"),
            id: format!("sha256:{name}-{version}"),
            digest: None,
            server: format!("{name}-server"),
            release: Release { name: name.to_owned(), version: version.to_owned() },
            modules: Vec::new(),
        }
    }

    fn to(old: &Spec, redis: UsedImage) -> Spec {
        let mut new = old.clone();
        new.used.redis = Some(redis);
        new
    }

    fn refusal(result: Result<UpgradeWay, Failure>) -> String {
        words(&result.expect_err("a refusal"))
    }

    #[test]
    fn the_last_replica_in_sync_is_tried_first_and_never_a_master() {
        let (old, mut observed) = running();
        let new = to(&old, image("redis", "8.4.0"));
        assert_eq!(way(&old, &new, false, &observed).expect("a way"), UpgradeWay::Canary(redis(3)));
        let facts = observed.inventory.nodes.get_mut(&redis(2)).expect("a node");
        facts.image_id = Some(image("redis", "8.4.0").id);
        assert_eq!(
            way(&old, &new, false, &observed).expect("a way"),
            UpgradeWay::Canary(redis(2)),
            "it has it already"
        );
        let third = to(&old, image("redis", "8.6.0"));
        let said = refusal(way(&old, &third, false, &observed));
        assert!(said.contains("'shop' is not what it should be before an upgrade"), "{said}");
    }

    #[test]
    fn data_of_a_newer_server_are_refused_by_what_the_master_runs() {
        let (old, mut observed) = running();
        for newer in [image("redis", "7.4.0"), image("valkey", "9.1.0")] {
            let said = refusal(way(&old, &to(&old, newer), false, &observed));
            assert!(said.contains("cannot read the data of 'shop', which redis 8.0.2 wrote"), "{said}");
        }
        // An upgrade that was cut off: the record is ahead of the master.
        let recorded = to(&old, image("redis", "8.4.0"));
        assert_eq!(way(&recorded, &old, true, &observed).expect("a way"), UpgradeWay::Back);
        redis_mut(&mut observed, redis(1)).version = "8.4.0".to_owned();
        let said = refusal(way(&recorded, &old, true, &observed));
        assert!(said.contains("which redis 8.4.0 wrote"), "{said}");
    }

    #[test]
    fn a_server_without_the_modules_of_the_present_one_is_refused() {
        let (mut old, _) = running();
        let with = |mut image: UsedImage, modules: &[&str]| {
            image.modules = modules.iter().map(|module| format!("/lib/{module}.so")).collect();
            image
        };
        old.used.redis = Some(with(image("redis", "8.0.2"), &["redisbloom", "rejson"]));
        let fewer = to(&old, with(image("redis", "8.4.0"), &["rejson"]));
        let said = words(&has_modules(&old, &fewer).expect_err("a refusal"));
        assert!(said.contains("lacks redisbloom.so, which redis:8.0.2"), "{said}");
        let complete = to(&old, with(image("redis", "8.4.0"), &["rejson", "redisbloom", "more"]));
        has_modules(&old, &complete).expect("it has them");
        old.images.modules = Modules::None;
        has_modules(&old, &fewer).expect("they are turned off");
    }
}
