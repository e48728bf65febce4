//! Lays the given values over the record of the cluster, or over the defaults, and makes a [`Spec`].

use std::collections::BTreeMap;

use super::borrowed::Borrowed;
use super::given::{Given, put};
use super::passwords::GivenSecrets;
use super::problem::{Finding, Origin, Problem, Problems};
use super::table::{Key, SETTINGS};
use super::value::Wrong;
use super::{Settings, check, directives, hosts, view};
use crate::spec::address::{PROXIES_MAX, REDIS_PER_GROUP_MAX, SENTINELS_MAX};
use crate::spec::{ClusterName, Encryption, Hosts, Placement, Role, Secrets, Spec};

/// How far the default statistics port is above the write port.
///
/// Redis's 6379 and HAProxy's customary 8404 are this far apart. A second cluster on another port thus has its own
/// statistics port.
const STATS_PORT_STEP: u16 = 2025;
/// The step of the proxy's Redis slots, so that a small scale leaves its configuration as it is.
const REDIS_SLOTS_STEP: u16 = 8;
/// Sentinel slots of the proxy, at least.
const SENTINEL_SLOTS_MIN: u16 = 7;

/// The given values, each valid on its own, before the record of the cluster is known.
#[derive(Debug)]
pub struct AskedSettings {
    pub(super) name: ClusterName,
    pub(super) given: BTreeMap<Key, Given>,
    pub(super) directives: Directives,
    pub(super) secrets: GivenSecrets,
    pub(super) borrowed: Borrowed,
    pub(super) warnings: Vec<Problem>,
}

/// The given directives of `redis.conf`.
#[derive(Debug, Default)]
pub(super) struct Directives {
    /// The content of a `redis.conf`, which replaces all former directives, and its origin.
    pub(super) conf: Option<(BTreeMap<String, String>, Origin)>,
    /// The file's section, which replaces all former directives.
    pub(super) section: Option<BTreeMap<String, Given>>,
    /// Single directives from the environment and flags, in their order; `None` takes one back.
    pub(super) changes: Vec<(String, Option<String>, Origin)>,
}

/// A spec in the making, with the origin of every value.
pub(super) struct Draft {
    pub(super) spec: Spec,
    pub(super) origins: BTreeMap<Key, Origin>,
    directives: BTreeMap<String, Origin>,
}

impl AskedSettings {
    /// The name of the cluster.
    pub fn name(&self) -> &ClusterName {
        &self.name
    }

    /// The given hosts: where the Engines are.
    pub fn hosts(&self) -> Hosts {
        self.draft(None).spec.hosts
    }

    /// The given passwords: those that an existing cluster must have, and those of borrowed variables.
    pub fn passwords(&self) -> (&GivenSecrets, &GivenSecrets) {
        (&self.secrets, &self.borrowed.secrets)
    }

    /// The same request, in which borrowed variables are no reason to fail: for verbs that change nothing.
    #[must_use]
    pub fn forgiving(mut self) -> Self {
        self.borrowed.is_forgiven = true;
        loop {
            let draft = self.draft(None);
            let clashes = check::errors(&draft.spec);
            let found = clashes.into_iter().find_map(|clash| Some((self.borrowed.has_part_in(&clash)?, clash)));
            let Some((key, clash)) = found else { return self };
            let problem = self.locate(clash, &draft.origins);
            self.borrowed.problems.push(problem);
            self.borrowed.values.remove(&key);
        }
    }

