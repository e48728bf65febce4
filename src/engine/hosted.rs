//! The hosts of a cluster that has several, each with its Engine alone.

use std::time::Duration;

use anyhow::anyhow;
use futures_util::future::join_all;
use tokio::time::timeout;

use super::{Clusters, EngineError, EngineErrorKind, ImageStore, Probes, Result};
use crate::cluster::hosts::{SurveyedHost, Unanswered};
use crate::spec::Host;

/// How long the answer of one host may take before it counts as away.
pub const HOST_LIMIT: Duration = Duration::from_secs(10);

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
        let late = |_| {
            let why = anyhow!("no answer within {} s", HOST_LIMIT.as_secs());
            Err(EngineError::new(EngineErrorKind::Unreachable, format!("look at {}", host.name), why))
        };
        let engine = timeout(HOST_LIMIT, asked).await.unwrap_or_else(late);
        let engine = engine.map_err(|error| Unanswered { why: error.reason(), remedies: error.hints });
        SurveyedHost { host: host.clone(), engine }
    }))
    .await
}
