//! What Sentinels say of themselves, beyond the conditions of a ready cluster, and what settings keep them from surviving.

use super::catalogue as check;
use super::{DoctorFinding, Examined, Measured};
use crate::spec::settings::{Key, UnwiseSetting, unwise};
use crate::spec::{NodeId, render};

/// What can be said of all Sentinels.
pub(super) fn findings(examined: &Examined<'_>) -> Vec<DoctorFinding> {
    let spec = examined.spec;
    let mut found = Vec::new();
    for (node, vitals) in examined.seen_vitals().filter(|(node, _)| matches!(node, NodeId::Sentinel(_))) {
        let mut tell = |row, text: String, measured: Measured| {
            found.push(DoctorFinding::new(row, Some(node), text, [measured]).of_cluster(spec));
        };
        if let Some(flags) = vitals.number::<u64>("sentinel_simulate_failure_flags").filter(|flags| *flags > 0) {
            let measured =
                Measured::of(node, "INFO sentinel", "sentinel_simulate_failure_flags", flags).against("expected: 0");
            tell(&check::SENTINEL_SIMULATES, format!("{node} will end itself in the next failover"), measured);
        }
        if let Some(queued) = vitals.number::<u64>("sentinel_scripts_queue_length").filter(|queued| *queued > 0) {
            let measured =
                Measured::of(node, "INFO sentinel", "sentinel_scripts_queue_length", queued).against("expected: 0");
            tell(&check::SENTINEL_SCRIPTS, format!("{queued} scripts wait in the queue of {node}"), measured);
        }
        if vitals.directive("resolve-hostnames") == Some("yes") {
            let measured =
                Measured::of(node, "SENTINEL CONFIG GET", "resolve-hostnames", "yes").against("expected: no");
            tell(&check::SENTINEL_NAMES, format!("{node} resolves host names"), measured);
        }
        for (name, wanted) in render::sentinel_periods() {
            // A Sentinel that does not know a period does not list it.
            let Some(have) = vitals.periods.get(name).filter(|have| **have != wanted.to_string()) else { continue };
            let measured = Measured::of(node, "SENTINEL DEBUG", name, have).against(format!("set by redos: {wanted}"));
            tell(&check::SENTINEL_PERIODS, format!("{node} has {name} {have} ms, not {wanted}"), measured);
        }
    }
    for (node, answer) in &examined.observed.topology.sentinels {
        let wanted = render::sentinel_id(spec, *node);
        // Sentinels in memory have none.
        if let Some(view) = answer.said().filter(|view| !view.id.is_empty() && view.id != wanted) {
            let measured =
                Measured::of(*node, "SENTINEL MYID", "id", &view.id).against(format!("given by redos: {wanted}"));
            let text = format!("{node} has another id than it was given");
            found.push(DoctorFinding::new(&check::SENTINEL_IDENTITY, Some(*node), text, [measured]).of_cluster(spec));
        }
    }
    found.extend(unwise(spec).into_iter().filter(|setting| setting.key != Key::Persistence).map(|setting| {
        let UnwiseSetting { key, what, fix, wise } = setting;
        let (path, flag) = (key.setting().path, key.setting().flag);
        let mut finding = DoctorFinding::new(
            &check::SETTING_UNWISE,
            None,
            what,
            [Measured::of_host("redos config", path, "as told")],
        );
        finding.remedies.insert(0, format!("{fix}: redos up {flag} {wise}"));
        finding.of_cluster(spec)
    }));
    found
}
