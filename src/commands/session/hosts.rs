//! The hosts of a cluster that has several: what their Engines are, and whether a cluster can be on them.

use super::{Session, World};
use crate::cluster::Inventory;
use crate::cluster::hosts::SurveyedHost;
use crate::doctor::hosts::{HostFault, of_engines};
use crate::engine::{Clusters, Hosted, survey};
use crate::error::{Failure, FailureKind};
use crate::output::command_line;
use crate::spec::{ClusterName, Spec};

/// Asks all hosts of a cluster what their Engines are, and finds what there is of the cluster.
///
/// A host that does not answer is no error, not even if none does.
///
/// # Errors
/// Neither the settings nor the record of the cluster name hosts, or the only Engine that is known does not answer.
pub async fn look<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
) -> Result<(Vec<SurveyedHost>, Inventory), Failure> {
    let engine = &*session.engine;
    if engine.hosts().is_empty() {
        // The record of the cluster may name them.
        let inventory = engine.inventory(cluster).await?;
        let hosts = survey(engine).await;
        if hosts.is_empty() {
            let what = format!("neither the settings nor the record of '{cluster}' name hosts: it has one Engine");
            return Err(Failure::message(FailureKind::Usage, what)
                .hinted("name several in redos.yaml: hosts: [{name: a, docker: \"ssh://me@10.0.0.1\"}, …]")
                .hinted("see all clusters of this Engine: redos ls"));
        }
        return Ok((hosts, inventory));
    }
    let (hosts, found) = tokio::join!(survey(engine), engine.inventory(cluster));
    Ok((hosts, found.unwrap_or_default()))
}

/// Refuses hosts on which the cluster cannot be, before anything is made. Those of its record were checked before.
///
/// # Errors
/// Two of them have one Engine, or machines of two types; or one that a new cluster needs does not answer.
pub async fn check<W: World>(session: &Session<W>, spec: &Spec, inventory: &Inventory) -> Result<(), Failure> {
    let are_recorded = inventory.recorded.as_ref().is_some_and(|recorded| recorded.hosts == spec.hosts);
    if spec.hosts.is_empty() || are_recorded {
        return Ok(());
    }
    let is_away = |fault: &HostFault| matches!(fault, HostFault::Away { .. });
    let mut found = of_engines(&survey(&*session.engine).await);
    found.retain(|finding| finding.fault.is_prohibitive() || (inventory.nodes.is_empty() && is_away(&finding.fault)));
    if found.is_empty() {
        return Ok(());
    }
    let only_away = found.iter().all(|finding| is_away(&finding.fault));
    let kind = if only_away { FailureKind::Unreachable } else { FailureKind::Usage };
    let why: Vec<String> = found.iter().map(|finding| format!("host {}: {}", finding.host, finding.fault)).collect();
    let failure = Failure::message(kind, format!("nothing was made: {}", why.join("; ")));
    let failure = found.into_iter().flat_map(|finding| finding.remedies).fold(failure, Failure::hinted);
    Err(failure.hinted(format!("see all that is wrong with the hosts: {}", command_line(&spec.name, "host check"))))
}
