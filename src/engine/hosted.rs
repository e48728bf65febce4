//! The hosts of a cluster that has several, each with its Engine alone.

use std::time::Duration;

use anyhow::anyhow;
use futures_util::future::join_all;
use tokio::time::timeout;

use super::{Clusters, Conflict, EngineError, EngineErrorKind, ImageStore, Probes, Result};
use crate::cluster::hosts::{SurveyedHost, Unanswered};
use crate::cluster::observed::Inventory;
use crate::spec::{Host, HostName, Spec};

/// How long the answer of one host may take before it counts as away.
const HOST_LIMIT: Duration = Duration::from_secs(10);

/// Has the Engines of several hosts, or one Engine, which is no host.
pub trait Hosted: Send + Sync + 'static {
    /// The Engine of one host.
    type Alone: Clusters + ImageStore + Probes;

    /// The hosts in the order of the settings, each with its Engine, or with why that cannot be opened.
    fn hosts(&self) -> Vec<(&Host, Result<&Self::Alone>)>;
}

/// Asks all hosts at once what their Engines are. One that does not answer in time is away.
pub async fn survey(engine: &impl Hosted) -> Vec<SurveyedHost> {
    join_all(engine.hosts().into_iter().map(async |(host, opened)| {
        let asked = async {
            let alone = opened?;
            alone.greet().await?;
            alone.engine_facts().await
        };
        let engine =
            in_time(&host.name, asked).await.map_err(|error| Unanswered { why: error.reason(), remedies: error.hints });
        SurveyedHost { host: host.clone(), engine }
    }))
    .await
}

/// The answer of a host.
///
/// # Errors
/// It is an error, or takes longer than 10 s.
pub async fn in_time<T>(host: &HostName, asked: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(HOST_LIMIT, asked).await.unwrap_or_else(|_| {
        let why = anyhow!("no answer within {} s", HOST_LIMIT.as_secs());
        Err(EngineError::new(EngineErrorKind::Unreachable, format!("look at {host}"), why))
    })
}

/// The names and ports of the future nodes of one host that something else there uses. `alone` is the Engine of that host.
///
/// # Errors
/// The Engine fails.
pub async fn conflicts_on(
    host: &HostName,
    alone: &impl Clusters,
    spec: &Spec,
    inventory: &Inventory,
) -> Result<Vec<Conflict>> {
    let there = Spec { placement: spec.placement.on(host), ..spec.clone() };
    alone.conflicts(&there, &inventory.on(host)).await
}