    /// Lays the given values over the record of the cluster, or over the defaults if there is none.
    ///
    /// `own` are the passwords of the cluster, if they are known.
    ///
    /// # Errors
    /// All values that are impossible together.
    pub fn resolve(self, recorded: Option<&Spec>, own: Option<&Secrets>) -> Result<Settings, Problems> {
        let Draft { spec, origins, directives } = self.draft(recorded);
        let moved = recorded.and_then(|recorded| hosts::moved(recorded, &spec));
        let clashes = check::errors(&spec).into_iter().chain(moved).map(|finding| self.locate(finding, &origins));
        let mut warnings = self.warnings.clone();
        let of_borrowed = self.borrowed.problems.iter().filter(|_| recorded.is_none()).cloned();
        let mut errors: Vec<Problem> = clashes.collect();
        if self.borrowed.is_forgiven {
            warnings.extend(of_borrowed)
        } else {
            errors.extend(of_borrowed)
        }
        errors.sort_by_key(|problem| problem.origin.place());
        Problems::check(errors)?;
        let unwise = check::unwise(&spec).into_iter();
        let unwise = unwise.map(|found| Finding { keys: vec![found.key], what: found.what, fix: found.fix });
        warnings.extend(unwise.map(|finding| self.locate(finding, &origins)));
        warnings.extend(recorded.and_then(|recorded| self.borrowed.set_aside(recorded, own)));
        warnings.sort_by_key(|problem| problem.origin.place());
        let for_new_cluster = self.secrets.or(&self.borrowed.secrets);
        let changes =
            recorded.map(|recorded| view::changes(recorded, &spec, &origins, &directives)).unwrap_or_default();
        let way_back = recorded.and_then(|recorded| view::way_back(recorded, &spec, &origins, &directives));
        Ok(Settings { spec, secrets: self.secrets, for_new_cluster, origins, directives, changes, way_back, warnings })
    }

    pub(super) fn draft(&self, recorded: Option<&Spec>) -> Draft {
        let base = if recorded.is_some() { Origin::Recorded } else { Origin::Default };
        let mut spec = recorded.cloned().unwrap_or_else(|| Spec::with_defaults(self.name.clone()));
        spec.name = self.name.clone();
        let mut origins: BTreeMap<Key, Origin> = SETTINGS.iter().map(|row| (row.key, base.clone())).collect();
        let borrowed = self.borrowed.values.iter().filter(|_| recorded.is_none());
        for (key, given) in borrowed.chain(&self.given) {
            // Every text was parsed once already, when it was checked.
            if put(key.setting(), &given.text, &mut spec).is_ok() {
                origins.insert(*key, given.origin.clone());
            }
        }
        derive(&mut spec, recorded, &mut origins);
        let directives = self.lay_directives(&mut spec, &base);
        // How a server writes a value is known only for the values that it was asked about. The image was found for the
        // former choice.
        if recorded.is_some_and(|old| old.images.redis != spec.images.redis) {
            spec.used.redis = None;
        }
        if recorded.is_some_and(|old| old.images.proxy != spec.images.proxy) {
            spec.used.proxy = None;
        }
        if recorded.is_some_and(|old| old.images.exporter != spec.images.exporter) {
            spec.used.exporter = None;
        }
        let asked = recorded.map(|old| &old.redis);
        let is_as_recorded = |name: &String| asked.and_then(|old| old.get(name)) == spec.redis.get(name);
        spec.served.retain(|name, _| is_as_recorded(name));
        spec.taken_back.retain(|name, _| is_as_recorded(name));
        Draft { spec, origins, directives }
    }

    /// Puts the directives of all layers into the spec and records their origins.
    fn lay_directives(&self, spec: &mut Spec, base: &Origin) -> BTreeMap<String, Origin> {
        if self.directives.conf.is_some() || self.directives.section.is_some() {
            let conf = self.directives.conf.iter().flat_map(|(conf, _)| conf.clone());
            let section = self.directives.section.iter().flatten();
            spec.redis = conf.chain(section.map(|(name, given)| (name.clone(), given.text.clone()))).collect();
        }
        let conf = self.directives.conf.iter().flat_map(|(conf, origin)| conf.keys().map(move |name| (name, origin)));
        let section = self.directives.section.iter().flatten();
        let mut origins: BTreeMap<String, Origin> =
            spec.redis.keys().map(|name| (name.clone(), base.clone())).collect();
        origins.extend(conf.map(|(name, origin)| (name.clone(), origin.clone())));
        origins.extend(section.map(|(name, given)| (name.clone(), given.origin.clone())));
        for (name, value, origin) in &self.directives.changes {
            match value {
                Some(value) => {
                    let is_first = origins.insert(name.clone(), origin.clone()).as_ref() != Some(origin);
                    directives::add(&mut spec.redis, name.clone(), value.clone(), is_first);
                }
                None => {
                    spec.redis.remove(name);
                    origins.remove(name);
                }
            }
        }
        origins
    }

