//! A fleet of engines in memory, some of which cannot be opened.

use anyhow::anyhow;

use super::Fleet;
use crate::engine::sim::Sim;
use crate::engine::{Clusters, EngineError, EngineErrorKind, Hosted, ImageStore, Result, survey};

/// An engine in memory; none where a context or a socket is missing.
fn open(address: Option<&str>) -> Result<Sim> {
    if address.is_some_and(|address| address.contains("missing")) {
        return Err(EngineError::new(EngineErrorKind::Unreachable, "open it", anyhow!("there is no such socket")));
    }
    Ok(Sim::default())
}

fn fleet(hosts: &str) -> Fleet<Sim> {
    Fleet::new(open, None, &hosts.to_owned().try_into().expect("hosts")).expect("a fleet")
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

#[test]
fn a_host_that_cannot_be_opened_is_away_and_the_others_answer() {
    run(async {
        let fleet = fleet("a missing 10.0.0.1; b there 10.0.0.2");
        fleet.greet().await.expect("one of them answers");
        let inventory = fleet.inventory(&"demo".parse().expect("a name")).await.expect("an inventory");
        assert!(inventory.nodes.is_empty());
        assert_eq!(fleet.architecture(), "amd64", "that of the other one");
        let surveyed = survey(&fleet).await;
        let away = surveyed[0].engine.as_ref().expect_err("it is away");
        assert_eq!(away.why, "there is no such socket");
        assert_eq!(away.remedies, ["correct the host a of the setting 'hosts'"]);
        assert!(surveyed[1].engine.is_ok());
    });
}

#[test]
fn a_fleet_of_which_no_host_can_be_opened_says_so_of_each() {
    run(async {
        let fleet = fleet("a missing-1 10.0.0.1; b missing-2 10.0.0.2");
        let error = fleet.greet().await.expect_err("none answers");
        assert_eq!(error.kind, EngineErrorKind::Unreachable);
        assert!(fleet.version().is_none() && fleet.clusters().await.is_err());
        assert!(fleet.hosts().iter().all(|(_, opened)| opened.is_err()));
    });
}