    /// Puts a finding where the first of its values was given, or else at its origin.
    pub(super) fn locate(&self, finding: Finding, origins: &BTreeMap<Key, Origin>) -> Problem {
        let Finding { keys, what, fix } = finding;
        let counts = |key: &Key| self.given.get(key).or_else(|| self.borrowed.values.get(key));
        let counts = |key: &Key| counts(key).filter(|given| origins.get(key) == Some(&given.origin));
        if let Some(given) = keys.iter().find_map(counts) {
            return given.problem(Wrong { what, fix });
        }
        let origin = keys.first().and_then(|key| origins.get(key)).cloned().unwrap_or(Origin::Default);
        Problem { origin, what, fix, snippet: None }
    }
}

/// Sets the values that follow from others, unless they were given now or when the cluster was created.
fn derive(spec: &mut Spec, recorded: Option<&Spec>, origins: &mut BTreeMap<Key, Origin>) {
    let mut follow = |key: Key, was_derived: bool, from: &'static str| {
        let origin = origins.entry(key).or_insert(Origin::Default);
        let follows = was_derived && !origin.is_given();
        if follows {
            *origin = Origin::Derived(from);
        }
        follows
    };
    if follow(Key::Quorum, recorded.is_none_or(|old| old.quorum == old.majority()), "the majority") {
        spec.quorum = spec.majority();
    }
    let ports = recorded.map(|old| &old.ports);
    if follow(Key::ReadPort, ports.is_none_or(|old| old.read == read_port(old.write)), "from the write port") {
        spec.ports.read = read_port(spec.ports.write);
    }
    if follow(Key::StatsPort, ports.is_none_or(|old| old.stats == stats_port(old.write)), "from the write port") {
        spec.ports.stats = stats_port(spec.ports.write);
    }
    if !spec.hosts.is_empty() {
        let on_each = |spec: &Spec| spec.hosts.iter().filter(|host| host.takes(Role::Proxy)).count();
        let on_each = |spec: &Spec| u16::try_from(on_each(spec)).unwrap_or(u16::MAX).min(PROXIES_MAX);
        if follow(Key::Proxies, recorded.is_none_or(|old| old.proxies == on_each(old)), "one on each host") {
            spec.proxies = on_each(spec);
        }
        if follow(Key::Encryption, recorded.is_none(), "several hosts") {
            spec.encryption = Encryption::Tls;
        }
    }
    // Slots are only ever added: a configuration with more of them serves a smaller cluster as well.
    let slots = (spec.replicas + 1).next_multiple_of(REDIS_SLOTS_STEP).min(REDIS_PER_GROUP_MAX);
    spec.proxy.redis_slots = slots.max(recorded.map_or(0, |old| old.proxy.redis_slots));
    let slots = (spec.sentinels | 1).clamp(SENTINEL_SLOTS_MIN, SENTINELS_MAX);
    spec.proxy.sentinel_slots = slots.max(recorded.map_or(0, |old| old.proxy.sentinel_slots));
    spec.placement = Placement::settled(spec, recorded);
}

/// The read port for a write port: the next one, or Docker's choice if that is Docker's choice.
fn read_port(write: u16) -> u16 {
    if write == 0 { 0 } else { write.checked_add(1).unwrap_or(write - 1) }
}

/// The statistics port for a write port.
fn stats_port(write: u16) -> u16 {
    if write == 0 { 0 } else { write.checked_add(STATS_PORT_STEP).unwrap_or(write - STATS_PORT_STEP) }
}
